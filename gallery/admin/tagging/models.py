"""Models of a set: learned by a job, looked at, then applied or taken back."""

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from gallery.accounts.identity import me, needs
from gallery.admin.tagging import blueprint
from gallery.admin.tagging.desk import folder, last_job, set_or_404, waits
from gallery.catalogue import store
from gallery.errors import TooManyJobs
from gallery.jobs.asking import ask_for
from gallery.jobs.holding import queue
from gallery.ledger import database
from gallery.models.tagging import TagModel, model_before, tag_model
from gallery.tagging.files import read_head
from gallery.tagging.publishing import check
from gallery.wording import sentence
from indexer.errors import StoreMissing
from indexer.tagging.errors import DamagedHead, WrongHead


@blueprint.post("/<int:set_id>/train")
@needs("curator")
def train(set_id: int) -> Response:
    """Ask for a model learned from all that was decided so far."""
    tags = set_or_404(set_id)
    return _ask(set_id, "train", {"set": set_id, "name": tags.name})


@blueprint.get("/models/<int:model_id>")
@needs("curator")
def model(model_id: int) -> str:
    """Show how well a model does on works it had not seen, and what applying it would change."""
    found = _model_or_404(model_id)
    with database().reading() as session:
        before = model_before(session, found.set_id)
    return render_template(
        "admin/tagging/model.html",
        model=found,
        tags=set_or_404(found.set_id),
        before=before,
        trouble=_trouble(found),
        waits=waits(last_job(found.set_id, "tag")),
    )


@blueprint.post("/models/<int:model_id>/apply")
@needs("curator")
def apply(model_id: int) -> Response:
    """Ask for works to show what a model says."""
    found = _model_or_404(model_id)
    tags = set_or_404(found.set_id)
    check(store(), read_head(folder(), found.sha256))
    return _ask(found.set_id, "tag", {"set": found.set_id, "model": model_id, "name": tags.name})


@blueprint.post("/<int:set_id>/rollback")
@needs("curator")
def rollback(set_id: int) -> Response:
    """Ask for works to show what the model before says, or nothing if there was none."""
    tags = set_or_404(set_id)
    return _ask(set_id, "tag", {"set": set_id, "model": None, "name": tags.name})


def _ask(set_id: int, kind: str, asked: dict[str, object]) -> Response:
    if waits(last_job(set_id, kind)):
        flash("That is under way already.")
    else:
        try:
            ask_for(database(), queue(), kind, asked, by=me())
        except TooManyJobs as error:
            flash(str(error))
        else:
            flash("Asked for: it takes some seconds.")
    return redirect(url_for("tagging.show", set_id=set_id), 303)


def _model_or_404(model_id: int) -> TagModel:
    with database().reading() as session:
        found = tag_model(session, model_id)
    if found is None:
        abort(404, "There is no such model. Its set may have been removed.")
    return found


def _trouble(found: TagModel) -> str | None:
    """Return why a model cannot be applied, None if it can."""
    try:
        check(store(), read_head(folder(), found.sha256))
    except (DamagedHead, WrongHead, StoreMissing) as error:
        return sentence(error)
    return None
