"""The file that holds the map: whole or as it was, changed by one process after the other, and its tiles named."""

import multiprocessing
from pathlib import Path

import numpy as np
import pytest
from atlases import some
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.atlas import file
from indexer.atlas.errors import MapDamaged
from indexer.atlas.model import Atlas
from indexer.errors import ExportUnwritable


@given(st.integers(0, 30))
@settings(max_examples=20)
def test_the_file_holds_the_map(tmp_path_factory: pytest.TempPathFactory, works: int) -> None:
    path = tmp_path_factory.mktemp("map") / "deep" / "map.json"
    atlas = some(works)
    file.write(path, atlas)
    back = file.read(path)
    assert back is not None
    assert (back.hashes, back.side, back.laid_out, back.seed) == (atlas.hashes, atlas.side, works, 0)
    assert (back.cells == atlas.cells).all()
    assert np.allclose(back.points, atlas.points, atol=1e-5)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"form": 2}', '{"form": 1}', '{"form": 1, "works": [[1]]}']
)
def test_a_file_that_is_none_of_ours_is_told_of_and_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "map.json"
    path.write_text(content)
    with pytest.raises(MapDamaged, match="gallery map"):
        file.read(path)
    assert file.revise(path, lambda before: some(3) if before is None else None) is not None
    assert file.read(path) is not None


def test_a_full_disk_leaves_the_map_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "map.json"
    file.write(path, some(3))

    def full(*arguments: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(ExportUnwritable, match="No space left"):
        patch.setattr("scraper.disk.os.fsync", full)
        file.write(path, some(5))
    back = file.read(path)
    assert back is not None
    assert len(back.hashes) == 3
    assert [each.name for each in tmp_path.iterdir()] == ["map.json"]


def _take_one_off(path: Path, number: int) -> None:
    def change(atlas: Atlas | None) -> Atlas | None:
        assert atlas is not None
        return atlas.without([f"{number:064x}"])

    file.revise(path, change)


def test_several_processes_change_it_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    file.write(path, some(12))
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        pool.starmap(_take_one_off, [(path, number) for number in range(8)])
    back = file.read(path)
    assert back is not None
    assert sorted(back.hashes) == [f"{number:064x}" for number in range(8, 12)]
