"""The pages of jobs and of a new artist: whom they are for, what they refuse, what they never let through."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from exhibition import settings_for
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from test_gallery_admin_pages import GOOD, signed_in
from test_gallery_uploads import zipped
from waitress.adjustments import Adjustments
from workshop import painting

from gallery.accounts import people
from gallery.admin import jobs as pages
from gallery.admin.new_artist import UPLOAD
from gallery.admission import channel_for
from gallery.app import create_app
from gallery.db import Database
from gallery.errors import AskRefused, DatabaseUnavailable
from gallery.jobs import wishes
from gallery.jobs.previewing import preview_dir
from gallery.models import Artist, Job
from gallery.models.jobs import job_by_id
from gallery.settings import GallerySettings
from indexer.store import open_store
from scraper.sources import SOURCES

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7919*7907}}'
FILLED = {"name": "Ada Ochre", "pages": "https://museum.example/works", "limit": "20"}

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def settings(tmp_path: Path) -> GallerySettings:
    return settings_for(tmp_path / "data")


@pytest.fixture
def site(settings: GallerySettings, sqlite: Database) -> Iterator[Flask]:
    people.add(sqlite, "Ada", GOOD, "admin")
    people.add(sqlite, "Cleo", GOOD, "curator")
    store = open_store(settings)
    yield create_app(settings, store, sqlite)
    store.close()


@pytest.fixture
def ada(site: Flask) -> FlaskClient:
    return signed_in(site, "Ada")


def send(client: FlaskClient, path: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/admin/artists/new").text)
    found = found or re.search(r'name="csrf_token" value="([^"]+)"', client.get("/account").text)
    assert found
    return client.post(path, data={**(data or {}), "csrf_token": found[1]}, **more)


def store_job(database: Database, **values: Any) -> int:
    with database.writing() as session:
        job = Job(**{"kind": "scrape", "asked": {"name": "Ada Ochre"}} | values)
        session.add(job)
        session.flush()
        return job.id


def get_job(database: Database, job_id: int) -> Job:
    with database.reading() as session:
        found = job_by_id(session, job_id)
    assert found is not None
    return found


SHOWN = ["/admin/jobs", "/admin/artists/new"]
OF_A_JOB = ["/admin/jobs/{}", "/admin/jobs/{}/standing", "/admin/jobs/{}/events"]
SENT = ["/admin/artists/preview", "/admin/artists/new", "/admin/artists/upload"]
SENT_TO_A_JOB = ["/admin/jobs/{}/cancel", "/admin/jobs/{}/resume", "/admin/jobs/{}/retry"]


@pytest.mark.parametrize("path", SHOWN + OF_A_JOB)
def test_pages_are_for_admins_and_kept_by_no_cache(site: Flask, sqlite: Database, path: str) -> None:
    address = path.format(store_job(sqlite, state="done"))
    page = signed_in(site, "Ada").get(address)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert signed_in(site, "Cleo").get(address).status_code == 403
    assert site.test_client().get(address).location == f"/login?next={address}"
    assert signed_in(site, "Ada").delete(address).status_code == 405


@pytest.mark.parametrize("path", SENT + SENT_TO_A_JOB)
def test_what_changes_things_needs_an_admin_and_a_token(site: Flask, sqlite: Database, path: str) -> None:
    job = store_job(sqlite, state="queued")
    address = path.format(job)
    assert signed_in(site, "Ada").post(address, data=FILLED).status_code == 400
    assert send(signed_in(site, "Cleo"), address, FILLED).status_code == 403
    stranger = site.test_client()
    found = re.search(r'name="csrf_token" value="([^"]+)"', stranger.get("/login").text)
    assert found
    assert stranger.post(address, data=FILLED | {"csrf_token": found[1]}).location.startswith("/login")
    if path in SENT_TO_A_JOB:
        assert signed_in(site, "Ada").get(address).status_code == 405
    assert get_job(sqlite, job).state == "queued"


@pytest.mark.parametrize("path", OF_A_JOB)
def test_what_is_no_job_is_not_found(ada: FlaskClient, path: str) -> None:
    for number in ("999", "0", "x", "-1", "99999999999999999999999"):
        assert ada.get(path.format(number)).status_code == 404


@pytest.mark.parametrize("path", SENT_TO_A_JOB)
def test_buttons_for_no_job_are_not_found(ada: FlaskClient, path: str) -> None:
    assert send(ada, path.format("999")).status_code == 404
    assert send(ada, path.format("99999999999999999999999")).status_code == 404


def test_the_list_is_filtered_and_paged(ada: FlaskClient, sqlite: Database) -> None:
    for number in range(45):
        store_job(sqlite, state="failed" if number % 2 else "done", message=f"sentence {number}.")
    assert "45 jobs" in ada.get("/admin/jobs").text and "Page 1 of 2" in ada.get("/admin/jobs").text
    failed = ada.get("/admin/jobs?state=failed")
    assert "22 jobs" in failed.text and "sentence 43." in failed.text and "sentence 44." not in failed.text
    assert "No such job" in ada.get("/admin/jobs?kind=upload").text
    for wrong in ("state=strange", "kind=strange", "page=0", "page=x"):
        assert ada.get(f"/admin/jobs?{wrong}").status_code == 400
    assert ada.get("/admin/jobs?page=3").status_code == 404


def test_a_filled_in_form_becomes_a_preview_and_that_an_artist_with_a_job(ada: FlaskClient, sqlite: Database) -> None:
    asked = send(
        ada,
        "/admin/artists/preview",
        FILLED | {"name": "  Zoe\u0308  Ochre ", "born": "1840", "movements": "Tides, Ebb", "aliases": "Z. O.\nZoë"},
    )
    assert asked.status_code == 303
    number = int(asked.location.rpartition("/")[2])
    job = get_job(sqlite, number)
    assert (job.kind, job.state) == ("preview", "queued")
    assert job.asked == {
        **{"name": "Zoë Ochre", "aliases": ["Z. O.", "Zoë"], "born": 1840, "died": None, "wikidata": None},
        **{"movements": ["Tides", "Ebb"], "pages": ["https://museum.example/works"], "sources": [], "limit": 20},
    }
    page = ada.get(asked.location)
    assert "data-events" in page.text and '<noscript><meta http-equiv="refresh"' in page.text
    assert send(ada, "/admin/artists/new", {"preview": number}).status_code == 422
    with sqlite.writing() as session:
        found = job_by_id(session, number)
        assert found is not None
        found.state = "done"
        found.progress = {"preview": {"facts": {"born": 1, "died": 1926, "movements": ["Ebb", "Flow"]}, "finds": []}}
    started = send(ada, "/admin/artists/new", {"preview": number, "facts": "1"})
    assert started.status_code == 303
    with sqlite.reading() as session:
        artist = session.query(Artist).one()
        scrape = job_by_id(session, int(started.location.rpartition("/")[2]))
    assert (artist.name, artist.slug, artist.born, artist.died) == ("Zoë Ochre", "zoe-ochre", 1840, 1926)
    assert artist.movements == ["Tides", "Ebb", "Flow"]
    assert scrape is not None and (scrape.kind, scrape.artist_id) == ("scrape", artist.id)
    twice = send(ada, "/admin/artists/new", {"preview": number})
    assert twice.status_code == 422 and "A job for Zoë Ochre is waiting or under way" in twice.text
    again = ada.get(f"/admin/artists/new?preview={number}").text
    assert 'value="Zoë Ochre"' in again and "https://museum.example/works" in again


REFUSED = [
    ({"name": ""}, "The name is empty"),
    ({"name": "x" * 121}, "The name is too long"),
    ({"name": "a\u202eb"}, "characters that cannot be seen"),
    ({"name": "a\x07b"}, "characters that cannot be seen"),
    ({"born": "soon"}, "must be a number such as 1840"),
    ({"born": "1900", "died": "1800"}, "lies before that of birth"),
    ({"wikidata": "296"}, "must look like Q296"),
    ({"limit": "0"}, "must be from 1 to 500"),
    ({"limit": "501"}, "must be from 1 to 500"),
    ({"limit": "1e3"}, "must be from 1 to 500"),
    ({"pages": ""}, "tick a source or name a page"),
    ({"pages": "\n".join(f"https://museum.example/{n}" for n in range(21))}, "20 at most"),
    ({"aliases": "\n".join(f"name {n}" for n in range(21))}, "20 at most"),
    ({"sources": "google"}, "is not one that is on here"),
    ({"sources": "../../etc/passwd"}, "is not one that is on here"),
    ({"sources": "folder"}, "is not one that is on here"),
]
NOT_VISITED = [
    *(
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://0/",
    ),
    *("file:///etc/passwd", "gopher://x/", "javascript:alert(1)", "http://u:p@museum.example/", "http://2130706433/"),
    *(
        "http://museum.example:22/",
        "https://museum.example\\@evil.example/",
        "http://[::ffff:127.0.0.1]/",
        "//x.example",
    ),
]


@pytest.mark.parametrize(("fields", "says"), REFUSED)
def test_what_cannot_be_is_said_and_what_was_typed_is_kept(
    ada: FlaskClient, sqlite: Database, fields: dict[str, str], says: str
) -> None:
    page = send(ada, "/admin/artists/preview", FILLED | {"movements": "Kept Words"} | fields)
    assert page.status_code == 422 and says in page.text and "Kept Words" in page.text
    with sqlite.reading() as session:
        assert session.query(Job).count() == 0


@pytest.mark.parametrize("address", NOT_VISITED)
def test_no_page_leads_into_the_house(ada: FlaskClient, address: str) -> None:
    page = send(ada, "/admin/artists/preview", FILLED | {"pages": f"https://museum.example/\n{address}"})
    assert page.status_code == 422 and "cannot be visited" in page.text


def test_sources_are_ticked_with_their_cautions_and_those_that_are_off_cannot_be(ada: FlaskClient) -> None:
    page = ada.get("/admin/artists/new").text
    for name, source in SOURCES.sites().items():
        if name != "webpage":
            tick = re.search(rf'<input type="checkbox" name="sources" value="{name}"([^>]*)>', page)
            assert tick and ("disabled" in tick[1]) == (not source.default_on) and source.title in page
            assert source.caution is None or source.caution.split(":")[0] in page


def test_fields_that_the_form_does_not_have_change_nothing(ada: FlaskClient, sqlite: Database) -> None:
    more = {"state": "done", "kind": "scrape", "user_id": "7", "folder": "1", "upload": "../../..", "settings": "x"}
    asked = send(ada, "/admin/artists/preview", FILLED | more)
    job = get_job(sqlite, int(asked.location.rpartition("/")[2]))
    assert (job.kind, job.state, job.user_id) == ("preview", "queued", 1)
    assert not {"upload", "folder", "settings", "state"} & job.asked.keys()
    only = store_job(sqlite, kind="scrape", state="done")
    assert send(ada, "/admin/artists/new", {"preview": only, "name": "Mallory"}).status_code == 404


def test_nothing_that_was_typed_or_scraped_is_run_by_a_browser(
    ada: FlaskClient, sqlite: Database, settings: GallerySettings
) -> None:
    said = {"state": "done", "done": 1, "total": 2, "note": EVIL, "sources": {}, "reasons": {EVIL: 1}}
    said["sources"] = {EVIL: {"found": 1, "kept": 1, "duplicates": 0, "skipped": 0, "error": EVIL}}
    find = {"sha256": "a" * 64, "title": EVIL, "artist": EVIL, "year": 1900, "licence": EVIL, "source": EVIL}
    find |= {"width": 3, "height": 3, "shown": True, "like": {"how": "near", "title": EVIL, "artist": EVIL}}
    dropped = [{"address": EVIL, "reason": EVIL, "detail": EVIL}]
    facts = {"label": EVIL, "description": EVIL, "born": 1, "nationality": EVIL, "movements": [EVIL]}
    seen = {"finds": [find], "dropped": dropped, "errors": [EVIL], "facts": facts}
    asked = {"name": EVIL, "pages": [EVIL], "sources": [EVIL], "aliases": [EVIL], "limit": 3}
    live = store_job(sqlite, state="running", asked=asked, log=EVIL, message=EVIL, progress={"collect": said})
    look = store_job(sqlite, kind="preview", state="done", asked=asked, message=EVIL, progress={"preview": seen})
    paths = ["/admin/jobs", f"/admin/jobs/{live}", f"/admin/jobs/{live}/standing", f"/admin/artists/preview/{look}"]
    for path in [*paths, f"/admin/artists/new?preview={look}"]:
        page = ada.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text and "<img src=x" not in page.text and "62615533" not in page.text, path
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    with sqlite.writing() as session:
        found = job_by_id(session, live)
        assert found is not None
        found.state = "done"
    stream = ada.get(f"/admin/jobs/{live}/events").text
    assert "<script>alert" not in stream and "event: over" in stream
    page = send(ada, "/admin/artists/preview", {name: EVIL for name in wishes.SIMPLE if name not in ("born", "died")})
    assert page.status_code in (400, 422) and "<script>alert" not in page.text


@pytest.mark.parametrize("value", ["x\r\nSet-Cookie: a=b", "x\nLocation: http://evil.example"])
def test_no_field_gets_into_a_header(ada: FlaskClient, value: str) -> None:
    answers = [
        send(ada, "/admin/artists/preview", FILLED | {"name": value}),
        send(ada, "/admin/artists/new", {"preview": value}),
        ada.get("/admin/jobs", query_string={"state": value}),
        ada.get("/admin/artists/new", query_string={"preview": value}),
    ]
    for answer in answers:
        assert "a=b" not in str(answer.headers) and "evil.example" not in str(answer.headers)


def test_a_previews_pictures_are_for_admins_and_nothing_else_is_served(
    site: Flask, ada: FlaskClient, sqlite: Database, settings: GallerySettings
) -> None:
    job = store_job(sqlite, kind="preview", state="done")
    folder = preview_dir(settings, job) / "thumbnails" / "aa"
    folder.mkdir(parents=True)
    (folder / f"{'a' * 64}-240.webp").write_bytes(b"RIFF")
    address = f"/admin/artists/preview/{job}/{'a' * 64}.webp"
    with ada.get(address) as answer:
        assert (answer.status_code, answer.data, answer.headers["Cache-Control"]) == (200, b"RIFF", "no-store")
    assert site.test_client().get(address).status_code == 302
    assert signed_in(site, "Cleo").get(address).status_code == 403
    base = f"/admin/artists/preview/{job}"
    for name in ("b" * 64, "..%2f..%2fgallery.sqlite3", "a" * 63, "A" * 64, f"../{'a' * 61}"):
        assert ada.get(f"{base}/{name}.webp").status_code == 404, name
    other = store_job(sqlite, kind="scrape", state="done")
    assert ada.get(f"/admin/artists/preview/{other}/{'a' * 64}.webp").status_code == 404


def test_so_many_streams_and_no_more_and_each_ends(ada: FlaskClient, site: Flask, sqlite: Database) -> None:
    job = store_job(sqlite, state="queued")
    done = store_job(sqlite, state="done")
    with site.app_context():
        streams = pages._streams()
    taken = 0
    while streams.free.acquire(blocking=False):
        taken += 1
    assert taken == site.config["GALLERY"].threads // 4
    assert ada.get(f"/admin/jobs/{job}/events").status_code == 204
    streams.free.release()
    assert "event: over" in ada.get(f"/admin/jobs/{done}/events").text
    # Given back by the stream that has ended.
    assert streams.free.acquire(blocking=False)


def test_a_stream_lasts_a_while_and_not_longer(
    ada: FlaskClient, sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "LIVE_SECONDS", 0.3)
    monkeypatch.setattr(pages, "_EVERY_SECONDS", 0.1)
    stream = ada.get(f"/admin/jobs/{store_job(sqlite, state='queued')}/events")
    assert stream.mimetype == "text/event-stream" and stream.headers["Cache-Control"] == "no-store"
    assert stream.text.count("event: standing") == 1 and "event: over" not in stream.text


@pytest.mark.parametrize("path", ["/admin/jobs", "/admin/jobs/1", "/admin/jobs/1/events", "/admin/artists/preview/1"])
def test_while_the_database_is_gone_the_pages_say_so(
    ada: FlaskClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def gone(self: Database) -> None:
        raise DatabaseUnavailable(self.where, "connection refused")

    monkeypatch.setattr(Database, "prepare", gone)
    answer = ada.get(path)
    assert answer.status_code == 503 and answer.headers["Retry-After"] and "connection refused" not in answer.text


# Uploads.


def test_an_upload_becomes_a_preview_and_a_job_and_only_admins_may_send_so_much(
    site: Flask, ada: FlaskClient, sqlite: Database, settings: GallerySettings
) -> None:
    content = zipped(("a.jpg", painting(1)), ("b.jpg", painting(2)), ("pad.png", b"\x89PNG" + b"x" * 100_000), how=0)
    body = content.getvalue()
    assert len(body) > 100_000
    data = {"name": "Ada Ochre", "licence": "CC0-1.0", "credit": "", "files": (io.BytesIO(body), "works.zip")}
    asked = send(ada, "/admin/artists/upload", data, content_type="multipart/form-data")
    assert asked.status_code == 303, asked.text
    job = get_job(sqlite, int(asked.location.rpartition("/")[2]))
    assert len(list((settings.uploads_dir / job.asked["upload"]).iterdir())) == 3
    for name in ("Cleo", None):
        client = signed_in(site, name) if name else site.test_client()
        answer = client.post("/admin/artists/upload", data=data | {"files": (io.BytesIO(body), "works.zip")})
        assert answer.status_code == 413
    assert ada.post("/admin/artists/preview", data=data | {"files": (io.BytesIO(body), "x")}).status_code == 413
    with sqlite.writing() as session:
        found = job_by_id(session, job.id)
        assert found is not None
        found.state = "done"
    started = send(ada, "/admin/artists/new", {"preview": job.id})
    assert get_job(sqlite, int(started.location.rpartition("/")[2])).kind == "upload"
    refused = send(
        ada,
        "/admin/artists/upload",
        {"name": EVIL, "files": (io.BytesIO(b"x"), "../<script>alert(1).exe")},
        content_type="multipart/form-data",
    )
    assert refused.status_code == 422 and "is neither a picture nor a zip" in refused.text
    assert "<script>alert" not in refused.text


@given(st.text(max_size=200))
def test_a_name_is_refused_or_becomes_plain(text: str) -> None:
    try:
        name = wishes.name_of(text)
    except AskRefused:
        return
    assert 1 <= len(name) <= 120 and name == " ".join(name.split()) and wishes.name_of(name) == name


def test_the_server_takes_in_large_bodies_from_sessions_and_for_uploads_only(site: Flask) -> None:
    cookie = signed_in(site, "Ada").get_cookie("gallery_session")
    assert cookie is not None
    limits = Adjustments(max_request_body_size=2**20)

    def refused(path: str, session: str, size: int = 50_000_000) -> bool:
        """Send the head of a request, and tell whether its body is refused before it comes."""
        parser = channel_for(site).parser_class(limits)
        head = f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Length: {size}\r\n"
        parser.received(f"{head}Cookie: gallery_session={session}\r\n\r\n".encode())
        return parser.error is not None and parser.error.code == 413

    assert not refused(UPLOAD, cookie.value)
    assert refused(UPLOAD, cookie.value, 500_000_000)
    for path, session in ((UPLOAD, ""), (UPLOAD, "a.b.c"), (UPLOAD, cookie.value[:-3]), ("/login", cookie.value)):
        assert refused(path, session), (path, session)
    assert limits.max_request_body_size == 2**20
