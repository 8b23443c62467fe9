"""Takedowns on pages: what a visitor asks for, what the queue decides, and how much anybody may ask."""

from pathlib import Path
from typing import Any

import pytest
from curators import GOOD, token
from flask import Flask
from flask.testing import FlaskClient
from holdings import Holding
from looking_after import NOBODY, asked_for, looked_after, post, work

from gallery.db import Database
from gallery.errors import DatabaseUnavailable
from gallery.models.audit import audit_page
from gallery.models.takedowns import open_requests

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture(scope="module")
def hung(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return looked_after(tmp_path_factory.mktemp("manage"))


def test_a_takedown_needs_a_reason_and_is_on_the_record(
    shared_site: Flask, shared: Holding, curator: FlaskClient
) -> None:
    here, public = f"/admin/artworks/{work(shared, 'Study 6')}", f"/artworks/{work(shared, 'Study 6')}"
    assert post(curator, f"{here}/takedown", reason=" ").status_code == 422
    assert post(curator, f"{here}/takedown", reason="x" * 2001).status_code == 422
    assert post(curator, f"{here}/takedown", reason="The heirs asked.").status_code == 303
    assert shared_site.test_client().get(public).status_code == 404
    page = curator.get("/admin/takedowns").text
    assert "The heirs asked." in page and "taken down" in page
    with shared.database.reading() as session:
        newest = audit_page(session, 1, 1).entries[0]
    assert (newest.who, newest.action) == ("Cleo", "takedown down")
    shared.index()
    assert shared_site.test_client().get(public).status_code == 404


def test_a_visitor_asks_and_the_queue_decides(
    shared_site: Flask, shared: Holding, curator: FlaskClient, admin: FlaskClient
) -> None:
    public = f"/artworks/{work(shared, 'Study 7')}"
    stranger = shared_site.test_client()
    assert f'href="{public}/takedown"' in stranger.get(public).text
    form = stranger.get(f"{public}/takedown")
    assert form.status_code == 200 and form.headers["Cache-Control"] == "no-store" and "noindex" in form.text
    answer = post(stranger, f"{public}/takedown", **asked_for())
    assert (answer.status_code, answer.location) == (303, f"{public}/takedown/sent")
    assert "has arrived" in stranger.get(answer.location).text
    queue = curator.get("/admin/takedowns").text
    assert (
        "heir@example.org" in queue and "I speak for the artist&#39;s estate" in queue and "Study 7 is ours." in queue
    )
    with shared.database.reading() as session:
        asked = next(each.id for each in open_requests(session) if each.email == "heir@example.org")
    assert stranger.get(public).status_code == 200
    post(curator, f"/admin/takedowns/{asked}/refuse")
    assert (
        "is refused already"
        in curator.post(
            f"/admin/takedowns/{asked}/refuse", data={"csrf_token": token(curator, "/account")}, follow_redirects=True
        ).text
    )
    post(curator, f"/admin/takedowns/{asked}/accept")
    assert stranger.get(public).status_code == 404 and stranger.get(f"{public}/takedown").status_code == 404
    assert shared.take_in()[1].count("taken-down") >= 1
    assert post(curator, f"/admin/takedowns/{asked}/lift").status_code == 403
    assert post(admin, f"/admin/takedowns/{asked}/lift").status_code == 303
    shared.take_in()
    shared.index()
    assert stranger.get(public).status_code == 200


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"name": " "}, "your name"),
        ({"relation": "friend"}, "what you have to do"),
        ({"email": "nobody"}, "e-mail address"),
        ({"email": "a@b.c\r\nBcc: all@example.org"}, "e-mail address"),
        ({"email": "<script>@b.c"}, "e-mail address"),
        ({"reason": "mine"}, "in a sentence"),
        ({"reason": "a\u202eb is ours, we say"}, "cannot be seen"),
        ({"reason": "x" * 4001}, "4,000 characters"),
    ],
)
def test_a_request_that_will_not_do_is_refused_and_kept_in_the_form(
    shared_site: Flask, shared: Holding, typed: dict[str, str], says: str
) -> None:
    here = f"/artworks/{work(shared, 'Study 8')}/takedown"
    answer = post(shared_site.test_client(), here, **asked_for("Study 8", **typed))
    assert answer.status_code == 422 and says in answer.text and "heir" in answer.text


def test_requests_are_limited_for_an_address_and_signing_in_is_not_hindered(
    shared_site: Flask, shared: Holding
) -> None:
    here, stranger = f"/artworks/{work(shared, 'Study 8')}/takedown", shared_site.test_client()
    base = {"REMOTE_ADDR": "198.51.100.7"}
    signed = {"csrf_token": token(stranger)}
    for attempt in range(7):
        answer = stranger.post(here, data=asked_for("Study 8") | signed, environ_base=base)
        assert answer.status_code == (303 if attempt < 5 else 429)
    assert int(answer.headers["Retry-After"]) > 0
    other = {"REMOTE_ADDR": "198.51.100.8"}
    assert stranger.post(here, data=asked_for("Study 8") | signed, environ_base=other).status_code == 303
    signing_in = {"name": "Ada", "password": GOOD} | signed
    assert stranger.post("/login", data=signing_in, environ_base=base).status_code == 303
    for method in ("PUT", "DELETE"):
        assert stranger.open(here, method=method, data=signed).status_code == 405
    assert stranger.post(here, data=asked_for()).status_code == 400
    assert stranger.get(f"/artworks/{NOBODY}/takedown").status_code == 404


def test_without_the_database_visitors_read_on_and_nothing_is_half_asked(
    shared_site: Flask, shared: Holding, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, stranger = f"/artworks/{work(shared, 'Study 9')}", shared_site.test_client()
    form = asked_for("Study 9") | {"csrf_token": token(stranger)}

    def gone(self: Database, *_: Any) -> None:
        raise DatabaseUnavailable("the database", "it is gone")

    with monkeypatch.context() as patched:
        patched.setattr(Database, "prepare", gone)
        assert stranger.get(here).status_code == stranger.get(f"{here}/takedown").status_code == 200
        assert stranger.post(f"{here}/takedown", data=form).status_code == 503
        for path in ("/admin/artists", "/admin/takedowns", f"/admin{here}"):
            answer = admin.get(path)
            assert answer.status_code == 503 and answer.headers["Retry-After"]
    with shared.database.reading() as session:
        assert [each for each in open_requests(session) if each.label.startswith("Study 9")] == []
