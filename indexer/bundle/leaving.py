"""Works that are left out of a bundle, each with the reason."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from indexer.bundle.rights import why_not
from indexer.store.model import Artwork, artwork_id
from scraper.errors import DamagedRecord
from scraper.library import Library
from scraper.model import ArtworkRecord
from scraper.withdrawn import Why, Withdrawn, WithdrawnFile

ABSENT = "its picture is not in the library"
DAMAGED = "its picture is not as it was when it was collected"
CLOSED = "its picture cannot be read"
UNREADABLE = "its record cannot be read"
NOT_INDEXED = "it is not in the collection: it waits to be indexed, or could not be"

WITHDRAWN: Mapping[Why, str] = {
    "taken-down": "it was taken down",
    "deleted": "a curator deleted it",
    "hidden": "a curator hid it",
    "held": "it waits for a curator to look at it",
}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A work that is not packed; of one that is withdrawn nothing is said but its id."""

    id: str
    reason: str
    title: str = ""
    artist: str = ""
    licence: str = ""
    page_url: str | None = None

    @classmethod
    def of(cls, work: Artwork, reason: str) -> "LeftOut":
        """Return the entry of a work that the collection shows."""
        return cls(work.id, reason, work.title, work.artist, work.licence, work.page_url)

    @property
    def row(self) -> list[object]:
        """The line of `withheld.csv`."""
        return [self.id, self.title, self.artist, self.licence, self.page_url, self.reason]


class Gate:
    """What tells of each work whether it is left out, and why."""

    def __init__(self, library: Library, licences: Collection[str] = ()) -> None:
        self._library, self._licences = library, licences
        self._withdrawn: Withdrawn = WithdrawnFile(library).now()

    def judge(self, work: Artwork) -> ArtworkRecord | LeftOut:
        """Return the record of a work that may be packed, or why it may not."""
        try:
            record = self._library.get(work.sha256)
        except DamagedRecord:
            return LeftOut.of(work, UNREADABLE)
        held = self._withdrawn.hides(record) if record else self._withdrawn.of(work.sha256)
        if held:
            return LeftOut(work.id, WITHDRAWN[held.why])
        reason = why_not(work.licence, record, self._licences)
        if record is None or reason:
            return LeftOut.of(work, reason or ABSENT)
        return record

    def not_shown(self, shown: Collection[str]) -> Iterator[LeftOut]:
        """Yield works of the library that the collection does not show, in no order, `shown` being those it does."""
        for sha256 in self._library.hashes():
            if sha256 not in shown:
                yield self._hidden(sha256)
        for entry in self._withdrawn.entries:
            if entry.sha256 and not entry.of and not self._library.record_path(entry.sha256).exists():
                yield LeftOut(artwork_id(entry.sha256), WITHDRAWN[entry.why])

    def _hidden(self, sha256: str) -> LeftOut:
        try:
            record = self._library.get(sha256)
        except DamagedRecord:
            return LeftOut(artwork_id(sha256), UNREADABLE)
        held = self._withdrawn.hides(record) if record else None
        return LeftOut(artwork_id(sha256), WITHDRAWN[held.why] if held else NOT_INDEXED)
