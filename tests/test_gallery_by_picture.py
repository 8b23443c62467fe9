"""Search by a picture: what is answered, what is refused with which sentence, and that nothing of it is kept."""

import base64
import html
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from conftest import Visitor
from exhibition import ARTISTS, CARD, NOT_THERE, Exhibition, give_lenses, random_vectors
from flask import Flask
from PIL import Image, ImageOps
from shelf import drawing, encoded, keep
from websites import Answer, Websites
from werkzeug.test import TestResponse

from gallery import lookup as lookups
from gallery.app import create_app
from gallery.browse import by_picture
from gallery.catalogue import store
from gallery.db import Database
from indexer.lookup.desk import Desk
from indexer.preprocess import Pixels
from indexer.store import open_store
from indexer.store.model import CONTENT, PALETTE, STYLE, Artwork, Filters, Vector
from scraper.names import slug
from scraper.settings import ScraperSettings

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
HANGING = encoded(drawing(1, (900, 700)), quality=95)
PHOTO = encoded(drawing(50, (900, 700)))


class Eyes(Desk):
    """A desk that reads pictures as ever and sees in each what the test says."""

    vector: Vector
    others: Mapping[str, Vector] = MappingProxyType({})

    def _vectors(self, pixels: Pixels) -> dict[str, Vector]:
        self.pixels = pixels
        return {CONTENT: self.vector} | self.others


class Guest:
    """Somebody with a browser: a session, and the token of its forms."""

    def __init__(self, app: Flask) -> None:
        app.test_client_class = Visitor
        self.client = app.test_client()
        found = TOKEN.search(self.client.get("/by-picture").text)
        assert found
        self.token = found[1]

    def send(self, content: bytes | None = None, **fields: Any) -> TestResponse:
        files = {} if content is None else {"file": (io.BytesIO(content), "mine.jpg")}
        return self.client.post("/by-picture", data={"csrf_token": self.token, **files, **fields})


@pytest.fixture(scope="module")
def place(
    exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory, template_file: Path
) -> Iterator[tuple[Flask, Artwork]]:
    """A site with a work whose picture and record lie in its library."""
    own = exhibition.copy(tmp_path_factory.mktemp("by-picture"))
    give_lenses(own)
    settings = own.settings(picture_mb=1)
    settings.database_file.write_bytes(template_file.read_bytes())
    (record,) = keep(settings.library_dir, HANGING, title="The very one")
    picture = record.picture
    hanging = Artwork(picture.sha256, "The very one", ARTISTS[0], slug(ARTISTS[0]), 900, 700, "JPEG", 1.0, 1)
    with closing(open_store(settings)) as store, closing(Database(settings.database)) as database:
        store.add([hanging], {CONTENT: random_vectors(41)[40:]})
        app = create_app(settings, store, database)
        here = app.extensions["gallery_lookup"]
        here.desk = Eyes(lambda: pytest.fail("no network is needed"), max_pixels=10_000_000, waiting=1)
        here.desk.vector = random_vectors(41)[40]
        yield app, hanging
        here.close()


@pytest.fixture
def guest(place: tuple[Flask, Artwork]) -> Iterator[Guest]:
    app, _ = place
    eyes = app.extensions["gallery_lookup"].desk
    before = eyes.vector
    yield Guest(app)
    eyes.vector, eyes.others = before, {}


def sections(html: str) -> dict[str, list[str]]:
    """Return the works under each heading, in order."""
    parts = re.split(r"<h2>([^<]+)</h2>", html)
    found = {}
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        found[heading] = list(dict.fromkeys(re.findall(r'href="/artworks/([0-9a-f-]{36})"', body)))
    return found


def alert(answer: TestResponse) -> str:
    found = re.search(r'role="alert">([^<]+)<', answer.text)
    assert found, answer.text
    return found[1]


def unlike() -> Vector:
    """Return a vector that no work of the exhibition is close to."""
    vectors = random_vectors(41)
    return np.linalg.svd(vectors)[2][-1].astype(np.float32)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda image: HANGING, "The very file"),
        (lambda image: encoded(image.resize((450, 350)), quality=80), "in another size or quality"),
        (lambda image: encoded(ImageOps.mirror(image), "PNG"), "turned or mirrored"),
        (lambda image: encoded(image.rotate(180), "WEBP"), "turned or mirrored"),
    ],
)
def test_the_same_picture_is_recognised_whatever_the_network_sees(
    made: Any, why: str, guest: Guest, place: tuple[Flask, Artwork]
) -> None:
    app, hanging = place
    app.extensions["gallery_lookup"].desk.vector = unlike()
    answer = guest.send(made(drawing(1, (900, 700))))
    assert answer.status_code == 200
    assert sections(answer.text)["The same picture"] == [hanging.id]
    assert why in answer.text
    assert hanging.id not in sections(answer.text)["Similar works"]


def test_a_picture_that_does_not_hang_here_leads_to_what_is_like_it(
    guest: Guest, place: tuple[Flask, Artwork], exhibition: Exhibition
) -> None:
    app, _ = place
    app.extensions["gallery_lookup"].desk.vector = random_vectors(40)[3]
    answer = guest.send(PHOTO)
    found = sections(answer.text)
    assert "All but the same to the network" in answer.text
    assert found["The same picture"] == [exhibition.works[-4].id]
    scores = [float(text) for text in re.findall(r"Likeness </span>(-?[\d.]+)", answer.text)]
    assert scores == sorted(scores, reverse=True)
    assert len(found["Similar works"]) == 23


def test_nothing_close_is_an_answer(guest: Guest, place: tuple[Flask, Artwork]) -> None:
    app, _ = place
    app.extensions["gallery_lookup"].desk.vector = unlike()
    answer = guest.send(PHOTO)
    assert "This picture itself does not hang here." in answer.text
    assert "Nothing here is close enough to call similar. These come nearest all the same." in answer.text


def carried(html: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(kept|sha256)" value="([^"]+)"', html))


def test_pages_and_details_are_asked_for_with_what_the_page_carries(guest: Guest, place: tuple[Flask, Artwork]) -> None:
    first = guest.send(HANGING)
    back = carried(first.text)
    second = guest.send(**back, page="2")
    one, two = sections(first.text)["Similar works"], sections(second.text)["Similar works"]
    # On the first page the work itself stands apart, on the second are the rest of all 41.
    assert (len(one), len(two)) == (23, 17)
    assert not set(one) & set(two)
    assert "The same picture" not in sections(second.text)
    assert carried(second.text) == back
    detail = guest.send(**back, left="25", top="0", right="75.5", bottom="50")
    assert "Found by a detail of it" in detail.text
    assert 'name="right" min="0" max="100" step="any" value="75.5"' in detail.text
    # The file is known by its hash still, though its pixels are fewer now.
    assert sections(detail.text)["The same picture"] == [place[1].id]
    assert "The very file" in detail.text


def test_what_is_like_a_picture_is_narrowed_as_any_listing_and_widened_again(
    guest: Guest, exhibition: Exhibition
) -> None:
    first = guest.send(HANGING)
    back = carried(first.text)
    button = r'<button class="choose" form="held" name="(\w+)" value="([^"]+)">.+?<span class="line">(\d+)'
    offered = {(name, html.unescape(value)): int(count) for name, value, count in re.findall(button, first.text)}
    assert {"artist", "movement", "licence", "tag"} <= {name for name, _ in offered}
    narrowed = guest.send(**back, movement="Tides")
    tides = {work.id for work in exhibition.works if work.movement == "Tides"}
    assert set(sections(narrowed.text)["Similar works"]) == tides and len(tides) == offered["movement", "Tides"]
    # That the picture hangs here is told whatever is looked for.
    assert sections(narrowed.text)["The same picture"] == sections(first.text)["The same picture"]
    assert '<input type="hidden" name="movement" value="Tides">' in narrowed.text
    assert 'name="without" value="movement" aria-label="Remove movement: Tides"' in narrowed.text
    old = guest.send(**back, movement="Tides", century="1800-1899")
    assert set(sections(old.text)["Similar works"]) == {w.id for w in exhibition.works if w.id in tides and w.year}
    assert 'aria-label="Remove years: 1800–1899"' in old.text
    wide = guest.send(**back, **{"from": "1800", "to": "1899", "movement": "Tides", "without": "century"})
    assert sections(wide.text)["Similar works"] == sections(narrowed.text)["Similar works"]
    assert "No work that matches is left" in guest.send(**back, tag="<none>").text
    assert guest.send(**back, tag="a" * 301).status_code == 400


def test_a_detail_is_what_is_looked_at(guest: Guest, place: tuple[Flask, Artwork]) -> None:
    halves = Image.new("RGB", (400, 200), (0, 0, 255))
    halves.paste((255, 0, 0), (0, 0, 200, 200))
    content = encoded(halves, "PNG")
    for edges, colour in (({"right": "50"}, 0), ({"left": "50"}, 2)):
        assert guest.send(content, **edges).status_code == 200
        assert place[0].extensions["gallery_lookup"].desk.pixels.mean((0, 1)).argmax() == colour


def test_a_work_of_the_gallery_can_be_asked_with(guest: Guest, exhibition: Exhibition) -> None:
    work = exhibition.works[0]
    page = guest.client.get(f"/by-picture?work={work.id}").text
    assert f'name="work" value="{work.id}"' in page
    answer = guest.send(work=work.id, left="10", right="60")
    assert answer.status_code == 200
    assert sections(answer.text)["The same picture"] == [work.id]


def test_nothing_of_it_is_kept(guest: Guest, place: tuple[Flask, Artwork]) -> None:
    folder = place[0].config["GALLERY"].data_dir

    def held() -> dict[str, int]:
        files = [path for path in folder.rglob("*") if path.is_file() and "sqlite3" not in path.name]
        return {str(path): path.stat().st_size for path in files if "qdrant" not in path.parts}

    before = held()
    answer = guest.send(PHOTO)
    assert answer.headers["Cache-Control"] == "no-store"
    assert held() == before
    database = b"".join(path.read_bytes() for path in folder.glob("gallery.sqlite3*"))
    assert PHOTO[200:260] not in database
    assert base64.b64decode(carried(answer.text)["kept"])[200:260] not in database


@pytest.mark.parametrize(
    ("content", "fields", "status", "sentence"),
    [
        (None, {}, 422, "Choose a picture first"),
        (b"hello", {}, 415, "This is not a picture that can be read here"),
        (b"", {}, 415, "This is not a picture that can be read here"),
        (PHOTO[:1000], {}, 422, "damaged or cut short"),
        (encoded(drawing(1, (20, 20)), "PNG"), {}, 422, "too small"),
        (encoded(drawing(1, (40, 400)), "PNG"), {}, 422, "too long and narrow"),
        (encoded(Image.new("L", (4000, 4000)), "PNG"), {}, 422, "too many pixels"),
        (PHOTO, {"left": "80", "right": "20"}, 422, "The detail must lie within the picture"),
        (PHOTO, {"left": "-5"}, 422, "The detail must lie within the picture"),
        (PHOTO, {"bottom": "nan"}, 422, "The detail must lie within the picture"),
        (PHOTO, {"top": "half"}, 422, "The detail must lie within the picture"),
        (None, {"url": "https://museum.example/1.jpg"}, 422, "fetches no pictures from other sites"),
    ],
)
def test_what_cannot_be_searched_by_is_said_on_the_form(
    content: bytes | None, fields: dict[str, str], status: int, sentence: str, guest: Guest
) -> None:
    answer = guest.send(content, **fields)
    assert answer.status_code == status
    assert sentence in alert(answer)
    assert 'name="file"' in answer.text


def test_a_picture_that_is_too_large_is_refused_before_it_is_read(guest: Guest) -> None:
    kind = "multipart/form-data; boundary=x"
    answer = guest.client.post("/by-picture", data=b"\xff\xd8\xff" + bytes(1024 * 1024), content_type=kind)
    assert answer.status_code == 413
    assert alert(answer) == "This picture is too large: 1 MB at most."


@pytest.mark.parametrize(
    "fields",
    [
        {"kept": "§", "sha256": "ab" * 32},
        {"kept": base64.b64encode(PHOTO).decode(), "sha256": "../../etc"},
        {"kept": base64.b64encode(PHOTO).decode()},
        {"work": "one"},
        {"work": str(NOT_THERE)},
        {"page": "0", "kept": "x"},
        {"page": "1e3", "kept": "x"},
    ],
)
def test_what_our_own_pages_never_send_is_refused(fields: dict[str, str], guest: Guest) -> None:
    assert guest.send(**fields).status_code == (404 if fields == {"work": str(NOT_THERE)} else 400)


@pytest.fixture
def sites(monkeypatch: pytest.MonkeyPatch) -> Iterator[Websites]:
    """Sites on this machine that play others; nothing else can be reached."""
    with Websites("museum.example") as sites:
        monkeypatch.setattr(lookups, "read_stand_in", lambda: sites.stand_in)
        yield sites


@pytest.mark.parametrize(
    ("url", "status", "sentence"),
    [
        ("http://museum.example/wave.jpg", 200, None),
        ("http://museum.example/page.html", 415, "This is not a picture"),
        ("http://museum.example/none.jpg", 422, "There is no picture at this address."),
        ("http://museum.example/mine.jpg", 422, "does not let programs fetch"),
        ("http://127.0.0.1/wave.jpg", 422, "must be a public one"),
        ("http://museum.example@[::1]/", 422, "must be a public one"),
        ("file:///etc/passwd", 422, "must be a public one"),
        ("wave.jpg", 422, "must be a public one"),
    ],
)
def test_an_address_is_visited_through_the_guard_or_the_reason_is_said(
    url: str, status: int, sentence: str | None, guest: Guest, sites: Websites, place: tuple[Flask, Artwork]
) -> None:
    sites.add("http://museum.example/wave.jpg", Answer(HANGING, headers={"Content-Type": "image/jpeg"}))
    sites.add("http://museum.example/page.html", Answer("<h1>A wave</h1>"))
    sites.add("http://museum.example/mine.jpg", Answer(HANGING, headers={"X-Robots-Tag": "noai"}))
    assert 'name="url"' in guest.client.get("/by-picture").text
    answer = guest.send(url=url)
    assert answer.status_code == status
    if sentence is None:
        assert sections(answer.text)["The same picture"] == [place[1].id]
    else:
        assert sentence in alert(answer)
    assert all(asked.url.startswith("http://museum.example/") for asked in sites.asked)


def test_only_a_few_addresses_are_visited_at_a_time(
    guest: Guest, sites: Websites, place: tuple[Flask, Artwork]
) -> None:
    fetching = place[0].extensions["gallery_lookup"]._fetching
    with fetching, fetching:
        answer = guest.send(url="http://museum.example/wave.jpg")
    assert (answer.status_code, sites.asked) == (503, [])


def test_a_form_without_its_token_is_refused(guest: Guest) -> None:
    answer = guest.client.post("/by-picture", data={"file": (io.BytesIO(PHOTO), "mine.jpg")})
    assert answer.status_code == 400
    assert "This form is no longer valid" in answer.text


@pytest.mark.parametrize("address", ["/by-picture?work=one", f"/by-picture?work={NOT_THERE}"])
def test_the_form_for_a_work_that_is_none_is_not_there(address: str, guest: Guest) -> None:
    assert guest.client.get(address).status_code in (400, 404)


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_it_takes_no_other_request(method: str, guest: Guest) -> None:
    answer = getattr(guest.client, method)("/by-picture", headers={"X-CSRFToken": guest.token})
    assert answer.status_code == 405


def test_a_full_desk_says_when_to_come_back(guest: Guest, place: tuple[Flask, Artwork]) -> None:
    desk = place[0].extensions["gallery_lookup"].desk
    with desk._line, desk._line:
        answer = guest.send(PHOTO)
    assert answer.status_code == 503
    assert "Many pictures are being looked at" in alert(answer)
    assert answer.headers["Retry-After"] == "5"


def test_whoever_searches_without_end_has_to_wait(guest: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = (by_picture.Limit(("address", "device"), 0),)
    monkeypatch.setattr(by_picture, "LIMITS", limits)
    answer = guest.send(PHOTO)
    assert answer.status_code == 429
    assert "Please wait a little" in alert(answer)
    assert int(answer.headers["Retry-After"]) > 0


def test_without_a_network_the_form_says_so_and_names_no_folders(
    guest: Guest, place: tuple[Flask, Artwork], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app, _ = place
    settings = app.config["GALLERY"].model_copy(update={"weights": tmp_path / "secret-place.pth"})
    with app.app_context():
        real = lookups.Lookup(settings, ScraperSettings(_env_file=None), app.extensions["artwork_store"])
    monkeypatch.setitem(app.extensions, "gallery_lookup", real)
    try:
        answer = guest.send(PHOTO)
    finally:
        real.close()
    assert answer.status_code == 503
    assert alert(answer) == "Pictures cannot be looked at just now. Please try again later."
    assert "secret-place" not in answer.text
    assert CARD.backbone == "resnet18"


def test_what_is_similar_goes_by_the_lens_or_the_mix_whose_button_was_pressed(
    place: tuple[Flask, Artwork], guest: Guest
) -> None:
    app, _ = place
    eyes = app.extensions["gallery_lookup"].desk
    eyes.vector, eyes.others = unlike(), {STYLE: random_vectors(40, 3)[5], PALETTE: random_vectors(40, 4)[6]}
    seen = {CONTENT: eyes.vector, **eyes.others}
    mix = {"subject": "0", "style": "25", "palette": "75", "composition": "0"}
    for fields, lens, text in (
        ({}, {CONTENT: 0.3, STYLE: 0.7}, None),
        ({"by": "palette", "lens": "style"}, {PALETTE: 1.0}, "palette"),
        ({"lens": "style"} | mix, {STYLE: 1.0}, "style"),
        ({"mix": "1", "lens": "style"} | mix, {STYLE: 0.25, PALETTE: 0.75}, "style:25,palette:75"),
    ):
        html = guest.send(PHOTO, **fields).text
        with app.app_context():
            found = store().similar(seen, Filters(), lens=lens, size=24).found
        assert sections(html)["Similar works"] == [each.artwork.id for each in found]
        assert (f'name="lens" value="{text}"' in html) == (text is not None)
    plain = guest.send(PHOTO, by="composition").text
    assert "cannot be compared with a picture through that lens at the moment" in plain
    assert guest.send(PHOTO, by="mood").status_code == 400
