"""Pages kept in front of the site: who gets one, for how long, and that what was removed is never shown again."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, make_response, request, session
from werkzeug.test import Client

from gallery import page_cache
from gallery.page_cache import PageCache


class Site:
    """A small site that counts what it is asked."""

    def __init__(self, **more: Any) -> None:
        self.asked: list[str] = []
        app = Flask("site")
        app.secret_key = "k" * 32
        self.meanwhile: Callable[[], None] = lambda: None

        @app.route("/", defaults={"path": ""}, methods=["GET", "POST"])
        @app.route("/<path:path>", methods=["GET", "POST"])
        def page(path: str) -> Response:
            self.asked.append(request.method + " " + request.full_path)
            self.meanwhile()
            if path == "search":
                request.environ[page_cache.CHANGES_NOTHING] = True
            if path == "form":
                session["csrf_token"] = "x"
            answer = make_response(f"<p>{len(self.asked)}</p>", 404 if path == "gone" else 200)
            answer.headers["Cache-Control"] = "no-store" if path == "secret" else "no-cache"
            if path == "picture":
                answer.mimetype = "image/webp"
            answer.add_etag()
            return answer.make_conditional(request)

        self.cache = PageCache(app, **more)
        self.client = Client(self.cache, use_cookies=False)

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, **more)


def test_a_page_is_made_once_for_many() -> None:
    site = Site()
    first, second = site.get("/wall?page=2"), site.get("/wall?page=2")
    assert (first.text, second.text) == ("<p>1</p>", "<p>1</p>")
    assert first.headers == second.headers
    assert site.get("/wall?page=3").text == "<p>2</p>"
    assert site.get("/wall?page=2", headers={"Host": "other.example"}).text == "<p>3</p>"
    assert site.get("/wall?page=2", headers={"Accept": "application/json"}).text == "<p>4</p>"


@pytest.mark.parametrize("path", ["/form", "/secret", "/gone", "/picture"])
def test_what_is_not_a_page_for_everybody_is_asked_for_each_time(path: str) -> None:
    site = Site()
    site.get(path)
    site.get(path)
    assert len(site.asked) == 2


@pytest.mark.parametrize("header", ["Cookie", "Authorization", "Range"])
def test_whoever_may_be_somebody_is_answered_by_the_site(header: str) -> None:
    site = Site()
    site.get("/")
    site.get("/", headers={header: "x"})
    assert len(site.asked) == 2


def test_whoever_has_it_already_is_told_so() -> None:
    site = Site()
    tag = site.get("/").headers["ETag"]
    again = site.get("/", headers={"If-None-Match": tag})
    assert (again.status_code, again.data, len(site.asked)) == (304, b"", 1)
    assert again.headers["Cache-Control"] == "no-cache" and "Content-Length" not in again.headers
    assert site.get("/", headers={"If-None-Match": '"another"'}).text == "<p>1</p>"


def test_a_page_is_too_old_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    site, clock = Site(seconds=10), [100.0]
    monkeypatch.setattr(page_cache.time, "monotonic", lambda: clock[0])
    site.get("/")
    clock[0] = 109.9
    assert site.get("/").text == "<p>1</p>"
    clock[0] = 110.0
    assert site.get("/").text == "<p>2</p>"


def test_whatever_is_sent_empties_it() -> None:
    site = Site()
    site.get("/")
    site.client.post("/takedown")
    assert site.get("/").text == "<p>3</p>"


@pytest.mark.parametrize("path", ["/search", "/gone"])
def test_what_only_asks_or_is_refused_leaves_it(path: str) -> None:
    site = Site()
    site.get("/")
    site.client.post(path)
    assert site.get("/").text == "<p>1</p>"


def test_what_breaks_on_the_way_may_have_changed_something() -> None:
    site = Site()
    site.get("/")
    site.meanwhile = lambda: 1 / 0  # type: ignore[assignment,return-value]
    site.client.post("/takedown")
    site.meanwhile = lambda: None
    assert site.get("/").text == "<p>3</p>"


def test_a_page_made_from_what_was_there_before_is_not_kept() -> None:
    site = Site()

    def removed() -> None:
        site.meanwhile = lambda: None
        site.client.post("/takedown")

    site.meanwhile = removed
    site.get("/")
    site.get("/")
    assert site.asked == ["GET /?", "POST /takedown?", "GET /?"]


def test_it_takes_no_more_memory_than_it_may() -> None:
    site = Site(most_bytes=20)
    for path in ("/a", "/b", "/c", "/b"):
        site.get(path)
    assert len(site.asked) == 3
    site.get("/a")
    assert len(site.asked) == 4
