"""What goes along with every answer: the policy against foreign content, and what may be kept for how long."""

import re

import pytest
from exhibition import Exhibition
from flask import Flask
from flask.testing import FlaskClient

from gallery.app import create_app
from gallery.assets import IMMUTABLE, STATIC
from gallery.catalogue import store

ADDRESSES = (
    *("/", "/about", "/artists", "/search", "/search?page=0", "/nothing", "/health", "/robots.txt", "/favicon.ico"),
    *("/static/site.css", "/static/nothing.css", f"/pictures/{'0' * 64}/240.webp", "ARTWORK", "PICTURE"),
)


def address(name: str, exhibition: Exhibition) -> str:
    work = exhibition.works[0]
    return {"ARTWORK": f"/artworks/{work.id}", "PICTURE": f"/pictures/{work.sha256}/240.webp"}.get(name, name)


@pytest.mark.parametrize("method", ["get", "head", "post"])
@pytest.mark.parametrize("name", ADDRESSES)
def test_every_answer_carries_the_policy(name: str, method: str, visitor: FlaskClient, exhibition: Exhibition) -> None:
    headers = getattr(visitor, method)(address(name, exhibition)).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "Server" not in headers
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize("name", ADDRESSES)
def test_no_page_carries_script_or_style_of_its_own(name: str, visitor: FlaskClient, exhibition: Exhibition) -> None:
    html = visitor.get(address(name, exhibition)).get_data().decode(errors="replace")
    if html.startswith("<!doctype"):
        assert not re.search(
            r"<style|<script(?! type=.application/ld\+json.>|[^>]*\ssrc=)|\sstyle=|\son[a-z]+=|javascript:", html
        )


@pytest.mark.parametrize("name", ADDRESSES)
def test_head_is_get_without_the_body(name: str, visitor: FlaskClient, exhibition: Exhibition) -> None:
    get, head = visitor.get(address(name, exhibition)), visitor.head(address(name, exhibition))
    assert head.status_code == get.status_code
    assert head.data == b""
    assert head.headers["Content-Type"] == get.headers["Content-Type"]
    assert head.headers.get("Content-Length") == get.headers.get("Content-Length")


@pytest.mark.parametrize("name", ["/", "/artists", "/search?q=study", "/about", "ARTWORK"])
def test_a_page_that_has_not_changed_is_not_sent_again(name: str, visitor: FlaskClient, exhibition: Exhibition) -> None:
    first = visitor.get(address(name, exhibition))
    assert first.headers["Cache-Control"] == "no-cache"
    again = visitor.get(address(name, exhibition), headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "Content-Security-Policy" in again.headers
    other = visitor.get(address(name, exhibition), headers={"If-None-Match": '"another"'})
    assert other.data == first.data


def test_a_page_that_has_changed_is_sent(site: Flask, visitor: FlaskClient, exhibition: Exhibition) -> None:
    work = exhibition.works[5]
    tag = visitor.get(f"/artworks/{work.id}").headers["ETag"]
    with site.app_context():
        store().set_fields({work.id: {"title": "Another title"}})
    answer = visitor.get(f"/artworks/{work.id}", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert "Another title" in answer.text


def test_static_files_are_kept_for_a_year_under_the_address_that_pages_give(visitor: FlaskClient) -> None:
    linked = re.findall(r'(?:href|src)="(/static/[^"]+)"', visitor.get("/").text)
    assert {link.partition("?")[0] for link in linked} == {"/static/site.css", "/static/favicon.svg"}
    for link in linked:
        answer = visitor.get(link)
        assert answer.headers["Cache-Control"] == IMMUTABLE
        assert answer.data == (STATIC / link.partition("?")[0].removeprefix("/static/")).read_bytes()
        kept = visitor.get(link, headers={"If-None-Match": answer.headers["ETag"]})
        assert kept.status_code == 304
        assert kept.headers["Cache-Control"] == IMMUTABLE


@pytest.mark.parametrize("link", ["/static/site.css", "/static/site.css?v=0123456789ab", "/static/site.css?v="])
def test_a_static_file_under_an_old_address_is_asked_for_again(link: str, visitor: FlaskClient) -> None:
    assert visitor.get(link).headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(("base", "strict"), [("https://gallery.example", True), ("http://gallery.example", False)])
def test_https_is_insisted_on_where_the_site_is_reached_by_it(
    base: str, strict: bool, exhibition: Exhibition, site: Flask
) -> None:
    with site.app_context():
        secure = create_app(exhibition.settings(base_url=base + "/"), store()).test_client()
    answer = secure.get("/artists")
    assert ("Strict-Transport-Security" in answer.headers) is strict
    page = secure.get(f"/artworks/{exhibition.works[0].id}").text
    assert f'<link rel="canonical" href="{base}/artworks/{exhibition.works[0].id}">' in page


def test_forwarded_headers_are_believed_only_of_as_many_proxies_as_there_are(
    exhibition: Exhibition, site: Flask
) -> None:
    forged = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example, gallery.example"}
    page = f"/artworks/{exhibition.works[0].id}"
    for proxies, seen in ((0, "http://localhost"), (1, "https://gallery.example"), (2, "https://evil.example")):
        with site.app_context():
            app = create_app(exhibition.settings(proxies=proxies), store())
        headers = forged if proxies < 2 else forged | {"X-Forwarded-Proto": "https, https"}
        assert f'<link rel="canonical" href="{seen}/' in app.test_client().get(page, headers=headers).text


def test_robots_are_kept_from_what_has_no_end(visitor: FlaskClient) -> None:
    answer = visitor.get("/robots.txt")
    assert answer.content_type.startswith("text/plain")
    assert {"User-agent: *", "Disallow: /search?*&", "Disallow: /health"} <= set(answer.text.splitlines())


def test_health_is_never_kept(visitor: FlaskClient) -> None:
    answer = visitor.get("/health")
    assert answer.json is not None
    assert answer.json["ok"] is True
    assert answer.json["artworks"] == 40
    assert answer.json["engine"].startswith("Qdrant Edge")
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_icon_is_found_by_those_who_only_guess(visitor: FlaskClient) -> None:
    answer = visitor.get("/favicon.ico")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
