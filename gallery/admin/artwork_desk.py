"""One work for curators: corrections beside what its sources say, hiding, taking down, deleting."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gallery.accounts.identity import me, needs
from gallery.admin.premises import changes_works, house, index_again, record_or_404
from gallery.catalogue import store
from gallery.corrections import LONGEST, checked, correct, withdraw
from gallery.errors import CorrectionRefused
from gallery.forms import field
from gallery.holdings import removal, takedowns
from gallery.ledger import database
from gallery.models.corrections import FIELDS, Field, corrections_of
from gallery.models.takedowns import Takedown
from indexer.catalogue import artwork_of
from indexer.errors import StoreMissing, UnknownArtwork
from indexer.store.model import Artwork
from scraper.clearing import copies_of
from scraper.licences import licence_of
from scraper.model import ArtworkRecord
from scraper.withdrawn import WithdrawnFile

blueprint = Blueprint("artwork_desk", __name__)
changes_works(blueprint)

LONGEST_REASON = 2000
_LONGEST_TYPED = 2000


@blueprint.get("/admin/artworks/<uuid:artwork_id>")
@needs("curator")
def show(artwork_id: UUID) -> ResponseReturnValue:
    """Show a work's facts with what its sources say of each; an address may carry what the form suggests instead."""
    return _page(record_or_404(artwork_id), suggested={name: text for name in FIELDS if (text := _asked(name))})


@blueprint.post("/admin/artworks/<uuid:artwork_id>")
@needs("curator")
def save(artwork_id: UUID) -> ResponseReturnValue:
    """Keep what was changed in the form as corrections."""
    record = record_or_404(artwork_id)
    typed = {name: field(name, _LONGEST_TYPED) for name in FIELDS}
    work = _shown(record)
    if work is None:
        abort(409, "This work is not shown at the moment. It can be corrected when it is.")
    try:
        changed = {name: value for name in FIELDS if (value := _value(name, typed[name])) != getattr(work, name)}
    except CorrectionRefused as error:
        return _page(record, typed, error)
    for name, value in changed.items():
        correct(database(), store(), work.sha256, name, value, me())
    return _back(record, f"Corrected: {', '.join(changed)}." if changed else "Nothing was changed.")


@blueprint.post("/admin/artworks/<uuid:artwork_id>/withdraw/<name>")
@needs("curator")
def take_back(artwork_id: UUID, name: str) -> ResponseReturnValue:
    """Let the sources speak again for a field."""
    record = record_or_404(artwork_id)
    found: Field | None = next((each for each in FIELDS if each == name), None)
    if found is None:
        abort(404)
    if _shown(record) is None:
        abort(409, "This work is not shown at the moment. Its corrections can be withdrawn when it is.")
    withdraw(database(), store(), artwork_of(record, None), found, me())
    return _back(record, f"The {found} is again what the sources say.")


@blueprint.post("/admin/artworks/<uuid:artwork_id>/hide")
@needs("curator")
def hide(artwork_id: UUID) -> ResponseReturnValue:
    """Take a work from view."""
    record = record_or_404(artwork_id)
    removal.hide(house(), record, me())
    return _back(record, "Hidden: visitors no longer see this work.")


@blueprint.post("/admin/artworks/<uuid:artwork_id>/show")
@needs("curator")
def unhide(artwork_id: UUID) -> ResponseReturnValue:
    """Let a hidden work be shown again."""
    record = record_or_404(artwork_id)
    removal.show(house(), record, me())
    return _back(record, "No longer hidden. " + index_again())


@blueprint.get("/admin/artworks/<uuid:artwork_id>/takedown")
@needs("curator")
def takedown_form(artwork_id: UUID) -> ResponseReturnValue:
    """Ask for the reason, and say what taking down means."""
    return _takedown(record_or_404(artwork_id), "")


@blueprint.post("/admin/artworks/<uuid:artwork_id>/takedown")
@needs("curator")
def take_down(artwork_id: UUID) -> ResponseReturnValue:
    """Take a work down for good."""
    record = record_or_404(artwork_id)
    reason = field("reason", _LONGEST_TYPED * 4).strip()
    if not reason or len(reason) > LONGEST_REASON:
        return _takedown(record, reason, f"Give the reason, in at most {LONGEST_REASON:,} characters.")
    picture = record.picture
    label, asked_by = f"{_label(record)}, {record.artist}", me().name
    asked = Takedown(sha256=picture.sha256, phash=picture.phash, label=label, reason=reason, asked_by=asked_by)
    takedowns.take_down_at_once(house(), asked, me())
    flash(f"{label} has been taken down. Neither the file nor a copy of it in another size will come back.")
    return redirect(url_for("takedown_desk.index"), 303)


@blueprint.get("/admin/artworks/<uuid:artwork_id>/delete")
@needs("admin")
def confirm(artwork_id: UUID) -> ResponseReturnValue:
    """Say what goes with a work, before it goes."""
    record = record_or_404(artwork_id)
    copies = len(copies_of(house().library, record.picture.sha256))
    return render_template(
        "admin/artwork_delete.html", record=record, work_id=artwork_id, label=_label(record), copies=copies
    )


@blueprint.post("/admin/artworks/<uuid:artwork_id>/delete")
@needs("admin")
def delete(artwork_id: UUID) -> ResponseReturnValue:
    """Delete a work."""
    record = record_or_404(artwork_id)
    removal.delete(house(), record, me())
    flash(f"{_label(record)} has been deleted.")
    return redirect(url_for("dashboard.show"), 303)


def _page(
    record: ArtworkRecord,
    typed: dict[Field, str] | None = None,
    error: CorrectionRefused | None = None,
    suggested: Mapping[Field, str] | None = None,
) -> ResponseReturnValue:
    stated, work = artwork_of(record, None), _shown(record)
    with database().reading() as session:
        corrections = corrections_of(session, [stated.sha256]).get(stated.sha256, {})
    now = {name: corrections.get(name, getattr(stated, name)) for name in FIELDS} | dict(suggested or {})
    values = {
        "record": record,
        "work": work,
        "stated": stated,
        "corrections": corrections,
        "typed": typed or {name: "" if value is None else str(value) for name, value in now.items()},
        "held": WithdrawnFile(house().library).now().hides(record),
        "longest": LONGEST,
        "suggested": suggested or {},
        "error": error,
    }
    return render_template("admin/artwork.html", **values), 422 if error else 200


def _takedown(record: ArtworkRecord, reason: str, problem: str | None = None) -> ResponseReturnValue:
    work_id = artwork_of(record, None).id
    values = {"record": record, "work_id": work_id, "label": _label(record), "reason": reason}
    page = render_template("admin/artwork_takedown.html", **values, longest=LONGEST_REASON, error=problem)
    return page, 422 if problem else 200


def _shown(record: ArtworkRecord) -> Artwork | None:
    try:
        return store().get(artwork_of(record, None).id)
    except (UnknownArtwork, StoreMissing):
        return None


def _label(record: ArtworkRecord) -> str:
    with database().reading() as session:
        corrections = corrections_of(session, [record.picture.sha256]).get(record.picture.sha256, {})
    return str(corrections.get("title", record.title))


def _asked(name: Field) -> str:
    return request.args.get(name, "")[:_LONGEST_TYPED]


def _value(name: Field, typed: str) -> Any:
    text: Any = typed.strip()
    if name == "year":
        digits = text.removeprefix("-")
        text = int(text) if digits.isascii() and digits.isdigit() and len(digits) < 7 else (text or None)
    elif name == "licence":
        # "CC BY 4.0" and the licence's own address mean CC-BY-4.0; a word we do not know stays as it is.
        known = licence_of(text, "curator").code
        text = known if known != "unknown" else text
    return checked(name, text)


def _back(record: ArtworkRecord, said: str) -> ResponseReturnValue:
    flash(said)
    return redirect(url_for("artwork_desk.show", artwork_id=artwork_of(record, None).id), 303)
