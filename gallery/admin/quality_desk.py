"""Quality for curators: the queue of findings, one finding with its remedies, and undo."""

from collections.abc import Mapping, Sequence
from contextlib import closing

from flask import Blueprint, Flask, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gallery.accounts.identity import me, needs
from gallery.admin.premises import changes_works, checked_id, house, index_again
from gallery.admin.queueing import (
    act_sent,
    ask_and_go,
    decided,
    number_in,
    place_asked,
    place_text,
    refuses,
    taken_back,
)
from gallery.browse.reading import known_or_400
from gallery.db import Session
from gallery.errors import FindingRefused
from gallery.forms import field, number_sent
from gallery.holdings.finding import shown
from gallery.ledger import database
from gallery.models.quality import (
    QualityFinding,
    close_findings,
    count_open,
    finding_by_id,
    findings_of,
    open_findings,
    recent_acts,
)
from gallery.problems import allow_large
from gallery.quality import deciding, replacing
from indexer.cropping import WHOLE, Box
from indexer.quality.judging import KINDS
from indexer.store.model import Artwork
from scraper.settings import ScraperSettings

blueprint = Blueprint("quality_desk", __name__)
changes_works(blueprint)
refuses(blueprint, FindingRefused)

REPLACE = "/admin/quality/replace"
SIZE = 20
SIDES = ("left", "top", "right", "bottom")
_LISTED = 20
_SAID: dict[deciding.Verdict, str] = {"fine": "Fine: never asked again", "hidden": "Hidden"}


def init_app(app: Flask) -> None:
    """Let a picture be sent as large as those that are collected, with some room for the form around it."""
    allow_large(app, REPLACE, ScraperSettings().max_image_mb * 2**20 + 2**16, anybody=True)


@blueprint.get("/admin/quality")
@needs("curator")
def index() -> ResponseReturnValue:
    """Show the findings that wait, the most severe of each kind first."""
    asked, after, notes = request.args.get("kind"), place_asked(), "notes" in request.args
    kind = known_or_400(asked, KINDS, "The kind must be") if asked else None
    with database().reading() as session:
        counts, noted = count_open(session), count_open(session, notes=True)
        found = list(open_findings(session, SIZE + 1, kind=kind, notes=notes, after=after))
        acts = recent_acts(session, _LISTED)
    findings, works = _shown(found[:SIZE])
    return render_template(
        "admin/quality/index.html",
        findings=findings,
        works=works,
        following=place_text(found[SIZE - 1].place) if len(found) > SIZE else None,
        **{"counts": noted if notes else counts, "alarms": sum(counts.values()), "noted": sum(noted.values())},
        **{"kind": kind, "kinds": KINDS, "notes": notes, "names": deciding.NAMES, "acts": acts},
        began=after is None,
    )


@blueprint.get("/admin/quality/<int:finding_id>")
@needs("curator")
def show(finding_id: int) -> ResponseReturnValue:
    """Show one finding with what can be done about it."""
    finding = _finding_or_404(finding_id)
    work = shown(house(), [finding.sha256]).get(finding.sha256)
    if work is None:
        abort(404, "This work is not shown at the moment: it was hidden, merged or removed.")
    with database().reading() as session:
        others = [each for each in findings_of(session, finding.sha256) if each.id != finding.id]
        after = _next(session, finding)
    asked = _part(request.args) if "left" in request.args else finding.box if finding.kind != "text" else None
    cut = [round(100 * share, 1) for share in _cut_off(asked or WHOLE)]
    values = {
        "finding": finding,
        "work": work,
        "cut": cut,
        "part": asked,
        "others": others,
        "following": after,
        "names": deciding.NAMES,
    }
    return render_template("admin/quality/finding.html", **values)


@blueprint.post("/admin/quality/<int:finding_id>")
@needs("curator")
def decide(finding_id: int) -> ResponseReturnValue:
    """Say that a finding is fine, or hide its work, and go on to the next."""
    verdict = known_or_400(field("verdict", 16), _SAID, "The verdict must be")
    finding = _finding_or_404(finding_id)
    with database().reading() as session:
        after = _next(session, finding)
    act = deciding.decide(house(), finding_id, verdict, me())
    return _done(_SAID[verdict], act, after)


@blueprint.post("/admin/quality/<int:finding_id>/crop")
@needs("curator")
def crop(finding_id: int) -> ResponseReturnValue:
    """Cut off what the form says, or what the finding shows, and go on to the next."""
    finding = _finding_or_404(finding_id)
    box = _part(request.form) if "left" in request.form else finding.box
    if box is None:
        abort(400, "The form must say how much to cut off each side.")
    with database().reading() as session:
        after = _next(session, finding)
    act = deciding.crop(house(), finding_id, (box[0], box[1], box[2], box[3]), me())
    waits = index_again().replace("It is", "The part is")
    return _done(f"Cropped. {waits}", act, after)


@blueprint.post(REPLACE)
@needs("curator")
def replace() -> ResponseReturnValue:
    """Take another picture of the same work, and go on to the next."""
    finding = _finding_or_404(number_sent("finding"))
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise FindingRefused("Choose a picture first.")
    with closing(sent):
        content = sent.stream.read()
    with database().reading() as session:
        after = _next(session, finding)
    act = replacing.replace(house(), finding.id, content, ScraperSettings(), me())
    return _done(f"Replaced. {index_again()}", act, after)


@blueprint.post("/admin/quality/undo")
@needs("curator")
def undo() -> ResponseReturnValue:
    """Take back what was decided."""
    again = deciding.undo(house(), act_sent(), me())
    said = "Taken back. " + index_again() if again else "Taken back."
    return taken_back(said, url_for("quality_desk.index"))


@blueprint.post("/admin/quality/look")
@needs("curator")
def look() -> ResponseReturnValue:
    """Have the whole collection looked through."""
    return ask_and_go("quality", {"name": "all works"}, url_for("quality_desk.index"))


def _part(values: Mapping[str, str]) -> Box:
    """Return the part that is left when so many percent are cut off each side; answer 400 if that is none."""
    left, top, right, bottom = (_share(values.get(side, "0") or "0", side) for side in SIDES)
    if left + right > 0.9 or top + bottom > 0.9:
        abort(400, "At least a tenth of each side must be left.")
    return left, top, 1 - right, 1 - bottom


def _cut_off(box: Sequence[float]) -> tuple[float, float, float, float]:
    return box[0], box[1], 1 - box[2], 1 - box[3]


def _share(text: str, side: str) -> float:
    value = number_in(text, side)
    if not 0 <= value < 100:
        abort(400, f"{side!r} must be a number of percent.")
    return value / 100


def _done(said: str, act: int, after: int | None) -> ResponseReturnValue:
    onward = "onward" in request.form and after is not None
    back = url_for("quality_desk.show", finding_id=after) if onward else url_for("quality_desk.index")
    return decided(said, act, back)


def _finding_or_404(finding_id: int) -> QualityFinding:
    with database().reading() as session:
        finding = finding_by_id(session, checked_id(finding_id))
    if finding is None:
        abort(404, "There is no such finding.")
    return finding


def _next(session: Session, finding: QualityFinding) -> int | None:
    return next((each.id for each in open_findings(session, 1, notes=finding.note, after=finding.place)), None)


def _shown(findings: list[QualityFinding]) -> tuple[list[QualityFinding], dict[str, Artwork]]:
    """Return the findings whose works are shown, with these; others leave the queue till they are found again."""
    works = shown(house(), [finding.sha256 for finding in findings])
    gone = [finding for finding in findings if finding.sha256 not in works]
    if gone:
        with database().writing() as session:
            close_findings(session, gone)
    return [finding for finding in findings if finding.sha256 in works], works
