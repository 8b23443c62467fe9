"""Texts and links taken from hostile pages stay texts, and links lead nowhere but to the web."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from exhibition import CARD, Exhibition, random_vectors, settings_for
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from gallery.app import create_app
from gallery.wording import host
from indexer.store import open_store
from indexer.store.model import CONTENT, Artwork
from scraper.facts import web_link
from scraper.names import slug

TEXTS = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "' autofocus onfocus=alert(1) x='",
    "</title></head><body onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; & already &amp; escaped",
    "‮esrever dna ​hidden⁦",
    "a" * 3000,
    "line\nbreak\ttab \x07bell",
    "<!--", "]]>", "javascript:alert(1)", "%s %(x)s {0}",
)  # fmt: skip
LINKS = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "//evil.example/x",
    "/admin",
    "https:///nowhere",
    "http://[::1",
    "https://ok.example/\r\nSet-Cookie: a=b",
    'https://ok.example/"onmouseover="alert(1)',
    "ftp://ok.example/",
    "",
)


def hostile_works(plain: tuple[Artwork, ...]) -> Iterator[Artwork]:
    for number, work in enumerate(plain[: len(TEXTS)]):
        text, link = TEXTS[number], LINKS[number]
        yield replace(
            work,
            **{name: text for name in ("title", "movement", "medium", "institution", "licence", "holder", "credit")},
            artist=text,
            artist_slug=slug(text),
            tags=(text, link),
            page_url=link,
            licence_url=LINKS[-1 - number],
        )


@pytest.fixture(scope="module")
def gallery(
    exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[FlaskClient, list[Artwork]]]:
    settings = settings_for(tmp_path_factory.mktemp("hostile"))
    works = list(hostile_works(exhibition.works))
    with closing(open_store(settings)) as store:
        store.prepare(CARD)
        store.add(works, {CONTENT: random_vectors(len(works))})
        yield create_app(settings, store).test_client(), works


def checked(html: str) -> LexborHTMLParser:
    """Parse a page as a browser does and assert that nothing in it is live."""
    tree = LexborHTMLParser(html)
    ours = "[type='module'][src^='/static/']"
    assert not tree.css(
        f"script:not([type='application/ld+json']):not({ours}), iframe, object, embed, base, style, svg, math, template"
    )
    assert not any(node.text() for node in tree.css(f"script{ours}"))
    for node in tree.root.traverse() if tree.root else ():
        for name, value in node.attributes.items():
            assert not name.startswith("on"), (node.tag, name)
            assert name != "style"
            if name in ("href", "src", "action"):
                web = ("https://ok.example/", "https://creativecommons.org/", "http://localhost/")
                assert (value or "").startswith(("/", "#", "data:image/webp;base64,", *web)), value
                assert not (value or "").startswith("//")
    return tree


def test_an_artworks_page_shows_every_text_as_it_is(gallery: tuple[FlaskClient, list[Artwork]]) -> None:
    client, works = gallery
    for work in works:
        answer = client.get(f"/artworks/{work.id}")
        assert answer.status_code == 200
        tree = checked(answer.text)
        heading = tree.css_first("h1")
        assert heading is not None
        assert heading.text().split() == work.title.split()
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("page", ["/", "/artists", "/search"])
def test_listings_show_every_text_as_it_is(page: str, gallery: tuple[FlaskClient, list[Artwork]]) -> None:
    client, works = gallery
    tree = checked(client.get(page).text)
    titles = {" ".join(node.text().split()) for node in tree.css("bdi")}
    assert {" ".join(work.artist.split()) for work in works} <= titles


def test_an_artists_page_shows_every_text_as_it_is(gallery: tuple[FlaskClient, list[Artwork]]) -> None:
    client, works = gallery
    for work in works:
        answer = client.get(f"/artists/{work.artist_slug}")
        assert answer.status_code == 200
        checked(answer.text)


@pytest.mark.parametrize("text", TEXTS[:7])
def test_what_a_visitor_asks_for_is_shown_as_it_is(text: str, gallery: tuple[FlaskClient, list[Artwork]]) -> None:
    client, _ = gallery
    for name in ("q", "movement", "licence"):
        answer = client.get("/search", query_string={name: text})
        assert answer.status_code == (200 if text.isprintable() else 400)
        checked(answer.text)
    for name in ("page", "from", "to"):
        answer = client.get("/search", query_string={name: text})
        assert answer.status_code == 400
        checked(answer.text)
    answer = client.get("/artists", query_string={"letter": text})
    assert answer.status_code == 404
    checked(answer.text)


@pytest.mark.parametrize("link", LINKS)
def test_only_plain_links_to_the_web_are_links(link: str) -> None:
    assert web_link(link) in (None, 'https://ok.example/"onmouseover="alert(1)')


@given(st.text(max_size=40))
def test_whatever_is_a_link_begins_with_http(text: str) -> None:
    for url in (text, f"http://{text}", f"https:{text}", f"javascript://{text}"):
        found = web_link(url)
        assert found is None or (found == url and found.lower().startswith(("http://", "https://")) and host(found))
