"""What bytes are as pictures: every format and mode upright and in sRGB, everything hostile refused by kind."""

import hashlib
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from scraper.errors import PictureError
from scraper.pictures import inspect, open_upright

PIXELS = 10_000_000
ORIENTATION = 0x0112


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def quarters(width: int = 400, height: int = 300) -> Image.Image:
    """Red, green, blue and yellow, each in its corner: any turn shows."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (250, 0, 0)
    pixels[: height // 2, width // 2 :] = (0, 250, 0)
    pixels[height // 2 :, : width // 2] = (0, 0, 250)
    pixels[height // 2 :, width // 2 :] = (250, 250, 0)
    return Image.fromarray(pixels)


def corners(image: Image.Image) -> list[tuple[int, int, int]]:
    x, y = image.width // 8, image.height // 8
    places = [(x, y), (image.width - x, y), (x, image.height - y), (image.width - x, image.height - y)]
    return [image.getpixel(place) for place in places]  # type: ignore[misc]


def near(found: list[tuple[int, int, int]], wanted: list[tuple[int, int, int]], by: int = 12) -> bool:
    return bool(np.abs(np.asarray(found, int) - np.asarray(wanted, int)).max() <= by)


RED, GREEN, BLUE, YELLOW = (250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0)
AS_IT_LIES = [RED, GREEN, BLUE, YELLOW]


def kind(content: bytes, **limits: Any) -> str:
    with pytest.raises(PictureError) as caught:
        inspect(content, **{"max_pixels": PIXELS, "min_side": 10, **limits})
    return caught.value.kind


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF"])
def test_the_format_comes_from_the_bytes(format: str, tmp_path: Path) -> None:
    content = encoded(quarters(), format)
    picture = inspect(content, max_pixels=PIXELS, min_side=10)
    assert (picture.format, picture.width, picture.height, picture.frames) == (format, 400, 300, 1)
    assert (picture.sha256, picture.bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    mislabelled = tmp_path / "picture.doc"
    mislabelled.write_bytes(content)
    for source in (content, mislabelled):
        image = open_upright(source, max_pixels=PIXELS)
        assert image.mode == "RGB"
        assert near(corners(image), AS_IT_LIES)


# Where red, green, blue and yellow end up for each EXIF orientation.
TURNED = {
    1: AS_IT_LIES,
    2: [GREEN, RED, YELLOW, BLUE],
    3: [YELLOW, BLUE, GREEN, RED],
    4: [BLUE, YELLOW, RED, GREEN],
    5: [RED, BLUE, GREEN, YELLOW],
    6: [BLUE, RED, YELLOW, GREEN],
    7: [YELLOW, GREEN, BLUE, RED],
    8: [GREEN, YELLOW, RED, BLUE],
}


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_turns_the_picture_and_its_size(format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    options = {"tiffinfo": {ORIENTATION: orientation}} if format == "TIFF" else {"exif": exif}
    content = encoded(quarters(), format, **options)
    picture = inspect(content, max_pixels=PIXELS, min_side=10)
    image = open_upright(content, max_pixels=PIXELS)
    assert (picture.width, picture.height) == image.size == ((300, 400) if orientation > 4 else (400, 300))
    assert near(corners(image), TURNED[orientation])


@pytest.mark.parametrize("orientation", [0, 9, 3000])
def test_a_senseless_orientation_is_no_turn(orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    assert near(corners(open_upright(encoded(quarters(), "JPEG", exif=exif), max_pixels=PIXELS)), AS_IT_LIES)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_broken_exif_does_not_cost_the_picture() -> None:
    content = encoded(quarters(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12\0\x03")
    assert near(corners(open_upright(content, max_pixels=PIXELS)), AS_IT_LIES)


@pytest.mark.parametrize(
    ("mode", "format"),
    [("L", "PNG"), ("1", "TIFF"), ("LA", "PNG"), ("P", "GIF"), ("RGBA", "WEBP"), ("CMYK", "JPEG"), ("YCbCr", "TIFF")],
)
def test_every_mode_becomes_rgb(mode: str, format: str) -> None:
    image = open_upright(encoded(Image.new("RGB", (64, 64), (255, 255, 255)).convert(mode), format), max_pixels=PIXELS)
    assert image.mode == "RGB"
    assert near([image.getpixel((20, 20))], [(255, 255, 255)], by=3)  # type: ignore[list-item]


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bit_grey_keeps_its_level(format: str) -> None:
    image = Image.fromarray(np.full((64, 64), 40_000, np.uint16))
    assert open_upright(encoded(image, format), max_pixels=PIXELS).getpixel((9, 9)) == (156, 156, 156)


def test_floating_point_samples_are_refused() -> None:
    assert kind(encoded(Image.new("F", (64, 64), 0.5), "TIFF")) == "unsupported"


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_transparency_lies_on_white(format: str) -> None:
    image = Image.new("RGBA", (80, 80), (0, 0, 0, 0))
    image.paste((200, 10, 10, 255), (0, 0, 40, 80))
    shown = open_upright(encoded(image, format, lossless=True), max_pixels=PIXELS)
    assert near([shown.getpixel((9, 9)), shown.getpixel((70, 9))], [(200, 10, 10), (255, 255, 255)])  # type: ignore[list-item]


def test_a_transparent_palette_colour_is_white_too() -> None:
    image = Image.new("P", (64, 64), 1)
    image.putpalette([0, 0, 0, 10, 10, 10])
    shown = open_upright(encoded(image, "PNG", transparency=1), max_pixels=PIXELS)
    assert shown.getpixel((5, 5)) == (255, 255, 255)


def swapped_profile() -> bytes:
    """An sRGB profile whose red and green primaries have changed places, under another name."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", profile[128:132])[0]
    tags = {bytes(profile[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(count)}
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    profile[red + 4 : red + 12], profile[green + 4 : green + 12] = (
        profile[green + 4 : green + 12],
        profile[red + 4 : red + 12],
    )
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


def test_colours_are_brought_to_srgb() -> None:
    shown = open_upright(encoded(quarters(), "PNG", icc_profile=swapped_profile()), max_pixels=PIXELS)
    assert near(corners(shown), [GREEN, RED, BLUE, YELLOW])


@pytest.mark.parametrize("profile", [b"nonsense", b"\0" * 200, swapped_profile()[:150]])
def test_an_unusable_profile_is_passed_over(profile: bytes) -> None:
    assert near(corners(open_upright(encoded(quarters(), "PNG", icc_profile=profile), max_pixels=PIXELS)), AS_IT_LIES)


def test_a_profile_of_another_mode_is_passed_over() -> None:
    content = encoded(quarters().convert("CMYK"), "JPEG", icc_profile=swapped_profile())
    assert near(corners(open_upright(content, max_pixels=PIXELS)), AS_IT_LIES)


def test_two_pictures_in_one_jpeg_are_the_first() -> None:
    content = encoded(quarters(), "MPO", save_all=True, append_images=[Image.new("RGB", (400, 300))])
    picture = inspect(content, max_pixels=PIXELS, min_side=10)
    assert (picture.format, picture.frames) == ("JPEG", 2)
    assert near(corners(open_upright(content, max_pixels=PIXELS)), AS_IT_LIES)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_a_film_is_its_first_frame(format: str) -> None:
    rest = [Image.new("RGB", (400, 300), (level, 0, 0)) for level in (10, 90)]
    content = encoded(quarters(), format, save_all=True, append_images=rest)
    assert inspect(content, max_pixels=PIXELS, min_side=10).frames == 3
    assert near(corners(open_upright(content, max_pixels=PIXELS)), AS_IT_LIES)


def test_a_long_film_is_refused() -> None:
    frames = [Image.new("RGB", (16, 16), (level % 250, level // 250, 0)) for level in range(502)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert kind(content) == "animated"


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF"])
@pytest.mark.parametrize("kept", [0.3, 0.7, 0.97])
def test_truncated_files_are_damaged(format: str, kept: float) -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (200, 300, 3), dtype=np.uint8))
    content = encoded(noise, format)
    assert kind(content[: int(len(content) * kept)]) in ("damaged", "not-a-picture")


def test_a_jpeg_without_its_last_two_bytes_is_damaged() -> None:
    assert kind(encoded(quarters(), "JPEG")[:-2]) == "damaged"


def test_a_wrong_checksum_is_damaged() -> None:
    content = bytearray(encoded(quarters(), "PNG"))
    content[content.index(b"IDAT") + 10] ^= 0xFF
    assert kind(bytes(content)) == "damaged"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8\xff",
        b"<html><img src=x></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7 ...",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        encoded(Image.new("RGB", (64, 64)), "ICO"),
        encoded(Image.new("RGB", (64, 64)), "PPM"),
    ],
)
def test_other_files_are_no_pictures(content: bytes) -> None:
    assert kind(content) == "not-a-picture"


def png_claiming(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 10_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(60_000, 60_000), (5_000, 4_001), (3_500, 3_000)])
def test_too_many_pixels_are_refused_before_any_is_decoded(size: tuple[int, int]) -> None:
    """The last is between once and twice the limit, of which Pillow itself would only warn."""
    assert kind(png_claiming(*size)) == "too-many-pixels"
    with pytest.raises(PictureError, match="at most 10,000,000"):
        open_upright(png_claiming(*size), max_pixels=PIXELS)


def test_small_and_long_pictures_are_refused() -> None:
    assert kind(encoded(Image.new("RGB", (199, 500)), "PNG"), min_side=200) == "too-small"
    assert kind(encoded(Image.new("RGB", (1, 1)), "GIF"), min_side=2) == "too-small"
    long = encoded(Image.new("RGB", (1_210, 200)), "PNG")
    assert kind(long, min_side=200) == "too-long"
    assert inspect(long, max_pixels=PIXELS, min_side=200, max_aspect=7).width == 1_210


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="No such file") as caught:
        open_upright(tmp_path / "absent.jpg", max_pixels=PIXELS)
    assert caught.value.kind == "unreadable"


@settings(max_examples=40, deadline=None)
@given(st.integers(16, 1500), st.integers(16, 1500), st.integers(8, 600))
def test_a_draft_is_never_too_small(width: int, height: int, shortest: int) -> None:
    content = encoded(quarters(width, height), "JPEG")
    image = open_upright(content, max_pixels=PIXELS, shortest=shortest)
    assert min(image.size) >= min(shortest, width, height)
    assert abs(image.width / image.height - width / height) <= 0.1 * width / height
    assert open_upright(content, max_pixels=PIXELS).size == (width, height)
    assert (inspect(content, max_pixels=PIXELS, min_side=1, max_aspect=999).width) == width


def test_a_draft_shows_the_same_picture() -> None:
    content = encoded(quarters(2_000, 1_600), "JPEG")
    image = open_upright(content, max_pixels=PIXELS, shortest=224)
    assert image.size == (500, 400)
    assert near(corners(image), AS_IT_LIES)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"]), st.data())
def test_no_change_of_bytes_raises_anything_but_a_picture_error(format: str, data: st.DataObject) -> None:
    content = bytearray(encoded(quarters(48, 40), format))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    try:
        picture = inspect(bytes(content), max_pixels=1_000_000, min_side=1, max_aspect=1e9)
    except PictureError as error:
        assert error.kind in ("damaged", "not-a-picture", "too-many-pixels", "animated", "unsupported")
    else:
        assert picture.width * picture.height <= 1_000_000
