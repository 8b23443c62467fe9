"""The projector folder: its files read back, work by work, and what happens when something is in its way."""

import csv
import errno
import json
import re
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from exhibition import CARD, Exhibition, random_vectors
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from indexer.errors import ExportRefused, ExportUnwritable, NothingToExport
from indexer.projector.export import HEADER, ProjectorExport, export_projector
from indexer.projector.files import CONFIG, METADATA, SPRITE, STANDALONE, TENSORS, cell
from indexer.projector.pca import components
from indexer.projector.sampling import sample
from indexer.projector.sprite import LARGEST_SPRITE, grid_for
from indexer.store import open_store
from indexer.store.model import CONTENT, Artwork
from indexer.thumbnails import thumbnail_path


@pytest.fixture
def own(exhibition: Exhibition, tmp_path: Path) -> Exhibition:
    return exhibition.copy(tmp_path / "data")


def export(own: Exhibition, out: Path, **more: object) -> ProjectorExport:
    with closing(open_store(own.settings())) as store:
        return export_projector(
            store, own.settings().thumbnails_dir, out, address=lambda work: f"http://x/{work.id}", **more
        )


def rows(out: Path) -> list[dict[str, str]]:
    with (out / METADATA).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def tensors(out: Path) -> np.ndarray:
    shape = json.loads((out / STANDALONE).read_text())["embeddings"][0]["tensorShape"]
    return np.fromfile(out / TENSORS, "<f4").reshape(shape)


def tiles(out: Path, count: int) -> np.ndarray:
    grid, sprite = grid_for(count), np.asarray(Image.open(out / SPRITE).convert("RGBA"))
    assert sprite.shape[:2] == (grid.side, grid.side)
    boxes = [grid.box(index) for index in range(count)]
    return np.stack([sprite[upper:lower, left:right] for left, upper, right, lower in boxes])


@given(st.lists(st.sampled_from("abcdefg"), max_size=60), st.integers(1, 70), st.integers(0, 3))
def test_a_sample_takes_of_each_stratum_its_share_and_of_each_some(strata: list[str], most: int, seed: int) -> None:
    kept = sample(strata, most, seed=seed)
    assert len(kept) == min(most, len(strata))
    assert (np.diff(kept) > 0).all()
    taken, sizes = Counter(strata[row] for row in kept), Counter(strata)
    if len(sizes) <= most:
        assert taken.keys() == sizes.keys()
    for one, size in sizes.items():
        assert taken[one] <= size
        # Giving the small strata one each takes from the others at most as many as there are strata.
        assert abs(taken[one] - size * len(kept) / len(strata)) <= len(sizes)
    assert (sample(strata, most, seed=seed) == kept).all()


@given(st.integers(1, 40), st.integers(1, 12), st.integers(1, 20), st.integers(1, 9))
def test_components_keep_as_much_variance_as_any_directions_can(n: int, d: int, width: int, block: int) -> None:
    vectors = np.random.default_rng(n).normal(size=(n, d)).astype(np.float32)
    found = components([vectors[start : start + block] for start in range(0, n, block)], width)
    best = np.linalg.svd(vectors.astype(float) - vectors.mean(0, dtype=float), compute_uv=False) ** 2
    kept = found.basis.shape[1]
    assert kept == min(n, d, width)
    assert np.allclose(found.basis.T @ found.basis, np.eye(kept), atol=1e-6)
    assert found.variance_kept == pytest.approx(best[:kept].sum() / best.sum() if n > 1 else 1.0, abs=1e-6)


@pytest.mark.parametrize("count", [600, 60])
def test_a_few_components_of_many_are_found_as_well_as_all_of_them(count: int) -> None:
    random = np.random.default_rng(3)
    falling = (random.normal(size=(count, 300)) / np.arange(1, 301) ** 0.5).astype(np.float32)
    best = np.linalg.svd(falling - falling.mean(0), compute_uv=False) ** 2
    found = components([falling], 50)
    assert found.variance_kept == pytest.approx(best[:50].sum() / best.sum(), abs=2e-3)
    assert np.allclose(found.basis.T @ found.basis, np.eye(50), atol=1e-6)
    # The share it states is the share there is.
    assert found(falling).var(0).sum() / falling.var(0).sum() == pytest.approx(found.variance_kept, abs=1e-5)


def test_vectors_that_are_all_the_same_lose_nothing() -> None:
    assert components([np.ones((5, 200), np.float32)], 2).variance_kept == pytest.approx(1.0)


@given(st.integers(1, 100_000))
@settings(max_examples=200)
def test_tiles_fill_a_square_that_tensorboard_takes(count: int) -> None:
    grid = grid_for(count)
    assert grid.columns**2 >= count > (grid.columns - 1) ** 2
    assert 16 <= grid.tile
    assert grid.side <= LARGEST_SPRITE
    left, upper, right, lower = grid.box(count - 1)
    assert 0 <= left < right <= grid.side
    assert 0 <= upper < lower <= grid.side
    assert (upper // grid.tile) * grid.columns + left // grid.tile == count - 1


def test_row_tile_and_vector_belong_to_one_work(own: Exhibition, tmp_path: Path) -> None:
    made = export(own, tmp_path / "out", width=16)
    told = rows(tmp_path / "out")
    works = [{work.id: work for work in own.works}[row["url"].removeprefix("http://x/")] for row in told]
    assert len({work.id for work in works}) == len(own.works) == made.works
    for work, row in zip(works, told, strict=True):
        assert tuple(row) == HEADER
        assert (row["title"], row["artist"]) == (work.title, work.artist)
        assert row["year"] == str(work.year or "")
        assert row["tags"] == ", ".join(work.tags)
    # All 16 components: a rotation, which leaves every product of two vectors as it was.
    with closing(open_store(own.settings())) as store:
        vectors = store.vectors([work.id for work in works])
    assert np.allclose(tensors(tmp_path / "out") @ tensors(tmp_path / "out").T, vectors @ vectors.T, atol=1e-3)
    # Each tile is nearest to the thumbnail of its own work.
    shown = tiles(tmp_path / "out", len(works)).astype(int)
    for index, work in enumerate(works):
        with Image.open(thumbnail_path(own.settings().thumbnails_dir, work.sha256, 240)) as image:
            image.thumbnail((made.grid.tile, made.grid.tile))
            fitted = Image.new("RGBA", (made.grid.tile, made.grid.tile))
            fitted.paste(image.convert("RGB"), tuple((made.grid.tile - side) // 2 for side in image.size))
        assert np.abs(shown - np.asarray(fitted).astype(int)).mean((1, 2, 3)).argmin() == index


def test_tiles_made_in_other_processes_come_in_the_same_order(own: Exhibition, tmp_path: Path) -> None:
    from indexer.projector.sprite import write_sprite

    paths = [thumbnail_path(own.settings().thumbnails_dir, work.sha256, 240) for work in own.works] * 9
    heard: list[int] = []
    for processes in (1, 2):
        assert not write_sprite(
            tmp_path / f"{processes}.png", paths, grid_for(360), processes=processes, done=heard.append
        )
    assert (tmp_path / "1.png").read_bytes() == (tmp_path / "2.png").read_bytes()
    assert heard == [100, 200, 300, 360] * 2


def test_both_configurations_say_the_same(own: Exhibition, tmp_path: Path) -> None:
    from google.protobuf import json_format, text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    export(own, tmp_path / "out", width=5, base="https://files.example/a/")
    config = text_format.Parse((tmp_path / "out" / CONFIG).read_text(), ProjectorConfig())
    alone = json.loads((tmp_path / "out" / STANDALONE).read_text())
    assert alone["embeddings"][0]["tensorPath"] == "https://files.example/a/tensors.bytes"
    plain = json.loads(json.dumps(alone).replace("https://files.example/a/", ""))
    assert json_format.MessageToDict(config) == plain
    assert plain["embeddings"][0]["tensorShape"] == [40, 5]


def test_tensorboard_never_takes_the_vectors_for_text(own: Exhibition, tmp_path: Path) -> None:
    export(own, tmp_path / "out")
    with pytest.raises(UnicodeDecodeError):
        (tmp_path / "out" / TENSORS).read_bytes()[:1].decode()


@pytest.mark.parametrize("clustered", [True, False])
def test_of_too_many_works_some_of_every_cluster_are_taken(own: Exhibition, tmp_path: Path, clustered: bool) -> None:
    if clustered:
        with closing(open_store(own.settings())) as store:
            store.set_fields({work.id: {"cluster": str(at % 3)} for at, work in enumerate(own.works)})
    made = export(own, tmp_path / "out", limit=12)
    told = rows(tmp_path / "out")
    assert (made.works, made.known, made.strata) == (12, 40, "cluster" if clustered else "artist")
    assert len(told) == len(tensors(tmp_path / "out")) == 12
    assert sorted(Counter(row[made.strata] for row in told).values()) == ([4] * 3 if clustered else [3] * 4)


ODD = "a\tb\nc\r\nd\x00e\u2028f\x85g\x1b[31m \u202eh  “é” 葛飾 🖼 \\t \"q'"


def test_odd_characters_stay_in_their_cell(own: Exhibition, tmp_path: Path) -> None:
    odd = replace(own.works[0], sha256="ab" * 32, title=ODD, tags=("x\ty", "z\n"), movement=None)
    with closing(open_store(own.settings())) as store:
        store.add([odd], {CONTENT: random_vectors(1)})
    export(own, tmp_path / "out")
    lines = (tmp_path / "out" / METADATA).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 42
    assert {line.count("\t") for line in lines} == {len(HEADER) - 1}
    assert any(line.startswith("a b c d e f g [31m h “é” 葛飾 🖼 \\t \"q'\t") for line in lines)


@given(st.text())
def test_a_cell_is_one_line_without_tabs(text: str) -> None:
    assert len(cell(text).splitlines()) <= 1
    assert "\t" not in cell(text)
    assert cell(cell(text)) == cell(text)


def test_works_without_a_thumbnail_are_grey_and_counted(own: Exhibition, tmp_path: Path) -> None:
    gone, damaged, empty = own.works[:3]
    folder = own.settings().thumbnails_dir
    thumbnail_path(folder, gone.sha256, 240).unlink()
    thumbnail_path(folder, damaged.sha256, 240).write_bytes(b"RIFF\x00\x00\x00\x00WEBPVP8 nonsense")
    thumbnail_path(folder, empty.sha256, 240).write_bytes(b"")
    assert export(own, tmp_path / "out").absent == 3
    order = [row["url"].removeprefix("http://x/") for row in rows(tmp_path / "out")]
    shown = tiles(tmp_path / "out", 40)
    for work in (gone, damaged, empty):
        assert (shown[order.index(work.id)] == (150, 146, 140, 255)).all()


def test_an_empty_collection_has_nothing_to_export(tmp_path: Path) -> None:
    own = Exhibition(tmp_path / "data", ())
    with closing(open_store(own.settings())) as store:
        store.prepare(CARD)
    with pytest.raises(NothingToExport, match="gallery index"):
        export(own, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_export_takes_the_place_of_an_earlier_one_only(own: Exhibition, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(own, out)
    (out / "left over").write_text("of an older version")
    export(own, out, width=3)
    assert sorted(path.name for path in out.iterdir()) == sorted([CONFIG, METADATA, SPRITE, STANDALONE, TENSORS])
    assert tensors(out).shape == (40, 3)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter").write_text("1")
    with pytest.raises(ExportRefused, match="something else"):
        export(own, tmp_path / "thesis")
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportRefused, match="not a folder"):
        export(own, tmp_path / "file")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "file", "out", "thesis"]


def test_a_full_disk_leaves_the_earlier_export(
    own: Exhibition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    export(own, out, width=3)

    def full(*arguments: object, **more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "sprite.png")

    with monkeypatch.context() as patch, pytest.raises(ExportUnwritable, match="No space left"):
        patch.setattr(Image.Image, "save", full)
        export(own, out, width=9)
    assert tensors(out).shape == (40, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out"]


def test_what_a_killed_run_left_behind_is_cleared_and_what_it_moved_is_put_back(
    own: Exhibition, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export(own, out, width=3)
    # As it is between the two renames that put a new export in the place of the old one.
    out.rename(tmp_path / ".out.gallery-building-old")
    (tmp_path / ".out.gallery-building").mkdir()
    with pytest.raises(ValueError, match="stopped"):
        export(own, out, watch=_stop)
    assert tensors(out).shape == (40, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out"]


def _stop(stage: str, done: int, total: int) -> None:
    raise ValueError("stopped")


def test_progress_is_told_for_vectors_and_pictures(own: Exhibition, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    export(own, tmp_path / "out", watch=lambda *said: told.append(said))
    assert told == [("vectors", 40, 40), ("pictures", 40, 40)]


def test_a_work_is_told_by_nothing_but_its_facts(own: Exhibition, tmp_path: Path) -> None:
    work: Artwork = own.works[5]
    export(own, tmp_path / "out")
    (row,) = [row for row in rows(tmp_path / "out") if row["url"].endswith(work.id)]
    assert re.fullmatch(r"http://x/[0-9a-f-]{36}", row["url"])
    assert row["movement"] == (work.movement or "")
