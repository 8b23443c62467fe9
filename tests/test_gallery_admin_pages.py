"""The desk: its overview and the audit log, and whom they are closed to."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from curators import GOOD, signed_in
from flask import Flask

from gallery.accounts import people
from gallery.admin.desk import moment
from gallery.app import create_app
from gallery.assets import TEMPLATES
from gallery.db import Database
from gallery.errors import DatabaseUnavailable
from gallery.models import Artist, Correction, Job, Takedown
from gallery.models.audit import record
from gallery.settings import GallerySettings
from indexer.store import ArtworkStore, open_store

DESK = ["/admin", "/admin/audit"]

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture(scope="module")
def hanging(
    exhibition: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[GallerySettings, ArtworkStore]]:
    ours = exhibition.copy(tmp_path_factory.mktemp("admin"))
    settings = GallerySettings(data_dir=ours.data_dir, qdrant_url=None)
    with closing(open_store(settings)) as store:
        yield settings, store


@pytest.fixture
def site(hanging: tuple[GallerySettings, ArtworkStore], database: Database) -> Flask:
    people.add(database, "Ada", GOOD, "admin")
    people.add(database, "Cleo", GOOD, "curator")
    return create_app(*hanging, database)


@pytest.mark.parametrize("path", DESK)
def test_pages_of_the_desk_are_shown_to_admins_and_kept_by_no_cache(site: Flask, path: str) -> None:
    page = signed_in(site, "Ada").get(path)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store" and "ETag" not in page.headers
    assert 'aria-current="page"' in page.text and 'content="noindex"' in page.text


@pytest.mark.parametrize("path", DESK)
def test_whoever_is_not_signed_in_is_asked_to(site: Flask, path: str) -> None:
    answer = site.test_client().get(path)
    assert (answer.status_code, answer.location) == (302, f"/login?next={path}")


def test_curators_see_the_overview_but_not_the_log(site: Flask) -> None:
    client = signed_in(site, "Cleo")
    overview = client.get("/admin")
    assert overview.status_code == 200 and "Audit log" not in overview.text
    refused = client.get("/admin/audit")
    assert refused.status_code == 403 and refused.headers["Cache-Control"] == "no-store"
    assert "This page is for admins. You are signed in as Cleo, curator." in refused.text


@pytest.mark.parametrize("path", DESK)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_pages_of_the_desk_cannot_be_sent_anything(site: Flask, path: str, method: str) -> None:
    answer = signed_in(site, "Ada").open(path, method=method)
    assert answer.status_code == 405 and "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(("page", "status"), [("2", 404), ("0", 400), ("-1", 400), ("x", 400), ("99999999999", 400)])
def test_a_page_of_the_log_that_is_none_is_refused(site: Flask, page: str, status: int) -> None:
    assert signed_in(site, "Ada").get(f"/admin/audit?page={page}").status_code == status


def test_the_overview_counts(site: Flask, database: Database) -> None:
    with database.writing() as session:
        session.add_all([Artist(name="A", slug="a"), Artist(name="B", slug="b")])
        session.add_all([Job(kind="scrape"), Job(kind="scrape", state="done")])
        session.add(Takedown(sha256="a" * 64, label="A", reason="mine", asked_by="me"))
        session.add_all(Correction(sha256="a" * 64, field=field, value=None) for field in ("title", "year", "credit"))
    people.set_active(database, "Cleo", False)
    page = signed_in(site, "Ada").get("/admin").text
    counts = dict(re.findall(r"<dt>([^<]+)</dt><dd>(?:<a [^>]+>)?([^<]+)<", page))
    assert counts == {
        "Artworks": "40",
        "Artists on file": "2",
        "Jobs under way": "1",
        "Takedown requests": "1",
        "Duplicates to look at": "0",
        "Held works to look at": "0",
        "Pictures to look at": "0",
        "Labels to look at": "0",
        "Corrections": "3",
        "Accounts": "1",
    }


def test_the_log_says_who_did_what_and_when_newest_first(site: Flask, database: Database) -> None:
    client = signed_in(site, "Ada")
    page = client.get("/admin/audit").text
    assert page.index("signed in") < page.index("Cleo") < page.index("role: <bdi>admin</bdi>")
    assert "command line" in page and "3 entries" in page
    assert re.search(
        r'<time datetime="20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00">\d+ \w{3} 20\d\d, \d\d:\d\d</time>', page
    )
    with database.writing() as session:
        for number in range(60):
            record(session, None, "counted", f"number {number}")
    first, second = client.get("/admin/audit").text, client.get("/admin/audit?page=2").text
    assert "number 59" in first and "number 9<" not in first and "Page 1 of 2" in first
    assert (
        "number 9<" in second and "number 10<" not in second and second.index("number 0<") < second.index("signed in")
    )


def test_whatever_was_typed_is_text_in_the_log(site: Flask, database: Database) -> None:
    evil = "<script>alert(1)</script>"
    with database.writing() as session:
        record(session, None, evil, evil, title=evil, tags=[evil], nothing=None)
    page = signed_in(site, "Ada").get("/admin/audit").text
    assert "<script" not in page and page.count("&lt;script&gt;") >= 4


def test_a_long_subject_is_cut_and_what_is_no_json_is_a_mistake(database: Database) -> None:
    with database.writing() as session:
        record(session, None, "added", "x" * 1000)
    with pytest.raises(Exception, match="not JSON serializable"), database.writing() as session:
        record(session, None, "added", "x", when=datetime.now(UTC))


def test_an_entry_is_kept_only_with_what_it_tells_of(site: Flask, database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as session:
        record(session, None, "dropped a plate")
        raise ZeroDivisionError
    assert "dropped a plate" not in signed_in(site, "Ada").get("/admin/audit").text


def test_an_empty_gallery_has_a_desk_too(tmp_path: Any, sqlite: Database) -> None:
    people.add(sqlite, "Ada", GOOD, "admin")
    settings = GallerySettings(data_dir=tmp_path / "none", qdrant_url=None)
    with closing(open_store(settings)) as store:
        client = signed_in(create_app(settings, store, sqlite), "Ada")
        assert "<dt>Artworks</dt><dd>0</dd>" in client.get("/admin").text


@pytest.mark.parametrize("path", [*DESK, "/account"])
def test_while_the_database_is_gone_the_desk_is_closed_and_says_so(
    site: Flask, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    client = signed_in(site, "Ada")

    def gone(self: Database) -> None:
        raise DatabaseUnavailable(self.where, "connection refused")

    with monkeypatch.context() as patched:
        patched.setattr(Database, "prepare", gone)
        answer = client.get(path)
        assert answer.status_code == 503 and answer.headers["Retry-After"] and "connection refused" not in answer.text
    assert client.get(path).status_code == 200


# Whatever is added to the site later is held to this, too.

FILLED = {"int": 1, "uuid": UUID(int=1), "default": "x", "path": "x", "string": "x"}


def addresses(site: Flask, method: str) -> list[str]:
    """Return an address of every page that takes a method, some value put into each part that varies."""
    adapter = site.url_map.bind("localhost")
    found = []
    for rule in site.url_map.iter_rules():
        if method in (rule.methods or set()):
            kinds = {
                name: type(each).__name__.removesuffix("Converter").lower() for name, each in rule._converters.items()
            }
            values = {
                name: FILLED[{"integer": "int", "unicode": "string"}.get(kind, kind)] for name, kind in kinds.items()
            }
            found.append(adapter.build(rule.endpoint, values, method=method))
    return found


def test_no_page_of_the_desk_is_open(site: Flask) -> None:
    visitor = site.test_client()
    closed = [each for each in addresses(site, "GET") if re.match("/(admin|account)(/|$)", each)]
    assert {"/admin", "/admin/audit", "/account"} <= set(closed)
    for address in closed:
        answer = visitor.get(address)
        assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/login"), address


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_no_page_changes_anything_without_a_token(site: Flask, method: str) -> None:
    client = signed_in(site, "Ada")
    known = addresses(site, method)
    assert method != "POST" or {"/login", "/logout", "/account/password", "/account/sessions"} <= set(known)
    for address in known:
        assert client.open(address, method=method, data={"x": "y"}).status_code == 400, address


def test_every_form_that_sends_something_carries_its_token() -> None:
    forms = {
        f"{path.relative_to(TEMPLATES)}: {form}": form
        for path in TEMPLATES.rglob("*.html")
        for form in re.findall(r"<form\b.*?</form>", path.read_text(), re.DOTALL | re.IGNORECASE)
        if re.search(r"method=.?post", form, re.IGNORECASE)
    }
    assert len(forms) >= 3
    assert not [where for where, form in forms.items() if "{{ token() }}" not in form]


def test_moments_are_written_in_utc() -> None:
    assert moment(datetime(2026, 3, 3, 4, 5, tzinfo=UTC)) == "3 Mar 2026, 04:05"
