"""All suspicious labels of a collection: artist, movement, year, each with what speaks against it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.store.model import Artwork
from indexer.suspicion import outliers, years
from indexer.suspicion.chances import Chances, Codes, chances
from indexer.suspicion.model import Field, Finding, Found, Reason
from indexer.suspicion.neighbours import Near, Rows
from indexer.tagging.doubt import suspects
from indexer.tagging.errors import TooFewLabels

LEAST_ODDS = 0.7
"""Logarithm of how much likelier another class must be for a label to be asked about: twice."""

LEAST_DEVIATION, LEAST_OUT = 2.5, 3.5
"""Robust deviations from which a year, or a work among its artist's, is asked about (Iglewicz and Hoaglin: 3.5)."""

PROOFS = 3
_SURE = 20.0
_PER_DEVIATION, _PER_OUT = 2.0, 1.2
_DECADES = 20
_MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Collection:
    """All works with their neighbourhoods; `lives` are years of birth and death by artist's slug."""

    works: Sequence[Artwork]
    near: Near
    lives: Mapping[str, tuple[int | None, int | None]]
    today: int

    def codes(self, values: Sequence[Any]) -> Codes:
        """Return a number for each value, -1 for None."""
        names = {value: number for number, value in enumerate(dict.fromkeys(v for v in values if v is not None))}
        return np.array([names.get(value, -1) for value in values], np.intp)

    @property
    def artists(self) -> list[str]:
        """The artist of each work, by slug."""
        return [work.artist_slug for work in self.works]

    @property
    def movements(self) -> list[str | None]:
        """The movement of each work."""
        return [work.movement or None for work in self.works]

    @property
    def decades(self) -> list[int | None]:
        """Of each work with a year the double decade it is of."""
        return [None if work.year is None else work.year // _DECADES for work in self.works]


def suspicious_artists(about: Collection) -> Found:
    """Return works that look like another artist's, and those unlike all others of their own."""
    out = _outliers(about)
    facts = [about.codes(about.movements), about.codes(about.decades)]
    try:
        made = chances(about.artists, about.near, facts)
    except TooFewLabels:
        remark = "There are too few works to compare artists by: two need five different pictures each."
        return Found([*out.values()], 0, remark)
    names = {work.artist_slug: work.artist for work in about.works}
    found = dict(out)
    for finding in _alike(about, made, "artist", names):
        also = out.get(finding.sha256)
        found[finding.sha256] = _joined(finding, also) if also else finding
    return Found([*found.values()], len(made.rows), _too_few(made, "artist", names))


def suspicious_movements(about: Collection) -> Found:
    """Return works that look like, and go with, another movement."""
    facts = [about.codes(about.artists), about.codes(about.decades)]
    try:
        made = chances(about.movements, about.near, facts)
    except TooFewLabels:
        return Found([], 0, "There are too few works to compare movements by: two need five different pictures each.")
    return Found(_alike(about, made, "movement", {}), len(made.rows), _too_few(made, "movement", {}))


def suspicious_years(about: Collection) -> Found:
    """Return works whose year is far from what is expected of them, or cannot be."""
    stated = np.array([np.nan if work.year is None else work.year for work in about.works], np.float64)
    far = years.deviations(stated, about.near, about.codes(about.artists))
    found = []
    for row in np.flatnonzero(~np.isnan(stated)).tolist():
        work = about.works[row]
        assert work.year is not None
        wrong = years.impossible(work.year, *about.lives.get(work.artist_slug, (None, None)), about.today)
        deviation = float(np.nan_to_num(far.combined[row]))
        if wrong or deviation >= LEAST_DEVIATION:
            own, close = _year(far.own[row]), _year(far.near[row])
            evidence = {"why": wrong, "by_artist": own, "by_neighbours": close, "deviations": round(deviation, 1)}
            evidence["expected"] = close if own is None else own
            strength = _PER_DEVIATION * deviation + (_SURE if wrong else 0)
            reason: Reason = "impossible" if wrong else "far"
            finding = Finding(work.sha256, "year", str(work.year), None, reason, strength, evidence)
            found.append(_proved(about, row, finding, np.flatnonzero(~np.isnan(stated))))
    judged = int((~np.isnan(far.combined)).sum())
    return Found(found, judged, None if judged else "Too few works have a year to compare years by.")


def _alike(about: Collection, made: Chances, what: Field, names: Mapping[str, str]) -> list[Finding]:
    """Return the works that are likelier of another class, with the nearest works of that class as proof."""
    of = {name: made.rows[made.labels.truth[:, at] == 1] for at, name in enumerate(made.labels.classes)}
    sure = {each.work for each in suspects(made.labels, made.combined, most=None)}
    found = []
    true = np.nanargmax(made.labels.truth, 1)
    for at in range(len(made.rows)):
        odds, rather = _odds(made.combined[at], int(true[at]))
        if odds < LEAST_ODDS:
            continue
        row, stated = int(made.rows[at]), made.labels.classes[true[at]]
        other = made.labels.classes[rather]
        evidence = {
            "chance": _share(made.combined[at, rather]),
            "chance_stated": _share(made.combined[at, true[at]]),
            "head": [_share(made.by_head[at, rather]), _share(made.by_head[at, true[at]])],
            "neighbours": [_share(made.by_neighbours[at, rather]), _share(made.by_neighbours[at, true[at]])],
            "confident": made.labels.works[at] in sure,
        }
        now, rather_now = names.get(stated, stated), names.get(other, other)
        finding = Finding(about.works[row].sha256, what, now, rather_now, "alike", odds, evidence)
        found.append(_proved(about, row, finding, of[other]))
    return found


def _odds(chance: NDArray[np.float32], true: int) -> tuple[float, int]:
    """Return how much likelier the likeliest other class is, as a logarithm, and which that is."""
    others = chance.copy()
    others[true] = -1
    rather = int(others.argmax())
    return float(np.log(max(others[rather], 1e-6)) - np.log(max(chance[true], 1e-6))), rather


def _outliers(about: Collection) -> dict[str, Finding]:
    found = {}
    for rows in works_of(about.artists).values():
        out = outliers.standing(rows, about.near)
        for row, deviation in zip(out.rows, out.deviations, strict=True):
            if deviation >= LEAST_OUT:
                work = about.works[row]
                evidence = {"deviations": round(float(deviation), 1), "medoid": about.works[out.medoid].sha256}
                strength = _PER_OUT * float(deviation)
                finding = Finding(work.sha256, "artist", work.artist, None, "outlier", strength, evidence)
                found[work.sha256] = _proved(about, int(row), finding, rows)
    return found


def works_of(values: Sequence[str | None]) -> dict[str, Rows]:
    """Return the rows of each value, those without one left out."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for row, value in enumerate(values):
        if value:
            found[value].append(row)
    return {value: np.array(rows, np.int64) for value, rows in found.items()}


def _proved(about: Collection, row: int, finding: Finding, others: Rows) -> Finding:
    nearest = about.near.nearest_of(row, others, PROOFS)
    proof = [about.works[other].sha256 for other in nearest]
    return replace(finding, evidence={**finding.evidence, "proof": proof})


def _joined(alike: Finding, out: Finding) -> Finding:
    """Return one case of two about the same label: it looks like another's, and it is unlike its own."""
    evidence = {**alike.evidence, "deviations": out.evidence["deviations"], "medoid": out.evidence["medoid"]}
    return replace(alike, strength=max(alike.strength, out.strength), evidence=evidence)


def _too_few(made: Chances, what: str, names: Mapping[str, str]) -> str | None:
    if not made.few:
        return None
    told = ", ".join(names.get(name, name) for name in made.few[:_MOST_EXAMPLES])
    more = f" and {len(made.few) - _MOST_EXAMPLES} more" if len(made.few) > _MOST_EXAMPLES else ""
    return f"Not judged, with fewer than five different pictures by the same {what}: {told}{more}."


def _year(value: float) -> int | None:
    return None if np.isnan(value) else round(float(value))


def _share(probability: np.float32) -> float:
    return round(float(probability), 3)
