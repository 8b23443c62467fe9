"""Suspicious labels for curators: the queue with its proofs, verdicts and undo; and how artists are covered."""

from collections.abc import Mapping
from typing import Literal

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gallery.accounts.identity import me, needs
from gallery.admin.premises import changes_works, checked_id, house, index_again
from gallery.admin.queueing import act_sent, ask_and_go, decided, place_asked, place_text, refuses, taken_back
from gallery.browse.reading import known_or_400, page_number
from gallery.errors import CorrectionRefused
from gallery.forms import field
from gallery.holdings.finding import shown
from gallery.labels import deciding
from gallery.labels.coverage import coverage_of
from gallery.labels.errors import LabelRefused
from gallery.ledger import database
from gallery.models.labels import (
    FIELDS,
    LabelCase,
    cases,
    close_cases,
    count_waiting,
    last_label_run,
    recent_verdicts,
)
from indexer.store.model import Artwork
from indexer.suspicion.model import Field

blueprint = Blueprint("label_desk", __name__)
changes_works(blueprint)
refuses(blueprint, LabelRefused, CorrectionRefused)

SIZE = 10
LATER: Literal["later"] = "later"
_LISTED = 10
_PER_PAGE = 100


@blueprint.get("/admin/labels")
@needs("curator")
def index() -> ResponseReturnValue:
    """Show the labels that wait, the most suspicious first, each with what speaks against it."""
    part, after = _part(request.args), place_asked()
    what = None if part == LATER else part
    with database().reading() as session:
        counts = count_waiting(session)
        found = list(cases(session, SIZE + 1, what=what, after=after, later=part == LATER))
        decided, run = recent_verdicts(session, _LISTED), last_label_run(session)
    there, works = _with_works(found[:SIZE], [case.sha256 for case, _ in decided])
    return render_template(
        "admin/labels/index.html",
        **{"cases": there, "works": works, "counts": counts, "field": part},
        **{"decided": decided, "run": run, "began": after is None},
        following=place_text(found[SIZE - 1].place) if len(found) > SIZE else None,
    )


@blueprint.post("/admin/labels/<int:case_id>")
@needs("curator")
def decide(case_id: int) -> ResponseReturnValue:
    """Store what a curator says of a label."""
    said = field("say", 16)
    case = deciding.say(house(), checked_id(case_id), said, me())
    return decided(deciding.SAID[said], case.id, url_for("label_desk.index", field=_part(request.form)))


@blueprint.post("/admin/labels/undo")
@needs("curator")
def undo() -> ResponseReturnValue:
    """Take a verdict back."""
    case = deciding.undo(house(), act_sent(), me())
    said = "Taken back." + (" " + index_again() if case.verdict == "hidden" else "")
    return taken_back(said, url_for("label_desk.index"))


@blueprint.post("/admin/labels/look")
@needs("curator")
def look() -> ResponseReturnValue:
    """Have all labels looked through."""
    return ask_and_go("labels", {"name": "all works"}, url_for("label_desk.index"))


@blueprint.get("/admin/labels/artists")
@needs("curator")
def artists() -> ResponseReturnValue:
    """Show how unevenly artists are covered, and what is known of each one's works."""
    number = page_number()
    with database().reading() as session:
        told = coverage_of(session, number, _PER_PAGE)
    if number > 1 and not told.rows:
        abort(404, "There is no such page here.")
    return render_template("admin/labels/artists.html", told=told, number=number, size=_PER_PAGE)


def _part(sent: Mapping[str, str]) -> Field | Literal["later"] | None:
    """Return the part of the queue that is asked for: the labels of a field, or those put off; None for all."""
    asked = sent.get("field")
    return known_or_400(asked, (*FIELDS, LATER), "The field must be") if asked else None


def _with_works(found: list[LabelCase], more: list[str]) -> tuple[list[LabelCase], dict[str, Artwork]]:
    """Return the cases whose work is shown, with these, their proofs and `more`; other cases leave the queue."""
    asked = [sha256 for case in found for sha256 in (case.sha256, *case.evidence.get("proof", ()))]
    asked += [case.evidence["medoid"] for case in found if "medoid" in case.evidence]
    asked += more
    works = shown(house(), asked)
    gone = [case.id for case in found if case.sha256 not in works]
    if gone:
        with database().writing() as session:
            close_cases(session, gone)
    return [case for case in found if case.id not in gone], works
