"""Signing in and out and the account's page, each with what must be refused; and what visitors never notice of it."""

import re
from collections.abc import Iterator
from contextlib import closing
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from curators import GOOD
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gallery.accounts import people
from gallery.app import create_app
from gallery.db import Database
from gallery.settings import GallerySettings
from indexer.store import ArtworkStore, open_store

NEW = "nine tin whistles"
STALE = "This form is no longer valid"

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture(scope="module")
def hanging(exhibition: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, ArtworkStore]]:
    """An exhibition of our own with its store open."""
    ours = exhibition.copy(tmp_path_factory.mktemp("accounts"))
    with closing(open_store(GallerySettings(data_dir=ours.data_dir, qdrant_url=None))) as store:
        yield ours, store


def site_of(hanging: tuple[Any, ArtworkStore], database: Database, **more: Any) -> Flask:
    ours, store = hanging
    return create_app(GallerySettings(data_dir=ours.data_dir, qdrant_url=None, **more), store, database)


@pytest.fixture
def site(hanging: tuple[Any, ArtworkStore], database: Database) -> Flask:
    people.add(database, "Ada", GOOD, "admin")
    people.add(database, "Cleo", GOOD, "curator")
    return site_of(hanging, database)


@pytest.fixture
def visitor(site: Flask) -> FlaskClient:
    return site.test_client()


def token(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def sign_in(client: FlaskClient, name: str = "Ada", password: str = GOOD, **more: Any) -> TestResponse:
    data = {"name": name, "password": password, "csrf_token": token(client.get("/login"))} | more.pop("data", {})
    return client.post("/login", data=data, **more)


def signed_in(site: Flask, name: str = "Ada") -> FlaskClient:
    client = site.test_client()
    assert sign_in(client, name).status_code == 303
    return client


def fetch(client: FlaskClient, path: str) -> TestResponse:
    """Return the answer, read to its end."""
    answer = client.get(path)
    answer.get_data()
    answer.close()
    return answer


def cookies(response: TestResponse) -> SimpleCookie:
    jar = SimpleCookie()
    for line in response.headers.getlist("Set-Cookie"):
        jar.load(line)
    return jar


def is_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


# Signing in


def test_signing_in_leads_to_the_desk_and_signing_out_to_the_front_page(visitor: FlaskClient) -> None:
    page = visitor.get("/login")
    assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store"
    answer = sign_in(visitor)
    assert (answer.status_code, answer.location) == (303, "/admin")
    assert visitor.get("/login").location == "/admin"
    desk = visitor.get("/admin")
    assert desk.status_code == 200 and "Ada" in desk.text
    left = visitor.post("/logout", data={"csrf_token": token(desk)})
    assert (left.status_code, left.location) == (303, "/")
    assert not is_in(visitor)
    assert visitor.get("/admin").location == "/login?next=/admin"


def test_a_page_that_asked_for_signing_in_is_where_it_leads(visitor: FlaskClient) -> None:
    asked = visitor.get("/admin/audit?page=1&x=a%20b")
    assert asked.status_code == 302 and asked.location.startswith("/login?next=")
    form = visitor.get(asked.location)
    onward = re.search(r'name="next" value="([^"]+)"', form.text)
    assert onward is not None
    answer = sign_in(visitor, data={"next": onward[1].replace("&amp;", "&")})
    assert answer.location == "/admin/audit?page=1&x=a%20b"
    assert visitor.get(answer.location).status_code == 200


@pytest.mark.parametrize(
    "onward", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "evil"]
)
def test_the_way_on_never_leads_elsewhere(visitor: FlaskClient, onward: str) -> None:
    assert "evil" not in visitor.get("/login", query_string={"next": onward}).text
    assert sign_in(visitor, data={"next": onward}).location == "/admin"
    assert visitor.get("/login", query_string={"next": onward}).location == "/admin"


@pytest.mark.parametrize(("name", "password"), [("Ada", "wrong"), ("nobody", GOOD), ("", ""), ("Ada", "x" * 900)])
def test_every_refusal_says_the_same(visitor: FlaskClient, name: str, password: str) -> None:
    answer = sign_in(visitor, name, password)
    assert answer.status_code == 422
    assert "The name or the password is not right." in answer.text and (
        not password or f'value="{password}"' not in answer.text
    )
    assert answer.headers["Cache-Control"] == "no-store"
    assert not is_in(visitor)


def test_after_a_few_refusals_one_has_to_wait_but_not_in_a_browser_that_is_known(site: Flask) -> None:
    known, stranger = signed_in(site), site.test_client()
    known.post("/logout", data={"csrf_token": token(known.get("/account"))})
    for _ in range(5):
        assert sign_in(stranger, password="wrong").status_code == 422
    answer = sign_in(stranger)
    assert answer.status_code == 429 and "Try again in 15 minutes." in answer.text
    assert 880 <= int(answer.headers["Retry-After"]) <= 900
    # What makes a browser known is signed and belongs to one account.
    forged = site.test_client()
    forged.set_cookie("gallery_device", "WyJhIiwiYiJd.forged")
    assert sign_in(forged).status_code == 429
    assert sign_in(known).status_code == 303
    known.post("/logout", data={"csrf_token": token(known.get("/account"))})
    for _ in range(5):
        assert sign_in(known, "Cleo", "wrong").status_code == 422
    assert sign_in(known, "Cleo").status_code == 429


def test_a_name_is_shown_again_as_text_not_as_markup(visitor: FlaskClient) -> None:
    answer = sign_in(visitor, '"><script>alert(1)</script>', "x")
    assert "<script>alert" not in answer.text and "&lt;script&gt;" in answer.text


def test_a_form_without_its_fields_or_with_enormous_ones_is_refused(visitor: FlaskClient) -> None:
    mark = token(visitor.get("/login"))
    assert visitor.post("/login", data={"csrf_token": mark, "name": "Ada"}).status_code == 400
    assert visitor.post("/login", data={"csrf_token": mark, "name": "x" * 255, "password": GOOD}).status_code == 400
    assert visitor.post("/login", data={"csrf_token": mark, "name": "x" * 70_000, "password": GOOD}).status_code == 413
    assert visitor.post("/login", data={"csrf_token": mark, "name": "A\0da", "password": GOOD}).status_code == 400


# Sessions and cookies


def test_a_session_from_before_signing_in_is_not_taken_over(site: Flask) -> None:
    client = site.test_client()
    client.get("/login")
    before = client.get_cookie("gallery_session")
    mark = token(client.get("/login"))
    sign_in(client)
    after = client.get_cookie("gallery_session")
    assert before is not None and after is not None and before.value != after.value
    refused = client.post("/logout", data={"csrf_token": mark})
    assert refused.status_code == 400 and STALE in refused.text
    # Whoever planted the earlier session has no part in what came of it.
    planted = site.test_client()
    planted.set_cookie("gallery_session", before.value)
    assert not is_in(planted)


@pytest.mark.parametrize(
    ("scheme", "more", "guarded"),
    [
        ("http", {}, False),
        ("https", {}, True),
        ("http", {"base_url": "https://gallery.example"}, True),
        ("http", {"secure_cookies": "on"}, True),
        ("https", {"secure_cookies": "off"}, False),
    ],
)
def test_cookies_are_kept_from_scripts_other_sites_and_plain_http(
    hanging: tuple[Any, ArtworkStore], sqlite: Database, scheme: str, more: dict[str, Any], guarded: bool
) -> None:
    people.add(sqlite, "Ada", GOOD, "admin")
    client = site_of(hanging, sqlite, **more).test_client()
    base = f"{scheme}://127.0.0.1"
    page = client.get("/login", base_url=base)
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    answer = (
        site_of(hanging, sqlite, **more)
        .test_client(use_cookies=False)
        .post(
            "/login",
            base_url=base,
            data={"name": "Ada", "password": GOOD, "csrf_token": token(page)},
            headers={"Cookie": cookie, "Referer": f"{base}/login"},
        )
    )
    assert answer.status_code == 303
    jar = cookies(answer)
    assert set(jar) == {"gallery_session", "gallery_device"}
    for each in jar.values():
        assert (
            each["httponly"] and each["samesite"] == "Lax" and bool(each["secure"]) == guarded and each["path"] == "/"
        )
        assert not each["domain"] and (each["expires"] or each["max-age"])
        assert GOOD not in each.value and "Ada" not in each.value


def test_a_session_ends_with_its_time_however_busy_it_was(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    present, passed = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: present() + passed[0])
    client = signed_in(site)
    for _ in range(3):
        passed[0] += 3.5 * 3600
        with client.session_transaction() as session:
            session["touched"] = passed[0]
        assert is_in(client)
    passed[0] += 2 * 3600
    assert not is_in(client)


def test_a_new_password_ends_all_other_sessions_and_says_so(site: Flask) -> None:
    here, elsewhere = signed_in(site), signed_in(site)
    mark = token(here.get("/account"))
    answer = here.post("/account/password", data={"csrf_token": mark, "password": GOOD, "new": NEW, "repeated": NEW})
    assert (answer.status_code, answer.location) == (303, "/account")
    assert "Your password has been changed" in here.get("/account").text
    assert "has been changed" not in here.get("/account").text
    assert is_in(here) and not is_in(elsewhere)
    assert sign_in(elsewhere).status_code == 422 and sign_in(elsewhere, password=NEW).status_code == 303


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"password": "wrong", "new": NEW, "repeated": NEW}, "The name or the password is not right."),
        ({"password": GOOD, "new": NEW, "repeated": NEW + "!"}, "not typed the same way twice"),
        ({"password": GOOD, "new": "short", "repeated": "short"}, "too short"),
        ({"password": GOOD, "new": "ada ada ada ada", "repeated": "ada ada ada ada"}, "little more than the name"),
    ],
)
def test_a_password_is_not_changed_for_a_wrong_one_or_to_a_bad_one(
    site: Flask, fields: dict[str, str], says: str
) -> None:
    client = signed_in(site)
    answer = client.post("/account/password", data={"csrf_token": token(client.get("/account"))} | fields)
    assert answer.status_code == 422 and says in answer.text
    assert is_in(client) and sign_in(site.test_client()).status_code == 303


def test_the_present_password_cannot_be_guessed_from_an_open_session(site: Flask) -> None:
    client = signed_in(site)
    data = {"csrf_token": token(client.get("/account")), "password": "wrong", "new": NEW, "repeated": NEW}
    answers = [client.post("/account/password", data=data).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]


def test_signing_out_everywhere_is_that(site: Flask) -> None:
    here, elsewhere = signed_in(site), signed_in(site)
    answer = here.post("/account/sessions", data={"csrf_token": token(here.get("/account"))})
    assert (answer.status_code, answer.location) == (303, "/login")
    assert not is_in(here) and not is_in(elsewhere)


def test_a_disabled_account_is_out_at_once_with_what_it_was_about_to_send(site: Flask, database: Database) -> None:
    client = signed_in(site, "Cleo")
    mark = token(client.get("/account"))
    people.set_active(database, "Cleo", False)
    answer = client.post("/account/sessions", data={"csrf_token": mark})
    assert (answer.status_code, answer.location) == (302, "/login")
    assert not is_in(client) and sign_in(client, "Cleo").status_code == 422


def test_a_session_signed_with_another_key_is_none(hanging: tuple[Any, ArtworkStore], sqlite: Database) -> None:
    people.add(sqlite, "Ada", GOOD, "admin")
    theirs = site_of(hanging, sqlite, secret_key="k" * 32)
    cookie = signed_in(theirs).get_cookie("gallery_session")
    assert cookie is not None
    ours = site_of(hanging, sqlite).test_client()
    ours.set_cookie("gallery_session", cookie.value)
    assert not is_in(ours)
    again = site_of(hanging, sqlite, secret_key="k" * 32).test_client()
    again.set_cookie("gallery_session", cookie.value)
    assert is_in(again)


# Every page with a door: logged out, wrong method, no token

POSTS = ["/login", "/logout", "/account/password", "/account/sessions"]


@pytest.mark.parametrize("path", POSTS)
def test_nothing_is_changed_without_the_token_of_a_form(site: Flask, path: str) -> None:
    client = signed_in(site)
    other = token(site.test_client().get("/login"))
    for data in ({}, {"csrf_token": ""}, {"csrf_token": "made up"}, {"csrf_token": other}):
        answer = client.post(path, data={"name": "Ada", "password": GOOD, "new": NEW, "repeated": NEW} | data)
        assert answer.status_code == 400 and STALE in answer.text
    assert is_in(client) and sign_in(site.test_client()).status_code == 303


@pytest.mark.parametrize("path", POSTS[1:])
def test_a_form_of_somebody_not_signed_in_leads_to_signing_in(visitor: FlaskClient, path: str) -> None:
    answer = visitor.post(path, data={"csrf_token": token(visitor.get("/login"))})
    assert answer.status_code in (302, 303)
    assert answer.location == ("/" if path == "/logout" else "/login")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", path) for path in POSTS[1:]]
    + [("PUT", "/login"), ("DELETE", "/account"), ("PATCH", "/logout"), ("POST", "/account")],
)
def test_a_wrong_method_is_refused(site: Flask, method: str, path: str) -> None:
    client = signed_in(site)
    answer = client.open(path, method=method)
    assert answer.status_code == 405 and "Allow" in answer.headers
    assert is_in(client)


def test_a_form_from_another_site_is_refused_over_https(site: Flask) -> None:
    client = site.test_client()
    data = {
        "name": "Ada",
        "password": GOOD,
        "csrf_token": token(client.get("/login", base_url="https://gallery.example")),
    }
    for headers in ({}, {"Referer": "https://evil.example/"}):
        answer = client.post("/login", base_url="https://gallery.example", data=data, headers=headers)
        assert answer.status_code == 400 and STALE in answer.text


# Visitors


PAGES = ["/", "/artists", "/artists/ada-ochre", "/search?q=waves", "/about", "/nowhere", "/robots.txt", "/health"]


def test_visitors_pages_ask_nothing_of_the_database_signed_in_or_not(
    site: Flask, hanging: tuple[Any, ArtworkStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, admin = site.test_client(), signed_in(site)
    paths = [*PAGES, f"/artworks/{hanging[0].works[0].id}", f"/pictures/{hanging[0].works[0].sha256}/240.webp"]
    before = [fetch(visitor, path).status_code for path in paths]
    assert before == [200, 200, 200, 200, 200, 404, 200, 200, 200, 200]

    def refuse(*_: object) -> None:
        pytest.fail("a visitor's page asked the database")

    monkeypatch.setattr(Database, "reading", refuse)
    monkeypatch.setattr(Database, "writing", refuse)
    for path in paths:
        page, ours = fetch(visitor, path), fetch(admin, path)
        assert "Set-Cookie" not in page.headers and "Set-Cookie" not in ours.headers
        if page.mimetype == "text/html":
            above, _, foot = page.text.partition("<footer")
            assert "Sign in" in foot and "Sign in" not in above
            assert "Desk" in ours.text and "Sign in" not in ours.text
            assert "Cookie" in page.headers["Vary"]


def test_the_site_goes_on_for_visitors_when_the_database_is_gone(
    hanging: tuple[Any, ArtworkStore], caplog: pytest.LogCaptureFixture
) -> None:
    with closing(Database("postgresql://gallery:hunter2@127.0.0.1:1/gallery")) as gone:
        client = site_of(hanging, gone).test_client()
        assert client.get("/").status_code == 200
        assert client.get("/login").status_code == 200
        answer = sign_in(client)
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    assert "127.0.0.1:1" not in answer.text and "127.0.0.1:1" in caplog.text and "hunter2" not in caplog.text


def test_without_a_key_there_is_no_signing_in_and_everything_else(
    hanging: tuple[Any, ArtworkStore], sqlite: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    _, store = hanging
    client = create_app(GallerySettings(data_dir=tmp_path / "file"), store, sqlite).test_client()
    assert "GALLERY_SECRET_KEY" in caplog.text
    assert client.get("/").status_code == 200
    assert client.get("/login").status_code == 503
    assert client.post("/login", data={"name": "Ada", "password": GOOD}).status_code == 400
    assert client.get("/admin").status_code == 302


def test_neither_passwords_nor_names_that_may_be_one_reach_the_log(
    site: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    sign_in(site.test_client(), GOOD, "hunter2hunter2")
    assert "sign-in refused: WrongPassword (from 127.0.0.1)" in caplog.text
    assert GOOD not in caplog.text and "hunter2" not in caplog.text
