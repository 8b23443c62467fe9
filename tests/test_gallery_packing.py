"""Answers packed by gzip: for whom, which, and that they are the same unpacked."""

import gzip
import re

import pytest
from exhibition import Exhibition
from flask.testing import FlaskClient
from werkzeug.test import Client

from gallery.page_cache import PageCache

TAKES = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.mark.parametrize(
    "address",
    # None that tells what scores mean: that comes by and by.
    ["/search", "/search?q=wave", "ARTWORK/manifest.json", "/feed.atom", "STYLE"],
)
def test_what_is_packed_is_a_third_of_it_at_most_and_the_same(
    address: str, visitor: FlaskClient, exhibition: Exhibition
) -> None:
    address = address.replace("ARTWORK", f"/artworks/{exhibition.works[0].id}")
    if address == "STYLE":
        found = re.search(r'"(/static/site.css[^"]+)"', visitor.get("/about").text)
        assert found
        address = found[1]
    plain, packed = visitor.get(address), visitor.get(address, headers=TAKES)
    assert "Content-Encoding" not in plain.headers
    assert (packed.status_code, packed.headers["Content-Encoding"]) == (200, "gzip")
    assert "Accept-Encoding" in packed.headers.getlist("Vary")
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) == int(packed.headers["Content-Length"]) < max(1000, len(plain.data) // 3)
    assert packed.headers["Content-Type"] == plain.headers["Content-Type"]
    again = visitor.get(address, headers=TAKES | {"If-None-Match": packed.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("said", ["", "br", "gzip;q=0", "identity", "*;q=0", "gzipped"])
def test_who_does_not_take_it_gets_none(said: str, visitor: FlaskClient) -> None:
    assert "Content-Encoding" not in visitor.get("/", headers={"Accept-Encoding": said}).headers


def test_pictures_small_answers_refusals_parts_and_heads_are_sent_as_they_are(
    visitor: FlaskClient, exhibition: Exhibition
) -> None:
    for address in (f"/pictures/{exhibition.works[0].sha256}/240.webp", "/robots.txt", "/health", "/nothing"):
        assert "Content-Encoding" not in visitor.get(address, headers=TAKES).headers, address
    assert "Content-Encoding" not in visitor.head("/", headers=TAKES).headers
    part = visitor.get("/static/site.css", headers=TAKES | {"Range": "bytes=0-9"})
    assert (part.status_code, len(part.data), "Content-Encoding" in part.headers) == (206, 10, False)


def test_a_secret_is_never_packed_beside_words_of_the_address(visitor: FlaskClient) -> None:
    visitor.get("/by-picture")
    answer = visitor.get("/search?q=wave", headers=TAKES)
    assert "Cookie" in answer.request.headers
    assert "Content-Encoding" not in answer.headers
    # What everybody gets alike has no secret.
    assert "Content-Encoding" in visitor.get("/static/site.css", headers=TAKES).headers


def test_a_page_that_is_kept_is_kept_for_both(visitor: FlaskClient) -> None:
    client = Client(PageCache(visitor.application), use_cookies=False)
    for _ in range(2):
        plain, packed = client.get("/search"), client.get("/search", headers=TAKES)
        assert gzip.decompress(packed.data) == plain.data
        same = client.get("/search", headers=TAKES | {"If-None-Match": packed.headers["ETag"]})
        assert (same.status_code, same.data, "Content-Encoding" in same.headers) == (304, b"", False)
