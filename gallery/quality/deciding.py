"""What curators decide about findings: fine for good, or hidden; and undone."""

from typing import Literal
from uuid import UUID

from gallery.db import Session
from gallery.duplicates.deciding import shown
from gallery.errors import FindingRefused
from gallery.holdings import removal
from gallery.holdings.finding import record_with
from gallery.holdings.house import House
from gallery.models.audit import record
from gallery.models.quality import Outcome, QualityFinding, act_by_id, begin_act, finding_by_id, findings_by, take_back
from gallery.models.users import User
from indexer.quality.judging import Kind
from indexer.store.model import Artwork, artwork_id
from scraper.model import ArtworkRecord

Verdict = Literal["fine", "hidden"]

NAMES: dict[Kind, str] = {
    "border": "border",
    "frame": "frame",
    "blurry": "blurred",
    "dark": "dark",
    "bright": "blown out",
    "flat": "nothing to see",
    "text": "letters",
    "not-art": "not an artwork",
    "shape": "size or shape",
    "greyscale": "no colour",
}
"""What findings are called, in a word or three."""


def decide(house: House, finding_id: int, verdict: Verdict, by: User) -> int:
    """Say that a finding is fine, for good, or hide its work; return the act by which that is undone.

    Raises `FindingRefused` when somebody has decided about it already, or its work is gone.
    """
    work, held = wanted(house, finding_id)
    if verdict == "hidden":
        # First, and complete in itself: killed here, the finding leaves the queue because its work is not shown.
        removal.hide(house, held, by)
    return note(house, finding_id, verdict, work, by)


def undo(house: House, act_id: int, by: User) -> bool:
    """Take an act back and tell whether works come back with the next indexing; raise `FindingRefused`."""
    with house.database.reading() as session:
        hidden = [finding.sha256 for finding in findings_by(session, act_id) if finding.outcome == "hidden"]
    with house.database.writing() as session:
        act = act_by_id(session, act_id)
        if act is None or act.undone_at is not None:
            raise FindingRefused("That has been taken back already.")
        take_back(session, act)
        record(session, by, "undid quality decision", act.what, act=act.id)
    for sha256 in hidden:
        removal.show(house, _record(house, sha256), by)
    return bool(hidden)


def wanted(house: House, finding_id: int) -> tuple[Artwork, ArtworkRecord]:
    """Return the work of a finding that waits, and its record; raise `FindingRefused`."""
    with house.database.reading() as session:
        sha256 = _waiting(session, finding_id).sha256
    work = shown(house, [sha256]).get(sha256)
    if work is None:
        raise FindingRefused("This work is not shown any more: it was hidden, merged or removed.")
    return work, _record(house, sha256)


def note(house: House, finding_id: int, outcome: Outcome, work: Artwork, by: User) -> int:
    """Write down what became of a finding that waits, and return the act; raise `FindingRefused`."""
    with house.database.writing() as session:
        finding = _waiting(session, finding_id)
        act = begin_act(session, f"{NAMES[finding.kind]}, {outcome}: {work.title}", by)
        finding.open, finding.outcome, finding.act_id = False, outcome, act.id
        record(session, by, "decided quality", work.title, sha256=work.sha256, kind=finding.kind, outcome=outcome)
        return act.id


def _waiting(session: Session, finding_id: int) -> QualityFinding:
    finding = finding_by_id(session, finding_id)
    if finding is None or not finding.open:
        raise FindingRefused("Somebody has decided about this already, or it is not found any more.")
    return finding


def _record(house: House, sha256: str) -> ArtworkRecord:
    held = record_with(house.library, UUID(artwork_id(sha256)))
    if held is None:
        raise FindingRefused("The library has no such work any more, or its record cannot be read.")
    return held
