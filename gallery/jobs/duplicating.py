"""The stages that look for duplicates: of new works after each indexing, and in the whole collection."""

from gallery.duplicates.calibrating import calibrate
from gallery.duplicates.carrying import carry_out
from gallery.duplicates.detecting import DetectionStopped, find_all, find_new
from gallery.errors import StageFailed
from gallery.holdings.house import House
from gallery.jobs.kinds import Task
from gallery.wording import counted


def look_at_new(task: Task) -> str | None:
    """Look for the like of works that are new, and finish merges that a kill cut short."""
    house = House.of(task.shop.settings, task.shop.database, task.shop.store)
    carry_out(house)
    try:
        found = find_new(house, task.board.stop.is_set)
        calibrate(house)
    except DetectionStopped:
        return None
    except OSError as error:
        raise _unwritable(house, error) from error
    if found:
        task.board.say(f"{counted(found, 'new pair waits', 'new pairs wait')} on the desk of duplicates.")
    return None


def look_at_all(task: Task) -> str | None:
    """Look for pairs in the whole collection; those that curators have decided about are not asked again."""
    house = House.of(task.shop.settings, task.shop.database, task.shop.store)
    carry_out(house)

    def watch(what: str, done: int, total: int) -> None:
        if task.board.stop.is_set():
            raise DetectionStopped
        task.board.show(task.stage, note=what, done=done, total=total)

    try:
        found = find_all(house, task.board.stop.is_set, watch)
        calibrate(house)
    except DetectionStopped:
        return None
    except OSError as error:
        raise _unwritable(house, error) from error
    task.board.say(f"{counted(found, 'new pair')}.")
    return None


def _unwritable(house: House, error: OSError) -> StageFailed:
    return StageFailed(f"{house.prints}: {error.strerror or error}. Check the disk, then resume the job.")
