"""What can go wrong between a picture on disk and an answer of the collection.

IndexerError
+-- WeightsError         no usable weights: names each place tried       exit 2
+-- BackboneError        unknown device, or the network will not run     exit 2
+-- NothingToIndex       the library holds no pictures                   exit 3
+-- DerivedError         thumbnails cannot be written (disk full)        exit 7
+-- StoreError
    +-- StoreLocked      open elsewhere                                  exit 75
    +-- StoreMissing     no collection yet                               exit 3
    +-- WrongModel       made by another backbone, weights or treatment  exit 2
    +-- WrongWidth       a vector of another length                      exit 1
    +-- UnknownArtwork   no such id                                      (404 on the site)
    +-- StoreUnavailable engine unreachable or out of time               exit 6
    +-- StoreDamaged     files that cannot be read or written            exit 7
"""

from pathlib import Path


class IndexerError(Exception):
    """Base of everything this package raises on purpose; `exit_code` is what the CLI ends with."""

    exit_code = 1


class WeightsError(IndexerError):
    """No weights could be had; `tried` lists each place with what was wrong there."""

    exit_code = 2

    def __init__(self, backbone: str, tried: list[tuple[str, str]], remedies: list[str]) -> None:
        self.backbone, self.tried, self.remedies = backbone, tried, remedies
        places = "".join(f"\n  - {place}: {problem}" for place, problem in tried)
        ways = "".join(f"\n  * {way}" for way in remedies)
        super().__init__(f"no weights for {backbone}. Tried:{places}\nWays on:{ways}")


class BackboneError(IndexerError):
    """The network cannot run as asked."""

    exit_code = 2


class NothingToIndex(IndexerError):
    """The library holds no pictures."""

    exit_code = 3

    def __init__(self, library: Path) -> None:
        self.library = library
        super().__init__(f"{library}: no pictures. Run `gallery scrape` or `gallery import` first.")


class DerivedError(IndexerError):
    """A derived file cannot be written; the library is not touched."""

    exit_code = 7

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}. Free space or check the folder's permissions, then run it again.")


class StoreError(IndexerError):
    """Base of everything the collection's store raises."""


class StoreLocked(StoreError):
    """The embedded collection is open in another process."""

    exit_code = 75

    def __init__(self, path: Path, pid: int | None) -> None:
        self.path, self.pid = path, pid
        who = f"process {pid}" if pid else "another process"
        super().__init__(
            f"{path}: the gallery is already open in {who}. Stop it first, or use a Qdrant server (GALLERY_QDRANT_URL)."
        )


class StoreMissing(StoreError):
    """There is no collection yet."""

    exit_code = 3

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(f"{where}: no collection yet. Run `gallery index` first.")


class WrongModel(StoreError):
    """The collection was made by another model; vectors of two models are never mixed."""

    exit_code = 2

    def __init__(self, where: str, found: str, wanted: str) -> None:
        self.where, self.found, self.wanted = where, found, wanted
        super().__init__(
            f"{where}: made with {found}, not with {wanted}. Use the former, or run `gallery reindex` to make it anew."
        )


class WrongWidth(StoreError):
    """A vector of another length than the lens has."""

    def __init__(self, lens: str, got: int, wanted: int) -> None:
        self.lens, self.got, self.wanted = lens, got, wanted
        super().__init__(f"lens {lens!r} takes vectors of {wanted} numbers, not {got}.")


class UnknownArtwork(StoreError):
    """No artwork has this id."""

    def __init__(self, artwork_id: str) -> None:
        self.artwork_id = artwork_id
        super().__init__(f"there is no artwork {artwork_id!r} in the collection.")


class StoreUnavailable(StoreError):
    """The engine cannot be reached or did not answer in time, after retries."""

    exit_code = 6

    def __init__(self, where: str, reason: str) -> None:
        self.where, self.reason = where, reason
        super().__init__(f"{where}: {reason}. Check that Qdrant is running and GALLERY_QDRANT_URL is right.")


class StoreDamaged(StoreError):
    """The collection's files cannot be read or written."""

    exit_code = 7

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}. Free space or repair the folder; `gallery reindex` makes it anew.")
