"""All tag sets, and one with what was decided, learned and applied."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gallery.accounts.identity import me, needs
from gallery.admin.tagging import blueprint
from gallery.admin.tagging.desk import answer, folder, last_job, lines, set_or_404, waits
from gallery.catalogue import store
from gallery.forms import field, number_sent
from gallery.ledger import database
from gallery.models.tagging import LONGEST_NAME, applied_models, recent_acts, standing, tag_models, tag_sets
from gallery.models.users import all_users
from gallery.problems import tell
from gallery.tagging import deciding
from gallery.tagging.errors import TagsRefused, UnknownTagSet
from gallery.tagging.truth import agreement_of, examples_of, verdicts_of
from gallery.wording import counted
from indexer.errors import UnknownArtwork
from indexer.store.model import Filters
from indexer.tagging.errors import TaggingError

tell(blueprint, 400, TagsRefused, TaggingError, heading="That cannot be done")
tell(blueprint, 404, UnknownTagSet, UnknownArtwork)

_ACTS = 12
LONGEST_CLASSES = (LONGEST_NAME + 2) * deciding.MOST_CLASSES


@blueprint.get("")
@needs("curator")
def index() -> str:
    """Show all sets, and the form for a new one."""
    with database().reading() as session:
        sets, applied = tag_sets(session), applied_models(session)
        labelled = {tags.id: len(verdicts_of(standing(session, tags.id), tags.exclusive)) for tags in sets}
    return render_template(
        "admin/tagging/sets.html",
        sets=sets,
        applied=applied,
        labelled=labelled,
        longest_name=LONGEST_NAME,
        longest_classes=LONGEST_CLASSES,
    )


@blueprint.post("")
@needs("curator")
def define() -> Response:
    """Store a new set."""
    tags = deciding.define(
        database(),
        me(),
        name=field("name", 4 * LONGEST_NAME),
        classes=lines("classes", LONGEST_CLASSES),
        exclusive=field("sort", 10) == "one",
        description=field("description", 2 * deciding.LONGEST_DESCRIPTION, default=""),
    )
    flash("Defined. Label some works of each class, then let it learn.")
    return redirect(url_for("tagging.label", set_id=tags.id), 303)


@blueprint.get("/<int:set_id>")
@needs("curator")
def show(set_id: int) -> str:
    """Show a set: its classes, what can be done next, its models, how curators agree, and what was decided lately."""
    tags = set_or_404(set_id)
    with database().reading() as session:
        decided, models = standing(session, set_id), tag_models(session, set_id)
        acts, names = recent_acts(session, set_id, _ACTS), {user.id: user.name for user in all_users(session)}
    verdicts = verdicts_of(decided, tags.exclusive)
    shown = {facet.value: facet.count for facet in store().facets("given_words", Filters())}
    training, tagging = last_job(set_id, "train"), last_job(set_id, "tag")
    newest = models[0].last_decision if models else 0
    return render_template(
        "admin/tagging/set.html",
        tags=tags,
        examples=examples_of(verdicts, tags.classes),
        labelled=len(verdicts),
        shown={name: shown.get(f"{tags.name}: {name}", 0) for name in tags.classes},
        models=models,
        fresh=len({each.sha256 for each in decided if each.id > newest}),
        agreement=agreement_of(tags, decided),
        names=names,
        acts=acts,
        training=training,
        tagging=tagging,
        waits=waits(training, tagging),
        longest_classes=LONGEST_CLASSES,
    )


@blueprint.post("/<int:set_id>")
@needs("curator")
def edit(set_id: int) -> Response:
    """Change a set's classes, threshold and description."""
    deciding.edit(
        database(),
        store(),
        folder(),
        set_id,
        me(),
        classes=lines("classes", LONGEST_CLASSES),
        threshold=number_sent("threshold") / 100,
        description=field("description", 2 * deciding.LONGEST_DESCRIPTION, default=""),
    )
    flash("Saved.")
    return redirect(url_for("tagging.show", set_id=set_id), 303)


@blueprint.post("/<int:set_id>/remove")
@needs("curator")
def remove(set_id: int) -> Response:
    """Remove a set, when its name was typed to make sure."""
    tags = set_or_404(set_id)
    if " ".join(field("name", 4 * LONGEST_NAME).split()) != tags.name:
        raise TagsRefused("The name", "does not match: type it as it is to remove the set")
    deciding.remove(database(), store(), folder(), set_id, me())
    flash(f"Removed: {tags.name}.")
    return redirect(url_for("tagging.index"), 303)


@blueprint.post("/<int:set_id>/undo")
@needs("curator")
def undo(set_id: int) -> Response:
    """Take back what was decided at once."""
    set_or_404(set_id)
    works = deciding.undo(database(), store(), folder(), field("act", 32), me())
    back = request.form.get("back") == "review"
    return answer(
        f"Taken back: {counted(works, 'work')}.",
        "",
        url_for("tagging.review" if back else "tagging.show", set_id=set_id),
    )
