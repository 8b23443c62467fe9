"""What curators decide about pairs and groups: noted in one transaction, then carried out; undone as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gallery.db import Session
from gallery.duplicates.calibrating import measure, write_bands
from gallery.duplicates.carrying import carry_out, versions_file
from gallery.duplicates.keeping import Suggestion, merged, suggest
from gallery.duplicates.versions import write_versions
from gallery.errors import DuplicateRefused
from gallery.holdings.finding import shown
from gallery.holdings.house import House
from gallery.models.audit import record
from gallery.models.base import rows_by_id
from gallery.models.duplicates import (
    VERDICTS,
    DuplicateMerge,
    DuplicatePair,
    Verdict,
    act_by_id,
    begin_act,
    close_pairs_of,
    decide,
    merges_in,
    open_pairs,
    pair_by_id,
    pairs_among,
    pairs_of,
    set_state,
    take_back,
)
from gallery.models.users import User
from indexer.duplicates.grouping import complete_groups
from indexer.duplicates.pairs import Kind
from indexer.store.model import Artwork

MOST_AT_ONCE = 1000
"""Pairs that a bulk acceptance takes at most: what an overview of can still be looked through."""

_MOST_NEAR = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """What accepting some pairs will do: groups with the work that each keeps, and the pairs that this settles."""

    groups: Sequence[tuple[Suggestion, Sequence[Artwork]]]
    pairs: Sequence[DuplicatePair]
    verdict: Verdict

    @property
    def gone(self) -> int:
        """How many works go to the trash."""
        return sum(len(others) for _, others in self.groups)

    @property
    def mark(self) -> str:
        """What the plan is known by: another set of pairs has another mark."""
        return f"{len(self.pairs)}-{sum(pair.id for pair in self.pairs)}-{self.gone}"


def give_verdict(house: House, pair_id: int, verdict: str, by: User, *, keeper: str = "", both: bool = False) -> int:
    """Decide about one pair and return the act by which that is undone; raise `DuplicateRefused`.

    The same file, and the same work unless `both` are kept, are merged: the other than `keeper` goes to the trash.
    """
    said = next((each for each in VERDICTS if each == verdict), None)
    if said is None:
        raise DuplicateRefused("There is no such verdict.")
    with house.database.writing() as session:
        pair = pair_by_id(session, pair_id)
        if pair is None or not pair.open:
            raise DuplicateRefused("Somebody has decided about this pair already.")
        works = shown(house, (pair.one, pair.other))
        if len(works) < 2:
            raise DuplicateRefused("One of the two works is not shown any more.")
        merging = said == "same-file" or (said == "same-work" and not both)
        act = begin_act(session, f"{said}: {works[pair.one].title}", by)
        measure(house, [pair])
        decide([pair], said, act)
        if merging:
            kept = works.get(keeper) or suggest(list(works.values())).work
            _merge(session, act.id, kept, [work for work in works.values() if work != kept], said)
        titles = [work.title for work in works.values()]
        record(session, by, "decided duplicate", " / ".join(titles), pair=[pair.one, pair.other], verdict=said)
    _carry(house)
    return act.id


def plan_bulk(house: House, kind: Kind, least: float) -> Plan:
    """Return what accepting the surest pairs of a kind will do, `MOST_AT_ONCE` at most; nothing is changed."""
    with house.database.reading() as session:
        pairs = [pair for pair in open_pairs(session, MOST_AT_ONCE, kind=kind) if pair.score >= least]
    return _plan(house, pairs, "same-file" if kind == "exact" else "same-work")


def plan_group(house: House, works: Sequence[str], verdict: Verdict, keeper: str = "") -> Plan:
    """Return what merging a group will do."""
    with house.database.reading() as session:
        pairs = pairs_among(session, works)
    return _plan(house, pairs, verdict, keeper)


def accept(house: House, plan: Plan, by: User) -> int:
    """Do what a plan says and return the act by which it is undone; raise `DuplicateRefused` if it is out of date."""
    with house.database.writing() as session:
        found = rows_by_id(session, DuplicatePair, [pair.id for pair in plan.pairs])
        pairs = [pair for pair in found.values() if pair.open]
        if len(pairs) < len(plan.pairs):
            raise DuplicateRefused("Some of these pairs have been decided meanwhile. Look at what is left.")
        act = begin_act(session, f"{plan.verdict}: {len(pairs)} pairs at once", by)
        measure(house, pairs)
        decide(pairs, plan.verdict, act)
        for suggestion, others in plan.groups:
            _merge(session, act.id, suggestion.work, others, plan.verdict)
        record(session, by, "accepted duplicates", f"{len(pairs)} pairs", verdict=plan.verdict, trash=plan.gone)
    _carry(house)
    return act.id


def undo(house: House, act_id: int, by: User) -> None:
    """Take an act back as a whole: its pairs wait again, its works come back from the trash with the next indexing.

    Raise `DuplicateRefused` if the trash was emptied meanwhile, or it was undone already.
    """
    with house.database.writing() as session:
        act = act_by_id(session, act_id)
        if act is None or act.undone_at is not None:
            raise DuplicateRefused("That has been taken back already.")
        if merges_in(session, ("emptying", "emptied"), act_id=act_id):
            raise DuplicateRefused("The trash was emptied since: works that are deleted cannot be brought back.")
        set_state(session, merges_in(session, ("merging", "merged"), act_id=act_id), "undoing")
        take_back(session, act)
        record(session, by, "undid duplicates", act.what, act=act.id)
    _carry(house)


def empty_trash(house: House, by: User) -> int:
    """Delete all works in the trash for good, and return how many those were."""
    with house.database.writing() as session:
        merges = merges_in(session, ("merged",))
        set_state(session, merges, "emptying")
        if merges:
            record(session, by, "emptied duplicates' trash", f"{len(merges)} works")
    _carry(house)
    return len(merges)


def group_around(session: Session, sha256: str) -> list[str]:
    """Return the works that are all alike, each to each, and this work with them; itself alone if there are none."""
    near = {work for pair in pairs_of(session, [sha256]) for work in (pair.one, pair.other)}
    pairs = [(pair.one, pair.other, -pair.rank) for pair in pairs_among(session, sorted(near)[:_MOST_NEAR])]
    return next((group for group in complete_groups(pairs) if sha256 in group), [sha256])


def _plan(house: House, pairs: Sequence[DuplicatePair], verdict: Verdict, keeper: str = "") -> Plan:
    works = shown(house, [work for pair in pairs for work in (pair.one, pair.other)])
    there = [pair for pair in pairs if pair.one in works and pair.other in works]
    groups: list[tuple[Suggestion, Sequence[Artwork]]] = []
    within: dict[str, int] = {}
    for number, group in enumerate(complete_groups((pair.one, pair.other, -pair.rank) for pair in there)):
        within |= dict.fromkeys(group, number)
        members = [works[work] for work in group]
        kept = next((Suggestion(work, ("chosen by hand",)) for work in members if work.sha256 == keeper), None)
        suggestion = kept or suggest(members)
        groups.append((suggestion, [work for work in members if work != suggestion.work]))
    # A pair between two groups is none that all of both share: it waits on.
    settled = [pair for pair in there if within.get(pair.one) == within.get(pair.other) is not None]
    return Plan(groups, settled, verdict)


def _merge(session: Session, act: int, keeper: Artwork, others: Sequence[Artwork], verdict: Verdict) -> None:
    fields: list[dict[str, Any]] = merged(keeper, others, verdict)
    for other, taken in zip(others, fields, strict=True):
        label = f"{other.title}, {other.artist}"
        session.add(DuplicateMerge(keeper=keeper.sha256, gone=other.sha256, label=label, fields=taken, act_id=act))
    session.flush()
    close_pairs_of(session, [other.sha256 for other in others], act)


def _carry(house: House) -> None:
    carry_out(house)
    write_versions(house.database, versions_file(house))
    write_bands(house)
