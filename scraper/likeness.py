"""Which pictures of an artist look the same: copies of one picture in other sizes or qualities."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain

from scraper.errors import DamagedRecord
from scraper.journal import Journal
from scraper.library import Library
from scraper.model import ArtworkRecord, Picture
from scraper.names import slug

NEAR = 4
"""Bits in which the hashes of copies differ at most. Measured (see gallery.models.takedowns): 4 for resized,
recompressed and brightened ones, and more than 10 for any two paintings of 2,400 that were not the same."""

_ASPECTS_APART = 0.02


class Likeness:
    """The pictures of each artist that have been scraped or imported, read from the library when they are asked for."""

    def __init__(self, library: Library) -> None:
        self._library = library
        # Pictures with the bits of their hashes, by their sha256.
        self._read: dict[str, dict[str, tuple[int, Picture]]] = {}
        # Those that have come since: what is told of an artist whom nobody asks about costs no reading.
        self._added: defaultdict[str, dict[str, tuple[int, Picture]]] = defaultdict(dict)

    def alike(self, artist: str, picture: Picture) -> Picture | None:
        """Return the largest known picture that is a copy of this one in another size or quality."""
        if picture.phash is None:
            return None
        bits = int(picture.phash, 16)
        near = [known for hash_, known in self._known(artist) if (hash_ ^ bits).bit_count() <= NEAR]
        return max((known for known in near if _same_shape(known, picture)), key=area, default=None)

    def add(self, artist: str, picture: Picture) -> None:
        """Know one more picture of an artist."""
        if picture.phash is not None:
            self._added[slug(artist)][picture.sha256] = int(picture.phash, 16), picture

    def forget(self, artist: str, sha256: str) -> None:
        """Know a picture no longer, because another stands for it."""
        for known in (self._added, self._read):
            known.get(slug(artist), {}).pop(sha256, None)

    def _known(self, artist: str) -> Iterator[tuple[int, Picture]]:
        name = slug(artist)
        if name not in self._read:
            pictures = [record.picture for record in self._records(artist)]
            self._read[name] = {each.sha256: (int(each.phash, 16), each) for each in pictures if each.phash}
        return chain(self._read[name].values(), self._added[name].values())

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


def _same_shape(one: Picture, other: Picture) -> bool:
    """Return whether two different pictures have the same proportions, as copies have."""
    aspects = one.width / one.height, other.width / other.height
    return one.sha256 != other.sha256 and max(aspects) <= min(aspects) * (1 + _ASPECTS_APART)
