"""Held works for curators: the queue, the farthest first; all of an artist at once; undo."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import Blueprint, Response, abort, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from gallery.accounts.identity import me, needs
from gallery.admin.premises import changes_works, house, index_again
from gallery.admin.queueing import act_sent, decided, place_asked, place_text, refuses, taken_back
from gallery.errors import HeldRefused
from gallery.forms import field, works_sent
from gallery.holdings.finding import shown
from gallery.ledger import database
from gallery.models.held import (
    HeldWork,
    count_held,
    held_by_artist,
    held_works,
    recent_held_acts,
    waiting,
)
from gallery.relevance.deciding import MOST_AT_ONCE, decide, undo
from gallery.relevance.picture import path_of
from gallery.wording import counted
from indexer.catalogue import artwork_of
from indexer.store.model import Artwork
from scraper.errors import DamagedRecord

blueprint = Blueprint("held_desk", __name__)
changes_works(blueprint)
refuses(blueprint, HeldRefused)

SIZE = 10
_LISTED = 20
# Pictures as browsers show them, should no copy of a thumbnail be there.
_SHOWN = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif", "AVIF": "image/avif"}

SAID = {"published": "Published", "hidden": "Hidden for good", "wrong-artist": "Not by this artist: stays hidden"}


class Case(NamedTuple):
    """A held work as its page shows it: what the library says of it, and the artist's works it is most like."""

    held: HeldWork
    work: Artwork
    near: Sequence[tuple[Artwork, float]]


@blueprint.get("/admin/held")
@needs("curator")
def index() -> str:
    """Show the works that wait, the farthest first."""
    after = place_asked(by_hash=True)
    with database().reading() as session:
        found = waiting(session, SIZE + 1, after=after)
        artists, acts, total = held_by_artist(session), recent_held_acts(session, _LISTED), count_held(session)
    return render_template(
        "admin/held/index.html",
        **{"cases": _cases(found[:SIZE]), "artists": artists, "acts": acts, "total": total, "began": after is None},
        following=place_text(found[SIZE - 1].place) if len(found) > SIZE else None,
    )


@blueprint.post("/admin/held")
@needs("curator")
def judge() -> ResponseReturnValue:
    """Say what becomes of one work."""
    verdict = field("verdict", 16)
    act = decide(house(), [field("work", 64)], verdict, me())
    return _answer(verdict, act)


@blueprint.get("/admin/held/artists/<slug>")
@needs("curator")
def artist(slug: str) -> ResponseReturnValue:
    """Show all works of an artist that wait, to decide about many at once."""
    return _overview(slug, None)


@blueprint.post("/admin/held/artists/<slug>")
@needs("curator")
def judge_many(slug: str) -> ResponseReturnValue:
    """Say what becomes of the works that are ticked."""
    verdict, works = field("verdict", 16), works_sent(MOST_AT_ONCE)
    if not works:
        return _overview(slug, "Tick the works that this is about."), 422
    act = decide(house(), works, verdict, me())
    return _answer(verdict, act)


@blueprint.post("/admin/held/undo")
@needs("curator")
def take_back() -> ResponseReturnValue:
    """Let the works of an act wait again."""
    count = undo(house(), act_sent(), me())
    return taken_back(f"Taken back: {counted(count, 'work waits', 'works wait')} again.", url_for("held_desk.index"))


@blueprint.get("/admin/held/pictures/<sha256>")
@needs("curator")
def picture(sha256: str) -> Response:
    """Send the picture of a held work, which has no public address."""
    with database().reading() as session:
        found = held_works(session, [sha256[:64]])
    if not found:
        abort(404, "No such work is held.")
    try:
        answer = send_file(path_of(house(), sha256).resolve(), "image/webp", conditional=True)
    except FileNotFoundError:
        answer = _original(sha256)
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


def _original(sha256: str) -> Response:
    library = house().library
    try:
        record = library.get(sha256)
    except DamagedRecord:
        record = None
    if record is None or record.picture.format not in _SHOWN:
        abort(404, "There is no picture of this work that could be shown.")
    try:
        return send_file(library.picture_path(record.picture).resolve(), _SHOWN[record.picture.format])
    except FileNotFoundError:
        abort(404, "The picture is not in the library.")


def _answer(verdict: str, act: int) -> ResponseReturnValue:
    waits = f". {index_again()}" if verdict == "published" else ""
    return decided(SAID[verdict] + waits, act, url_for("held_desk.index"))


def _overview(slug: str, error: str | None) -> str:
    with database().reading() as session:
        found = waiting(session, MOST_AT_ONCE, artist=slug)
    if not found:
        abort(404, "No work of such an artist waits.")
    return render_template(
        "admin/held/artist.html", cases=_cases(found), artist=found[0].artist, slug=slug, error=error
    )


def _cases(found: Sequence[HeldWork]) -> list[Case]:
    """Return the works with what is known of them; one whose record is gone or damaged is passed over."""
    near = shown(house(), [sha256 for held in found for sha256, _ in held.nearest])
    cases = []
    for held in found:
        try:
            record = house().library.get(held.sha256)
        except DamagedRecord:
            continue
        if record is not None:
            alike = [(near[sha256], cosine) for sha256, cosine in held.nearest if sha256 in near]
            cases.append(Case(held, artwork_of(record, None), alike))
    return cases
