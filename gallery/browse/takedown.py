"""The form by which anybody can ask that a work be taken down; no account is needed."""

import re
import unicodedata
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from gallery.accounts import throttle
from gallery.accounts.throttle import Caller, Limit
from gallery.catalogue import artwork_or_404
from gallery.configured import configured
from gallery.errors import TooManyAttempts
from gallery.forms import field, refuse_without_key
from gallery.holdings.finding import record_with
from gallery.ledger import database
from gallery.models.takedowns import Takedown, ask
from indexer.store.model import Artwork
from scraper.library import Library

blueprint = Blueprint("takedown", __name__)

RELATIONS = {
    "artist": "I made this work",
    "holder": "I hold the rights in it",
    "estate": "I speak for the artist's estate",
    "agent": "I act for one of these",
    "shown": "I am shown in it",
    "other": "Something else",
}
FIELDS = ("name", "relation", "email", "reason")
LONGEST = {"name": 200, "email": 254, "reason": 4000}
SHORTEST_REASON = 10
# Counted for themselves, beside attempts to sign in: for an address, and for all together.
MARK = "takedown request"
LIMITS = (Limit(("address", "device"), 5), Limit(("device",), 200))
_EMAIL = re.compile(r"[^\s@<>\"(),:;\\]+@[^\s@<>\"(),:;\\]+\.[^\s@<>\"(),:;\\]+")


@blueprint.get("/artworks/<uuid:artwork_id>/takedown")
def form(artwork_id: UUID) -> ResponseReturnValue:
    """Show the form."""
    return _form(artwork_or_404(str(artwork_id)), dict.fromkeys(FIELDS, ""))


@blueprint.post("/artworks/<uuid:artwork_id>/takedown")
def send(artwork_id: UUID) -> ResponseReturnValue:
    """Put a request into the queue."""
    work = artwork_or_404(str(artwork_id))
    typed = {name: field(name, 4 * LONGEST.get(name, 10)).strip() for name in FIELDS}
    if problem := _problem(typed):
        return _form(work, typed, problem)
    try:
        throttle.enter(database(), Caller(MARK, throttle.network(request.remote_addr), MARK), LIMITS)
    except TooManyAttempts as error:
        answer = _form(work, typed, str(error))
        answer.status_code, answer.headers["Retry-After"] = 429, str(error.wait)
        return answer
    record = record_with(Library(configured().library_dir), artwork_id)
    with database().writing() as session:
        ask(
            session,
            Takedown(
                sha256=work.sha256,
                phash=record.picture.phash if record else None,
                label=f"{work.title}, {work.artist}",
                reason=typed["reason"],
                asked_by=_line(typed["name"]),
                relation=typed["relation"],
                email=typed["email"],
            ),
        )
    return redirect(url_for("takedown.thanks", artwork_id=artwork_id), 303)


@blueprint.get("/artworks/<uuid:artwork_id>/takedown/sent")
def thanks(artwork_id: UUID) -> ResponseReturnValue:
    """Say that a request has arrived."""
    return render_template("browse/takedown_sent.html")


def _problem(typed: dict[str, str]) -> str | None:
    for name, longest in LONGEST.items():
        if len(typed[name]) > longest:
            return f"The {name} is too long: {longest:,} characters at most."
    if not _line(typed["name"]) or not _line(typed["name"]).isprintable():
        return "Please give your name."
    if typed["relation"] not in RELATIONS:
        return "Please say what you have to do with the work."
    if not _EMAIL.fullmatch(typed["email"]) or not typed["email"].isprintable():
        return "Please give an e-mail address at which you can be reached."
    if len(typed["reason"]) < SHORTEST_REASON:
        return "Please say in a sentence why the work should be taken down."
    if not all(line.isprintable() for line in typed["reason"].replace("\t", " ").splitlines()):
        return "The reason contains characters that cannot be seen."
    return None


def _line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _form(work: Artwork, typed: dict[str, str], problem: str | None = None) -> Response:
    refuse_without_key()
    values = {"work": work, "typed": typed, "relations": RELATIONS, "longest": LONGEST, "error": problem}
    answer = make_response(render_template("browse/takedown.html", **values), 422 if problem else 200)
    # It carries a token of its own for each visitor.
    answer.headers["Cache-Control"] = "no-store"
    return answer
