"""The pages by which artists and works are looked after: who may what, what is typed, and what then is true."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from curators import GOOD, HUGE, signed_in, token
from flask import Flask
from flask.testing import FlaskClient
from holdings import ARTIST, Holding, Opened, painting, saved

from gallery.accounts import people
from gallery.app import create_app
from gallery.db import Database
from gallery.errors import DatabaseUnavailable
from gallery.models import Artist, Job, Takedown
from gallery.models.artists import all_artists, artist_by_slug, put_on_file
from gallery.models.audit import audit_page
from gallery.models.corrections import corrections_of
from gallery.models.jobs import last_runs
from gallery.models.takedowns import ask, open_requests
from gallery.survey import surveyor
from indexer.store.model import artwork_id
from scraper.withdrawn import WithdrawnFile

EVIL = "<script>alert(1)</script>"
NOBODY = "00000000-0000-0000-0000-000000000000"
pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holding]:
    folder = tmp_path_factory.mktemp("manage")
    database = Database(f"sqlite:///{folder / 'gallery.sqlite3'}")
    with Opened(folder, database, works=10) as holding:
        holding.put("theirs.jpg", saved(painting(50)), "Émile Brandt")
        holding.take_in("Émile Brandt")
        holding.index()
        yield holding
    database.close()


@pytest.fixture(scope="module")
def site(opened: Holding) -> Flask:
    return create_app(opened.settings, opened.store, opened.database)


@pytest.fixture
def holding(opened: Holding) -> Holding:
    with opened.database.reading() as session:
        known = {entry.who for entry in audit_page(session, 1, 1000).entries} | set()
    if "Ada" not in known:
        people.add(opened.database, "Ada", GOOD, "admin")
        people.add(opened.database, "Cleo", GOOD, "curator")
    return opened


@pytest.fixture
def admin(site: Flask, holding: Holding) -> FlaskClient:
    return signed_in(site, "Ada")


@pytest.fixture
def curator(site: Flask, holding: Holding) -> FlaskClient:
    return signed_in(site, "Cleo")


def post(client: FlaskClient, path: str, **data: Any) -> Any:
    signed = "/account" if client.get("/account").status_code == 200 else "/login"
    return client.post(path, data=data | {"csrf_token": token(client, signed)})


def work(holding: Holding, title: str) -> str:
    return artwork_id(holding.records()[title].picture.sha256)


def artist_id(holding: Holding, slug: str = "ada-ochre") -> int:
    with holding.database.reading() as session:
        found = artist_by_slug(session, slug)
    assert found is not None
    return found.id


def facts(**more: str) -> dict[str, str]:
    empty = dict.fromkeys(
        ("aliases", "born", "died", "nationality", "movements", "fields", "wikidata", "wikipedia_url"), ""
    )
    return empty | {"name": ARTIST, "biography": "", "biography_source": ""} | more


# path, who may, methods it takes
PAGES = [
    ("/admin/artists", "admin", "GET"),
    ("/admin/artists/{artist}", "admin", "GET POST"),
    ("/admin/artists/{artist}/hide", "admin", "POST"),
    ("/admin/artists/{artist}/show", "admin", "POST"),
    ("/admin/artists/{artist}/collect", "admin", "POST"),
    ("/admin/artists/{artist}/delete", "admin", "GET POST"),
    ("/admin/artworks/{work}", "curator", "GET POST"),
    ("/admin/artworks/{work}/withdraw/title", "curator", "POST"),
    ("/admin/artworks/{work}/hide", "curator", "POST"),
    ("/admin/artworks/{work}/show", "curator", "POST"),
    ("/admin/artworks/{work}/takedown", "curator", "GET POST"),
    ("/admin/artworks/{work}/delete", "admin", "GET POST"),
    ("/admin/takedowns", "curator", "GET"),
    ("/admin/takedowns/{takedown}/accept", "curator", "POST"),
    ("/admin/takedowns/{takedown}/refuse", "curator", "POST"),
    ("/admin/takedowns/{takedown}/lift", "admin", "POST"),
]
IDS = [path for path, _, _ in PAGES]


@pytest.mark.parametrize(("path", "role", "methods"), PAGES, ids=IDS)
def test_the_matrix_of_each_page(
    site: Flask, holding: Holding, admin: FlaskClient, curator: FlaskClient, path: str, role: str, methods: str
) -> None:
    here = path.format(artist=artist_id(holding), work=work(holding, "Study 0"), takedown=999)
    before = (holding.shown(), WithdrawnFile(holding.house.library).now().entries)
    stranger = site.test_client()
    for method in ("GET", "POST", "PUT", "DELETE"):
        data = {"csrf_token": token(stranger)}
        if method not in methods:
            assert admin.open(here, method=method, data={"csrf_token": token(admin, "/account")}).status_code == 405
            continue
        # Logged out: asked to sign in; with the wrong role: refused.
        answer = stranger.open(here, method=method, data=data)
        assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/login")
        if role == "admin":
            mine = {"csrf_token": token(curator, "/account")}
            assert curator.open(here, method=method, data=mine).status_code == 403
    if "GET" in methods:
        page = (admin if role == "admin" else curator).get(here)
        assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store"
        assert 'content="noindex"' in page.text
    if "POST" in methods:
        assert "no longer valid" in admin.post(here).text and admin.post(here).status_code == 400
    for bad in (str(HUGE), "999999", "-1", "x"):
        wrong = path.format(artist=bad, work=NOBODY if bad == "x" else bad, takedown=bad)
        if wrong != path:
            method = "GET" if "GET" in methods else "POST"
            sent = admin.open(wrong, method=method, data={"csrf_token": token(admin, "/account")})
            assert sent.status_code == 404, wrong
    assert before == (holding.shown(), WithdrawnFile(holding.house.library).now().entries)


def test_artists_are_listed_with_counts_sorted_searched_and_put_on_file(holding: Holding, admin: FlaskClient) -> None:
    with holding.database.writing() as session:
        found = artist_by_slug(session, "emile-brandt")
        session.delete(found)
        session.add_all(Artist(name=f"Painter {n:02}", slug=f"painter-{n:02}") for n in range(60))
    page = admin.get("/admin/artists").text
    assert "62 artists" in page and "Page 1 of 2" in page and "Émile Brandt" in page
    names = re.findall(r'<th scope="row"><a [^>]+><bdi>([^<]+)', admin.get("/admin/artists?sort=works").text)
    assert names[:2] == [ARTIST, "Émile Brandt"]
    only = admin.get("/admin/artists?q=emile").text
    assert "1 artist found" in only and ARTIST not in only
    with holding.database.writing() as session:
        job = Job(kind="scrape", artist_id=artist_id(holding, "painter-30"), state="done")
        session.add(job)
    assert "Painter 30" in admin.get("/admin/artists?sort=run").text.partition("Painter 00")[0]
    assert admin.get("/admin/artists?sort=id").status_code == 400
    assert admin.get("/admin/artists?page=9").status_code == 404
    assert admin.get("/admin/artists?q=" + "x" * 201).status_code == 400
    with holding.database.writing() as session:
        for artist in all_artists(session):
            if artist.name.startswith("Painter"):
                session.delete(artist)


def test_facts_are_edited_noted_and_told_to_visitors_even_without_the_database(
    site: Flask, holding: Holding, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = f"/admin/artists/{artist_id(holding)}"
    typed = facts(
        **{"aliases": "A. Ochre\r\nOchre the Elder", "born": "1840", "died": "1926", "nationality": "French"},
        **{"movements": "Tides, Waves", "fields": "painting", "wikidata": "q296"},
        **{"wikipedia_url": "https://en.wikipedia.org/wiki/Ochre", "biography": "She painted.\r\n\r\nThe sea, mostly."},
        biography_source="https://www.museum.example/ochre",
    )
    answer = post(admin, here, **typed)
    assert (answer.status_code, answer.location) == (303, here)
    assert "Saved." in admin.get(here).text and "Q296" in admin.get(here).text
    with holding.database.reading() as session:
        newest = audit_page(session, 1, 1).entries[0]
    assert (newest.who, newest.action, newest.subject) == ("Ada", "edited artist", ARTIST)
    assert newest.detail["born"] == 1840 and "name" not in newest.detail

    def gone(self: Database, *_: Any) -> None:
        raise DatabaseUnavailable("the database", "it is gone")

    with monkeypatch.context() as patched:
        patched.setattr(Database, "prepare", gone)
        page = site.test_client().get("/artists/ada-ochre")
    assert page.status_code == 200
    for told in ("French", "1840–1926", "The sea, mostly.", "museum.example", "Ochre the Elder", "Wikidata"):
        assert told in page.text, told


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"name": ""}, "The name is empty"),
        ({"name": "Somebody Else"}, "filed as"),
        ({"name": "x" * 121}, "120 characters"),
        ({"born": "soon"}, "must be a number"),
        ({"born": "1900", "died": "1800"}, "lies before"),
        ({"wikidata": "296"}, "must look like Q296"),
        ({"wikipedia_url": "javascript:alert(1)"}, "The Wikipedia page"),
        ({"wikipedia_url": "https://wikipedia.org.evil.example/"}, "The Wikipedia page"),
        ({"wikipedia_url": "https://en.wikipedia.org/\r\nSet-Cookie: a=b"}, "The Wikipedia page"),
        ({"biography": "Long ago."}, "of the biography is missing"),
        ({"biography": "x" * 8001, "biography_source": "a"}, "8,000 characters"),
        ({"biography": "a\u202eb", "biography_source": "a"}, "cannot be seen"),
        ({"nationality": "a\u200bb"}, "cannot be seen"),
        ({"aliases": "\n".join(f"n{n}" for n in range(21))}, "too many"),
    ],
)
def test_facts_that_will_not_do_are_refused_in_words(
    holding: Holding, admin: FlaskClient, typed: dict[str, str], says: str
) -> None:
    answer = post(admin, f"/admin/artists/{artist_id(holding)}", **facts(**typed))
    assert answer.status_code == 422 and says in html.unescape(answer.text)


def test_works_whose_artist_no_source_states_are_there_to_review(
    site: Flask, holding: Holding, admin: FlaskClient, curator: FlaskClient
) -> None:
    here, visitor = f"/admin/artists/{artist_id(holding)}", site.test_client()
    one, other = (artwork_id(holding.records()[title].picture.sha256) for title in ("Study 0", "Study 1"))
    assert "To review" not in admin.get(here).text
    holding.store.set_fields({one: {"artist_match": "weak"}, other: {"artist_match": "not-stated"}})
    try:
        page = admin.get(here).text
        assert "To review" in page and "these are by" in page and "2 works" in page
        assert f"/admin/artworks/{one}" in page and f"/admin/artworks/{other}" in page
        assert page.count("after or from the circle of the artist") == 1
        assert "no source states the artist" in curator.get(f"/artworks/{other}").text
        assert "no source states the artist" not in visitor.get(f"/artworks/{other}").text
        assert "does not confirm the artist" in visitor.get(f"/artworks/{one}").text
    finally:
        holding.store.set_fields({each: {"artist_match": "exact"} for each in (one, other)})
    assert "To review" not in admin.get(here).text


def test_nothing_but_the_forms_fields_is_taken(holding: Holding, admin: FlaskClient, curator: FlaskClient) -> None:
    here, own = f"/admin/artists/{artist_id(holding)}", artist_id(holding)
    extra = {"hidden": "1", "slug": "mine", "id": "77", "created_at": "1999-01-01", "user_id": "1"}
    post(admin, here, **facts(), **extra)
    with holding.database.reading() as session:
        artist = artist_by_slug(session, "ada-ochre")
    assert artist is not None and (artist.id, artist.hidden) == (own, False) and artist.created_at.year > 2020
    sha256 = holding.records()["Study 0"].picture.sha256
    typed = {"title": "Study 0", "year": "", "licence": "unknown", "credit": "", "artist": "x", "sha256": "ab" * 32}
    post(
        curator, f"/admin/artworks/{artwork_id(sha256)}", **typed, revision="9", cluster="1", licence_url="javascript:x"
    )
    assert holding.store.get(artwork_id(sha256)).artist == ARTIST
    with holding.database.reading() as session:
        assert corrections_of(session, [sha256, "ab" * 32]) == {}
    asked = {"name": "Me", "relation": "artist", "email": "me@example.org", "reason": "It is mine, all of it."}
    post(curator, f"/artworks/{artwork_id(sha256)}/takedown", **asked, state="down", user_id="1", label="x", id="5")
    with holding.database.reading() as session:
        (request,) = open_requests(session)
    assert (request.state, request.user_id, request.label) == ("asked", None, f"Study 0, {ARTIST}")
    post(curator, f"/admin/takedowns/{request.id}/refuse")


def test_what_is_typed_is_text_on_every_page(site: Flask, holding: Holding, admin: FlaskClient) -> None:
    title = holding.records()["Study 1"].title
    here = f"/admin/artworks/{work(holding, title)}"
    own = f"/admin/artists/{artist_id(holding)}"
    typed = facts(
        **dict.fromkeys(("nationality", "movements", "fields", "aliases", "biography", "biography_source"), EVIL)
    )
    assert post(admin, own, **typed).status_code == 303
    correction = {"title": EVIL, "artist": ARTIST, "movement": EVIL, "year": "1900", "licence": EVIL, "credit": EVIL}
    assert post(admin, here, **correction).status_code == 303
    asked = {"name": EVIL, "relation": "artist", "email": "me@example.org", "reason": EVIL + " and more"}
    public = f"/artworks/{work(holding, title)}"
    assert post(site.test_client(), f"{public}/takedown", **asked).status_code == 303
    pages = [own, here, f"{here}/takedown", f"{here}/delete", "/admin/takedowns", "/admin/audit", f"{own}/delete"]
    for path in [*pages, public, f"{public}/takedown", "/artists/ada-ochre", "/admin/artists?q=" + EVIL, "/"]:
        page = admin.get(path)
        assert page.status_code == 200, path
        assert EVIL not in page.text and "<script>alert" not in page.text, path
    assert "&lt;script&gt;" in admin.get("/artists/ada-ochre").text
    post(admin, own, **facts())


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"title": ""}, 422),
        ({"title": "x" * 501}, 422),
        ({"title": "x" * 2001}, 400),
        ({"year": "soon"}, 422),
        ({"year": "99999"}, 422),
        ({"licence": ""}, 422),
        ({"artist": " "}, 422),
        ({"movement": "x" * 121}, 422),
        ({"credit": "a\0b"}, 400),
        ({"title": "a\r\nSet-Cookie: a=b"}, 303),
    ],
)
def test_corrections_that_will_not_do_are_refused(
    holding: Holding, curator: FlaskClient, typed: dict[str, str], status: int
) -> None:
    here = f"/admin/artworks/{work(holding, 'Study 2')}"
    known = {"title": "Study 2", "artist": ARTIST, "movement": "", "year": "", "licence": "unknown", "credit": ""}
    answer = post(curator, here, **known | typed)
    assert answer.status_code == status
    assert "Set-Cookie" not in str(answer.headers) or "a=b" not in str(answer.headers)
    post(curator, f"{here}/withdraw/title")


def test_bodies_beyond_all_measure_are_refused(holding: Holding, admin: FlaskClient) -> None:
    here = f"/admin/artists/{artist_id(holding)}"
    assert post(admin, here, **facts(biography="x" * 70_000)).status_code == 413
    assert post(admin, here, **facts(nationality="x" * 1001)).status_code == 400
    here = f"/artworks/{work(holding, 'Study 2')}/takedown"
    assert post(admin, here, name="x" * 801, relation="artist", email="a@b.c", reason="long").status_code == 400


def test_a_work_is_corrected_shown_and_withdrawn(site: Flask, holding: Holding, curator: FlaskClient) -> None:
    here, public = f"/admin/artworks/{work(holding, 'Study 3')}", f"/artworks/{work(holding, 'Study 3')}"
    assert f'href="{here}"' in curator.get(public).text and here not in site.test_client().get(public).text
    typed = {
        "title": "The Great Wave",
        "artist": ARTIST,
        "movement": "",
        "year": "1831",
        "licence": "CC BY-SA 4.0",
        "credit": "The museum",
    }
    assert post(curator, here, **typed).status_code == 303
    page = curator.get(here)
    assert "Corrected: title, year, licence, credit." in page.text and "The sources say" in page.text
    shown = site.test_client().get(public).text
    for told in ("The Great Wave", "1831", "CC BY-SA 4.0", "The museum"):
        assert told in shown, told
    assert (
        "Nothing was changed."
        in curator.post(here, data=typed | {"csrf_token": token(curator, here)}, follow_redirects=True).text
    )
    assert post(curator, f"{here}/withdraw/title").status_code == 303
    assert "Study 3" in site.test_client().get(public).text
    assert post(curator, f"{here}/withdraw/sha256").status_code == 404


def test_what_pages_tell_of_the_whole_collection_forgets_what_was_corrected(
    site: Flask, holding: Holding, curator: FlaskClient
) -> None:
    with site.app_context():
        known = surveyor()
    known.measure()
    assert known.latest() is not None
    here = f"/admin/artworks/{work(holding, 'Study 9')}"
    assert (
        post(
            curator, here, title="Ninth", artist=ARTIST, movement="", year="", licence="unknown", credit=""
        ).status_code
        == 303
    )
    first = known.latest(10)
    assert first is not None and all("Study 9" != near.ours.title for all_ in first.kindred.values() for near in all_)
    post(curator, f"{here}/withdraw/title")


def test_a_work_is_hidden_and_shown_again(site: Flask, holding: Holding, curator: FlaskClient) -> None:
    here, public = f"/admin/artworks/{work(holding, 'Study 4')}", f"/artworks/{work(holding, 'Study 4')}"
    assert post(curator, f"{here}/hide").status_code == 303
    assert site.test_client().get(public).status_code == 404
    page = curator.get(here)
    assert page.status_code == 200 and "it is hidden" in page.text
    typed = {"title": "x", "artist": ARTIST, "movement": "", "year": "", "licence": "unknown", "credit": ""}
    assert post(curator, here, **typed).status_code == 409
    assert post(curator, f"{here}/show").status_code == 303
    with holding.database.reading() as session:
        assert session.query(Job).filter_by(kind="index").count() == 1
    holding.index()
    assert site.test_client().get(public).status_code == 200


def test_a_work_is_deleted_after_a_page_that_says_what_goes(holding: Holding, admin: FlaskClient) -> None:
    record = holding.records()["Study 5"]
    here = f"/admin/artworks/{artwork_id(record.picture.sha256)}"
    assert "cannot be undone" in admin.get(f"{here}/delete").text
    assert post(admin, f"{here}/delete").status_code == 303
    assert admin.get(here).status_code == 404 and holding.pictures_of(record.picture.sha256) == []
    assert holding.take_in()[1] == ["deleted"]


def test_a_takedown_needs_a_reason_and_is_on_the_record(site: Flask, holding: Holding, curator: FlaskClient) -> None:
    here, public = f"/admin/artworks/{work(holding, 'Study 6')}", f"/artworks/{work(holding, 'Study 6')}"
    assert post(curator, f"{here}/takedown", reason=" ").status_code == 422
    assert post(curator, f"{here}/takedown", reason="x" * 2001).status_code == 422
    assert post(curator, f"{here}/takedown", reason="The heirs asked.").status_code == 303
    assert site.test_client().get(public).status_code == 404
    page = curator.get("/admin/takedowns").text
    assert "The heirs asked." in page and "taken down" in page
    with holding.database.reading() as session:
        newest = audit_page(session, 1, 1).entries[0]
    assert (newest.who, newest.action) == ("Cleo", "takedown down")
    holding.index()
    assert site.test_client().get(public).status_code == 404


def asked_for(title: str = "Study 7", **more: str) -> dict[str, str]:
    typed = {"name": "An heir", "relation": "estate", "email": "heir@example.org", "reason": f"{title} is ours."}
    return typed | more


def test_a_visitor_asks_and_the_queue_decides(
    site: Flask, holding: Holding, curator: FlaskClient, admin: FlaskClient
) -> None:
    public = f"/artworks/{work(holding, 'Study 7')}"
    stranger = site.test_client()
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
    with holding.database.reading() as session:
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
    assert holding.take_in()[1].count("taken-down") >= 1
    assert post(curator, f"/admin/takedowns/{asked}/lift").status_code == 403
    assert post(admin, f"/admin/takedowns/{asked}/lift").status_code == 303
    holding.take_in()
    holding.index()
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
    site: Flask, holding: Holding, typed: dict[str, str], says: str
) -> None:
    here = f"/artworks/{work(holding, 'Study 8')}/takedown"
    answer = post(site.test_client(), here, **asked_for("Study 8", **typed))
    assert answer.status_code == 422 and says in answer.text and "heir" in answer.text


def test_requests_are_limited_for_an_address_and_signing_in_is_not_hindered(site: Flask, holding: Holding) -> None:
    here, stranger = f"/artworks/{work(holding, 'Study 8')}/takedown", site.test_client()
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


def test_an_artist_is_collected_again_as_the_last_time(
    holding: Holding, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = artist_id(holding)
    asked = {"name": ARTIST, "aliases": [], "pages": ["https://museum.example/ochre"], "sources": [], "limit": 5}
    with holding.database.writing() as session:
        session.add(Job(kind="scrape", artist_id=own, state="done", asked=asked))
    assert post(admin, f"/admin/artists/{own}/collect", limit="many").status_code == 422
    answer = post(admin, f"/admin/artists/{own}/collect", limit="80", pages="http://127.0.0.1/", sources="all")
    assert answer.status_code == 303 and "/admin/jobs/" in answer.location
    with holding.database.reading() as session:
        job = session.query(Job).filter_by(kind="scrape").order_by(Job.id.desc()).first()
    assert job is not None and (job.artist_id, job.state) == (own, "queued")
    assert job.asked == asked | {"limit": 80}
    assert "A job is under way" in admin.get(f"/admin/artists/{own}").text
    assert post(admin, f"/admin/artists/{own}/collect", limit="80").status_code == 422
    assert post(admin, f"/admin/artists/{own}/delete").status_code == 409
    with holding.database.writing() as session:
        for each in session.query(Job):
            each.state = "done"


def test_an_artist_is_hidden_shown_and_deleted(site: Flask, holding: Holding, admin: FlaskClient) -> None:
    own = artist_id(holding, "emile-brandt")
    stranger = site.test_client()
    assert post(admin, f"/admin/artists/{own}/hide").status_code == 303
    assert stranger.get("/artists/emile-brandt").status_code == 404
    assert "hidden</span>" in admin.get("/admin/artists?q=brandt").text
    assert post(admin, f"/admin/artists/{own}/show").status_code == 303
    holding.index()
    assert stranger.get("/artists/emile-brandt").status_code == 200
    assert "1 work: pictures" in admin.get(f"/admin/artists/{own}/delete").text
    with holding.database.writing() as session:
        for each in session.query(Job):
            each.state = "done"
    assert post(admin, f"/admin/artists/{own}/delete").status_code == 303
    assert stranger.get("/artists/emile-brandt").status_code == 404
    assert admin.get(f"/admin/artists/{own}").status_code == 404
    holding.take_in("Émile Brandt")
    holding.index()
    assert stranger.get("/artists/emile-brandt").status_code == 404


def test_without_the_database_visitors_read_on_and_nothing_is_half_asked(
    site: Flask, holding: Holding, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, stranger = f"/artworks/{work(holding, 'Study 9')}", site.test_client()
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
    with holding.database.reading() as session:
        assert [each for each in open_requests(session) if each.label.startswith("Study 9")] == []


def test_the_file_of_facts_is_whole_or_not_there(holding: Holding) -> None:
    told = json.loads(Path(holding.settings.facts_file).read_text())
    assert told["ada-ochre"]["name"] == ARTIST
    assert [path.name for path in holding.settings.facts_file.parent.iterdir() if path.name.startswith(".")] == []


def test_rows_and_runs_on_both_databases(database: Database) -> None:
    with database.writing() as session:
        put_on_file(session, {"a": "A", "b": "B"})
        put_on_file(session, {"b": "Other", "c": "x" * 300})
    with database.writing() as session:
        found = {artist.slug: artist for artist in all_artists(session)}
        assert {slug: artist.name[:5] for slug, artist in found.items()} == {"a": "A", "b": "B", "c": "xxxxx"}
        session.add_all(Job(kind="scrape", artist_id=found["a"].id, state="done") for _ in range(3))
        session.add(Job(kind="index", artist_id=found["a"].id, state="done"))
        session.flush()
        assert list(last_runs(session, ("scrape",)).values()) == [3]
        row = Takedown(sha256="a" * 64, label="x", reason="y", asked_by="z", relation="artist", email="a@b.c")
        assert ask(session, row).email == "a@b.c"
