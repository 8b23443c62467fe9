"""The stage after embedding: what people decided is put back, and new works find their clusters."""

from gallery.clusters.running import join_new
from gallery.corrections import reapply
from gallery.jobs.kinds import Task
from gallery.models.corrections import corrected_works


def arrange(task: Task) -> str | None:
    """Apply the corrections of all works again, and put new works into their nearest clusters."""
    shop = task.shop
    task.board.show(task.stage, done=0, total=2)
    with shop.database.reading() as session:
        corrected = corrected_works(session)
    reapply(shop.database, shop.store, corrected)
    task.board.show(task.stage, done=1)
    joined = join_new(shop.database, shop.store)
    task.board.show(task.stage, done=2)
    if joined:
        task.board.say(f"{joined} new works joined their nearest clusters.")
    return None
