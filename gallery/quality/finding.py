"""Measuring pictures that were not measured yet, and judging them: what is found waits on the desk of quality."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from statistics import median

from gallery.db import Database
from gallery.holdings.house import House
from gallery.models.crops import all_crops
from gallery.models.quality import measures_of, settle, standing, write_measures
from indexer.errors import StoreMissing, Unmeasurable
from indexer.pipeline.outcome import Measuring
from indexer.quality.judging import Found, judge, judge_standing
from indexer.quality.measuring import VERSION, Measures, from_thumbnail
from indexer.quality.strangers import strangeness, taken_for
from indexer.store.model import Artwork

_AT_ONCE = 100
_SETTLED_AT_ONCE = 500
Watch = Callable[[str, int, int], None]


class LookingStopped(Exception):
    """The job shall end early; what was measured is kept, and not measured again."""


def measuring(database: Database) -> Measuring:
    """Have indexing measure the pictures that were not measured yet. Raises `DatabaseError`."""
    with database.reading() as session:
        return Measuring(frozenset(standing(session, VERSION)), partial(note_measures, database))


def note_measures(database: Database, measured: Mapping[str, Measures]) -> None:
    """Keep the measures of pictures, by sha256; they wait to be judged. Raises `DatabaseError`."""
    values = {sha256: measures.to_json() for sha256, measures in measured.items()}
    with database.writing() as session:
        write_measures(session, VERSION, values)


def look(house: House, stopped: Callable[[], bool], watch: Watch, *, everything: bool) -> int:
    """Measure what was not measured yet, judge that or `everything`, and return how many findings are new.

    Pictures whose thumbnail cannot be read are passed over: the next run tries them again. Raises `LookingStopped`.
    """
    with house.database.reading() as session:
        crops = all_crops(session)
    # A picture that is cropped, and not made anew yet, would be found to have its border still.
    works = [work for work in _shown(house) if work.sha256 not in crops or work.crop == crops[work.sha256].part]
    with house.database.reading() as session:
        known = standing(session, VERSION)
    _measure(house, [work for work in works if work.sha256 not in known], stopped, watch)
    asked = works if everything else [work for work in works if not known.get(work.sha256)]
    return _judge(house, works, asked, stopped, watch)


def _measure(house: House, works: Sequence[Artwork], stopped: Callable[[], bool], watch: Watch) -> None:
    for start in range(0, len(works), _AT_ONCE):
        note_measures(house.database, dict(_measured(house, works[start : start + _AT_ONCE])))
        watch("measuring", min(start + _AT_ONCE, len(works)), len(works))
        _go_on(stopped)


def _measured(house: House, works: Sequence[Artwork]) -> Iterator[tuple[str, Measures]]:
    for work in works:
        try:
            yield work.sha256, from_thumbnail(house.thumbnails, work.sha256, work.width, work.height)
        except Unmeasurable:
            continue


def _judge(
    house: House, works: Sequence[Artwork], asked: Sequence[Artwork], stopped: Callable[[], bool], watch: Watch
) -> int:
    strange = {found.sha256: found for found in _strangers(house, works, {work.artist_slug for work in asked}, watch)}
    typical = median(work.width * work.height for work in works) if works else 0.0
    new = 0
    for start in range(0, len(asked), _SETTLED_AT_ONCE):
        _go_on(stopped)
        some = asked[start : start + _SETTLED_AT_ONCE]
        with house.database.writing() as session:
            values = measures_of(session, [work.sha256 for work in some])
            judged = {
                work.sha256: list(
                    judge(work.sha256, Measures.from_json(values[work.sha256]), medium=_said(work), typical=typical)
                )
                for work in some
                if work.sha256 in values
            }
            for sha256 in judged.keys() & strange.keys():
                judged[sha256].append(strange[sha256])
            new += settle(session, judged)
        watch("judging", min(start + _SETTLED_AT_ONCE, len(asked)), len(asked))
    return new


def _strangers(house: House, works: Sequence[Artwork], artists: set[str], watch: Watch) -> Iterator[Found]:
    theirs: dict[str, list[Artwork]] = {artist: [] for artist in artists}
    for work in works:
        if work.artist_slug in theirs:
            theirs[work.artist_slug].append(work)
    for done, group in enumerate(theirs.values(), 1):
        values = strangeness(house.store.vectors([work.id for work in group]))
        for work, value in zip(group, values.tolist(), strict=True):
            found = judge_standing(work.sha256, work.artist, value, taken_for(work.labels))
            if found is not None:
                yield found
        watch("comparing works of artists", done, len(theirs))


def _shown(house: House) -> Iterator[Artwork]:
    try:
        for batch in house.store.scan():
            yield from batch
    except StoreMissing:
        return


def _said(work: Artwork) -> str:
    return " ".join(filter(None, (work.medium, *work.tags)))


def _go_on(stopped: Callable[[], bool]) -> None:
    if stopped():
        raise LookingStopped
