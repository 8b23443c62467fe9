"""Cards: what pages show of each cluster of a run, counted once when clusters change."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from indexer.clustering.runs import Lookup, Run
from indexer.clustering.standing import Standing, borderline, nearest_clusters, outliers, standings, typical
from indexer.clustering.traits import Trait, traits
from indexer.store.model import Artwork

TYPICAL, BORDERLINE, OUTLIERS, NEAREST, TOP = 9, 6, 12, 4, 5

Card = dict[str, Any]
"""Values of `gallery.models.clusters.ClusterCard`, without its run and scope."""


def cards_of(
    run: Run, works: Sequence[Artwork], lookup: Lookup, covers: Mapping[int, str], *, with_members: bool
) -> list[Card]:
    """Return the cards of a run over `works`; `covers` are the works that curators chose, by cluster.

    Ids of members, the most central first, are told `with_members`.
    """
    by_id = {work.id: work for work in works}
    members: dict[int, list[str]] = {cluster.id: [] for cluster in run.clusters}
    for work, cluster in run.members.items():
        members[cluster].append(work)
    ids = [work for work in by_id if work in run.members]
    standing: dict[int, list[Standing]] = {cluster: [] for cluster in members}
    for each in standings(run, ids, lookup(ids), lookup) if ids else []:
        standing[each.cluster].append(each)
    told = traits(run.members, _values(works))
    return [
        {
            "cluster": cluster.id,
            "size": len(members[cluster.id]),
            "shown": _shown(cluster.medoids[0], standing[cluster.id], by_id) | _cover(covers, cluster.id, run, by_id),
            "facts": _facts([by_id[work] for work in members[cluster.id]], told.get(cluster.id, []))
            | {"nearest": nearest_clusters(run, cluster.id, lookup, NEAREST)},
            "members": [each.work for each in typical(standing[cluster.id], len(ids))] if with_members else None,
        }
        for cluster in run.clusters
    ]


def _cover(covers: Mapping[int, str], cluster: int, run: Run, by_id: Mapping[str, Artwork]) -> Card:
    cover = covers.get(cluster)
    if cover is None or cover not in by_id or run.members.get(cover) != cluster:
        # One that was moved away or has left the collection stands for its cluster no more.
        return {}
    return {"cover": by_id[cover].to_payload()}


def _shown(medoid: str, members: list[Standing], by_id: Mapping[str, Artwork]) -> Card:
    others = [each for each in members if each.work != medoid]

    def payloads(some: Iterable[Standing]) -> list[Card]:
        return [by_id[each.work].to_payload() | {"distance": round(each.distance, 4)} for each in some]

    return {
        "medoid": by_id[medoid].to_payload(),
        "typical": payloads(typical(others, TYPICAL)),
        "borderline": [
            {**shown, "other": each.other} for each in borderline(others, BORDERLINE) for shown in payloads([each])
        ],
        "outliers": payloads(outliers(others, OUTLIERS)),
    }


def _facts(works: Sequence[Artwork], told: Sequence[Trait]) -> Card:
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
