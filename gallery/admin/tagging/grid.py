"""Labelling in a grid: works of the collection, a cluster or an artist, ticked and given a class."""

from typing import Any

from flask import abort, render_template, request, url_for
from werkzeug.wrappers import Response

from gallery.accounts.identity import me, needs
from gallery.admin.tagging import blueprint
from gallery.admin.tagging.desk import answer, folder, set_or_404
from gallery.browse.reading import choice, page_number
from gallery.catalogue import store, within
from gallery.clusters.reading import titles
from gallery.configured import configured
from gallery.forms import field, works_sent
from gallery.ledger import database
from gallery.models.tagging import LONGEST_NAME, TagSet, standing
from gallery.tagging.deciding import decide, none_of
from gallery.tagging.errors import TagsRefused
from gallery.tagging.truth import verdicts_of
from gallery.wording import counted
from indexer.store.model import Filters

MOST_OF_CLUSTER = 2000


@blueprint.get("/<int:set_id>/label")
@needs("curator")
def label(set_id: int) -> str:
    """Show works to label, narrowed by words, artist, cluster or class."""
    tags, asked = set_or_404(set_id), choice()
    size = configured().page_size
    works = within(store().page(asked.filters(), number=page_number(), size=size))
    with database().reading() as session:
        decided = standing(session, set_id, [work.sha256 for work in works.artworks])
    return render_template(
        "admin/tagging/label.html",
        tags=tags,
        works=works,
        asked=asked,
        verdicts=verdicts_of(decided, tags.exclusive),
        clusters=titles(database()),
        movements=store().facets("movement", Filters()),
    )


@blueprint.post("/<int:set_id>/label")
@needs("curator")
def store_labels(set_id: int) -> Response:
    """Give the ticked works, or all undecided works of a cluster, a class; or say that they are not of it."""
    tags = set_or_404(set_id)
    name, verdict = field("label", LONGEST_NAME), "refuse" not in request.form
    said = none_of(tags) if not name else {name: verdict}
    works = _undecided(tags, field("cluster", 12)) if "whole" in request.form else works_sent()
    act = decide(database(), store(), folder(), set_id, dict.fromkeys(works, said), me())
    what = f"{'' if verdict else 'not '}{name}" if name else "none of these"
    told = f"{counted(len(works), 'work')}: {what}. It can be undone on the page of the set."
    asked: dict[str, Any] = dict(choice().values(page=request.form.get("page", "")))
    return answer(told, act, url_for("tagging.label", set_id=set_id, **asked))


def _undecided(tags: TagSet, cluster: str) -> list[str]:
    if not cluster:
        raise TagsRefused("The cluster", "is not named: choose one first")
    found, number = list[str](), 1
    with database().reading() as session:
        decided = {each.sha256 for each in standing(session, tags.id)}
    while True:
        page = store().page(Filters(cluster=cluster), number=number, size=500)
        found += [work.id for work in page.artworks if work.sha256 not in decided]
        if len(found) > MOST_OF_CLUSTER:
            abort(400, f"The cluster is too large to be labelled at once: {MOST_OF_CLUSTER:,} works at most.")
        if number >= page.last:
            return found
        number += 1
