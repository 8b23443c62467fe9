"""The pages by which artists are looked after: who may what, what is typed, and what then is true."""

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from curators import HUGE, token
from flask import Flask
from flask.testing import FlaskClient
from holdings import ARTIST, Holding
from looking_after import EVIL, NOBODY, artist_id, facts, looked_after, post, work

from gallery.db import Database
from gallery.errors import DatabaseUnavailable
from gallery.models import Artist, Job, Takedown
from gallery.models.artists import all_artists, artist_by_slug, put_on_file
from gallery.models.audit import audit_page
from gallery.models.corrections import corrections_of
from gallery.models.jobs import last_runs
from gallery.models.takedowns import ask, open_requests
from indexer.store.model import artwork_id
from scraper.withdrawn import WithdrawnFile

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture(scope="module")
def hung(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return looked_after(tmp_path_factory.mktemp("manage"))


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
    shared_site: Flask, shared: Holding, admin: FlaskClient, curator: FlaskClient, path: str, role: str, methods: str
) -> None:
    here = path.format(artist=artist_id(shared), work=work(shared, "Study 0"), takedown=999)
    before = (shared.shown(), WithdrawnFile(shared.house.library).now().entries)
    stranger = shared_site.test_client()
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
    assert before == (shared.shown(), WithdrawnFile(shared.house.library).now().entries)


def test_artists_are_listed_with_counts_sorted_searched_and_put_on_file(shared: Holding, admin: FlaskClient) -> None:
    with shared.database.writing() as session:
        found = artist_by_slug(session, "emile-brandt")
        session.delete(found)
        session.add_all(Artist(name=f"Painter {n:02}", slug=f"painter-{n:02}") for n in range(60))
    page = admin.get("/admin/artists").text
    assert "62 artists" in page and "Page 1 of 2" in page and "Émile Brandt" in page
    names = re.findall(r'<th scope="row"><a [^>]+><bdi>([^<]+)', admin.get("/admin/artists?sort=works").text)
    assert names[:2] == [ARTIST, "Émile Brandt"]
    only = admin.get("/admin/artists?q=emile").text
    assert "1 artist found" in only and ARTIST not in only
    with shared.database.writing() as session:
        job = Job(kind="scrape", artist_id=artist_id(shared, "painter-30"), state="done")
        session.add(job)
    assert "Painter 30" in admin.get("/admin/artists?sort=run").text.partition("Painter 00")[0]
    assert admin.get("/admin/artists?sort=id").status_code == 400
    assert admin.get("/admin/artists?page=9").status_code == 404
    assert admin.get("/admin/artists?q=" + "x" * 201).status_code == 400
    with shared.database.writing() as session:
        for artist in all_artists(session):
            if artist.name.startswith("Painter"):
                session.delete(artist)


def test_facts_are_edited_noted_and_told_to_visitors_even_without_the_database(
    shared_site: Flask, shared: Holding, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = f"/admin/artists/{artist_id(shared)}"
    typed = facts(
        **{"aliases": "A. Ochre\r\nOchre the Elder", "born": "1840", "died": "1926", "nationality": "French"},
        **{"movements": "Tides, Waves", "fields": "painting", "wikidata": "q296"},
        **{"wikipedia_url": "https://en.wikipedia.org/wiki/Ochre", "biography": "She painted.\r\n\r\nThe sea, mostly."},
        biography_source="https://www.museum.example/ochre",
    )
    answer = post(admin, here, **typed)
    assert (answer.status_code, answer.location) == (303, here)
    assert "Saved." in admin.get(here).text and "Q296" in admin.get(here).text
    with shared.database.reading() as session:
        newest = audit_page(session, 1, 1).entries[0]
    assert (newest.who, newest.action, newest.subject) == ("Ada", "edited artist", ARTIST)
    assert newest.detail["born"] == 1840 and "name" not in newest.detail

    def gone(self: Database, *_: Any) -> None:
        raise DatabaseUnavailable("the database", "it is gone")

    with monkeypatch.context() as patched:
        patched.setattr(Database, "prepare", gone)
        page = shared_site.test_client().get("/artists/ada-ochre")
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
    shared: Holding, admin: FlaskClient, typed: dict[str, str], says: str
) -> None:
    answer = post(admin, f"/admin/artists/{artist_id(shared)}", **facts(**typed))
    assert answer.status_code == 422 and says in html.unescape(answer.text)


def test_works_whose_artist_no_source_states_are_there_to_review(
    shared_site: Flask, shared: Holding, admin: FlaskClient, curator: FlaskClient
) -> None:
    here, visitor = f"/admin/artists/{artist_id(shared)}", shared_site.test_client()
    one, other = (artwork_id(shared.records()[title].picture.sha256) for title in ("Study 0", "Study 1"))
    assert "To review" not in admin.get(here).text
    shared.store.set_fields({one: {"artist_match": "weak"}, other: {"artist_match": "not-stated"}})
    try:
        page = admin.get(here).text
        assert "To review" in page and "these are by" in page and "2 works" in page
        assert f"/admin/artworks/{one}" in page and f"/admin/artworks/{other}" in page
        assert page.count("after or from the circle of the artist") == 1
        assert "no source states the artist" in curator.get(f"/artworks/{other}").text
        assert "no source states the artist" not in visitor.get(f"/artworks/{other}").text
        assert "does not confirm the artist" in visitor.get(f"/artworks/{one}").text
    finally:
        shared.store.set_fields({each: {"artist_match": "exact"} for each in (one, other)})
    assert "To review" not in admin.get(here).text


def test_nothing_but_the_forms_fields_is_taken(shared: Holding, admin: FlaskClient, curator: FlaskClient) -> None:
    here, own = f"/admin/artists/{artist_id(shared)}", artist_id(shared)
    extra = {"hidden": "1", "slug": "mine", "id": "77", "created_at": "1999-01-01", "user_id": "1"}
    post(admin, here, **facts(), **extra)
    with shared.database.reading() as session:
        artist = artist_by_slug(session, "ada-ochre")
    assert artist is not None and (artist.id, artist.hidden) == (own, False) and artist.created_at.year > 2020
    sha256 = shared.records()["Study 0"].picture.sha256
    typed = {"title": "Study 0", "year": "", "licence": "unknown", "credit": "", "artist": "x", "sha256": "ab" * 32}
    post(
        curator, f"/admin/artworks/{artwork_id(sha256)}", **typed, revision="9", cluster="1", licence_url="javascript:x"
    )
    assert shared.store.get(artwork_id(sha256)).artist == ARTIST
    with shared.database.reading() as session:
        assert corrections_of(session, [sha256, "ab" * 32]) == {}
    asked = {"name": "Me", "relation": "artist", "email": "me@example.org", "reason": "It is mine, all of it."}
    post(curator, f"/artworks/{artwork_id(sha256)}/takedown", **asked, state="down", user_id="1", label="x", id="5")
    with shared.database.reading() as session:
        (request,) = open_requests(session)
    assert (request.state, request.user_id, request.label) == ("asked", None, f"Study 0, {ARTIST}")
    post(curator, f"/admin/takedowns/{request.id}/refuse")


def test_what_is_typed_is_text_on_every_page(shared_site: Flask, shared: Holding, admin: FlaskClient) -> None:
    title = shared.records()["Study 1"].title
    here = f"/admin/artworks/{work(shared, title)}"
    own = f"/admin/artists/{artist_id(shared)}"
    typed = facts(
        **dict.fromkeys(("nationality", "movements", "fields", "aliases", "biography", "biography_source"), EVIL)
    )
    assert post(admin, own, **typed).status_code == 303
    correction = {"title": EVIL, "artist": ARTIST, "movement": EVIL, "year": "1900", "licence": EVIL, "credit": EVIL}
    assert post(admin, here, **correction).status_code == 303
    asked = {"name": EVIL, "relation": "artist", "email": "me@example.org", "reason": EVIL + " and more"}
    public = f"/artworks/{work(shared, title)}"
    assert post(shared_site.test_client(), f"{public}/takedown", **asked).status_code == 303
    pages = [own, here, f"{here}/takedown", f"{here}/delete", "/admin/takedowns", "/admin/audit", f"{own}/delete"]
    for path in [*pages, public, f"{public}/takedown", "/artists/ada-ochre", "/admin/artists?q=" + EVIL, "/"]:
        page = admin.get(path)
        assert page.status_code == 200, path
        assert EVIL not in page.text and "<script>alert" not in page.text, path
    assert "&lt;script&gt;" in admin.get("/artists/ada-ochre").text
    post(admin, own, **facts())


def test_an_artist_is_collected_again_as_the_last_time(
    shared: Holding, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = artist_id(shared)
    asked = {"name": ARTIST, "aliases": [], "pages": ["https://museum.example/ochre"], "sources": [], "limit": 5}
    with shared.database.writing() as session:
        session.add(Job(kind="scrape", artist_id=own, state="done", asked=asked))
    assert post(admin, f"/admin/artists/{own}/collect", limit="many").status_code == 422
    answer = post(admin, f"/admin/artists/{own}/collect", limit="80", pages="http://127.0.0.1/", sources="all")
    assert answer.status_code == 303 and "/admin/jobs/" in answer.location
    with shared.database.reading() as session:
        job = session.query(Job).filter_by(kind="scrape").order_by(Job.id.desc()).first()
    assert job is not None and (job.artist_id, job.state) == (own, "queued")
    assert job.asked == asked | {"limit": 80}
    assert "A job is under way" in admin.get(f"/admin/artists/{own}").text
    assert post(admin, f"/admin/artists/{own}/collect", limit="80").status_code == 422
    assert post(admin, f"/admin/artists/{own}/delete").status_code == 409
    with shared.database.writing() as session:
        for each in session.query(Job):
            each.state = "done"


def test_an_artist_is_hidden_shown_and_deleted(shared_site: Flask, shared: Holding, admin: FlaskClient) -> None:
    own = artist_id(shared, "emile-brandt")
    stranger = shared_site.test_client()
    assert post(admin, f"/admin/artists/{own}/hide").status_code == 303
    assert stranger.get("/artists/emile-brandt").status_code == 404
    assert "hidden</span>" in admin.get("/admin/artists?q=brandt").text
    assert post(admin, f"/admin/artists/{own}/show").status_code == 303
    shared.index()
    assert stranger.get("/artists/emile-brandt").status_code == 200
    assert "1 work: pictures" in admin.get(f"/admin/artists/{own}/delete").text
    with shared.database.writing() as session:
        for each in session.query(Job):
            each.state = "done"
    assert post(admin, f"/admin/artists/{own}/delete").status_code == 303
    assert stranger.get("/artists/emile-brandt").status_code == 404
    assert admin.get(f"/admin/artists/{own}").status_code == 404
    shared.take_in("Émile Brandt")
    shared.index()
    assert stranger.get("/artists/emile-brandt").status_code == 404


def test_the_file_of_facts_is_whole_or_not_there(shared: Holding) -> None:
    told = json.loads(Path(shared.settings.facts_file).read_text())
    assert told["ada-ochre"]["name"] == ARTIST
    assert [path.name for path in shared.settings.facts_file.parent.iterdir() if path.name.startswith(".")] == []


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
