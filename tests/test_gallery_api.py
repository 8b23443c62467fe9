"""JSON for programs keeps to the document that describes it, and says in JSON why there is no answer."""

from typing import Any

import pytest
from exhibition import ARTISTS, NOT_THERE, Exhibition
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from gallery.survey import surveyor
from scraper.names import slug

Node = dict[str, Any]


@pytest.fixture(autouse=True)
def surveyed(site: Flask) -> None:
    """The collection has been surveyed."""
    with site.app_context():
        surveyor().measure()


def asked(client: FlaskClient, address: str, status: int = 200) -> Node:
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (status, "application/json"), answer.text
    found: Node = answer.get_json()
    return found


@pytest.fixture
def document(visitor: FlaskClient) -> Node:
    return asked(visitor, "/api/v1/openapi.json")


def keeps_to(document: Node, path: str, status: str, found: Node) -> None:
    schema = document["paths"][path]["get"]["responses"][status]["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": document["components"]}).validate(found)


def test_a_work_is_told_as_described(visitor: FlaskClient, exhibition: Exhibition, document: Node) -> None:
    for work in exhibition.works[:6]:
        found = asked(visitor, f"/api/v1/artworks/{work.id}")
        keeps_to(document, "/api/v1/artworks/{id}", "200", found)
        assert (found["title"], found["year"], found["licence"]["code"]) == (work.title, work.year, work.licence)
        assert visitor.get(found["url"]).status_code == visitor.get(found["similar"]).status_code == 200
        assert all(visitor.get(picture["url"]).status_code == 200 for picture in found["pictures"])


def test_works_like_a_work_are_told_with_score_and_band(
    visitor: FlaskClient, exhibition: Exhibition, document: Node
) -> None:
    address: str | None = f"/api/v1/artworks/{exhibition.works[3].id}/similar?size=15"
    seen, scores = [], []
    while address:
        found = asked(visitor, address)
        keeps_to(document, "/api/v1/artworks/{id}/similar", "200", found)
        seen += [each["artwork"]["id"] for each in found["similar"]]
        scores += [each["score"] for each in found["similar"]]
        address = found["next"]
    assert sorted(seen) == sorted(work.id for work in exhibition.works if work is not exhibition.works[3])
    assert scores == sorted(scores, reverse=True)
    one_each = asked(visitor, f"/api/v1/artworks/{exhibition.works[3].id}/similar?per_artist=1")
    assert len({each["artwork"]["artist"]["name"] for each in one_each["similar"]}) == len(one_each["similar"]) == 4
    above = asked(visitor, f"/api/v1/artworks/{exhibition.works[3].id}/similar?above=0.2")
    assert 0 < len(above["similar"]) == sum(score >= 0.2 for score in scores)


def test_a_search_is_told_page_by_page(visitor: FlaskClient, exhibition: Exhibition, document: Node) -> None:
    address: str | None = f"/api/v1/search?q=study&artist={slug(ARTISTS[1])}&size=4"
    seen = []
    while address:
        found = asked(visitor, address)
        keeps_to(document, "/api/v1/search", "200", found)
        assert found["total"] == 10
        seen += [each["id"] for each in found["artworks"]]
        address = found["next"]
    assert seen == [work.id for work in exhibition.works if work.artist == ARTISTS[1]]
    assert asked(visitor, "/api/v1/search?q=zebra")["artworks"] == []


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/search?size=0", 400),
        ("/search?size=101", 400),
        ("/search?size=x", 400),
        ("/search?page=0", 400),
        ("/search?from=soon", 400),
        ("/search?q=%00", 400),
        ("/artworks/ONE/similar?above=2", 400),
        ("/artworks/ONE/similar?per_artist=-1", 400),
        (f"/artworks/{NOT_THERE}", 404),
        (f"/artworks/{NOT_THERE}/similar", 404),
    ],
)
def test_what_makes_no_sense_is_refused_in_json(
    address: str, status: int, visitor: FlaskClient, exhibition: Exhibition, document: Node
) -> None:
    found = asked(visitor, "/api/v1" + address.replace("ONE", exhibition.works[0].id), status)
    keeps_to(document, "/api/v1/search", "400", found)
    assert found["status"] == status


def test_it_is_only_read_and_may_be_read_from_anywhere(visitor: FlaskClient, exhibition: Exhibition) -> None:
    address = f"/api/v1/artworks/{exhibition.works[0].id}"
    assert visitor.post(address).status_code == 405
    answer = visitor.get(address)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert visitor.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    refused = visitor.get(f"{address}/similar?size=0")
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (400, "*")
