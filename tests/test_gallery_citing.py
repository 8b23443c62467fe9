"""Citations in three formats, and oEmbed: sound whatever works are called, and for pages of this site only."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from conftest import Visitor
from exhibition import CARD, NOT_THERE, Exhibition, random_vectors, settings_for
from test_gallery_hostile import hostile_works

from gallery.app import create_app
from indexer.store import open_store
from indexer.store.model import CONTENT, Artwork


@pytest.fixture(scope="module")
def hostile(
    exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Visitor, list[Artwork]]]:
    settings = settings_for(tmp_path_factory.mktemp("cited"))
    works = list(hostile_works(exhibition.works))
    with closing(open_store(settings)) as store:
        store.prepare(CARD)
        store.add(works, {CONTENT: random_vectors(len(works))})
        app = create_app(settings, store)
        app.test_client_class = Visitor
        yield app.test_client(), works


def licensed(exhibition: Exhibition) -> Artwork:
    return next(work for work in exhibition.works if work.credit and work.year)


def test_an_artwork_is_cited_in_each_format(visitor: Visitor, exhibition: Exhibition) -> None:
    work = licensed(exhibition)
    page = visitor.get(f"/artworks/{work.id}").text
    links = re.findall(rf'href="(/artworks/{work.id}/cite\.\w+)"', page)
    assert [link.rpartition(".")[2] for link in links] == ["bib", "ris", "json"]
    bib, ris, csl = (visitor.get(link) for link in links)
    assert all(answer.headers["Content-Disposition"].startswith("attachment") for answer in (bib, ris, csl))
    assert f"author = {{{{{work.artist}}}}}" in bib.text
    assert f"year = {{{work.year}}}" in bib.text
    assert "note = {Photograph: the museum. CC BY-SA 4.0}" in bib.text
    assert ris.text.startswith("TY  - ART\r\n")
    assert ris.text.endswith("ER  - \r\n")
    assert f"TI  - {work.title}\r\n" in ris.text
    (item,) = json.loads(csl.text)
    assert item["issued"] == {"date-parts": [[work.year]]}
    assert (item["title"], item["author"]) == (work.title, [{"literal": work.artist}])
    assert item["URL"] == f"http://localhost/artworks/{work.id}"


def test_no_title_breaks_out_of_its_citation(hostile: tuple[Visitor, list[Artwork]]) -> None:
    visitor, works = hostile
    for work in works:
        bib = visitor.get(f"/artworks/{work.id}/cite.bib").text
        bare = re.sub(r"\\textbackslash\{\}|\\[{}&%$#_]", "", bib)
        assert bare.count("{") == bare.count("}")
        assert all(re.fullmatch(r"(@misc\{[0-9a-f]{12},|  \w+ = \{.*\},?|\})", line) for line in bib.splitlines())
        ris = visitor.get(f"/artworks/{work.id}/cite.ris").text
        assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in ris.split("\r\n")[:-1])
        (item,) = json.loads(visitor.get(f"/artworks/{work.id}/cite.json").text)
        assert item["title"] == work.title


@pytest.mark.parametrize(("kind", "status"), [("doc", 404), ("", 404), ("bib", 404)])
def test_what_is_not_there_is_not_cited(kind: str, status: int, visitor: Visitor) -> None:
    assert visitor.get(f"/artworks/{NOT_THERE}/cite.{kind}").status_code == status


def embedded(visitor: Visitor, url: str, status: int = 200, **more: str) -> Any:
    answer = visitor.get("/oembed", query_string={"url": url, **more})
    assert answer.status_code == status
    return answer.json if status == 200 else None


def test_a_page_can_be_shown_elsewhere_with_its_picture_and_rights(visitor: Visitor, exhibition: Exhibition) -> None:
    work = licensed(exhibition)
    page = visitor.get(f"/artworks/{work.id}").text
    link = re.search(r'type="application/json\+oembed"[^>]*href="http://localhost([^"]+)"', page)
    assert link
    said = visitor.get(link[1].replace("&amp;", "&"))
    assert said.headers["Access-Control-Allow-Origin"] == "*"
    assert (said.json["version"], said.json["type"], said.json["title"]) == ("1.0", "photo", work.title)
    assert (said.json["license"], said.json["credit"]) == ("CC BY-SA 4.0", work.credit)
    assert visitor.get(said.json["url"]).status_code == 200


def test_it_is_as_large_as_is_wanted_and_no_larger(visitor: Visitor, exhibition: Exhibition) -> None:
    work = next(work for work in exhibition.works if work.width == 900)
    url = f"http://localhost/artworks/{work.id}"
    assert embedded(visitor, url)["width"] == 900
    assert embedded(visitor, url, maxwidth="500")["width"] == 480
    assert embedded(visitor, url, maxheight="200")["height"] <= 200
    small = embedded(visitor, url, maxwidth="1")
    assert (small["type"], small["title"], small["web_page"]) == ("link", work.title, url)
    assert not {"url", "width", "height"} & small.keys()


@pytest.mark.parametrize(
    ("url", "more", "status"),
    [
        ("http://elsewhere.example/artworks/{id}", {}, 404),
        ("http://localhost/artists", {}, 404),
        ("http://localhost/artworks/{id}/takedown", {}, 404),
        (f"http://localhost/artworks/{NOT_THERE}", {}, 404),
        ("http://[/", {}, 404),
        ("", {}, 404),
        ("http://localhost/artworks/{id}", {"format": "xml"}, 501),
        ("http://localhost/artworks/{id}", {"maxwidth": "wide"}, 400),
        ("http://localhost/artworks/{id}", {"maxheight": "0"}, 400),
    ],
)
def test_other_pages_are_not_shown_elsewhere(
    url: str, more: dict[str, str], status: int, visitor: Visitor, exhibition: Exhibition
) -> None:
    embedded(visitor, url.format(id=exhibition.works[0].id), status, **more)


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_they_are_only_read(method: str, visitor: Visitor, exhibition: Exhibition) -> None:
    for address in ("/oembed", f"/artworks/{exhibition.works[0].id}/cite.bib"):
        assert getattr(visitor, method)(address).status_code == 405


def test_every_card_names_the_rights_and_the_credit(visitor: Visitor, exhibition: Exhibition) -> None:
    work = licensed(exhibition)
    card = re.search(rf'<li[^>]*><a href="/artworks/{work.id}">.*?</li>', visitor.get("/search").text, re.S)
    assert card
    assert "CC BY-SA 4.0" in card[0]
    assert "Photograph: the museum" in card[0]
