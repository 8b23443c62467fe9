"""What curators say of held works: noted in one transaction with the library's list, undone as a whole."""

from collections.abc import Callable, Sequence

from gallery.db import Session
from gallery.errors import HeldRefused
from gallery.holdings.house import House
from gallery.holdings.removal import clear_away, now
from gallery.models.audit import record
from gallery.models.base import now as moment
from gallery.models.held import (
    HELD_VERDICTS,
    HeldVerdict,
    HeldWork,
    begin_held_act,
    held_act,
    held_states,
    held_works,
    works_of_act,
)
from gallery.models.users import User
from gallery.relevance.gate import entry_of
from indexer.errors import StoreMissing
from indexer.store.model import artwork_id
from scraper.withdrawn import Withdrawal, WithdrawnFile, amend

MOST_AT_ONCE = 500
"""Works that are decided about at once at most: what can still be looked through."""


def decide(house: House, hashes: Sequence[str], verdict: str, by: User) -> int:
    """Decide about works that wait and return the act by which that is undone; raise `HeldRefused`.

    What is published is shown from the next indexing on; the others stay away for good.
    """
    said = next((each for each in HELD_VERDICTS if each == verdict), None)
    if said is None:
        raise HeldRefused("There is no such verdict.")
    with house.database.writing() as session:
        works = held_works(session, hashes[:MOST_AT_ONCE])
        if not works or len(works) < len(set(hashes)) or any(work.state != "held" for work in works):
            raise HeldRefused("Somebody has decided about this already. Look at what is left.")
        label = works[0].title if len(works) == 1 else f"{len(works)} works of {works[0].artist}"
        act = begin_held_act(session, f"{said}: {label}", by)
        for work in works:
            work.state, work.act_id = said, act.id
        record(session, by, f"decided held work: {said}", label, works=[work.sha256 for work in works], act=act.id)
        # Within the transaction: nothing is noted that the library would not heed.
        _heed(house, works, said)
        return act.id


def undo(house: House, act_id: int, by: User) -> int:
    """Let the works of an act wait again, and return how many those are; raise `HeldRefused` if it was undone."""
    with house.database.writing() as session:
        act = held_act(session, act_id)
        if act is None or act.undone_at is not None:
            raise HeldRefused("That has been taken back already.")
        works = _waiting_again(session, act_id)
        act.undone_at = moment()
        record(session, by, "undid decision on held work", act.what, act=act.id)
        amend(house.library, [entry_of(work) for work in works], drop=_of(works, ("hidden",)))
    hashes = [work.sha256 for work in works]
    try:
        missing = set(house.store.missing([artwork_id(sha256) for sha256 in hashes]))
    except StoreMissing:
        return len(works)
    if shown := [sha256 for sha256 in hashes if artwork_id(sha256) not in missing]:
        clear_away(house, shown, "held")
    return len(works)


def mend(house: House) -> None:
    """Make the library's list say of works that were ever held what the database says: a kill may have come between."""
    with house.database.reading() as session:
        states = held_states(session)
        known = WithdrawnFile(house.library).now().entries
        listed = {(entry.sha256, entry.why) for entry in known if entry.why in ("held", "hidden")}
        away = {"held": "held", "hidden": "hidden", "wrong-artist": "hidden"}
        lost = [sha256 for sha256, state in states.items() if state in away and (sha256, away[state]) not in listed]
        works = held_works(session, lost)
    outdated = {entry.sha256 for entry in known if entry.why == "held" and states.get(entry.sha256, "held") != "held"}
    if works or outdated:
        new = [entry_of(work) if work.state == "held" else _hidden(work) for work in works]
        amend(house.library, new, drop=lambda entry: entry.why == "held" and entry.sha256 in outdated)


def _waiting_again(session: Session, act_id: int) -> list[HeldWork]:
    act = held_act(session, act_id)
    works = list(works_of_act(session, act)) if act else []
    for work in works:
        work.state, work.act_id = "held", None
    return works


def _heed(house: House, works: Sequence[HeldWork], said: HeldVerdict) -> None:
    hidden = [] if said == "published" else [_hidden(work) for work in works]
    amend(house.library, hidden, drop=_of(works, ("held",)))


def _hidden(work: HeldWork) -> Withdrawal:
    return Withdrawal("hidden", now(), work.sha256, work.artist_slug, work.title)


def _of(works: Sequence[HeldWork], why: Sequence[str]) -> Callable[[Withdrawal], bool]:
    hashes = {work.sha256 for work in works}
    return lambda entry: entry.why in why and entry.sha256 in hashes
