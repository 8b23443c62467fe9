"""The pictures of the pages: their addresses, their files, and the numbers that keep a page from jumping."""

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from exhibition import Exhibition
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gallery.assets import IMMUTABLE, STATIC
from gallery.pictures import RATIOS, shape, shown, wall_class
from indexer.store.model import Artwork
from indexer.thumbnails import SIZES, thumbnail_path

ROOT = Path(__file__).parents[1]


def work_of(width: int, height: int) -> Artwork:
    return Artwork("ab" * 32, "A title", "An artist", "an-artist", width, height, "PNG", 0.0, 1)


def test_every_address_of_every_picture_leads_to_a_file_of_the_width_it_states(
    site: Flask, visitor: FlaskClient, exhibition: Exhibition
) -> None:
    for work in exhibition.works[:7]:
        with site.test_request_context():
            picture = shown(work)
        stated = dict(part.split(" ") for part in picture.srcset.split(", "))
        for address, width in stated.items():
            answer = visitor.get(address)
            assert (answer.status_code, answer.mimetype) == (200, "image/webp")
            with Image.open(io.BytesIO(answer.data)) as image:
                assert f"{image.width}w" == width
                if address == picture.largest:
                    assert image.size == (picture.width, picture.height)
        assert picture.src in stated
        assert picture.largest in stated


def test_a_picture_may_be_kept_for_ever_and_is_not_sent_twice(visitor: FlaskClient, exhibition: Exhibition) -> None:
    address = f"/pictures/{exhibition.works[1].sha256}/480.webp"
    answer = visitor.get(address)
    assert answer.headers["Cache-Control"] == IMMUTABLE
    assert "immutable" in IMMUTABLE
    again = visitor.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == IMMUTABLE
    part = visitor.get(address, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.data) == (206, b"RIFF")


@pytest.mark.parametrize(
    "address",
    [
        "/pictures/{sha}/241.webp",
        "/pictures/{sha}/-240.webp",
        "/pictures/{sha}/240",
        "/pictures/{sha}/240.jpg",
        "/pictures/{upper}/240.webp",
        "/pictures/{sha}0/240.webp",
        "/pictures/{nothing}/240.webp",
        "/pictures/..%2f..%2f..%2fsecret/240.webp",
        "/pictures/%2e%2e/240.webp",
        "/pictures/..\\..\\x/240.webp",
        "/pictures/{sha}/../../../etc/passwd",
        "/pictures/{sha}/99999999999999999999999999.webp",
        "/pictures/{sha}/240.webp%00.png",
        "/pictures/",
    ],
)
def test_only_thumbnails_are_sent(address: str, visitor: FlaskClient, exhibition: Exhibition) -> None:
    sha = exhibition.works[0].sha256
    answer = visitor.get(address.format(sha=sha, upper=sha.upper(), nothing="0" * 64))
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_folder_in_the_place_of_a_thumbnail_is_not_sent(site: Flask, visitor: FlaskClient) -> None:
    folder = site.config["GALLERY"].thumbnails_dir
    thumbnail_path(folder, "c" * 64, 240).mkdir(parents=True)
    assert visitor.get(f"/pictures/{'c' * 64}/240.webp").status_code == 404


@given(st.integers(1, 30_000), st.integers(1, 30_000))
def test_a_shape_is_the_nearest_there_is(width: int, height: int) -> None:
    ratio = width / height * 100
    found = shape(width, height)
    assert abs(found - ratio) == min(abs(each - ratio) for each in RATIOS)
    if RATIOS[0] <= ratio <= RATIOS[-1]:
        # What a card cuts off at most: half the step between two shapes, and the rounding of small ones.
        assert abs(found / ratio - 1) < 0.03


@given(st.integers(1, 30_000), st.integers(1, 30_000))
def test_stated_sizes_keep_the_pictures_shape_and_rise(width: int, height: int) -> None:
    app = Flask(__name__)
    with app.test_request_context():
        picture = shown(work_of(width, height))
    widths = [int(part.split(" ")[1][:-1]) for part in picture.srcset.split(", ")]
    assert widths == sorted(widths)
    assert 1 <= picture.width <= min(width, SIZES[-1])
    assert 1 <= picture.height <= min(height, SIZES[-1])
    scale = max(width, height) / max(picture.width, picture.height)
    assert abs(picture.width * scale - width) <= scale
    assert abs(picture.height * scale - height) <= scale
    assert picture.small == (max(width, height) < 640)


def test_the_stylesheet_knows_every_shape_and_no_other() -> None:
    css = (STATIC / "site.css").read_text()
    known = {int(name): float(value) for name, value in re.findall(r"\.r-(\d+)\s*{\s*--r:\s*([\d.]+)\s*}", css)}
    assert known == {ratio: ratio / 100 for ratio in RATIOS}


def test_every_class_of_the_templates_is_styled_and_every_style_is_used() -> None:
    sheets = "".join(sheet.read_text() for sheet in STATIC.glob("*.css"))
    css = re.sub(r"/\*.*?\*/", "", sheets, flags=re.S)
    styled = set(re.findall(r"\.([a-z][a-z-]*[a-z])\b", css))
    folder = STATIC.parent / "templates"
    public = [
        *(folder / "browse").glob("*.html"),
        *(folder / f"{name}.html" for name in ("layout", "cards", "lookup", "problem")),
    ]
    html = "".join(path.read_text() for path in public)
    assert {name for value in re.findall(r'class="([a-z -]*)"', html) for name in value.split()} <= styled
    scripts = [*STATIC.rglob("*.js"), ROOT / "gallery" / "pictures.py"]
    everywhere = "".join(path.read_text() for path in [*folder.rglob("*.html"), *scripts])
    assert {name for name in styled if re.search(rf"\b{name}\b", everywhere)} == styled


@pytest.mark.parametrize(
    ("heights", "expected"),
    [([], "wall"), ([800, 900], "wall"), ([180, 170, 900], "wall small"), ([259], "wall small")],
)
def test_walls_of_small_pictures_have_lower_rows(heights: list[int], expected: str) -> None:
    assert wall_class([work_of(300, height) for height in heights]) == expected


def test_the_address_keeps_the_place_the_site_is_mounted_at(exhibition: Exhibition) -> None:
    app = Flask(__name__)
    with app.test_request_context("/artists", base_url="https://museum.example/gallery"):
        picture = shown(replace(exhibition.works[0], width=100, height=100))
    assert picture.src == f"/gallery/pictures/{exhibition.works[0].sha256}/240.webp"


def test_nothing_is_placed_by_left_and_right_which_change_sides_with_the_script() -> None:
    names = r"(?:margin|padding|border)-(?:left|right)[\w-]*|left|right"
    sides = rf"[{{;]\s*(?:{names}|(?:text-align|float|clear):\s*(?:left|right))\b"
    for sheet in STATIC.glob("*.css"):
        # What lies on a picture keeps its side.
        assert re.findall(sides, re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.S)) == [], sheet.name
