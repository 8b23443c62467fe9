"""The gate between embedding and the collection: what is far from everything its artist has does not pass."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gallery.holdings.house import House
from gallery.holdings.removal import now
from gallery.models.held import HeldWork, judged, note_judged
from gallery.relevance.picture import keep_picture
from indexer.errors import StoreMissing
from indexer.relevance import LENSES, Judgement, Strictness, judge
from indexer.store.model import CONTENT, Artwork, Filters, Vector
from indexer.thumbnails import remove_thumbnails
from scraper.withdrawn import Withdrawal, amend

BROUGHT = ("folder", "csv")
"""Sources of what somebody chose by hand, which is never held."""

_MOST_COMPARED, _MOST_ARTISTS = 120, 40


@dataclass(frozen=True, slots=True)
class _Own:
    """Works an artist has, with their vectors in each lens they are compared in."""

    hashes: tuple[str, ...]
    vectors: Mapping[str, Vector]


class Gate:
    """Judges works of one run; each artist's works are asked for once, and those that pass are added to them."""

    def __init__(self, house: House, strictness: Strictness) -> None:
        self._house, self._strictness = house, strictness
        self._artists: OrderedDict[str, _Own] = OrderedDict()

    def __call__(self, works: Sequence[Artwork], vectors: Mapping[str, Vector]) -> frozenset[str]:
        """Return the sha256 of works that are held, which is noted; all others may be shown.

        `vectors` are those of each lens there is, n x width. Raises `DatabaseError`, `StorageError` and what the store
        raises.
        """
        if self._strictness == "off":
            return frozenset()
        with self._house.database.reading() as session:
            known = judged(session, [work.sha256 for work in works])
        held: dict[str, HeldWork] = {}
        passed: list[str] = []
        rows: dict[str, list[int]] = {}
        for row, work in enumerate(works):
            if work.sha256 not in known and work.source not in BROUGHT:
                rows.setdefault(work.artist_slug, []).append(row)
        for artist, some in rows.items():
            own = self._own(artist, vectors)
            new = [works[row] for row in some]
            compared = _rows(vectors, some, own)
            names = (*own.hashes, *(work.sha256 for work in new))
            for work, judgement in zip(new, judge(compared, own.vectors, self._strictness), strict=True):
                if judgement is not None and judgement.far:
                    held[work.sha256] = _held(work, judgement, names)
                else:
                    passed.append(work.sha256)
            self._add(artist, own, [row for row in some if works[row].sha256 not in held], works, vectors)
        self._note(held, passed)
        return frozenset(held)

    def _own(self, artist: str, vectors: Mapping[str, Vector]) -> _Own:
        own = self._artists.pop(artist, None) or self._asked(artist, vectors)
        self._artists[artist] = own
        if len(self._artists) > _MOST_ARTISTS:
            self._artists.popitem(last=False)
        return own

    def _asked(self, artist: str, vectors: Mapping[str, Vector]) -> _Own:
        """Return what an artist has, by content alone where a work lacks the vectors that new ones have."""
        store, there = self._house.store, [lens for lens in LENSES if lens in vectors]
        try:
            works = store.page(Filters(artist=artist), size=_MOST_COMPARED).artworks
            ids = [work.id for work in works]
            card, marks = store.stats().card, store.marks(ids)
            if any(marks.get(point) != (card and card.statistics) for point in ids):
                there = [CONTENT]
            own = {lens: store.vectors(ids, lens=lens) for lens in there}
        except StoreMissing:
            return _Own((), {lens: vectors[lens][:0] for lens in there})
        return _Own(tuple(work.sha256 for work in works), own)

    def _add(
        self, artist: str, own: _Own, passed: Sequence[int], works: Sequence[Artwork], vectors: Mapping[str, Vector]
    ) -> None:
        hashes = (*own.hashes, *(works[row].sha256 for row in passed))
        new = _rows(vectors, passed, own)
        together = {lens: np.concatenate([rows, new[lens]])[-_MOST_COMPARED:] for lens, rows in own.vectors.items()}
        self._artists[artist] = _Own(hashes[-_MOST_COMPARED:], together)

    def _note(self, held: dict[str, HeldWork], passed: Sequence[str]) -> None:
        """Have works held: the database first, then the library's list, which the next indexing mends if need be."""
        if held or passed:
            with self._house.database.writing() as session:
                note_judged(session, list(held.values()), passed)
        if held:
            amend(self._house.library, [entry_of(work) for work in held.values()])
        for sha256 in held:
            keep_picture(self._house, sha256)
            remove_thumbnails(self._house.thumbnails, sha256)


def entry_of(work: HeldWork) -> Withdrawal:
    """Return what the library's list says of a held work."""
    return Withdrawal("held", now(), work.sha256, work.artist_slug, work.title)


def _rows(vectors: Mapping[str, Vector], rows: Sequence[int], own: _Own) -> dict[str, Vector]:
    return {lens: vectors[lens][list(rows)] for lens in own.vectors}


def _held(work: Artwork, judgement: Judgement, names: Sequence[str]) -> HeldWork:
    return HeldWork(
        sha256=work.sha256,
        artist_slug=work.artist_slug,
        artist=work.artist,
        title=work.title,
        score=judgement.score,
        nearest=[(names[row], round(cosine, 4)) for row, cosine in judgement.nearest],
        state="held",
    )
