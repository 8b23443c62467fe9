"""Looking through all labels: field after field, each stored when it is done, so that a kill repeats none of them."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence

from gallery.db import Database
from gallery.models.artists import all_artists
from gallery.models.base import now
from gallery.models.corrections import corrected_works, corrections_of
from gallery.models.duplicates import all_versions, last_groups
from gallery.models.label_artists import LabelArtist, store_artists
from gallery.models.labels import LabelRun, begin_label_run, label_run, store_findings
from indexer.store import ArtworkStore
from indexer.store.model import Artwork, Vector
from indexer.suspicion.finding import (
    Collection,
    suspicious_artists,
    suspicious_movements,
    suspicious_years,
    works_of,
)
from indexer.suspicion.model import Field, Found
from indexer.suspicion.neighbours import nearest, short
from indexer.suspicion.outliers import standing

PARTS: dict[Field, Callable[[Collection], Found]] = {
    "artist": suspicious_artists,
    "movement": suspicious_movements,
    "year": suspicious_years,
}
COVERAGE = "coverage"
"""The last part of a run: how well each artist is covered."""

_AT_ONCE = 500
_MOST_PAIRS = 100_000
_BEGIN, _NEAR = 0.05, 0.5

Say = Callable[[str, float], None]
"""Told what is done now and how much of all of it is done, 0 to 1."""


class SearchStopped(Exception):
    """The search shall end early; the fields that are done are stored, and the next run goes on behind them."""


def search(
    database: Database,
    store: ArtworkStore,
    stopped: Callable[[], bool] = lambda: False,
    say: Say = lambda what, done: None,
) -> LabelRun:
    """Look for suspicious labels and return the run with what it found; raise `SearchStopped` or `StoreMissing`.

    A run that was cut short goes on, unless works or labels have changed since. Labels that curators have corrected
    are believed, and what they have decided about is not asked again.
    """

    def step(what: str, done: float) -> None:
        if stopped():
            raise SearchStopped
        say(what, done)

    step("reading works", 0.0)
    works = sorted((work for batch in store.scan() for work in batch), key=lambda work: work.sha256)
    with database.writing() as session:
        run = begin_label_run(session, mark_of(works), len(works))
    if len(works) > 1 and any(part not in run.parts for part in (*PARTS, COVERAGE)):
        _look(database, run, _collection(database, store, works, step), step)
    with database.writing() as session:
        done = label_run(session, run.id)
        done.finished_at = now()
    return done


def mark_of(works: Sequence[Artwork]) -> str:
    """Return what the labels of a collection are known by: it is another when any of them is."""
    told = hashlib.sha256()
    for work in works:
        told.update(f"{work.sha256}\0{work.artist_slug}\0{work.movement}\0{work.year}\n".encode())
    return told.hexdigest()


def _look(database: Database, run: LabelRun, about: Collection, step: Say) -> None:
    share = (1 - _NEAR) / (len(PARTS) + 1)
    for at, (what, find) in enumerate(PARTS.items()):
        if what in run.parts:
            continue
        step(f"comparing by {what}", _NEAR + at * share)
        found = find(about)
        step(f"comparing by {what}", _NEAR + (at + 1) * share)
        _store(database, run.id, what, found)
    step("artists", 1 - share)
    with database.writing() as session:
        store_artists(session, _covered(about))
        _note(label_run(session, run.id), COVERAGE, {})


def _store(database: Database, run_id: int, what: Field, found: Found) -> None:
    with database.writing() as session:
        trusted = corrections_of(session, corrected_works(session))
        findings = [each for each in found.findings if what not in trusted.get(each.sha256, {})]
        new = store_findings(session, what, findings)
        told = {"judged": found.judged, "found": len(findings), "new": new, "remark": found.remark}
        _note(label_run(session, run_id), what, told)


def _note(run: LabelRun, part: str, told: Mapping[str, object]) -> None:
    run.parts = {**run.parts, part: dict(told)}


def _collection(database: Database, store: ArtworkStore, works: Sequence[Artwork], step: Say) -> Collection:
    ids = [work.id for work in works]

    def blocks() -> Iterator[Vector]:
        for start in range(0, len(ids), _AT_ONCE):
            step("reading vectors", _BEGIN)
            yield store.vectors(ids[start : start + _AT_ONCE])

    place = {work.sha256: row for row, work in enumerate(works)}
    with database.reading() as session:
        alike = [(one, other) for one, other, _ in (*all_versions(session), *last_groups(session, _MOST_PAIRS))]
        lives = {artist.slug: (artist.born, artist.died) for artist in all_artists(session)}
    same = [(place[one], place[other]) for one, other in alike if one in place and other in place]
    names = [(work.artist_slug, work.title) for work in works]
    vectors = short(blocks, len(ids))
    near = nearest(vectors, names, same, lambda share: step("neighbours", _BEGIN + (_NEAR - _BEGIN) * share))
    return Collection(works, near, lives, now().year)


def _covered(about: Collection) -> Iterator[LabelArtist]:
    for slug, rows in works_of(about.artists).items():
        out = standing(rows, about.near)
        mine = [about.works[row] for row in rows]
        years = [work.year for work in mine if work.year is not None]
        yield LabelArtist(
            slug=slug,
            name=mine[0].artist,
            works=len(mine),
            pictures=len(set(about.near.groups[rows].tolist())),
            years=len(years),
            movements=sum(bool(work.movement) for work in mine),
            licences=sum(work.licence != "unknown" for work in mine),
            first=min(years, default=None),
            last=max(years, default=None),
            spread=out.spread,
            medoid=about.works[out.medoid].sha256,
        )
