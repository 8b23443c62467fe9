"""What curators say of suspicious labels: permanent, on the record, and taken back one by one."""

from typing import Any
from uuid import UUID

from gallery.corrections import correct, withdraw
from gallery.holdings import removal
from gallery.holdings.finding import record_with
from gallery.holdings.house import House
from gallery.labels.errors import LabelRefused
from gallery.models.audit import record
from gallery.models.corrections import correction_of
from gallery.models.labels import LabelCase, case_by_id, give_verdict, take_back
from gallery.models.users import User
from indexer.catalogue import artwork_of
from indexer.errors import StoreMissing, UnknownArtwork
from indexer.store.model import Artwork, artwork_id
from scraper.model import ArtworkRecord

SAID = {
    "right": "Right as it is: not asked again",
    "correct": "Corrected",
    "hide": "Hidden from visitors",
    "unsure": "Put off: it waits under “Later”",
}
"""What a curator can say, and what they are told then."""


def say(house: House, case_id: int, said: str, by: User) -> LabelCase:
    """Decide about one label and return its case; raise `LabelRefused`, also where its work is not shown any more.

    "correct" gives the work what is suggested; of a year that cannot be right nobody knows the right one, so that it
    is taken away.
    """
    case = _open_case(house, case_id)
    work = shown(house, case)
    if said == "correct":
        # It settles the case in the transaction in which it is stored.
        correct(house.database, house.store, case.sha256, case.field, suggestion(case), by)
    elif said in ("right", "unsure", "hide"):
        if said == "hide":
            removal.hide(house, _record(house, case), by)
        with house.database.writing() as session:
            found = _of(case_by_id(session, case_id))
            verdict: Any = {"right": "right", "unsure": "unsure", "hide": "hidden"}[said]
            give_verdict(found, verdict, by)
            detail = {"field": case.field, "stated": case.stated, "suggested": case.suggested, "verdict": verdict}
            record(session, by, "decided label", work.title, sha256=case.sha256, **detail)
    else:
        raise LabelRefused("There is no such verdict.")
    return case


def undo(house: House, case_id: int, by: User) -> LabelCase:
    """Take a verdict back, with what it did, and put its case into the queue again; raise `LabelRefused`."""
    with house.database.reading() as session:
        case = _of(session.get(LabelCase, case_id))
    if case.verdict is None:
        raise LabelRefused("That has been taken back already.")
    if case.verdict == "hidden":
        removal.show(house, _record(house, case), by)
    elif case.before is not None:
        _restore(house, case, case.before, by)
    with house.database.writing() as session:
        found = _of(case_by_id(session, case_id))
        take_back(found)
        record(session, by, "undid label", case.stated, sha256=case.sha256, field=case.field)
    return case


def suggestion(case: LabelCase) -> Any:
    """Return the value that correcting by one key gives a work, None for not known; raise `LabelRefused`."""
    if case.field == "year":
        return None
    if case.suggested is None:
        raise LabelRefused("Nobody knows a better value: open the form and write it.")
    return case.suggested


def shown(house: House, case: LabelCase) -> Artwork:
    """Return the work of a case; raise `LabelRefused` if it was hidden, merged or deleted meanwhile."""
    try:
        return house.store.get(artwork_id(case.sha256))
    except (UnknownArtwork, StoreMissing) as error:
        raise LabelRefused("This work is not shown any more: it was hidden, merged or deleted meanwhile.") from error


def _restore(house: House, case: LabelCase, before: dict[str, Any], by: User) -> None:
    """Give a field what it had before its correction, unless somebody has corrected or withdrawn it since."""
    with house.database.reading() as session:
        standing = correction_of(session, case.sha256, case.field)
    if standing is None:
        return
    if before["corrected"]:
        correct(house.database, house.store, case.sha256, case.field, before["value"], by)
    else:
        withdraw(house.database, house.store, artwork_of(_record(house, case), None), case.field, by)


def _open_case(house: House, case_id: int) -> LabelCase:
    with house.database.reading() as session:
        case = _of(session.get(LabelCase, case_id))
    if case.verdict not in (None, "unsure"):
        raise LabelRefused("Somebody has decided about this label already.")
    return case


def _record(house: House, case: LabelCase) -> ArtworkRecord:
    found = record_with(house.library, UUID(artwork_id(case.sha256)))
    if found is None:
        raise LabelRefused("The library has no such work any more, or its record cannot be read.")
    return found


def _of(found: LabelCase | None) -> LabelCase:
    if found is None:
        raise LabelRefused("There is no such label to decide about.")
    return found
