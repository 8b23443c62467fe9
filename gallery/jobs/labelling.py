"""The stage that looks for suspicious labels."""

from gallery.jobs.kinds import Task
from gallery.labels.searching import PARTS, SearchStopped, search


def look(task: Task) -> str | None:
    """Look through artists, movements and years; the fields that a job cut short had done are not done again."""
    board = task.board

    def say(what: str, done: float) -> None:
        board.show(task.stage, note=what, done=round(100 * done), total=100)

    try:
        run = search(task.shop.database, task.shop.store, board.stop.is_set, say)
    except SearchStopped:
        return None
    for what in PARTS:
        told = run.parts.get(what, {"found": 0, "new": 0, "remark": None})
        board.say(f"{what}: {told['found']} to look at, {told['new']} of them new. {told['remark'] or ''}".strip())
    return None
