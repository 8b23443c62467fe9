"""The kinds of jobs, each a list of stages done one after the other; a new kind is added here.

A stage gets a `Task`, does its part and tells on the board how far it is. It returns a sentence when it could do a
part only, raises `StageFailed` when nothing can go on, and returns early when `task.board.stop` is set: it will be
called again when the job goes on, and must then do what is left.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event
from typing import cast

from gallery.db import Database
from gallery.jobs.board import Board
from gallery.jobs.queue import JobQueue, Lane
from gallery.models.jobs import Job
from gallery.settings import GallerySettings
from indexer.store import ArtworkStore
from scraper.settings import ScraperSettings


@dataclass(frozen=True, slots=True)
class Shop:
    """What a worker works with; `name` is the process as rows know it, `closing` is set when it shall end."""

    settings: GallerySettings
    scraping: ScraperSettings
    database: Database
    store: ArtworkStore
    queue: JobQueue
    name: str
    closing: Event


@dataclass(frozen=True, slots=True)
class Task:
    """A job in the hands of a worker; `stage` is the name under which the board knows what is done now."""

    shop: Shop
    job: Job
    board: Board
    stage: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a job; `share` of its progress in percent, `label` in words, `work` as "module:function".

    One that is `within` another is done in the same pass, which shows on the board how far both are.
    """

    name: str
    label: str
    share: int
    work: str
    seconds: Callable[[Shop], float]
    within: str | None = None

    def load(self) -> Callable[[Task], str | None]:
        """Import what does it, which the pages need not have."""
        module, _, function = self.work.partition(":")
        return cast("Callable[[Task], str | None]", getattr(importlib.import_module(module), function))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job: what it is called, its stages, and the lane it waits in."""

    label: str
    stages: tuple[Stage, ...]
    lane: Lane = "jobs"


_HOUR = 3600.0
PREVIEW_SECONDS = 90.0


def _collecting(shop: Shop) -> float:
    # The collecting process keeps to its deadline by itself; this ends one that does not.
    return shop.scraping.deadline + 60.0


_COLLECT = Stage("collect", "Collecting", 60, "gallery.jobs.collecting:collect", _collecting)
_IMPORT = Stage("collect", "Taking in the upload", 40, "gallery.jobs.collecting:take_in", lambda _: _HOUR)
_EMBEDDING = "gallery.jobs.embedding:embed"
_INDEX = (
    Stage("index", "Embedding", 24, _EMBEDDING, lambda _: 12 * _HOUR),
    Stage("thumbnails", "Thumbnails", 8, _EMBEDDING, lambda _: 12 * _HOUR, within="index"),
    Stage("tags", "Tags", 4, _EMBEDDING, lambda _: 12 * _HOUR, within="index"),
    Stage("graph", "Search graph", 2, "gallery.jobs.graphing:graph", lambda _: 2 * _HOUR),
    Stage("arrange", "Corrections and clusters", 2, "gallery.jobs.arranging:arrange", lambda _: _HOUR),
    Stage("duplicates", "Duplicates", 2, "gallery.jobs.duplicating:look_at_new", lambda _: 2 * _HOUR),
    Stage("quality", "Quality", 2, "gallery.jobs.checking:look_at_new", lambda _: 2 * _HOUR),
)
_PREVIEW = Stage("preview", "Looking", 100, "gallery.jobs.previewing:preview", lambda _: PREVIEW_SECONDS + 30.0)
_CLUSTER = Stage("cluster", "Clustering", 100, "gallery.jobs.clustering:cluster", lambda _: _HOUR)
_PROJECT = Stage("project", "Vectors and pictures", 100, "gallery.jobs.projecting:project", lambda _: _HOUR)
_EXPORT = Stage("export", "Packing works", 100, "gallery.jobs.exporting:export", lambda _: 4 * _HOUR)
_MAP = Stage("map", "Laying out the map", 100, "gallery.jobs.mapping:lay_out", lambda _: 2 * _HOUR)
_LENSES = Stage("lenses", "Lenses", 100, "gallery.jobs.lenses:refit", lambda _: 2 * _HOUR)
_TRAIN = Stage("train", "Learning", 100, "gallery.jobs.tagging:train", lambda _: _HOUR)
_DUPLICATES = Stage("duplicates", "Comparing", 100, "gallery.jobs.duplicating:look_at_all", lambda _: 4 * _HOUR)
_REPORT = Stage("report", "Looking through the collection", 100, "gallery.jobs.reporting:report", lambda _: _HOUR)
_LABELS = Stage("labels", "Comparing", 100, "gallery.jobs.labelling:look", lambda _: 4 * _HOUR)
_QUALITY = Stage("quality", "Looking", 100, "gallery.jobs.checking:look_at_all", lambda _: 4 * _HOUR)
_TAG = Stage("tag", "Tagging works", 100, "gallery.jobs.tagging:tag", lambda _: _HOUR)

KINDS: Mapping[str, Kind] = {
    "scrape": Kind("Collecting works", (_COLLECT, *_INDEX)),
    "index": Kind("Indexing", _INDEX),
    "upload": Kind("Taking in an upload", (_IMPORT, *_INDEX)),
    "cluster": Kind("Clustering", (_CLUSTER,)),
    "map": Kind("Map", (_MAP,)),
    "export": Kind("Export", (_EXPORT,)),
    "lenses": Kind("Fitting lenses", (_LENSES,)),
    "projector": Kind("Projector export", (_PROJECT,)),
    "train": Kind("Learning tags", (_TRAIN,)),
    "tag": Kind("Applying tags", (_TAG,)),
    "duplicates": Kind("Looking for duplicates", (_DUPLICATES,)),
    "report": Kind("Report", (_REPORT,)),
    "labels": Kind("Looking for suspicious labels", (_LABELS,)),
    "quality": Kind("Looking at quality", (_QUALITY,)),
    "preview": Kind("Preview", (_PREVIEW,), "previews"),
}


def percent(job: Job) -> int:
    """Return how much of a job is done; 100 for one that has ended well."""
    kind = KINDS.get(job.kind)
    if job.state in ("done", "partly") or kind is None:
        return 100 if job.state in ("done", "partly") else 0
    whole = sum(stage.share for stage in kind.stages)
    done = sum(stage.share * fraction(job, stage.name) for stage in kind.stages)
    return min(99, int(100 * done / whole))


def fraction(job: Job, stage: str) -> float:
    """Return how much of a stage is done, 0 to 1."""
    said = job.progress.get(stage, {})
    if said.get("state") in ("done", "partly"):
        return 1.0
    return min(1.0, (said.get("done") or 0) / said["total"]) if said.get("total") else 0.0
