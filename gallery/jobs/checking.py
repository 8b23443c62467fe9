"""The stages that look for what may be wrong with pictures: new ones after each indexing, and all of them."""

from gallery.holdings.house import House
from gallery.jobs.kinds import Task
from gallery.quality.finding import LookingStopped, look
from gallery.wording import counted


def look_at_new(task: Task) -> None:
    """Measure and judge the pictures that are new."""
    _look(task, everything=False)


def look_at_all(task: Task) -> None:
    """Judge all pictures again; what curators called fine is not asked again."""
    _look(task, everything=True)


def _look(task: Task, *, everything: bool) -> None:
    house = House.of(task.shop.settings, task.shop.database, task.shop.store)

    def watch(what: str, done: int, total: int) -> None:
        task.board.show(task.stage, note=what, done=done, total=total)

    try:
        found = look(house, task.board.stop.is_set, watch, everything=everything)
    except LookingStopped:
        return
    if found or everything:
        task.board.say(f"{counted(found, 'new finding waits', 'new findings wait')} on the desk of quality.")
