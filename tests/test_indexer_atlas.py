"""The map: its tiles, a layout in its own process, and what happens when works come and go."""

import io
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from atlases import some, some_map
from exhibition import Exhibition, draw
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from indexer.atlas import apart, file
from indexer.atlas.errors import LayoutFailed, LayoutStopped, NothingToMap
from indexer.atlas.joining import join
from indexer.atlas.keeping import MapHome, keep, make_map, take_off
from indexer.atlas.pyramid import Pyramid
from indexer.atlas.tiles import Tiles
from indexer.store import ArtworkStore, open_store
from indexer.store.model import CONTENT
from indexer.thumbnails import thumbnail_path


@pytest.fixture
def own(mapped: Exhibition, tmp_path: Path) -> Exhibition:
    return mapped.copy(tmp_path / "data")


@pytest.fixture
def store(own: Exhibition) -> Iterator[ArtworkStore]:
    with closing(open_store(own.settings())) as store:
        yield store


@pytest.fixture
def home(own: Exhibition) -> MapHome:
    return MapHome(own.settings().map_dir, own.settings().thumbnails_dir)


# Tiles


@given(st.integers(1, 60), st.integers(0, 3))
@settings(max_examples=25)
def test_only_the_tiles_that_show_a_work_change_their_names_when_it_goes(works: int, seed: int) -> None:
    atlas = some(works, seed)
    before, after = Pyramid.of(atlas), Pyramid.of(atlas.without([atlas.hashes[0]]))
    column, row = atlas.cells[0].tolist()
    assert before.mark != after.mark
    for zoom in range(before.depth + 1):
        up = before.depth - zoom
        changed = {
            place
            for place in before.names[zoom].keys() | after.names[zoom].keys()
            if before.name(zoom, *place) != after.name(zoom, *place)
        }
        assert changed == {(column >> up, row >> up)}
        assert sum(len(before.on(zoom, *place)) for place in before.names[zoom]) == works


def opened(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as tile:
        assert (tile.format, tile.size) == ("WEBP", (256, 256))
        return np.asarray(tile.convert("RGBA")).astype(int)


def test_a_tile_shows_each_work_in_its_cell(store: ArtworkStore, home: MapHome, own: Exhibition) -> None:
    atlas = some_map(home)
    pyramid = Pyramid.of(atlas)
    zoom = pyramid.depth - 2
    by_hash = {work.sha256: work for work in own.works}
    for place in pyramid.names[zoom]:
        shown = opened(home.tiles.content(pyramid, zoom, *place))
        held = {cell: by_hash[sha256] for cell, sha256 in pyramid.on(zoom, *place)}
        for column in range(4):
            for row in range(4):
                cell = shown[row * 64 : row * 64 + 64, column * 64 : column * 64 + 64]
                if (column, row) not in held:
                    assert cell[..., 3].max() == 0
                    continue
                work = held[column, row]
                with Image.open(thumbnail_path(home.thumbnails, work.sha256, 240)) as image:
                    image.thumbnail((58, 58))
                    own_colour = np.asarray(image.convert("RGB")).reshape(-1, 3).mean(0)
                seen = cell[cell[..., 3] > 200][:, :3].mean(0)
                assert np.abs(seen - own_colour).max() < 12, work.title


def test_the_whole_map_is_made_of_the_tiles_below_and_nothing_is_drawn_twice(
    store: ArtworkStore, home: MapHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    pyramid = Pyramid.of(some_map(home))
    drawn: list[tuple[object, ...]] = []
    plain = Tiles._drawn
    monkeypatch.setattr(Tiles, "_drawn", lambda *given: drawn.append(given[2:]) or plain(*given))
    assert opened(home.tiles.content(pyramid, 0, 0, 0))[..., 3].max() == 255
    # The process that laid it out has drawn it.
    assert drawn == []
    with pytest.raises(KeyError):
        home.tiles.content(pyramid, 0, 1, 0)
    with pytest.raises(KeyError):
        home.tiles.content(pyramid, pyramid.depth + 1, 0, 0)


def test_a_work_without_thumbnail_is_grey_until_it_has_one(store: ArtworkStore, home: MapHome) -> None:
    pyramid = Pyramid.of(some_map(home))
    place, sha256 = next(iter(pyramid.works.items()))
    path = thumbnail_path(home.thumbnails, sha256, 240)
    content = path.read_bytes()
    path.write_bytes(b"RIFF nonsense")
    home.tiles.sweep(Pyramid(0, {}, [{}]))
    whole = Tiles(home.tiles.folder, home.thumbnails)
    grey = opened(whole.content(pyramid, pyramid.depth, *place))
    assert np.abs(grey[grey[..., 3] > 200][:, :3] - [150, 146, 140]).max() < 12
    before = whole.content(pyramid, 0, 0, 0)
    path.write_bytes(content)
    assert whole.content(pyramid, 0, 0, 0) != before


# In its own process, and kept in step


def test_a_map_is_made_apart_with_progress_and_nothing_is_left_over(store: ArtworkStore, home: MapHome) -> None:
    told: list[tuple[str, float]] = []
    atlas = make_map(store, home, watch=lambda *said: told.append(said))
    assert len(atlas.hashes) == atlas.laid_out == 40
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert told[-1] == ("pictures: 40 of 40", 1.0)
    left = {path.name for path in home.folder.iterdir() if not path.name.endswith(".lock")}
    assert left <= {"map.json", "tiles", "compiled"}
    assert make_map(store, home).hashes == atlas.hashes


def test_works_alike_hang_closer_than_others(store: ArtworkStore, home: MapHome) -> None:
    atlas = some_map(home)
    vectors = store.vectors(atlas.ids)
    alike = vectors @ vectors.T
    far = np.linalg.norm(atlas.cells[:, None] - atlas.cells[None], axis=2)
    nearest = np.where(np.eye(40), -1, alike).argmax(1)
    assert far[np.arange(40), nearest].mean() < far[~np.eye(40, dtype=bool)].mean()


def test_an_empty_collection_has_no_map(home: MapHome, own: Exhibition, store: ArtworkStore) -> None:
    home.file.unlink()
    store.delete([work.id for work in own.works])
    with pytest.raises(NothingToMap, match="gallery index"):
        make_map(store, home)
    assert keep(store, home) is None
    take_off(home, [own.works[0].sha256])
    assert not home.file.exists()


@pytest.mark.parametrize(
    ("code", "why"),
    [("raise SystemExit(7)", "ended with"), ('print(\'{"failed": "MemoryError: "}\')', "MemoryError")],
)
def test_a_process_that_dies_leaves_the_map_as_it_was(
    store: ArtworkStore, home: MapHome, monkeypatch: pytest.MonkeyPatch, code: str, why: str
) -> None:
    before = home.file.read_bytes()
    monkeypatch.setattr(apart, "COMMAND", (apart.COMMAND[0], "-c", code))
    with pytest.raises(LayoutFailed, match=why):
        make_map(store, home)
    assert home.file.read_bytes() == before


def test_it_can_be_stopped_and_its_process_goes_too(
    store: ArtworkStore, home: MapHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = 'import time, sys; print(\'{"stage": "begun", "share": 0.5}\', flush=True); time.sleep(60)'
    monkeypatch.setattr(apart, "COMMAND", (apart.COMMAND[0], "-c", code))
    before = home.file.read_bytes()
    said: list[str] = []
    with pytest.raises(LayoutStopped):
        make_map(store, home, watch=lambda what, share: said.append(what), stopped=lambda: "begun" in said)
    assert home.file.read_bytes() == before


def test_secrets_are_not_handed_on(home: MapHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALLERY_SECRET_KEY", "do not tell")
    assert not [name for name in apart._environment(home.folder) if name.startswith("GALLERY_")]


def test_a_new_work_comes_beside_the_one_it_is_most_like(store: ArtworkStore, home: MapHome, own: Exhibition) -> None:
    before = some_map(home)
    model = before.ids[3]
    new = draw(77, home.thumbnails)
    store.add([new], {CONTENT: store.vectors([model])})
    kept = keep(store, home)
    assert kept is not None
    assert (kept.joined, kept.gone, kept.left, kept.new) == (1, 0, 0, 1)
    after = file.read(home.file)
    assert after is not None
    # Nobody has moved, and it hangs nearer to its like than most do.
    assert after.hashes[:40] == before.hashes
    assert (after.cells[:40] == before.cells).all()
    far = np.linalg.norm(after.cells[:40] - after.cells[40], axis=1)
    assert far[3] <= np.median(far)
    assert after.laid_out == 40


def test_a_work_that_went_is_off_the_map_with_every_picture_of_it(
    store: ArtworkStore, home: MapHome, own: Exhibition
) -> None:
    pyramid = Pyramid.of(some_map(home))
    for place in pyramid.names[pyramid.depth - 2]:
        home.tiles.content(pyramid, pyramid.depth - 2, *place)
    gone = own.works[5]
    take_off(home, [gone.sha256])
    after = Pyramid.of(some_map(home))
    assert gone.sha256 not in after.works.values()
    used = {name for names in after.names for name in names.values()}
    assert {path.stem for path in home.tiles.folder.rglob("*.webp")} <= used
    # One that went without word, as when indexing removes it, goes with the next look.
    store.delete([own.works[6].id, own.works[5].id])
    kept = keep(store, home)
    assert kept is not None
    assert (kept.gone, kept.joined) == (1, 0)
    assert len(some_map(home).hashes) == 38


def test_on_a_full_disk_the_map_goes_rather_than_what_must_go_stays(
    store: ArtworkStore, home: MapHome, own: Exhibition, monkeypatch: pytest.MonkeyPatch
) -> None:

    def full(*arguments: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("scraper.disk.os.fsync", full)
        take_off(home, [own.works[5].sha256])
    assert not home.file.exists()
    assert not home.tiles.folder.exists()


def test_a_work_removed_while_the_map_is_laid_out_is_not_on_it(
    store: ArtworkStore, home: MapHome, own: Exhibition
) -> None:
    gone = own.works[0]

    def watch(what: str, share: float) -> None:
        if what.startswith("pictures"):
            store.delete([gone.id])

    assert gone.sha256 not in make_map(store, home, watch=watch).hashes


def test_when_more_have_come_than_there_were_they_wait_for_a_new_layout(
    store: ArtworkStore, home: MapHome, own: Exhibition
) -> None:
    kept_out = [work.id for work in own.works[:25]]
    vectors = store.vectors(kept_out)
    store.delete(kept_out)
    make_map(store, home)
    store.add(own.works[:25], {CONTENT: vectors})
    kept = keep(store, home)
    assert kept is not None
    assert (kept.joined, kept.left, kept.new) == (0, 25, 25)


def test_a_work_removed_while_vectors_are_read_is_left_out(
    store: ArtworkStore, home: MapHome, own: Exhibition, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = [list(batch) for batch in store.scan()]
    store.delete([own.works[0].id])
    monkeypatch.setattr(store, "scan", lambda: iter(listed))
    monkeypatch.setattr("indexer.atlas.keeping.keep", lambda *given, **more: None)
    assert len(make_map(store, home).hashes) == 39


def test_works_without_a_neighbour_on_the_map_wait_for_the_next_layout() -> None:
    atlas = some(4)
    near: dict[str, list[tuple[str, float]]] = {"a": [], "b": [(atlas.hashes[0], 0.9)], "c": [("b", 0.8), ("x", 0.7)]}
    after, left = join(atlas, ["c", "a", "b"], near.__getitem__)
    assert left == ["a"]
    assert set(after.hashes[4:]) == {"b", "c"}


def test_where_there_is_no_room_works_are_left_out() -> None:
    atlas = some(4)
    free = atlas.side**2 - 4
    new = [f"new {number}" for number in range(free + 2)]
    after, left = join(atlas, new, lambda one: [(atlas.hashes[0], 0.5)])
    assert (len(after.hashes), len(left)) == (4 + free, 2)
    assert len({tuple(cell) for cell in after.cells.tolist()}) == 4 + free


def test_a_map_without_any_works_is_one_still() -> None:
    atlas = replace(some(5), seed=4)
    left = atlas.without(atlas.hashes[:5])
    assert (left.hashes, left.cells.shape, left.seed) == ((), (0, 2), 4)
