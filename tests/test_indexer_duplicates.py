"""Finding works that show the same: sketches, hashes, alignment, prints on disk, neighbours and groups."""

import random
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from holdings import painting
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from indexer.duplicates.aligning import Layer, best_fit
from indexer.duplicates.finding import FITS, Candidate, candidates, candidates_by_hash, verify
from indexer.duplicates.grouping import complete_groups
from indexer.duplicates.hashes import RADIUS, HashIndex, hashes, turn
from indexer.duplicates.nearest import nearest_pairs
from indexer.duplicates.printing import print_of
from indexer.duplicates.prints import Print, Prints, digest_of
from indexer.duplicates.sketch import content_boxes, sketch
from indexer.store.model import Vector
from indexer.thumbnails import write_thumbnails


def detailed(number: int, width: int = 240, height: int = 180) -> Image.Image:
    """Return a picture of shapes large and small, each number another."""
    random = np.random.default_rng(number)
    sizes = ((5, 6), (11, 14), (24, 32))
    layers = [
        np.asarray(
            Image.fromarray(random.integers(0, 256, (*size, 3), dtype=np.uint8)).resize(
                (width, height), Image.Resampling.BICUBIC
            ),
            np.float32,
        )
        for size in sizes
    ]
    mixed = 0.5 * layers[0] + 0.3 * layers[1] + 0.2 * layers[2]
    return Image.fromarray(mixed.astype(np.uint8))


def fit(one: Image.Image, other: Image.Image) -> float:
    layers = [[Layer(view) for view in sketch(image)] for image in (one, other)]
    return best_fit(*layers).score


def page(image: Image.Image) -> Image.Image:
    shot = Image.new("RGB", (image.width + 120, image.height + 160), (245, 245, 245))
    shot.paste((220, 225, 230), (0, 0, shot.width, 20))
    shot.paste(image, (40, 60))
    return shot


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "smaller": lambda image: image.resize((120, 90)),
    "a fifth cut off": lambda image: image.crop((10, 20, 202, 164)),
    "a quarter turned": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "mirrored": ImageOps.mirror,
    "grey": lambda image: ImageOps.grayscale(image).convert("RGB"),
    "framed": lambda image: ImageOps.expand(image, 20, (92, 64, 40)),
    "on a page": page,
}


@pytest.mark.parametrize("copy", COPIES)
def test_copies_fit_over_their_originals_and_other_pictures_do_not(copy: str) -> None:
    assert fit(detailed(1), COPIES[copy](detailed(1))) >= FITS
    assert fit(detailed(2), COPIES[copy](detailed(1))) < 0.7


def test_a_border_goes_and_a_picture_without_one_stays_whole() -> None:
    framed = np.asarray(ImageOps.expand(detailed(3), 15, (255, 255, 255)))
    (left, top, right, bottom), *_ = content_boxes(framed)
    assert (abs(left - 15), abs(top - 15)) <= (1, 1) and abs(right - 255) <= 1 and abs(bottom - 195) <= 1
    assert content_boxes(np.asarray(detailed(3))) == []
    assert content_boxes(np.full((50, 50, 3), 200, np.uint8)) == []


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 7))
def test_a_turned_picture_has_the_same_eight_hashes(number: int, way: int) -> None:
    greys = np.asarray(detailed(number, 48, 48).convert("L"))
    assert set(hashes(greys).tolist()) == set(hashes(turn(greys, way)).tolist())


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**64 - 1), st.sets(st.integers(0, 63), max_size=12))
def test_the_index_finds_whatever_differs_in_few_bits_and_nothing_else(known: int, flipped: set[int]) -> None:
    asked = known ^ sum(1 << bit for bit in flipped)
    index = HashIndex(np.array([known], np.uint64))
    found = [pair for block in index.near(np.array([asked], np.uint64)) for pair in zip(*block, strict=True)]
    assert len(found) == (len(flipped) <= RADIUS)


def kept(folder: Path, images: dict[str, Image.Image]) -> Prints:
    prints = Prints(folder)
    prints.add([Print(name * 32, digest_of(name.encode()), sketch(image)) for name, image in images.items()])
    return prints


def test_prints_last_and_what_a_kill_left_half_written_counts_for_nothing(tmp_path: Path) -> None:
    kept(tmp_path, {"aa": detailed(1), "bb": detailed(2)})
    for name, size in (("sketches.bin", 1000), ("prints.bin", 50)):
        with (tmp_path / name).open("ab") as file:
            file.write(b"x" * size)
    prints = kept(tmp_path, {"cc": detailed(3)})
    for read in (prints, Prints(tmp_path)):
        assert sorted(read) == ["aa" * 32, "bb" * 32, "cc" * 32]
        assert best_fit(read.layers("cc" * 32), [Layer(sketch(detailed(3))[0])]).score > 0.99
    # A sketch whose line was never written, and a line whose sketch was not.
    (tmp_path / "sketches.bin").write_bytes((tmp_path / "sketches.bin").read_bytes()[: 48 * 48])
    assert list(Prints(tmp_path)) == ["aa" * 32]


def test_what_is_forgotten_leaves_no_trace_of_its_picture(tmp_path: Path) -> None:
    prints = kept(tmp_path, {"aa": detailed(1), "bb": detailed(2)})
    greys = sketch(detailed(1))[0].greys.tobytes()
    assert greys in (tmp_path / "sketches.bin").read_bytes()
    prints.forget(["aa" * 32, "ff" * 32])
    assert greys not in (tmp_path / "sketches.bin").read_bytes()
    assert bytes.fromhex("aa" * 32) not in (tmp_path / "prints.bin").read_bytes()
    assert list(prints) == list(Prints(tmp_path)) == ["bb" * 32]
    prints.add([Print("aa" * 32, 1, sketch(detailed(1)))])
    assert len(Prints(tmp_path).layers("aa" * 32)) == 1


def test_candidates_are_found_by_hash_and_held_against_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = {
        "aa": detailed(1),
        "bb": COPIES["a quarter turned"](detailed(1)),
        "cc": detailed(1).crop((0, 0, 190, 140)),
        "dd": detailed(4),
    }
    prints = kept(tmp_path, images)
    works = list(prints)
    hashed = set(candidates_by_hash(prints, works, works))
    monkeypatch.setattr("indexer.duplicates.finding._FEW", 0)
    assert set(candidates_by_hash(prints, works, works)) == hashed
    assert ("aa" * 32, "bb" * 32) in hashed and not any("dd" * 32 in pair for pair in hashed)
    asked = candidates(hashed, {("cc" * 32, "aa" * 32): 0.9, ("aa" * 32, "dd" * 32): 0.8, ("bb" * 32, "dd" * 32): 0.95})
    assert len({(each.one, each.other) for each in asked}) == len(asked)
    found = {(each.one[:2], each.other[:2]): each for each in verify(prints, asked)}
    assert found["aa", "bb"].kind == "near" and found["aa", "bb"].way // 2 % 2 == 1
    assert found["aa", "cc"].kind == "part" and found["bb", "dd"].kind == "alike"
    assert ("aa", "dd") not in found


def test_the_same_pixels_are_exact(tmp_path: Path) -> None:
    for name in ("aa" * 32, "bb" * 32):
        write_thumbnails(detailed(1), tmp_path, name, (240,))
    prints = Prints(tmp_path / "prints")
    prints.add([made for name in ("aa" * 32, "bb" * 32) if (made := print_of(tmp_path, name))])
    (found,) = verify(prints, [Candidate("aa" * 32, "bb" * 32)])
    assert (found.kind, found.score) == ("exact", 1.0)
    assert print_of(tmp_path, "cc" * 32) is None


def test_many_candidates_are_shared_out_to_processes_with_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prints = kept(tmp_path, {f"{number:02x}": painting(number // 2) for number in range(16, 24)})
    asked = [Candidate(one, other, 0.8) for one, other in combinations(sorted(prints), 2)]
    alone, told = verify(prints, asked), []
    monkeypatch.setattr("indexer.duplicates.finding._MANY", 2)
    assert verify(prints, asked, lambda done, total: told.append((done, total))) == alone
    assert len(alone) == 4 and told[-1] == (len(asked), len(asked))


def test_the_nearest_are_those_that_comparing_each_with_each_finds() -> None:
    random = np.random.default_rng(3)
    vectors: Vector = random.normal(size=(1200, 64)).astype(np.float32)
    # Every third work has one very like it.
    vectors[1::3] = vectors[::3] + 0.3 * random.normal(size=(400, 64))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    def blocks() -> Iterator[Vector]:
        yield from np.array_split(vectors, 7)

    one, other, cosines = nearest_pairs(blocks, len(vectors), most=3, least=0.8)
    true = vectors @ vectors.T
    expected = {(a, b) for a, b in np.argwhere(np.triu(true, 1) >= 0.8).tolist()}
    found = set(zip(one.tolist(), other.tolist(), strict=True))
    assert len(found & expected) >= 0.98 * len(expected) and found <= expected | {
        pair for pair in found if true[pair] > 0.79
    }
    assert np.allclose(cosines, true[one, other], atol=0.02)
    assert not len(nearest_pairs(blocks, 1)[0])


scored = st.lists(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("abcdefg"), st.floats(0, 1)), max_size=25)


@given(scored)
def test_every_two_works_of_a_group_are_a_pair(pairs: list[tuple[str, str, float]]) -> None:
    known = {frozenset(pair[:2]) for pair in pairs}
    groups = complete_groups(pairs)
    assert all(frozenset(two) in known for group in groups for two in combinations(group, 2))
    assert len({work for group in groups for work in group}) == sum(map(len, groups))
    random.Random(1).shuffle(pairs)
    if len(known) == len(pairs):
        assert complete_groups(pairs) == groups


def test_a_chain_of_likenesses_joins_no_strangers() -> None:
    chain = [("a", "b", 0.99), ("b", "c", 0.98), ("c", "d", 0.97)]
    assert complete_groups(chain) == [["a", "b"], ["c", "d"]]
