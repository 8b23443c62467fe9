"""Carrying out what was decided: works to the trash, back from it, or deleted for good.

A decision is in the database before anything is touched, as a merge that is under way. Each step can be done twice
without harm, so that whoever comes next after a kill finishes what is under way.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from gallery.corrections import payload
from gallery.duplicates.versions import write_versions
from gallery.holdings.house import House
from gallery.holdings.removal import clear_away, deletion, now
from gallery.models.corrections import corrections_of
from gallery.models.duplicates import UNDER_WAY, DuplicateMerge, MergeState, merges_in, merges_into, set_state
from indexer.catalogue import facts_of
from indexer.errors import StoreMissing
from indexer.store.model import artwork_id
from scraper.errors import DamagedRecord
from scraper.names import slug
from scraper.withdrawn import Withdrawal, amend

_AT_ONCE = 200
_ALONE = Lock()


def versions_file(house: House) -> Path:
    """Return the file in which visitors' pages find versions."""
    return house.facts.with_name("versions.json")


def carry_out(house: House) -> int:
    """Finish every merge that is under way and return how many those were; raises `StorageError`."""
    with _ALONE:
        with house.database.reading() as session:
            due = list(merges_in(session, UNDER_WAY))
        for state, act in _ACTS.items():
            some = [merge for merge in due if merge.state == state]
            for start in range(0, len(some), _AT_ONCE):
                act(house, some[start : start + _AT_ONCE])
        return len(due)


def merged_fields(house: House, keepers: Sequence[str] | None = None) -> dict[str, dict[str, Any]]:
    """Return what keepers took over from works that were merged into them: payload fields by sha256."""
    found: dict[str, dict[str, Any]] = {}
    with house.database.reading() as session:
        for keeper, merges in merges_into(session, keepers).items():
            fields: dict[str, Any] = {}
            for merge in merges:
                tags = [*fields.get("tags", ()), *merge.fields.get("tags", ())]
                fields = merge.fields | fields | ({"tags": list(dict.fromkeys(tags))} if tags else {})
            if fields:
                found[keeper] = fields
    return found


def refresh(house: House, keepers: Sequence[str]) -> None:
    """Write to the collection what keepers are: what sources say, what they took over, what curators corrected."""
    taken = merged_fields(house, keepers)
    with house.database.reading() as session:
        corrections = corrections_of(session, keepers)
    changes: dict[str, Mapping[str, Any]] = {}
    for keeper in dict.fromkeys(keepers):
        with suppress(DamagedRecord):
            record = house.library.get(keeper)
            if record is not None:
                own = taken.get(keeper, {}) | payload(corrections.get(keeper, {}))
                changes[artwork_id(keeper)] = dict(facts_of(record)) | own
    with suppress(StoreMissing):
        missing = set(house.store.missing(list(changes)))
        house.store.set_fields({work: fields for work, fields in changes.items() if work not in missing})


def _merge(house: House, merges: Sequence[DuplicateMerge]) -> None:
    gone = [merge.gone for merge in merges]
    amend(house.library, [_entry(house, merge) for merge in merges])
    refresh(house, [merge.keeper for merge in merges])
    clear_away(house, gone, "hidden")
    _done(house, merges, "merged")


def _undo(house: House, merges: Sequence[DuplicateMerge]) -> None:
    back = {merge.gone for merge in merges}
    amend(house.library, drop=lambda entry: entry.why == "hidden" and entry.sha256 in back)
    refresh(house, [merge.keeper for merge in merges])
    _done(house, merges, "undone")


def _empty(house: House, merges: Sequence[DuplicateMerge]) -> None:
    entries = [
        entry for merge in merges for entry in deletion(house, merge.gone, _entry(house, merge).artist, merge.label)
    ]
    back = {merge.gone for merge in merges}
    amend(house.library, entries, drop=lambda entry: entry.why == "hidden" and entry.sha256 in back)
    clear_away(house, [entry.sha256 for entry in entries], "deleted")
    _done(house, merges, "emptied")


_ACTS = {"merging": _merge, "undoing": _undo, "emptying": _empty}


def _entry(house: House, merge: DuplicateMerge) -> Withdrawal:
    artist = ""
    with suppress(DamagedRecord):
        record = house.library.get(merge.gone)
        artist = slug(record.artist) if record else ""
    return Withdrawal("hidden", now(), merge.gone, artist, merge.label)


def _done(house: House, merges: Sequence[DuplicateMerge], state: MergeState) -> None:
    with house.database.writing() as session:
        set_state(session, merges, state)
    write_versions(house.database, versions_file(house))
