"""Which pictures of an artist look the same: copies of one picture in other sizes or qualities."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress

from scraper.errors import DamagedRecord
from scraper.journal import Journal
from scraper.library import Library
from scraper.model import ArtworkRecord, Picture
from scraper.names import slug
from scraper.phash import distance

NEAR = 4
"""Bits in which the hashes of copies differ at most. Measured (see gallery.models.takedowns): 4 for resized,
recompressed and brightened ones, and more than 10 for any two paintings of 2,400 that were not the same."""

_ASPECTS_APART = 0.02


class Likeness:
    """The pictures of each artist that have been scraped or imported, read from the library when they are asked for."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._read: dict[str, dict[str, Picture]] = {}
        # Those that have come since: what is told of an artist whom nobody asks about costs no reading.
        self._added: defaultdict[str, dict[str, Picture]] = defaultdict(dict)

    def alike(self, artist: str, picture: Picture) -> Picture | None:
        """Return the largest known picture that is a copy of this one in another size or quality."""
        near = [known for known in self._known(artist).values() if _alike(known, picture)]
        return max(near, key=area, default=None)

    def add(self, artist: str, picture: Picture) -> None:
        """Know one more picture of an artist."""
        self._added[slug(artist)][picture.sha256] = picture

    def forget(self, artist: str, sha256: str) -> None:
        """Know a picture no longer, because another stands for it."""
        for known in (self._added, self._read):
            known.get(slug(artist), {}).pop(sha256, None)

    def _known(self, artist: str) -> dict[str, Picture]:
        name = slug(artist)
        if name not in self._read:
            self._read[name] = {record.picture.sha256: record.picture for record in self._records(artist)}
        return self._read[name] | self._added[name]

    def _records(self, artist: str) -> Iterator[ArtworkRecord]:
        journal = Journal(self._library.artist_dir(artist) / "journal.jsonl")
        for sha256 in journal.kept():
            # What is damaged is told of by whoever needs it, and looks like nothing.
            with suppress(DamagedRecord):
                record = self._library.get(self._library.original_of(sha256))
                if record is not None:
                    yield record


def area(picture: Picture) -> int:
    """Return the pixels of a picture."""
    return picture.width * picture.height


def _alike(one: Picture, other: Picture) -> bool:
    if one.phash is None or other.phash is None or one.sha256 == other.sha256:
        return False
    aspects = one.width / one.height, other.width / other.height
    return max(aspects) <= min(aspects) * (1 + _ASPECTS_APART) and distance(one.phash, other.phash) <= NEAR
