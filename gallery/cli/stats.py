"""`gallery stats`: what the library and the collection hold."""

from dataclasses import dataclass
from pathlib import Path

import click

from indexer.errors import StoreMissing
from indexer.settings import IndexerSettings
from indexer.store import open_store
from indexer.store.model import StoreStats
from scraper.errors import DamagedRecord
from scraper.library import Library
from scraper.names import slug

_MB = 10**6


@dataclass(frozen=True, slots=True)
class Held:
    """What a library holds; `bytes` are those of its pictures."""

    works: int
    artists: int
    bytes: int
    damaged: int


@click.command()
def command() -> None:
    """Say what the library and the collection hold."""
    settings = IndexerSettings()
    held = held_by(Library(settings.library_dir))
    unreadable = f", {held.damaged:,} damaged records" if held.damaged else ""
    _say("library", f"{held.works:,} works of {held.artists:,} artists, {held.bytes / _MB:,.1f} MB{unreadable}")
    _say("", str(settings.library_dir))
    files, size = thumbnails_in(settings.thumbnails_dir)
    _say("thumbnails", f"{files:,} files, {size / _MB:,.1f} MB")
    stats = _stats(settings)
    if stats is None:
        _say("collection", "none yet. Next: gallery index")
        return
    graph = f"{stats.indexed:,} in the search graph" if stats.indexed else "searched one by one"
    _say("collection", f"{stats.artworks:,} works, {graph}")
    _say("", f"{stats.engine}, {stats.where}")
    _say("model", str(stats.card))
    if held.works > stats.artworks:
        _say("waiting", f"{held.works - stats.artworks:,} works are not in the collection. Next: gallery index")


def held_by(library: Library) -> Held:
    """Count what a library holds."""
    damaged: list[DamagedRecord] = []
    works, size, artists = 0, 0, set()
    for record in library.records(damaged.append):
        works, size = works + 1, size + record.picture.bytes
        artists.add(slug(record.artist))
    return Held(works, len(artists), size, len(damaged))


def thumbnails_in(folder: Path) -> tuple[int, int]:
    """Return the number of thumbnails and their bytes."""
    sizes = [path.stat().st_size for path in folder.glob("??/*.webp")]
    return len(sizes), sum(sizes)


def _stats(settings: IndexerSettings) -> StoreStats | None:
    store = open_store(settings)
    try:
        return store.stats()
    except StoreMissing:
        return None
    finally:
        store.close()


def _say(name: str, fact: str) -> None:
    click.echo(f"{name:11} {fact}")
