"""What pages show of clusters: cards made from the last run as curators want it, and each work's cluster."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gallery.db import Database, Session
from gallery.models.clusters import ClusterCard, decisions, last_run, replace_cards
from indexer.clustering.curation import curate
from indexer.clustering.decisions import Decision, from_dict
from indexer.clustering.runs import Run, forget
from indexer.clustering.standing import Standing, borderline, nearest_clusters, outliers, standings, typical
from indexer.clustering.traits import Trait, traits
from indexer.store import ArtworkStore
from indexer.store.model import Artwork, Vector

TYPICAL, BORDERLINE, OUTLIERS, NEAREST, TOP = 9, 6, 12, 4, 5
_AT_ONCE = 500

StoreRun = Callable[[Session], int]
"""Writes what belongs to the run within the publishing transaction, and returns the run's id."""


@dataclass(frozen=True, slots=True)
class Collected:
    """All artworks of a collection, and their ids in the same order."""

    works: Sequence[Artwork]
    ids: Sequence[str]

    @classmethod
    def of(cls, store: ArtworkStore) -> "Collected":
        """Read them from the store."""
        works = [work for batch in store.scan() for work in batch]
        return cls(works, [work.id for work in works])

    def without(self, gone: Iterable[str]) -> "Collected":
        """Return the same without some works."""
        left = set(gone)
        works = [work for work in self.works if work.id not in left]
        return Collected(works, [work.id for work in works])


def standing_decisions(database: Database) -> list[Decision]:
    """Return what curators decided and did not undo, oldest first."""
    with database.reading() as session:
        return [from_dict(row.decision) for row in decisions(session)]


def still_there(store: ArtworkStore, run: Run, collected: Collected) -> tuple[Run, Collected]:
    """Return both without the works that have been removed since they were read."""
    gone = set(store.missing(collected.ids)) | (run.members.keys() - set(collected.ids))
    if not gone:
        return run, collected
    left = collected.without(gone)

    def lookup(works: Sequence[str]) -> Vector:
        return store.vectors(works)

    return forget(run, gone, lookup), left


def publish(
    database: Database, store: ArtworkStore, run: Run, collected: Collected, vectors: Vector, store_run: StoreRun
) -> None:
    """Show a run as curators want it: cards and record in one transaction, then the payloads that differ.

    `vectors` are those of all works that were read, in the order of `collected` before any was found gone. A
    write of payloads that is lost is made up for by the next publishing.
    """
    curated = curate(run, standing_decisions(database), _lookup(collected, vectors, store)).run
    made = _cards(curated, collected, _lookup(collected, vectors, store))
    with database.writing() as session:
        run_id = store_run(session)
        replace_cards(session, [ClusterCard(run_id=run_id, **card) for card in made])
    _write_payloads(store, curated, collected)


def republish(database: Database, store: ArtworkStore) -> None:
    """Show the last run anew, after a decision or a removal."""
    with database.reading() as session:
        row = last_run(session)
    if row is None or row.result is None:
        return
    collected = Collected.of(store)
    run, collected = still_there(store, Run.from_dict(row.result), collected)
    vectors = store.vectors(collected.ids, lens=row.lens)
    publish(database, store, run, collected, vectors, lambda session: row.id)


def curated_run(database: Database, store: ArtworkStore) -> Run | None:
    """Return the last run as curators want it now, None before the first."""
    with database.reading() as session:
        row = last_run(session)
    if row is None or row.result is None:
        return None
    return curate(Run.from_dict(row.result), standing_decisions(database), store.vectors).run


def _lookup(collected: Collected, vectors: Vector, store: ArtworkStore) -> Callable[[Sequence[str]], Vector]:
    place = {work: row for row, work in enumerate(collected.ids)} if len(collected.ids) == len(vectors) else {}

    def lookup(works: Sequence[str]) -> Vector:
        if place:
            return vectors[[place[work] for work in works]]
        return store.vectors(works)

    return lookup


def _cards(run: Run, collected: Collected, lookup: Callable[[Sequence[str]], Vector]) -> list[dict[str, Any]]:
    by_id = {work.id: work for work in collected.works}
    members: dict[int, list[str]] = {cluster.id: [] for cluster in run.clusters}
    for work, cluster in run.members.items():
        members[cluster].append(work)
    ids = [work for work in collected.ids if work in run.members]
    standing: dict[int, list[Standing]] = {cluster: [] for cluster in members}
    for each in standings(run, ids, lookup(ids), lookup) if ids else []:
        standing[each.cluster].append(each)
    told = traits(run.members, _values(collected.works))
    return [
        {
            "cluster": cluster.id,
            "size": len(members[cluster.id]),
            "shown": _shown(cluster.medoids[0], standing[cluster.id], by_id),
            "facts": _facts([by_id[work] for work in members[cluster.id]], told.get(cluster.id, []))
            | {"nearest": nearest_clusters(run, cluster.id, lookup, NEAREST)},
        }
        for cluster in run.clusters
    ]


def _shown(medoid: str, members: list[Standing], by_id: Mapping[str, Artwork]) -> dict[str, Any]:
    others = [each for each in members if each.work != medoid]

    def payloads(some: Iterable[Standing]) -> list[dict[str, Any]]:
        return [by_id[each.work].to_payload() | {"distance": round(each.distance, 4)} for each in some]

    return {
        "medoid": by_id[medoid].to_payload(),
        "typical": payloads(typical(others, TYPICAL)),
        "borderline": [
            {**shown, "other": each.other} for each in borderline(others, BORDERLINE) for shown in payloads([each])
        ],
        "outliers": payloads(outliers(others, OUTLIERS)),
    }


def _facts(works: Sequence[Artwork], told: Sequence[Trait]) -> dict[str, Any]:
    names = {work.artist_slug: work.artist for work in works}
    years = sorted(work.year for work in works if work.year is not None)
    artists = Counter(work.artist_slug for work in works)
    return {
        "artists": [[slug, names[slug], count] for slug, count in artists.most_common(TOP)],
        "movements": Counter(work.movement for work in works if work.movement).most_common(TOP),
        "tags": Counter(tag for work in works for tag in work.tags).most_common(TOP),
        # The span that four in five works fall into: one misdated work says nothing about a cluster.
        "years": [years[len(years) // 10], years[-1 - len(years) // 10]] if years else None,
        "decades": sorted(Counter(year // 10 * 10 for year in years).items()),
        "traits": [asdict(trait) for trait in told],
    }


def _values(works: Sequence[Artwork]) -> dict[str, dict[str, tuple[str, ...]]]:
    return {
        "artist": {work.id: (work.artist,) for work in works},
        "movement": {work.id: (work.movement,) for work in works if work.movement},
        "tag": {work.id: work.tags for work in works if work.tags},
    }


def _write_payloads(store: ArtworkStore, run: Run, collected: Collected) -> None:
    wanted = {work: str(cluster) for work, cluster in run.members.items()}
    changes = {
        work.id: {"cluster": wanted.get(work.id)} for work in collected.works if work.cluster != wanted.get(work.id)
    }
    ids = list(changes)
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        # One may have been removed since the run looked.
        gone = set(store.missing(some))
        store.set_fields({work: changes[work] for work in some if work not in gone})
