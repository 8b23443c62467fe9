"""The stage that makes a report of the collection."""

from gallery.errors import ReportUnwritable, StageFailed
from gallery.holdings.house import House
from gallery.jobs.kinds import Task
from gallery.report.making import ReportStopped, make_report
from gallery.report.model import Case


def report(task: Task) -> str | None:
    """Make a report and keep it; one that is stopped, or fails, leaves nothing of itself."""
    shop, board = task.shop, task.board

    def say(what: str, done: int, total: int) -> None:
        board.show(task.stage, note=what, done=done, total=total)

    house = House.of(shop.settings, shop.database, shop.store)
    try:
        made = make_report(Case(house, shop.settings, board.stop.is_set, say))
    except ReportStopped:
        return None
    except ReportUnwritable as error:
        raise StageFailed(str(error)) from error
    board.say(f"A report of {made.figure('contents', 'works'):,} works.")
    return None
