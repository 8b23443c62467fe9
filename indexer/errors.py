"""What can go wrong between a picture on disk and an answer of the collection.

IndexerError
+-- WeightsError         no usable weights: names each place tried       exit 2
+-- BackboneError        unknown device, or the network will not run     exit 2
+-- NothingToIndex       the library holds no pictures                   exit 3
+-- DecoderFailed        the process that decodes does not start         exit 1
+-- IndexingFailed       what ended the pipeline in its own process      exit 1
+-- IndexingDied         that process died                               exit 1
+-- LookupFailed         in indexer.lookup.errors                        (503 on the site)
+-- TaggingError         in indexer.tagging.errors                       exit 1
+-- StatisticsLost       what lenses were made with cannot be read       exit 1
+-- TooFewForLenses      no works to fit statistics on                   exit 3
+-- DerivedError         thumbnails cannot be written (disk full)        exit 7
+-- ExportError
|   +-- NothingToExport  no artworks in the collection                   exit 3
|   +-- ExportRefused    the place holds something else                  exit 9
|   +-- ExportUnwritable disk full, no permission                        exit 7
|   +-- ExportTooLarge   more than the disk has room for                 exit 7
|   +-- BadOrder         asked for what cannot be                        exit 2
+-- StoreError
    +-- StoreLocked      open elsewhere                                  exit 75
    +-- StoreMissing     no collection yet                               exit 3
    +-- WrongModel       made by another backbone, weights or treatment  exit 2
    +-- NotOurs          a collection that something else made           exit 2
    +-- WrongWidth       a vector of another length                      exit 1
    +-- BrokenVector     a vector with numbers that are none             exit 1
    +-- UnknownLens      no vectors of this kind                         exit 2
    +-- NoVector         a lens that an artwork is still without         exit 1
    +-- UnknownArtwork   no such id                                      (404 on the site)
    +-- StoreClosed      used after it was closed                        exit 1
    +-- StoreUnavailable engine unreachable or out of time               exit 6
    +-- StoreDamaged     files that cannot be read or written            exit 7
+-- ClusteringError
    +-- NothingToCluster no artworks to make clusters of                 exit 3
    +-- BadClusterCount  a number of clusters that cannot be             exit 2
    +-- UnusableVector   zeros or NaN: has no direction                  exit 1
    +-- EngineMissing    scikit-learn-extra is absent or will not load   exit 2
    +-- ClusteringStopped  somebody asked for it                         exit 130
    +-- UnknownCluster   no such id                                      (404 on the site)
    +-- BadDecision      a change of clusters that makes no sense        (400 on the site)
"""

import shlex
from collections.abc import Iterable
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


class DecoderFailed(IndexerError):
    """The process that decodes pictures does not even start."""

    def __init__(self, status: int, arguments: list[str]) -> None:
        self.status = status
        command = shlex.join(["python", "-m", "indexer.pipeline.decoder", *arguments])
        super().__init__(
            f"the decoder of pictures ended with status {status} as it started. To see why, run: {command}"
        )


class IndexingFailed(IndexerError):
    """The pipeline, at work in a process of its own, was ended by an error; `kind` is the name of its class."""

    def __init__(self, kind: str, sentence: str) -> None:
        self.kind, self.sentence = kind, sentence
        super().__init__(sentence)


class IndexingDied(IndexerError):
    """The process that indexes ended without a word; negative statuses are signals."""

    def __init__(self, status: int) -> None:
        self.status = status
        how = f"signal {-status}" if status < 0 else f"status {status}"
        super().__init__(
            f"the process that indexes ended with {how}, perhaps for want of memory. What it stored is kept: "
            "the same again goes on from there."
        )


class TooFewForLenses(IndexerError):
    """There are too few works to fit the statistics of the lenses on."""

    exit_code = 3

    def __init__(self, found: int, least: int) -> None:
        self.found, self.least = found, least
        super().__init__(
            f"lenses need at least {least} works to be fitted on, and {found} are ready. Run `gallery index` first."
        )


class StatisticsLost(IndexerError):
    """What the lenses of a collection were made with is not there, or not whole."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(f"{path}: the statistics of the lenses cannot be read ({problem}). Run `gallery lenses fit`.")


class DerivedError(IndexerError):
    """A derived file cannot be written; the library is not touched."""

    exit_code = 7

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}. Free space or check the folder's permissions, then run it again.")


class Unmeasurable(IndexerError):
    """A thumbnail that is absent or cannot be read, so that the picture cannot be measured."""

    def __init__(self, path: Path, reason: Exception) -> None:
        self.path = path
        super().__init__(f"{path} cannot be measured ({reason}). Run `gallery index`, which makes absent thumbnails.")


class ExportError(IndexerError):
    """Base of what goes wrong while the collection is written out for other programs."""


class NothingToExport(ExportError):
    """There are no artworks to export."""

    exit_code = 3

    def __init__(self) -> None:
        super().__init__("there are no artworks to export. Run `gallery index` first.")


class ExportRefused(ExportError):
    """The place holds something that no export made; it is left alone."""

    exit_code = 9

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}. It is left alone: name another folder.")


class ExportUnwritable(ExportError):
    """An export cannot be written; what an earlier one wrote there is as it was."""

    exit_code = 7

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}. Free space or check the folder's permissions, then run it again.")


class ExportTooLarge(ExportError):
    """There is less room on the disk than an export needs; nothing was written."""

    exit_code = 7

    def __init__(self, path: Path, needed: int, free: int) -> None:
        self.path, self.needed, self.free = path, needed, free
        super().__init__(
            f"{path}: the export needs about {needed / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free there. "
            "Free space, or ask for fewer formats or licences."
        )


class BadOrder(ExportError):
    """An export was asked for that cannot be made; the sentence says what can."""

    exit_code = 2


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


class NotOurs(StoreError):
    """A collection of this name exists, but no gallery made it; it is left alone."""

    exit_code = 2

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(
            f"{where}: not made by this gallery, and left alone. Choose another name (GALLERY_COLLECTION)."
        )


class BrokenVector(StoreError):
    """A vector holds numbers that are not finite."""

    def __init__(self, lens: str, row: int) -> None:
        self.lens, self.row = lens, row
        super().__init__(
            f"lens {lens!r}: vector {row} holds numbers that are not finite. Its picture must be embedded anew."
        )


class UnknownLens(StoreError):
    """The collection has no vectors of this kind."""

    exit_code = 2

    def __init__(self, lens: str, known: Iterable[str]) -> None:
        self.lens, self.known = lens, sorted(known)
        super().__init__(f"there is no lens {lens!r} in the collection, only: {', '.join(self.known)}.")


class StoreClosed(StoreError):
    """The store was closed before."""

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(f"{where}: the collection is closed. Open it again.")


class NoVector(StoreError):
    """An artwork has no vector in a lens yet."""

    def __init__(self, artwork_id: str, lens: str) -> None:
        self.artwork_id, self.lens = artwork_id, lens
        super().__init__(f"artwork {artwork_id!r} has no vector in lens {lens!r} yet. `gallery lenses fit` makes it.")


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


class ClusteringError(IndexerError):
    """Base of everything that goes wrong while clusters are made or changed."""


class NothingToCluster(ClusteringError):
    """There are no artworks to make clusters of."""

    exit_code = 3

    def __init__(self, of: str = "") -> None:
        """Take what works were looked for, where it is not all of them."""
        super().__init__(
            f"there are no artworks of {of} to make clusters of. Look at how it is spelt."
            if of
            else "there are no artworks to make clusters of. Run `gallery index` first."
        )


class BadClusterCount(ClusteringError):
    """So many clusters cannot be made of so many artworks."""

    exit_code = 2

    def __init__(self, wanted: int, least: int, most: int) -> None:
        self.wanted, self.least, self.most = wanted, least, most
        super().__init__(f"{wanted} clusters cannot be made here. Choose a number from {least} to {most}.")


class UnusableVector(ClusteringError):
    """A vector that has no direction, so no cosine."""

    def __init__(self, name: str, problem: str) -> None:
        self.name, self.problem = name, problem
        super().__init__(f"the vector of {name} {problem}. Index that artwork anew, or leave it out.")


class EngineMissing(ClusteringError):
    """The second clustering engine is not installed, or its installation does not load."""

    exit_code = 2

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"the engine sklearn-extra cannot be used ({reason}). It needs Python 3.11 and "
            f"`pip install 'semantic-gallery[sklearn-extra]'`; the engine numpy needs nothing."
        )


class ClusteringStopped(ClusteringError):
    """Somebody asked for an end; nothing has been changed."""

    exit_code = 130

    def __init__(self, step: str) -> None:
        self.step = step
        super().__init__(f"stopped while {step}. The clusters are as they were.")


class UnknownCluster(ClusteringError):
    """No cluster has this id."""

    def __init__(self, cluster: int) -> None:
        self.cluster = cluster
        super().__init__(f"there is no cluster {cluster}.")


class BadDecision(ClusteringError):
    """A change of clusters that makes no sense; `problem` says why."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(f"{problem}. {remedy}")
