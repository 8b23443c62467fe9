"""Measures of pictures: each damage is told from the picture it was done to, where it has a place that is found."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from indexer.cropping import WHOLE
from indexer.errors import Unmeasurable
from indexer.quality.judging import Found, judge, judge_standing
from indexer.quality.lettering import NOWHERE, lettering
from indexer.quality.measuring import Measures, from_thumbnail, measure
from indexer.quality.strangers import FEWEST, strangeness, taken_for
from indexer.thumbnails import shrink, thumbnail_path, write_thumbnails

SHA = "ab" * 32


def sharp(seed: int = 1, size: tuple[int, int] = (480, 360)) -> Image.Image:
    """Return a picture with detail of every size, as paintings have."""
    random = np.random.default_rng(seed)
    layers = np.zeros((size[1], size[0], 3))
    for cells in (4, 16, 60, 180):
        coarse = random.normal(0, 40 / cells**0.3, (cells, cells, 3)).astype(np.float32)
        for band in range(3):
            layers[..., band] += np.asarray(Image.fromarray(coarse[..., band]).resize(size, Image.Resampling.BICUBIC))
    fine = random.normal(0, 6, (size[1], size[0], 1))
    return Image.fromarray((128 + layers + fine).clip(8, 247).astype(np.uint8))


def levels(image: Image.Image, factor: float, base: float = 0) -> Image.Image:
    return Image.fromarray((np.asarray(image, dtype=float) * factor + base).clip(0, 255).astype(np.uint8))


def measured(image: Image.Image) -> Measures:
    return measure(image, shrink(image, 480), image.width, image.height)


def found(image: Image.Image, medium: str = "", typical: float = 480 * 360) -> dict[str, Found]:
    return {each.kind: each for each in judge(SHA, measured(image), medium=medium, typical=typical)}


def bordered(
    image: Image.Image, colour: tuple[int, int, int], left: int, top: int, right: int, bottom: int
) -> Image.Image:
    whole = Image.new("RGB", (image.width + left + right, image.height + top + bottom), colour)
    whole.paste(image, (left, top))
    return whole


def framed(image: Image.Image, deep: int = 30) -> Image.Image:
    whole = bordered(image, (0, 0, 0), deep, deep, deep, deep)
    down, across = np.mgrid[0 : whole.height, 0 : whole.width]
    depth = np.minimum(np.minimum(down, whole.height - 1 - down), np.minimum(across, whole.width - 1 - across))
    wood = 190 + 30 * np.sin(depth / 4.0) + np.random.default_rng(0).normal(0, 6, depth.shape)
    pixels = np.asarray(whole).copy()
    pixels[depth < deep] = np.repeat(wood[depth < deep, None], 3, axis=1).clip(0, 255) * [1.0, 0.85, 0.6]
    ImageDraw.Draw(made := Image.fromarray(pixels)).rectangle(
        (deep - 2, deep - 2, whole.width - deep + 1, whole.height - deep + 1), outline=(30, 20, 10), width=2
    )
    return made


def test_nothing_is_wrong_with_a_sharp_picture() -> None:
    assert not found(sharp())


@pytest.mark.parametrize(
    ("kind", "damaged"),
    [
        ("blurry", sharp().filter(ImageFilter.GaussianBlur(3))),
        ("dark", levels(sharp(), 0.25)),
        ("bright", levels(sharp(), 4, 120)),
        ("bright", levels(sharp(), 0.4, 150)),
        ("flat", Image.new("RGB", (480, 360), (190, 180, 170))),
        ("shape", sharp(size=(120, 100))),
    ],
    ids=["blurry", "dark", "burnt", "pale", "flat", "small"],
)
def test_a_damage_is_an_alarm_with_its_number(kind: str, damaged: Image.Image) -> None:
    finding = found(damaged)[kind]
    assert not finding.note and 0 < finding.severity <= 1 and any(letter.isdigit() for letter in finding.reason)


def test_worse_is_more_severe() -> None:
    assert found(levels(sharp(), 0.3))["dark"].severity < found(levels(sharp(), 0.15))["dark"].severity


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (226, 214, 190)])
@pytest.mark.parametrize("sides", [(24, 24, 24, 24), (0, 40, 0, 40), (0, 0, 20, 0)])
def test_a_border_is_found_where_it_is(colour: tuple[int, int, int], sides: tuple[int, int, int, int]) -> None:
    picture = bordered(sharp(), colour, *sides)
    finding = found(picture)["border"]
    left, top, right, bottom = sides
    width, height = picture.size
    wanted = (left / width, top / height, 1 - right / width, 1 - bottom / height)
    assert finding.box == pytest.approx(wanted, abs=0.008) and not finding.note


def test_a_blank_ground_is_no_border() -> None:
    drawing = Image.new("RGB", (480, 360), (250, 248, 240))
    draw = ImageDraw.Draw(drawing)
    for turn in range(40):
        draw.line((60 + 9 * turn, 80, 240, 300 - 3 * turn), fill=(20, 20, 20))
    assert "border" not in found(drawing)


def test_a_frame_is_found_and_a_printed_line_is_a_note() -> None:
    finding = found(framed(sharp(), 30))["frame"]
    assert not finding.note and finding.box == pytest.approx((30 / 540, 30 / 420, 510 / 540, 390 / 420), abs=0.012)
    paper = levels(sharp(2), 0.05, 220)
    ImageDraw.Draw(paper).rectangle((30, 30, 450, 330), outline=(20, 20, 20), width=3)
    assert found(paper)["frame"].note


def test_a_caption_is_letters_and_where_it_stands() -> None:
    picture = bordered(sharp(), (255, 255, 255), 0, 0, 0, 40)
    ImageDraw.Draw(picture).text((20, 368), "The National Gallery, London, 1890", "black", ImageFont.load_default(18))
    finding = found(picture)["text"]
    assert not finding.note and finding.box is not None
    left, top, right, bottom = finding.box
    assert 0.88 < top < bottom < 1 and left < 0.15 and 0.4 < right < 0.9


@given(st.integers(0, 3), st.integers(20, 90), st.integers(8, 60))
def test_lettering_stays_within_the_picture(seed: int, width: int, height: int) -> None:
    grey = np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.int16)
    (left, top, right, bottom), share = lettering(grey)
    assert 0 <= left <= right <= 1 and 0 <= top <= bottom <= 1 and 0 <= share <= 1


@given(st.integers(1, 9), st.integers(1, 9))
def test_the_smallest_pictures_are_measured_too(width: int, height: int) -> None:
    numbers = measured(Image.new("RGB", (width, height), (10, 200, 30)))
    assert (numbers.frame, numbers.line) == (WHOLE, NOWHERE)
    assert Measures.from_json(numbers.to_json()) == numbers


def test_no_colour_is_an_alarm_for_what_is_painted_alone() -> None:
    grey = sharp().convert("L").convert("RGB")
    assert found(grey)["greyscale"].note and found(grey, "etching, oil-based ink")["greyscale"].note
    assert not found(grey, "Oil on canvas")["greyscale"].note


def test_a_thumbnail_says_the_same_as_the_picture(tmp_path: Path) -> None:
    picture = bordered(sharp(3, (1200, 900)), (0, 0, 0), 0, 60, 0, 60)
    write_thumbnails(picture, tmp_path, SHA, (240, 480, 960, 1600))
    numbers, direct = from_thumbnail(tmp_path, SHA, *picture.size), measured(shrink(picture, 960))
    assert numbers.border == pytest.approx(direct.border, abs=0.01)
    assert numbers.blur == pytest.approx(direct.blur, abs=0.06) and numbers.width == 1200


@pytest.mark.parametrize("content", [None, b"", b"RIFF\x10\x00\x00\x00WEBPVP8 cut"], ids=["absent", "empty", "cut"])
def test_a_thumbnail_that_cannot_be_read_says_so(tmp_path: Path, content: bytes | None) -> None:
    path = thumbnail_path(tmp_path, SHA, 480)
    path.parent.mkdir()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Unmeasurable, match="gallery index"):
        from_thumbnail(tmp_path, SHA, 480, 360)


def test_a_stranger_stands_out_from_its_artists_works() -> None:
    random = np.random.default_rng(4)
    works = random.normal(0, 0.3, (40, 64)) + random.normal(0, 1, 64)
    works[7] = random.normal(0, 1, 64)
    vectors = (works / np.linalg.norm(works, axis=1, keepdims=True)).astype(np.float32)
    values = strangeness(vectors)
    assert values.argmax() == 7 and values[7] > 4 and (np.delete(values, 7) < 4).all()
    assert not strangeness(vectors[: FEWEST - 1]).any()


def test_what_the_network_sees_makes_a_note_an_alarm() -> None:
    seen = taken_for([("book jacket", 0.3), ("altar", 0.2), ("envelope", 0.1)])
    assert seen == ("book jacket", pytest.approx(0.4))
    nothing = taken_for([("altar", 0.9)])
    assert judge_standing(SHA, "Ada", 2.5, nothing) is None
    odd, paper, far = (judge_standing(SHA, "Ada", *each) for each in ((3.5, nothing), (2.5, seen), (6.0, nothing)))
    assert odd and odd.note and paper and not paper.note and "book jacket" in paper.reason and far and not far.note


def test_bytes_of_a_picture_in_another_format_are_no_thumbnail(tmp_path: Path) -> None:
    path, out = thumbnail_path(tmp_path, SHA, 480), io.BytesIO()
    sharp().save(out, "PNG")
    path.parent.mkdir()
    path.write_bytes(out.getvalue())
    with pytest.raises(Unmeasurable):
        from_thumbnail(tmp_path, SHA, 480, 360)
