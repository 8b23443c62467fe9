"""Search by a picture: sent, photographed, pasted, or named by its address; nothing of it is kept.

The answer's form carries a small copy of the picture back, so that a detail of it or the next page can be asked for.
"""

import base64
import re
from typing import NamedTuple
from uuid import UUID

from flask import Blueprint, Flask, current_app, make_response, render_template, request
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.wrappers import Response

from gallery.accounts import throttle
from gallery.accounts.throttle import Caller, Limit
from gallery.browse.facets import Facet, chips, facets_of
from gallery.browse.lens import LONGEST, Lens, lens_of, mix_sent, usual_lens
from gallery.browse.picture_problems import PictureRefused, refusal
from gallery.browse.reading import Choice, choice
from gallery.browse.recognising import recognise
from gallery.catalogue import artwork_or_404, store
from gallery.configured import configured
from gallery.errors import TooManyAttempts, WebBusy
from gallery.forms import field, refuse_without_key
from gallery.ledger import database
from gallery.lookup import lookup
from gallery.page_cache import CHANGES_NOTHING
from gallery.problems import allow_large
from indexer.likeness import Scale
from indexer.lookup.errors import LookupBusy, LookupFailed
from indexer.lookup.question import Box
from indexer.store.model import Artwork, Filters
from indexer.thumbnails import sizes_for, thumbnail_path
from scraper.errors import ScraperError

blueprint = Blueprint("by_picture", __name__)

MARK, WEB_MARK = "search by a picture", "search by an address"
LIMITS = (Limit(("address", "device"), 90), Limit(("device",), 3000))
WEB_LIMITS = (Limit(("address", "device"), 20), Limit(("device",), 300))
BANDS = {"same": "The same", "version": "A version", "near": "Near", "kindred": "Kindred"}
EDGES = ("left", "top", "right", "bottom")
LONGEST_URL, LONGEST_KEPT, MOST_PAGES = 2000, 480_000, 40


class Asked(NamedTuple):
    """The bytes of a picture with the hash of the file they were made of, if they are a small copy that came back."""

    content: bytes
    sha256: str | None = None


@blueprint.get("/by-picture")
def form() -> Response:
    """Show the form; with `work`, to search by a detail of a work that hangs here."""
    named = request.args.get("work")
    return _form(work=_work(named) if named else None)


@blueprint.post("/by-picture")
def find() -> Response:
    """Answer with the works that are the picture, and those like it."""
    request.environ[CHANGES_NOTHING] = True
    try:
        box, number, lens = _box(), _page(), _lens()
        _count(MARK, LIMITS)
        asked = _asked()
        sight = lookup().look(asked.content, box)
        sha256 = asked.sha256 or sight.seen.sha256
        wanted = _wanted()
        filters = wanted.filters()
        answer = recognise(sight, sha256, filters, number, lens, detail=not box.whole)
    except (PictureRefused, TooManyAttempts, ScraperError, WebBusy, LookupFailed) as problem:
        return _refused(problem)
    values = {"answer": answer, "sight": sight, "sha256": sha256, "box": _percent(box), "edges": EDGES}
    values |= {"chosen": list(chips(wanted)), "wanted": wanted.values(), "facets": _facets(wanted, filters)}
    values["kept"] = base64.b64encode(sight.seen.shown).decode("ascii")
    return _unkept(make_response(render_template("browse/recognised.html", **values, most_pages=MOST_PAGES)))


def _wanted() -> Choice:
    """Return among which works to look for similar ones; `without` names what is no longer asked for."""
    sent = request.form.to_dict()
    years = re.fullmatch(r"(-?\d{1,4})-(-?\d{1,4})", sent.get("century", ""), re.ASCII)
    if years:
        sent |= {"from": years[1], "to": years[2]}
    wanted, taken = choice(sent), field("without", 12, default="")
    return wanted.without(taken) if taken == "century" or taken in wanted._fields else wanted


def _facets(wanted: Choice, filters: Filters) -> list[Facet]:
    return list(facets_of(wanted, store().count(filters), filters))


def _asked() -> Asked:
    """Return the picture: a file that was chosen or taken, one with an address, or the copy that comes back."""
    for name in ("file", "photo"):
        sent = request.files.get(name)
        if sent is not None and sent.filename:
            return Asked(sent.stream.read())
    if url := field("url", LONGEST_URL, default="").strip():
        _count(WEB_MARK, WEB_LIMITS)
        return Asked(lookup().fetch(url))
    if kept := field("kept", LONGEST_KEPT, default=""):
        return _came_back(kept)
    if work := field("work", 36, default=""):
        return _shown(_work(work))
    raise PictureRefused(422, "Choose a picture first, or give the address of one.")


def _came_back(kept: str) -> Asked:
    sha256 = field("sha256", 64)
    try:
        content = base64.b64decode(kept, validate=True)
    except ValueError as error:
        raise BadRequest("The picture did not come back as it was sent.") from error
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise BadRequest("The picture came back without what it was known by.")
    return Asked(content, sha256)


def _shown(work: Artwork) -> Asked:
    sizes = sizes_for(work.width, work.height)
    path = thumbnail_path(configured().thumbnails_dir, work.sha256, sizes[min(2, len(sizes) - 1)])
    try:
        return Asked(path.read_bytes(), work.sha256)
    except FileNotFoundError as error:
        raise PictureRefused(422, "This work's picture is not there at the moment.") from error


def _work(name: str) -> Artwork:
    try:
        return artwork_or_404(str(UUID(name)))
    except ValueError as error:
        raise BadRequest("'work' must be the id of an artwork, as in its address.") from error


def _box() -> Box:
    texts = [field(name, 8, default="").strip() for name in EDGES]
    try:
        edges = [float(text) / 100 if text else whole for text, whole in zip(texts, (0, 0, 1, 1), strict=True)]
        return Box(*edges)
    except ValueError as error:
        raise PictureRefused(
            422, "The detail must lie within the picture: left before right, top before bottom, from 0 to 100 percent."
        ) from error


def _page() -> int:
    text = field("page", 4, default="1")
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_PAGES):
        raise BadRequest(f"The page must be a number from 1 to {MOST_PAGES}.")
    return int(text)


def _lens() -> Lens:
    """Return the lens whose button was pressed, the mix whose was, or the one that the answer before had."""
    mix = mix_sent(request.form) if "mix" in request.form else None
    text = mix or field("by", LONGEST, default="") or field("lens", LONGEST, default="")
    return lens_of(text) if text else usual_lens()


def _count(mark: str, limits: tuple[Limit, ...]) -> None:
    throttle.enter(database(), Caller(mark, throttle.network(request.remote_addr), mark), limits)


def _percent(box: Box) -> dict[str, str]:
    return {name: f"{100 * getattr(box, name):g}" for name in EDGES}


def _refused(problem: Exception) -> Response:
    if isinstance(problem, LookupFailed) and not isinstance(problem, LookupBusy):
        # It names weights and folders, which is for whoever runs the site.
        current_app.logger.error("%s", problem)
    status, sentence, wait = refusal(problem)
    answer = _form(sentence, status)
    if wait:
        answer.headers["Retry-After"] = str(wait)
    return answer


def _form(error: str | None = None, status: int = 200, work: Artwork | None = None) -> Response:
    refuse_without_key()
    values = {
        "work": work,
        "error": error,
        "reaches_out": lookup().reaches_out,
        "most_mb": configured().picture_mb,
        "edges": EDGES,
        "box": _percent(Box()),
    }
    return _unkept(make_response(render_template("browse/by_picture.html", **values), status))


def _unkept(answer: Response) -> Response:
    # It carries a token of its own for each visitor, and perhaps their picture.
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.errorhandler(413)
def too_large(error: HTTPException) -> Response:
    """Say on the form itself that a picture is too large."""
    most = configured().picture_mb
    return _form(f"This picture is too large: {most} MB at most.", 413)


def init_app(app: Flask) -> None:
    """Let anybody send a picture."""
    most = app.config["GALLERY"].picture_mb * 2**20
    allow_large(app, "/by-picture", most, anybody=True)
    app.add_template_global(band_of)


def band_of(score: float, scale: Scale | None) -> str | None:
    """Return a short word for how close a work is, None where nothing can be said or it is not close."""
    return BANDS.get(scale.band(score)) if scale else None
