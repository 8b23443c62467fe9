"""The IIIF image service as viewers use it: what it says of a picture holds, and nothing else is there."""

import io
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import Visitor
from exhibition import ARTISTS, NOT_THERE, Exhibition, random_vectors
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from shelf import drawing, encoded, keep

from gallery.app import create_app
from gallery.assets import IMMUTABLE
from gallery.browse.image_service import source_of, tiles
from indexer.store import open_store
from indexer.store.model import CONTENT, Artwork
from indexer.thumbnails import remove_thumbnails, sizes_for, write_thumbnails
from indexer.tiles.errors import CuttingBusy
from scraper.names import slug

WIDTH, HEIGHT = 2300, 1300
LARGE = drawing(60, (WIDTH, HEIGHT))


@pytest.fixture(scope="module")
def place(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, list[Artwork]]]:
    """A site with two works whose originals lie in its library: one that is free, one that nobody states rights in."""
    own = exhibition.copy(tmp_path_factory.mktemp("image-service"))
    settings, works = own.settings(), []
    for quality, licence in ((90, "CC0-1.0"), (80, "unknown")):
        (record,) = keep(settings.library_dir, encoded(LARGE, quality=quality))
        sha = record.picture.sha256
        write_thumbnails(LARGE, settings.thumbnails_dir, sha, sizes_for(WIDTH, HEIGHT))
        about = (sha, f"Harbour {licence}", ARTISTS[0], slug(ARTISTS[0]), WIDTH, HEIGHT, "JPEG", 1.0, 1)
        works.append(Artwork(*about, licence=licence))
    with closing(open_store(settings)) as store:
        store.add(works, {CONTENT: random_vectors(42)[40:]})
        app = create_app(settings, store)
        app.test_client_class = Visitor
        yield app, works
        with app.app_context():
            tiles().close()


@pytest.fixture
def viewer(place: tuple[Flask, list[Artwork]]) -> FlaskClient:
    return place[0].test_client()


def info(viewer: FlaskClient, work: Artwork) -> dict[str, Any]:
    answer = viewer.get(f"/iiif/{work.id}/info.json")
    assert answer.status_code == 200
    said: dict[str, Any] = json.loads(answer.text)
    return said


def test_it_says_of_a_picture_what_level_0_of_the_image_api_asks_for(
    viewer: FlaskClient, place: tuple[Flask, list[Artwork]]
) -> None:
    free, _ = place[1]
    answer = viewer.get(f"/iiif/{free.id}/info.json")
    assert answer.content_type == 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"'
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert viewer.get(answer.request.path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert json.loads(answer.text) == {
        "@context": "http://iiif.io/api/image/3/context.json",
        "id": f"http://localhost/iiif/{free.id}",
        "type": "ImageService3",
        "protocol": "http://iiif.io/api/image",
        "profile": "level0",
        "width": WIDTH,
        "height": HEIGHT,
        "maxWidth": 1600,
        "maxHeight": 904,
        "sizes": [{"width": w, "height": h} for w, h in ((240, 136), (480, 271), (960, 543), (1600, 904))],
        "tiles": [{"width": 512, "height": 512, "scaleFactors": [1, 2, 4, 8]}],
        "rights": "http://creativecommons.org/publicdomain/zero/1.0/",
        "partOf": [{"id": f"http://localhost/artworks/{free.id}/manifest.json", "type": "Manifest"}],
    }
    led = viewer.get(f"/iiif/{free.id}")
    assert (led.status_code, led.headers["Location"]) == (303, f"http://localhost/iiif/{free.id}/info.json")
    assert led.headers["Access-Control-Allow-Origin"] == "*"


def addresses(said: dict[str, Any]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the address and size of all that a viewer may ask for, reckoned as the implementation notes do."""
    largest = said["sizes"][-1]
    yield "full/max", (largest["width"], largest["height"])
    for size in said["sizes"]:
        yield f"full/{size['width']},{size['height']}", (size["width"], size["height"])
    (tile,), width, height = said["tiles"], said["width"], said["height"]
    for factor in tile["scaleFactors"]:
        for m in range(-(-height // (tile["height"] * factor))):
            for n in range(-(-width // (tile["width"] * factor))):
                x, y = n * tile["width"] * factor, m * tile["height"] * factor
                w, h = min(tile["width"] * factor, width - x), min(tile["height"] * factor, height - y)
                sent = ((w + factor - 1) // factor, (h + factor - 1) // factor)
                region = "full" if (w, h) == (width, height) else f"{x},{y},{w},{h}"
                yield f"{region}/{sent[0]},{sent[1]}", sent


def test_every_size_and_tile_it_speaks_of_is_there_to_be_kept_for_ever(
    viewer: FlaskClient, place: tuple[Flask, list[Artwork]], exhibition: Exhibition
) -> None:
    for work in (*place[1], exhibition.works[2], exhibition.works[3]):
        for address, size in addresses(info(viewer, work)):
            answer = viewer.get(f"/iiif/{work.id}/{address}/0/default.jpg")
            assert (answer.status_code, answer.mimetype) == (200, "image/jpeg"), address
            with Image.open(io.BytesIO(answer.data)) as image:
                assert (image.format, image.size) == ("JPEG", size)
            assert answer.headers["Cache-Control"] == IMMUTABLE
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    again = viewer.get(answer.request.path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_detail_beyond_what_pages_show_is_only_of_works_that_are_free(
    viewer: FlaskClient, place: tuple[Flask, list[Artwork]]
) -> None:
    app, (free, guarded) = place
    assert (info(viewer, free)["width"], info(viewer, guarded)["width"]) == (WIDTH, 1600)
    assert "maxWidth" not in info(viewer, guarded)
    with app.test_request_context():
        assert source_of(guarded).path.suffix == ".webp"


@pytest.mark.parametrize(
    "address",
    [
        "full/full/0/default.jpg",
        "full/300,/0/default.jpg",
        "full/240,136/90/default.jpg",
        "full/240,136/!0/default.jpg",
        "full/240,136/0/gray.jpg",
        "full/240,136/0/default.png",
        "full/240,136/0/default.webp",
        "full/2300,1300/0/default.jpg",
        "square/max/0/default.jpg",
        "0,0,512,512/max/0/default.jpg",
        "0,0,512,512/511,512/0/default.jpg",
        "0,0,2300,1300/288,163/0/default.jpg",
        "9999999,0,512,512/512,512/0/default.jpg",
        "-512,0,512,512/512,512/0/default.jpg",
        "0,0,0,0/0,0/0/default.jpg",
        "%00/max/0/default.jpg",
        "..%5c../max/0/default.jpg",
    ],
)
def test_nothing_else_is_there(address: str, viewer: FlaskClient, place: tuple[Flask, list[Artwork]]) -> None:
    free, _ = place[1]
    answer = viewer.get(f"/iiif/{free.id}/{address}")
    assert answer.status_code == 400
    assert f"Only the sizes and tiles listed at http://localhost/iiif/{free.id}/info.json" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", ["", "/info.json", "/full/max/0/default.jpg"])
@pytest.mark.parametrize("work", [str(NOT_THERE), "1", "../../etc/passwd"])
def test_a_work_that_is_not_there_has_no_pieces(work: str, address: str, viewer: FlaskClient) -> None:
    answer = viewer.get(f"/iiif/{work}{address}")
    assert answer.status_code == 404
    assert "Nothing hangs here" in answer.text


@pytest.mark.parametrize("address", ["", "/info.json", "/full/max/0/default.jpg"])
def test_it_is_only_read(address: str, viewer: FlaskClient, exhibition: Exhibition) -> None:
    assert viewer.post(f"/iiif/{exhibition.works[0].id}{address}").status_code == 405


def test_a_picture_that_is_not_cut_now_is_to_be_asked_for_again(
    viewer: FlaskClient, place: tuple[Flask, list[Artwork]], exhibition: Exhibition, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> bytes:
        raise CuttingBusy("ab" * 32, 6)

    with place[0].app_context():
        monkeypatch.setattr(tiles(), "read", busy)
    answer = viewer.get(f"/iiif/{exhibition.works[0].id}/full/max/0/default.jpg")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Please try again" in answer.text


def test_the_manifest_leads_to_it_and_gives_the_canvas_its_size(
    viewer: FlaskClient, place: tuple[Flask, list[Artwork]]
) -> None:
    free, _ = place[1]
    (canvas,) = json.loads(viewer.get(f"/artworks/{free.id}/manifest.json").text)["items"]
    body = canvas["items"][0]["items"][0]["body"]
    assert body["service"] == [{"id": f"http://localhost/iiif/{free.id}", "type": "ImageService3", "profile": "level0"}]
    assert (canvas["width"], canvas["height"]) == (1600, 904)


def test_pieces_are_gone_with_their_work(viewer: FlaskClient, place: tuple[Flask, list[Artwork]]) -> None:
    app, (_, guarded) = place
    address = f"/iiif/{guarded.id}/full/max/0/default.jpg"
    assert viewer.get(address).status_code == 200
    with app.test_request_context():
        archive = tiles().archive(source_of(guarded))
    assert archive.exists()
    remove_thumbnails(Path(app.config["GALLERY"].thumbnails_dir), guarded.sha256)
    assert not archive.exists()
    app.extensions["artwork_store"].delete([guarded.id])
    assert viewer.get(address).status_code == viewer.get(f"/iiif/{guarded.id}/info.json").status_code == 404
