"""The stages that learn a set's model and that apply one, or go back to the one before."""

from gallery.errors import StageFailed
from gallery.jobs.kinds import Task
from gallery.models.users import User, user_by_id
from gallery.tagging.errors import TagsRefused, UnknownTagSet
from gallery.tagging.learning import apply, roll_back, train_set
from indexer.tagging.errors import TaggingError


def train(task: Task) -> str | None:
    """Learn from what was decided for the set that the job names."""
    shop, board = task.shop, task.board

    def say(what: str, done: float) -> None:
        board.show(task.stage, note=what, done=round(100 * done), total=100)

    folder = shop.settings.models_dir
    try:
        model = train_set(shop.database, shop.store, folder, task.job.asked["set"], _asker(task), say)
    except (TaggingError, TagsRefused, UnknownTagSet) as error:
        raise StageFailed(str(error)) from error
    board.say(
        f"Learned from {model.data['works']} works; right in {100 * model.metrics['accuracy']:.0f} % of those held out."
    )
    return None


def tag(task: Task) -> str | None:
    """Apply the model that the job names, or go back to the one before if it names none."""
    shop, asked = task.shop, task.job.asked
    folder, by = shop.settings.models_dir, _asker(task)
    try:
        if asked.get("model") is None:
            changed = roll_back(shop.database, shop.store, folder, asked["set"], by)
        else:
            changed = apply(shop.database, shop.store, folder, asked["model"], by)
    except (TaggingError, TagsRefused, UnknownTagSet) as error:
        raise StageFailed(str(error)) from error
    task.board.say(f"{changed} works changed.")
    return None


def _asker(task: Task) -> User | None:
    with task.shop.database.reading() as session:
        return user_by_id(session, task.job.user_id) if task.job.user_id else None
