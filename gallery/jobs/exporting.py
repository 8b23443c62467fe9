"""The stage that writes a data set into a folder of its own, from which admins download it."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gallery.errors import StageFailed
from gallery.jobs.kinds import Task
from gallery.models.duplicates import belonging
from gallery.settings import GallerySettings
from indexer.atlas.apart import map_file
from indexer.atlas.file import places_on
from indexer.bundle.export import export_bundle
from indexer.bundle.handing import holds
from indexer.bundle.order import FORMATS, BundleOrder, Split
from scraper.library import Library
from scraper.withdrawn import WithdrawnFile


class _Stopped(Exception):
    """The job shall end early."""


def folder_of(settings: GallerySettings, job_id: int) -> Path:
    """Return where the data set of a job lies."""
    return settings.exports_dir / str(job_id)


def order_of(asked: Mapping[str, Any], settings: GallerySettings) -> BundleOrder:
    """Return what a job was asked for; raises `BadOrder`."""
    split = asked.get("split")
    return BundleOrder(
        formats=frozenset(each for each in FORMATS if each in asked["formats"]),
        by=asked["by"],
        split=Split.parse(split, asked["seed"]) if split else None,
        licences=frozenset(asked["licences"]),
        shard_bytes=asked["shard_mb"] * 2**20,
        site=settings.base_url or "",
        name=settings.site_name,
    )


def export(task: Task) -> str | None:
    """Write the data set; stopped or killed it leaves nothing, and is made from its beginning when the job goes on."""
    settings, board, store = task.shop.settings, task.board, task.shop.store
    order, out = order_of(task.job.asked, settings), folder_of(settings, task.job.id)
    library = Library(settings.library_dir)
    pairs: Sequence[tuple[str, str]] = ()
    if order.split:
        with task.shop.database.reading() as session:
            pairs = belonging(session)

    def watch(done: int, total: int) -> None:
        if board.stop.is_set():
            raise _Stopped
        board.show(task.stage, done=done, total=total)

    try:
        places = places_on(map_file(settings.map_dir))
        made = export_bundle(store, library, out, order, pairs=pairs, places=places, watch=watch)
    except _Stopped:
        return None
    gone = WithdrawnFile(library).now().entries
    if holds(out, {entry.sha256 for entry in gone}, {entry.artist for entry in gone if not entry.sha256}):
        shutil.rmtree(out, ignore_errors=True)
        raise StageFailed("A work was withdrawn while it was being packed. Nothing is kept: ask again.")
    board.count(packed=made.packed, withheld=made.withheld, size=made.size)
    board.say(f"{made.packed:,} works packed, {made.withheld:,} left out, {made.size / 1e6:,.1f} MB.")
    return None
