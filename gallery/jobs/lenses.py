"""The stage that fits the statistics of the lenses anew and gives every work the vectors that they make."""

from gallery.errors import StageFailed
from gallery.jobs.embedding import alone
from gallery.jobs.kinds import Task
from indexer.errors import DerivedError, StoreMissing, TooFewForLenses
from indexer.lenses.keeping import lenses_of


def refit(task: Task) -> str | None:
    """Fit and fill in; stopped or killed, the works without are given theirs by the next time or the next index."""
    settings, store, board = task.shop.settings, task.shop.store, task.board
    with alone(task) as mine:
        if not mine:
            return None
        board.show(task.stage, note="fitting on a sample")
        try:
            lenses = lenses_of(store, settings.thumbnails_dir, settings.statistics_dir)
            filled = lenses.refit(
                board.stop.is_set, lambda done, total: board.show(task.stage, note="", done=done, total=total)
            )
        except (TooFewForLenses, DerivedError, StoreMissing) as error:
            raise StageFailed(str(error)) from error
        if lenses.statistics is not None:
            board.say(f"{filled:,} works were given their vectors by statistics {lenses.statistics.name}.")
    return None
