"""What curators decide about findings: fine for good, hidden, cropped or replaced; and undone."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from gallery.db import Session
from gallery.errors import FindingRefused
from gallery.holdings import removal
from gallery.holdings.finding import record_with, shown
from gallery.holdings.house import House
from gallery.models.audit import record
from gallery.models.crops import set_crop
from gallery.models.quality import (
    Outcome,
    QualityFinding,
    act_by_id,
    begin_act,
    finding_by_id,
    findings_by,
    forget_measures,
    take_back,
)
from gallery.models.users import User
from indexer.cropping import WHOLE, Box, size, within
from indexer.quality.judging import Kind
from indexer.store.model import Artwork, artwork_id
from scraper.model import ArtworkRecord
from scraper.replacing import put_back

Verdict = Literal["fine", "hidden"]

LEAST_SIDE = 64
"""Pixels that a crop leaves of each side at least."""

NAMES: dict[Kind, str] = {
    "border": "border",
    "frame": "frame",
    "blurry": "blurred",
    "dark": "dark",
    "bright": "blown out",
    "flat": "nothing to see",
    "text": "letters",
    "not-art": "perhaps no artwork",
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


def crop(house: House, finding_id: int, box: Box, by: User) -> int:
    """Have a part of what is shown of a picture be all that is shown, from the next indexing on; return the act.

    The file stays as it is, and so does the picture on the pages until its thumbnails and vectors are made anew.
    Raises `FindingRefused`, also when too little would be left.
    """
    work, held = wanted(house, finding_id)
    part = within(_box(work.crop) or WHOLE, box)
    width, height = size(part, held.picture.width, held.picture.height)
    if min(width, height) < LEAST_SIDE:
        raise FindingRefused(f"Only {width} x {height} pixels would be left: {LEAST_SIDE} on each side are needed.")
    return note(house, finding_id, "cropped", work, by, crop=(part, (width, height)), before=work.crop)


def undo(house: House, act_id: int, by: User) -> bool:
    """Take an act back and tell whether works change with the next indexing; raise `FindingRefused`."""
    with house.database.reading() as session:
        act = act_by_id(session, act_id)
        if act is None or act.undone_at is not None:
            raise FindingRefused("That has been taken back already.")
        before, outcomes = act.before, {each.sha256: each.outcome for each in findings_by(session, act.id)}
    # First, for it may be done twice: what is noted as undone has been.
    for sha256, outcome in outcomes.items():
        if outcome == "hidden":
            removal.show(house, _record(house, sha256), by)
        elif outcome == "replaced" and not put_back(house.library, sha256, before[0]):
            raise FindingRefused("The picture from before is not in the library any more.")
    with house.database.writing() as session:
        act = act_by_id(session, act_id)
        if act is None or act.undone_at is not None:
            raise FindingRefused("That has been taken back already.")
        for sha256 in (sha256 for sha256, outcome in outcomes.items() if outcome == "cropped"):
            picture, part = _record(house, sha256).picture, _box(before or ())
            set_crop(session, sha256, part, size(part or WHOLE, picture.width, picture.height), by)
            forget_measures(session, sha256)
        take_back(session, act)
        record(session, by, "undid quality decision", act.what, act=act.id)
    return not {"hidden", "cropped", "replaced"}.isdisjoint(outcomes.values())


def wanted(house: House, finding_id: int) -> tuple[Artwork, ArtworkRecord]:
    """Return the work of a finding that waits, and its record; raise `FindingRefused`."""
    with house.database.reading() as session:
        sha256 = _waiting(session, finding_id).sha256
    work = shown(house, [sha256]).get(sha256)
    if work is None:
        raise FindingRefused("This work is not shown any more: it was hidden, merged or removed.")
    return work, _record(house, sha256)


def note(
    house: House,
    finding_id: int,
    outcome: Outcome,
    work: Artwork,
    by: User,
    *,
    crop: tuple[Box, tuple[int, int]] | None = None,
    before: Sequence[Any] = (),
) -> int:
    """Write down what became of a finding that waits, a crop with its size as well, and return the act.

    `before` is what undoing it needs to know. Raises `FindingRefused`.
    """
    with house.database.writing() as session:
        finding = _waiting(session, finding_id)
        act = begin_act(session, f"{NAMES[finding.kind]}, {outcome}: {work.title}", by)
        finding.open, finding.outcome, finding.act_id = False, outcome, act.id
        detail: dict[str, Any] = {"sha256": work.sha256, "kind": finding.kind, "outcome": outcome}
        act.before = list(before)
        if crop is not None:
            part, pixels = crop
            detail["part"] = [round(share, 4) for share in part]
            set_crop(session, work.sha256, part, pixels, by)
            forget_measures(session, work.sha256)
        record(session, by, "decided quality", work.title, **detail)
        return act.id


def _waiting(session: Session, finding_id: int) -> QualityFinding:
    finding = finding_by_id(session, finding_id)
    if finding is None or not finding.open:
        raise FindingRefused("Somebody has decided about this already, or it is not found any more.")
    return finding


def _box(part: Sequence[float]) -> Box | None:
    return (part[0], part[1], part[2], part[3]) if len(part) == 4 else None


def _record(house: House, sha256: str) -> ArtworkRecord:
    held = record_with(house.library, UUID(artwork_id(sha256)))
    if held is None:
        raise FindingRefused("The library has no such work any more, or its record cannot be read.")
    return held
