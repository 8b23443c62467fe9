"""What can be told from a page's HTML of how it is heard, loaded and read from right to left."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from conftest import Visitor
from exhibition import ARTISTS, Exhibition, random_vectors
from flask import Flask
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser, LexborNode

from gallery.app import create_app
from indexer.graph.laying import lay
from indexer.store import open_store
from indexer.store.model import CONTENT
from scraper.names import slug

TITLE, ARTIST = "رسالة إلى البحر", "ليلى الكاتبة"
MOST_BYTES = 100_000
PAGES = {
    "home": "/",
    "artists": "/artists",
    "artist": f"/artists/{slug(ARTISTS[0])}",
    "artwork": "/artworks/{one}",
    "artwork by one artist": "/artworks/{one}?scope=artist",
    "search": "/search",
    "nothing found": "/search?q=zebra",
    "movements": "/movements",
    "movement": "/movements/tides",
    "clusters": "/clusters",
    "tags": "/tags",
    "compare": "/compare/{one}/{other}",
    "path": "/path/{one}/{other}",
    "another end": "/path/{one}",
    "more": "/more?like={one}&unlike={other}",
    "by picture": "/by-picture",
    "by a detail": "/by-picture?work={one}",
    "map": "/map",
    "about": "/about",
    "not there": "/nothing",
}
EVERY_PAGE = pytest.mark.parametrize("name", PAGES)


@pytest.fixture(scope="module")
def site(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A site with paths, whose newest work has a title and an artist in Arabic."""
    own = exhibition.copy(tmp_path_factory.mktemp("accessible"))
    first = replace(own.works[0], title=TITLE, artist=ARTIST)
    with closing(open_store(own.settings())) as store:
        store.add([first], {CONTENT: random_vectors(len(own.works))[-1:]})
        assert lay(own.settings().graph_dir, store)
        app = create_app(own.settings(), store)
        app.test_client_class = Visitor
        yield app


@pytest.fixture(scope="module")
def pages(site: Flask, exhibition: Exhibition) -> dict[str, str]:
    """Every page's HTML, by its name."""
    visitor, found = site.test_client(), {}
    for name, address in PAGES.items():
        answer = visitor.get(address.format(one=exhibition.works[0].id, other=exhibition.works[9].id))
        assert answer.status_code == (404 if name == "not there" else 200)
        found[name] = answer.text
    return found


def written(node: LexborNode) -> str:
    """Return the words of an element that are to be read on the screen."""
    return " ".join(words(node.text(separator=" ")))


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


@EVERY_PAGE
def test_everything_that_is_pressed_or_filled_in_has_a_name(name: str, pages: dict[str, str]) -> None:
    page = LexborHTMLParser(pages[name])
    for node in page.css("a[href], button, summary"):
        if node.attributes.get("aria-hidden") == "true":
            assert node.attributes.get("tabindex") == "-1", node.html
            continue
        label = node.attributes.get("aria-label")
        assert words(label or "") or written(node) or any(image.attributes.get("alt") for image in node.css("img"))
        if label and node.css_first("[aria-hidden]") is None:
            # Who speaks to the page says what is written there.
            assert written(node) in " ".join(words(label)), node.html
    for node in page.css("input:not([type=hidden]), select, textarea"):
        own = node.attributes.get("id")
        labelled = own and page.css_first(f"label[for={own}]")
        assert node.attributes.get("aria-label") or labelled or inside(node, "label"), node.html
    assert all("alt" in node.attributes for node in page.css("img"))


def inside(node: LexborNode | None, *tags: str) -> bool:
    while node is not None:
        if node.tag in tags or node.attributes.get("dir") == "auto":
            return True
        node = node.parent
    return False


@EVERY_PAGE
def test_headings_landmarks_and_ids_are_in_order(name: str, pages: dict[str, str]) -> None:
    page = LexborHTMLParser(pages[name])
    levels = [int(node.tag[1]) for node in page.css("h1, h2, h3, h4, h5, h6")]
    assert (levels[0], levels.count(1)) == (1, 1)
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
    for kind in ("nav", "[role=search]"):
        labels = [node.attributes.get("aria-label") for node in page.css(kind)]
        assert None not in labels and len(set(labels)) == len(labels), labels
    ids = Counter(node.attributes["id"] for node in page.css("[id]"))
    assert [own for own, count in ids.items() if count > 1] == []


@EVERY_PAGE
def test_one_picture_comes_first_and_those_below_wait(name: str, pages: dict[str, str]) -> None:
    page = LexborHTMLParser(pages[name])
    pictures = [node for node in page.css("main img") if not (node.attributes["src"] or "").startswith("data:")]
    urgent = [node for node in pictures if node.attributes.get("fetchpriority") == "high"]
    eager = [node for node in pictures if node.attributes.get("loading") != "lazy"]
    assert all(node in eager for node in urgent)
    assert len(urgent) == bool(pictures)
    if pictures:
        assert pictures[0].attributes.get("loading") != "lazy"
    assert len(eager) <= 8
    assert all(node.attributes.get("width") and node.attributes.get("height") for node in pictures)


@pytest.mark.parametrize("name", ["home", "artist", "artwork", "search"])
def test_a_page_with_its_stylesheets_and_scripts_weighs_little(
    name: str, pages: dict[str, str], visitor: FlaskClient
) -> None:
    html = pages[name]
    parts = set(re.findall(r'"(/static/[^"]+\.(?:css|js)\?[^"]+)"', html))
    assert parts
    assert len(html.encode()) + sum(len(visitor.get(part).data) for part in parts) < MOST_BYTES


@EVERY_PAGE
def test_a_title_in_arabic_is_set_from_right_to_left_on_its_own(name: str, pages: dict[str, str]) -> None:
    page = LexborHTMLParser(pages[name])
    found = 0
    assert page.body is not None
    for node in page.body.traverse(include_text=True):
        if node.tag == "-text" and any(text in (node.text_content or "") for text in (TITLE, ARTIST)):
            if not inside(node, "script"):
                assert inside(node, "bdi", "option"), (node.parent or node).html
                found += 1
    assert found or name not in ("home", "artwork", "search", "compare", "path", "another end")
