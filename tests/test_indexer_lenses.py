"""Lenses without a network: their names in an address, colours, what is kept of a work, statistics, matching places."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from indexer.encoder import BACKBONES, Observed
from indexer.errors import StatisticsLost
from indexer.lenses.features import Features, Shelf, features_of
from indexer.lenses.matching import best_matches, place_of
from indexer.lenses.names import SHOWN, BadLens, known_lenses, lens_text, parse_lens
from indexer.lenses.palette import WIDTH, palettes_of, to_lab, to_rgb
from indexer.lenses.statistics import Statistics, fit, fit_axes, load, save
from indexer.lenses.swatches import name_of, palettes_in_common
from indexer.preprocess import SIDE, network_pixels
from indexer.store.model import COMPOSITION, CONTENT, PALETTE, STYLE

SHA = "ab" * 32


def observed(count: int, seed: int = 3) -> Observed:
    numbers = np.random.default_rng(seed)
    return Observed(
        numbers.gamma(2, 1, (count, 40)).astype(np.float32),
        numbers.normal(2, 1, (count, 16, 6)).astype(np.float32),
        numbers.normal(1, 2, (count, 49, Observed.DEPTH)).astype(np.float32),
    )


def works(count: int, seed: int = 3) -> list[Features]:
    pictures = np.random.default_rng(seed).integers(0, 256, (count, 24, 24, 3), dtype=np.uint8)
    return features_of(observed(count, seed), list(pictures))


@pytest.fixture(scope="module")
def statistics() -> Statistics:
    return fit(works(60))


# --- names ---


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("subject", {CONTENT: 100}),
        ("content", {CONTENT: 100}),
        ("style", {STYLE: 100}),
        ("subject:30,style:70", {CONTENT: 30, STYLE: 70}),
        (" style:70 , subject:30", {CONTENT: 30, STYLE: 70}),
        ("palette:0,style:5", {STYLE: 5}),
        ("palette,style", {STYLE: 100, PALETTE: 100}),
    ],
)
def test_lenses_are_read_from_an_address(text: str, weights: dict[str, int]) -> None:
    assert parse_lens(text) == weights


@pytest.mark.parametrize(
    "text",
    ["", ",", "mood", "style:", "style:x", "style:-1", "style:101", "style:1e2", "style:٣", "style:9999", "style:0",
     "style:1,style:2", "content:1,subject:1", "style:70;subject", "style:1:2", "x" * 5000],
)  # fmt: skip
def test_what_is_no_mix_is_refused_in_a_short_sentence(text: str) -> None:
    with pytest.raises(BadLens) as refusal:
        parse_lens(text)
    assert len(str(refusal.value)) < 160


@given(st.dictionaries(st.sampled_from(list(SHOWN)), st.integers(1, 100), min_size=2))
def test_a_mix_survives_its_address(weights: dict[str, int]) -> None:
    assert parse_lens(lens_text(weights)) == weights


def test_lenses_are_listed_in_one_order_and_unknown_ones_last() -> None:
    assert known_lenses(["zeal", PALETTE, CONTENT]) == (CONTENT, PALETTE, "zeal")
    assert lens_text({STYLE: 3}) == "style"


# --- colours ---


def test_lab_is_what_the_formulas_say() -> None:
    colours = np.array([[255.0, 255, 255], [0, 0, 0], [255, 0, 0], [0, 0, 255]])
    wanted = [[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.20], [32.30, 79.19, -107.86]]
    assert np.allclose(to_lab(colours), wanted, atol=0.05)


def plain(*colour: int) -> np.ndarray:  # type: ignore[type-arg]
    return np.full((8, 8, 3), colour, dtype=np.uint8)


def test_palettes_are_near_for_near_colours_and_do_not_heed_places() -> None:
    blue, bluish, red = palettes_of([plain(*colour) for colour in ((20, 40, 160), (26, 46, 168), (170, 30, 30))])
    assert blue.shape == (WIDTH,)
    assert blue @ blue == pytest.approx(1, abs=1e-5)
    assert blue @ bluish > 0.9 > 0.2 > blue @ red
    picture = np.random.default_rng(1).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    picture = picture.repeat(2, axis=0).repeat(2, axis=1)
    one, turned = palettes_of([picture, picture[::-1, ::-1]])
    assert one @ turned == pytest.approx(1, abs=1e-5)
    assert np.array_equal(palettes_of([picture])[0], one)


@given(st.lists(st.integers(0, 255), min_size=3, max_size=3))
def test_a_colour_comes_back_from_lab(colour: list[int]) -> None:
    assert to_rgb(to_lab(np.array([colour], float))).tolist() == [colour]


def halves(*colours: tuple[int, int, int]) -> np.ndarray:  # type: ignore[type-arg]
    return palettes_of([np.concatenate([plain(*colour) for colour in colours])])[0]


def test_two_palettes_are_named_measured_and_met() -> None:
    blue, red, green = (40, 70, 170), (190, 60, 50), (50, 150, 60)
    found = palettes_in_common(halves(blue, red), halves(blue, green))
    assert [(swatch.name, round(swatch.share, 2)) for swatch in found.ours] == [("blue", 0.5), ("red", 0.5)]
    assert {swatch.name for swatch in found.theirs} == {"blue", "green"}
    assert [swatch.name for swatch in found.both] == ["blue"]
    assert found.common == pytest.approx(0.5, abs=0.02)
    for swatch, colour in zip(found.ours, (blue, red), strict=True):
        shown = [int(swatch.colour[at : at + 2], 16) for at in (1, 3, 5)]
        assert np.abs(np.subtract(shown, colour)).max() <= 12


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_palettes_add_up_and_a_work_shares_all_with_itself(seed: int, colours: int) -> None:
    numbers = np.random.default_rng(seed)
    picks = numbers.integers(0, 256, (2, colours, 3), dtype=np.uint8)
    one, other = palettes_of([each[numbers.integers(0, colours, (24, 24))] for each in picks])
    found = palettes_in_common(one, other)
    for swatches, whole in ((found.ours, 1), (found.theirs, 1), (found.both, found.common)):
        assert whole - 0.05 < sum(swatch.share for swatch in swatches) < whole + 1e-6
    assert 0 <= found.common <= 1 + 1e-6
    assert palettes_in_common(other, one).common == pytest.approx(found.common)
    itself = palettes_in_common(one, one)
    assert itself.ours == itself.theirs == itself.both
    assert itself.common == pytest.approx(1)


@pytest.mark.parametrize(
    ("colour", "name"),
    [((0, 0, 0), "black"), ((255, 255, 255), "white"), ((128, 128, 128), "grey"), ((139, 69, 19), "brown"),
     ((135, 206, 235), "pale blue"), ((0, 0, 139), "dark blue"), ((255, 215, 0), "yellow"), ((34, 139, 34), "green"),
     ((255, 192, 203), "pink"), ((240, 230, 200), "cream"), ((150, 30, 150), "purple"), ((200, 30, 30), "red")],
)  # fmt: skip
def test_colours_are_called_what_people_call_them(colour: tuple[int, int, int], name: str) -> None:
    assert name_of(*to_lab(np.array([colour], float))[0]) == name


# --- what is kept of a work ---


def test_features_come_back_as_they_were_kept(tmp_path: Path) -> None:
    shelf, kept = Shelf(tmp_path, "key"), works(1)[0]
    assert not shelf.has(SHA)
    assert shelf.read(SHA) is None
    shelf.write(SHA, kept)
    found = shelf.read(SHA)
    assert found is not None
    assert shelf.has(SHA)
    assert found.to_bytes() == kept.to_bytes()
    assert [path.name for path in tmp_path.rglob("*.*")] == [f"{SHA}.key.features"]


def test_cells_survive_eight_bits() -> None:
    seen = observed(1)
    kept = features_of(seen, [plain(1, 2, 3)])[0]
    assert np.abs(kept.cells * kept.scale - seen.cells[0]).max() <= kept.scale / 2 + 1e-6


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b[:10], lambda b: b"", lambda b: b"GLF0" + b[4:],
                                    lambda b: b[:60] + bytes([b[60] ^ 1]) + b[61:], lambda b: b + b"x"])  # fmt: skip
def test_damaged_features_are_as_good_as_none(tmp_path: Path, damage: object) -> None:
    shelf = Shelf(tmp_path, "key")
    shelf.write(SHA, works(1)[0])
    shelf.path(SHA).write_bytes(damage(shelf.path(SHA).read_bytes()))  # type: ignore[operator]
    assert shelf.read(SHA) is None
    assert not shelf.has(SHA)


def test_features_of_another_model_are_not_taken_for_ours_and_are_swept(tmp_path: Path) -> None:
    Shelf(tmp_path, "old").write(SHA, works(1)[0])
    ours = Shelf(tmp_path, "new")
    assert not ours.has(SHA)
    ours.write(SHA, works(1)[0])
    ours.sweep()
    assert [path.name for path in tmp_path.rglob("*.*")] == [f"{SHA}.new.features"]


# --- statistics ---


def test_vectors_have_unit_length_and_the_widths_that_are_promised(statistics: Statistics) -> None:
    vectors = statistics.vectors(works(5, seed=9))
    assert vectors.keys() == {STYLE, PALETTE, COMPOSITION}
    for lens, rows in vectors.items():
        assert rows.shape == (5, statistics.widths[lens])
        assert rows.dtype == np.float32
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)


def test_the_same_sample_gives_the_same_statistics_and_another_gives_others(statistics: Statistics) -> None:
    assert fit(works(60)).name == statistics.name
    assert fit(works(59)).name != statistics.name


def test_composition_does_not_heed_what_is_everywhere_alike(statistics: Statistics) -> None:
    seen = observed(1)
    brighter = Observed(seen.moments, seen.grid + np.float32(3), seen.cells)
    one, other = (features_of(each, [plain(1, 2, 3)]) for each in (seen, brighter))
    composition = [statistics.vectors(each)[COMPOSITION][0] for each in (one, other)]
    assert composition[0] @ composition[1] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(("rows", "columns"), [(200, 12), (12, 200)])
def test_along_half_whitened_axes_variance_is_the_root_of_what_it_was(rows: int, columns: int) -> None:
    """The law of the treatment, by both ways of reckoning it."""
    numbers = np.random.default_rng(2)
    plain_rows = numbers.normal(size=(rows, columns)) @ numbers.normal(size=(columns, columns))
    axes = fit_axes(plain_rows, 8)
    standard = (plain_rows - plain_rows.mean(0)) / plain_rows.std(0)
    along = standard @ axes.axes
    spectrum = np.linalg.eigvalsh(np.cov(standard.T, bias=True))[::-1][:8]
    assert np.allclose(along.var(0), np.sqrt(spectrum), rtol=1e-3)
    assert np.allclose(np.corrcoef(along.T), np.eye(8), atol=1e-3)


def test_two_works_are_enough_not_to_fail_and_constants_do_no_harm() -> None:
    few = works(2)
    still = [
        Features(np.ones_like(w.moments), np.ones_like(w.grid), w.palette, np.zeros_like(w.cells), 1.0) for w in few
    ]
    for sample in (few, still):
        for rows in fit(sample).vectors(sample).values():
            assert np.isfinite(rows).all()
            assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)


def test_statistics_come_back_under_their_name(tmp_path: Path, statistics: Statistics) -> None:
    save(tmp_path / "lenses", statistics)
    found = load(tmp_path / "lenses", statistics.name)
    assert (found.name, found.sample) == (statistics.name, 60)
    assert np.array_equal(found.style.axes, statistics.style.axes)


def test_lost_damaged_and_exchanged_statistics_are_told_of(tmp_path: Path, statistics: Statistics) -> None:
    with pytest.raises(StatisticsLost, match="gallery lenses fit"):
        load(tmp_path, "1-00")
    save(tmp_path, statistics)
    path = tmp_path / f"{statistics.name}.npz"
    path.rename(tmp_path / "1-00.npz")
    with pytest.raises(StatisticsLost, match=statistics.name):
        load(tmp_path, "1-00")
    path.write_bytes((tmp_path / "1-00.npz").read_bytes()[:5000])
    with pytest.raises(StatisticsLost):
        load(tmp_path, statistics.name)


# --- matching places ---


def test_a_detail_is_found_where_it_went(statistics: Statistics) -> None:
    numbers = np.random.default_rng(5)
    ours, theirs = (numbers.normal(1, 2, (1, 49, Observed.DEPTH)).astype(np.float32) for _ in range(2))
    theirs[0, 40], theirs[0, 8] = ours[0, 3], ours[0, 20]
    one, other = (
        features_of(Observed(observed(1).moments, observed(1).grid, cells), [plain(9, 9, 9)])[0]
        for cells in (ours, theirs)
    )
    found = best_matches(one, other, statistics, 2)
    assert {(match.ours, match.theirs) for match in found} == {((0, 3), (5, 5)), ((2, 6), (1, 1))}
    assert all(match.cosine > 0.95 for match in found)


def test_no_place_is_in_two_pairs_and_the_best_comes_first(statistics: Statistics) -> None:
    one, other = works(2, seed=8)
    found = best_matches(one, other, statistics, 49)
    assert len({match.ours for match in found}) == len({match.theirs for match in found}) == len(found) > 1
    assert [match.cosine for match in found] == sorted((match.cosine for match in found), reverse=True)
    mirrored = best_matches(other, one, statistics, 49)
    assert {(match.ours, match.theirs) for match in found} == {(match.theirs, match.ours) for match in mirrored}


FIRST = st.sampled_from([backbone.first_cell for backbone in BACKBONES.values()])


@settings(max_examples=60, deadline=None)
@given(st.integers(96, 700), st.integers(96, 700), st.integers(0, 6), st.integers(0, 6), FIRST)
def test_a_place_on_the_picture_is_what_the_network_sees_in_that_cell(
    width: int, height: int, row: int, column: int, first: float
) -> None:
    """Painted white on the picture, it is white in the network's input around the cell's middle, and nowhere else."""
    place = place_of((row, column), 7, first)
    image = Image.new("RGB", (width, height))
    left, top = place.left * width, place.top * height
    corners = (left, top, left + place.width * width, top + place.height * height)
    # Whole pixels only: one of the picture is up to 2.4 of the network's.
    ImageDraw.Draw(image).rectangle([round(corner) - (at > 1) for at, corner in enumerate(corners)], fill="white")
    seen = network_pixels(image)[..., 0] / 255
    for along, cell in ((seen.sum(1), row), (seen.sum(0), column)):
        middle = along @ (np.arange(SIDE) + 0.5) / along.sum()
        assert abs(middle - min(max(first + 32 * cell, 16), SIDE - 16)) < 1.5
        assert along.sum() / along.max() == pytest.approx(32, abs=3.5)


@given(FIRST)
def test_places_lie_in_rows_within_the_picture(first: float) -> None:
    places = [[place_of((row, column), 7, first) for column in range(7)] for row in range(7)]
    assert places[0][0].left >= 0
    assert places[0][0].top >= 0
    for at in range(1, 6):
        assert places[0][at].left + places[0][at].width == pytest.approx(places[0][at + 1].left)
        assert places[at][0].top + places[at][0].height == pytest.approx(places[at + 1][0].top)
    assert places[6][6].left + places[6][6].width <= 1 + 1e-9
    assert places[6][6].top + places[6][6].height <= 1 + 1e-9
