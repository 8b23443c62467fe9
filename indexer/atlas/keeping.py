"""The map kept in step with the collection: a new layout published, works that came put on it, works that went off."""

import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from indexer.atlas.apart import Watch, lay_out_apart, map_file, tiles_folder
from indexer.atlas.file import read_or_none, revise
from indexer.atlas.joining import join
from indexer.atlas.model import Atlas
from indexer.atlas.pyramid import Pyramid
from indexer.atlas.tiles import Tiles
from indexer.errors import ExportUnwritable, UnknownArtwork
from indexer.store import ArtworkStore
from indexer.store.model import CONTENT, Filters, artwork_id

_NEAREST = 12


@dataclass(frozen=True, slots=True)
class MapHome:
    """Where the map is kept, and the thumbnails its tiles are drawn from."""

    folder: Path
    thumbnails: Path

    @property
    def file(self) -> Path:
        """The map's file."""
        return map_file(self.folder)

    @property
    def tiles(self) -> Tiles:
        """Its tiles."""
        return Tiles(tiles_folder(self.folder), self.thumbnails)


@dataclass(frozen=True, slots=True)
class Kept:
    """What keeping in step came to: `new` counts works that came since the layout, `left` those outside the map."""

    joined: int
    gone: int
    left: int
    new: int


def make_map(
    store: ArtworkStore,
    home: MapHome,
    *,
    seed: int = 0,
    lens: str = CONTENT,
    watch: Watch = lambda what, share: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Atlas:
    """Lay the collection out anew and show it; raises what `lay_out_apart` does, and then nothing is changed."""
    made = lay_out_apart(store, home.folder, home.thumbnails, seed=seed, lens=lens, watch=watch, stopped=stopped)

    def publish(before: Atlas | None) -> Atlas:
        # Works may have been removed meanwhile.
        return made.without(_gone(store, made))

    shown = revise(home.file, publish)
    assert shown is not None
    home.tiles.sweep(Pyramid.of(shown))
    # Others may have come.
    keep(store, home, lens=lens)
    return shown


def keep(store: ArtworkStore, home: MapHome, *, lens: str = CONTENT) -> Kept | None:
    """Put works that came beside their neighbours and take off those that went; None while there is no map.

    When more have come than are on it, they wait for a new layout: most would have nobody to hang beside.
    """
    now = read_or_none(home.file)
    if now is None:
        return None
    here = [work.sha256 for batch in store.scan() for work in batch]
    gone, known = set(now.hashes) - set(here), set(now.hashes)
    new = [sha256 for sha256 in here if sha256 not in known]
    waiting = new if len(new) > len(known) else []
    new = [] if waiting else new
    near = {sha256: _near(store, sha256, lens) for sha256 in new}
    left: list[str] = []

    def change(atlas: Atlas | None) -> Atlas | None:
        if atlas is None or not (gone or new):
            return None
        # Another may have kept it meanwhile.
        held = set(atlas.hashes)
        after, outside = join(atlas.without(gone), [one for one in new if one not in held], near.__getitem__)
        left.extend(outside)
        return after

    after = revise(home.file, change)
    if after is None:
        return None
    if gone:
        home.tiles.sweep(Pyramid.of(after))
    joined = len(set(after.hashes) - known)
    return Kept(joined, len(gone), len(left) + len(waiting), len(here) - after.laid_out)


def take_off(home: MapHome, gone: Collection[str]) -> None:
    """Take works off the map and remove every tile that shows them; nothing happens if they are not on it.

    When the map cannot be written it is removed whole, which takes no room: nothing stays that must go.
    """
    if not home.file.exists():
        return
    known = set(gone)

    def change(atlas: Atlas | None) -> Atlas | None:
        return None if atlas is None or known.isdisjoint(atlas.hashes) else atlas.without(known)

    try:
        after = revise(home.file, change)
    except ExportUnwritable:
        home.file.unlink(missing_ok=True)
        shutil.rmtree(home.tiles.folder, ignore_errors=True)
        return
    if after is not None:
        home.tiles.sweep(Pyramid.of(after))


def _gone(store: ArtworkStore, atlas: Atlas) -> set[str]:
    by_id = {artwork_id(sha256): sha256 for sha256 in atlas.hashes}
    return {by_id[missing] for missing in store.missing(list(by_id))}


def _near(store: ArtworkStore, sha256: str, lens: str) -> list[tuple[str, float]]:
    try:
        found = store.similar(artwork_id(sha256), Filters(), lens=lens, size=_NEAREST).found
    except UnknownArtwork:
        return []
    return [(neighbour.artwork.sha256, neighbour.score) for neighbour in found]
