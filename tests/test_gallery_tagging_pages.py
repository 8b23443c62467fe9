"""The pages of tag sets: who may what, what forms send, and what visitors then see."""

import html
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from classes import KINDS, Studio, studio
from curators import GOOD, token
from exhibition import NOT_THERE, Exhibition
from flask import Flask
from flask.testing import FlaskClient

from gallery.accounts import people
from gallery.app import create_app
from gallery.db import Database
from gallery.models.jobs import job_page
from gallery.models.tagging import TagModel, TagSet, standing
from gallery.tagging import deciding
from gallery.tagging.files import read_scores, write_scores
from gallery.tagging.learning import apply, train_set

EVIL = "<script>alert(1)</script>"

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture(scope="module")
def place(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("tagging")
    with (
        closing(Database(f"sqlite:///{folder / 'gallery.sqlite3'}")) as database,
        studio(exhibition, folder / "data", database) as opened,
    ):
        yield opened


@pytest.fixture(scope="module")
def site(place: Studio) -> Flask:
    return create_app(place.settings, place.store, place.database)


@pytest.fixture
def tags(place: Studio) -> TagSet:
    """A set with labels and an applied model, made by whichever test comes first."""
    if not {user.name for user in everybody(place)}:
        people.add(place.database, "Cleo", GOOD, "curator")
    cleo = people.find(place.database, "Cleo")
    with place.database.reading() as session:
        found = session.get(TagSet, 1)
    if found is None:
        found = place.define(cleo)
        place.label(found, cleo)
        model = train_set(place.database, place.store, place.folder, found.id, cleo)
        apply(place.database, place.store, place.folder, model.id, cleo)
    return found


def everybody(place: Studio) -> Any:
    from gallery.models.users import all_users

    with place.database.reading() as session:
        return all_users(session)


@pytest.fixture
def curator(site: Flask, tags: TagSet) -> FlaskClient:
    client = site.test_client()
    data = {"name": "Cleo", "password": GOOD, "csrf_token": token(client, "/login")}
    assert client.post("/login", data=data).status_code == 303
    return client


def post(client: FlaskClient, path: str, **data: Any) -> Any:
    headers = {"Accept": data.pop("accept", "text/html,*/*;q=0.8")}
    return client.post(path, data=data | {"csrf_token": token(client)}, headers=headers)


PAGES = {
    "/admin/tagging": "GET POST",
    "/admin/tagging/1": "GET POST",
    "/admin/tagging/1/label": "GET POST",
    "/admin/tagging/1/review": "GET POST",
    "/admin/tagging/1/doubts": "GET",
    "/admin/tagging/1/train": "POST",
    "/admin/tagging/1/rollback": "POST",
    "/admin/tagging/1/undo": "POST",
    "/admin/tagging/1/remove": "POST",
    "/admin/tagging/models/1": "GET",
    "/admin/tagging/models/1/apply": "POST",
}


@pytest.mark.parametrize(("path", "methods"), PAGES.items(), ids=list(PAGES))
def test_the_matrix_of_each_page(site: Flask, curator: FlaskClient, path: str, methods: str) -> None:
    stranger = site.test_client()
    for method in ("GET", "POST", "PUT", "DELETE"):
        answer = curator.open(path, method=method)
        data = {"csrf_token": token(stranger, "/login")}
        foreign = stranger.open(path, method=method, data=data if method != "GET" else None)
        if method not in methods.split():
            assert answer.status_code == 405, method
            continue
        # Nothing is changed without a token, and nothing is shown or done for whoever is not signed in.
        assert answer.status_code == (200 if method == "GET" else 400), method
        assert foreign.status_code in (302, 303) and "/login" in foreign.location, method
    gone = path.replace("/1", "/99")
    if gone != path:
        method = methods.split()[0]
        missing = curator.get(gone) if method == "GET" else post(curator, gone, name="x", act="x")
        assert missing.status_code == 404
        huge = path.replace("/1", f"/{2**70}")
        answer = curator.get(huge) if method == "GET" else post(curator, huge)
        assert answer.status_code == 404


def test_the_set_and_the_model_tell_their_figures(curator: FlaskClient) -> None:
    shown = curator.get("/admin/tagging/1").text
    assert (
        "24 works labelled" in shown
        and "0 works decided since model 1" in shown
        and "<strong>applied</strong>" in shown
    )
    model = curator.get("/admin/tagging/models/1").text
    assert "Precision" in model and '<svg class="matrix"' in model and "portrait said to be portrait" in model
    assert all(f"<bdi>{name}</bdi>" in model for name in KINDS)


def test_visitors_see_tags_by_whose_word_they_are(site: Flask, place: Studio, curator: FlaskClient) -> None:
    visitor = site.test_client()
    said, guessed = place.works[0], place.works[30]
    page = html.unescape(visitor.get(f"/artworks/{said.id}").text)
    assert '<a href="/tags/subject/portrait"><bdi>portrait</bdi></a> <span class="line">by a curator</span>' in page
    assert re.search(r"<bdi>portrait</bdi></a> \d+ %", visitor.get(f"/artworks/{guessed.id}").text)
    listed = visitor.get("/tags/subject/portrait").text
    order = re.findall(r'href="/artworks/([0-9a-f-]{36})"', listed)
    by_curator = {work.id for number, work in enumerate(place.works[:24]) if place.kind(number) == "portrait"}
    assert set(order[: len(by_curator)]) == by_curator
    percents = [int(each) for each in re.findall(r'<span class="score">(\d+) %', listed)]
    assert percents and percents == sorted(percents, reverse=True)
    assert '<a href="/tags/subject/still-life"><bdi>still life</bdi></a>' in visitor.get("/tags").text
    facets = visitor.get("/search?q=study").text
    assert "given=Subject:+portrait" in facets or "given=Subject:%20portrait" in facets or "given=Subject%3A" in facets
    told = visitor.get(f"/api/v1/artworks/{said.id}").json["given"]
    assert told == [{"set": "Subject", "class": "portrait", "probability": 1.0, "by": "curator"}]
    assert '"keywords": "portrait' in visitor.get(f"/artworks/{said.id}").text
    narrowed = visitor.get("/search?given=Subject: portrait").text
    assert set(re.findall(r'href="/artworks/([0-9a-f-]{36})"', narrowed)) == set(order)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tags/subject/harbour", 404),
        ("/tags/nothing/portrait", 404),
        ("/tags/subject/portrait?page=0", 400),
        ("/tags/subject/portrait?page=9", 404),
        ("/search?given=" + "x" * 301, 400),
    ],
)
def test_tags_that_are_none_are_refused(site: Flask, tags: TagSet, path: str, status: int) -> None:
    assert site.test_client().get(path).status_code == status


def test_a_set_is_defined_by_its_form_or_a_sentence_says_why_not(curator: FlaskClient, place: Studio) -> None:
    form = {"name": "Mood", "classes": "calm\r\n\r\nstormy\r\n", "sort": "several", "description": EVIL}
    made = post(curator, "/admin/tagging", **form)
    assert made.status_code == 303 and made.location.endswith("/label")
    assert "alert(1)" in curator.get(made.location.removesuffix("/label")).text
    assert EVIL not in curator.get(made.location.removesuffix("/label")).text
    again = post(curator, "/admin/tagging", **form)
    assert again.status_code == 400 and "The name is taken by another set." in again.text
    set_id = made.location.split("/")[-2]
    wrong = post(curator, f"/admin/tagging/{set_id}/remove", name="Moo")
    assert wrong.status_code == 400 and "does not match" in wrong.text
    assert post(curator, f"/admin/tagging/{set_id}/remove", name="Mood").status_code == 303
    assert curator.get(f"/admin/tagging/{set_id}").status_code == 404


def test_settings_change_what_is_shown(curator: FlaskClient, place: Studio) -> None:
    with place.database.reading() as session:
        model = session.get(TagModel, 1)
    assert model and (scores := read_scores(place.folder, model.sha256))
    told = scores.probabilities.copy()
    told[scores.place[place.works[30].id]] = [0.7 if name == "portrait" else 0.15 for name in scores.classes]
    write_scores(place.folder, model.sha256, replace(scores, probabilities=told))
    form = {"classes": "\n".join(KINDS), "threshold": "75", "description": ""}
    assert post(curator, "/admin/tagging/1", **form).status_code == 303
    assert place.given(30) == []
    assert post(curator, "/admin/tagging/1", **form | {"threshold": "60"}).status_code == 303
    assert place.given(30) == [("portrait", "machine")]
    for bad in ("40", "x", "-5", "1e9"):
        assert post(curator, "/admin/tagging/1", **form | {"threshold": bad}).status_code == 400


def test_the_grid_gives_ticked_works_a_class(curator: FlaskClient, place: Studio, tags: TagSet) -> None:
    ids = [place.works[number].id for number in (33, 36)]
    done = post(curator, "/admin/tagging/1/label", work=ids, label="landscape", cluster="")
    assert done.status_code == 303
    assert place.given(33) == place.given(36) == [("landscape", "curator")]
    assert '<b class="said-yes"><bdi>landscape</bdi></b>' in curator.get("/admin/tagging/1/label").text
    act = re.search(r'name="act" value="([0-9a-f]{32})"', curator.get("/admin/tagging/1").text)
    assert act
    assert post(curator, "/admin/tagging/1/undo", act=act[1]).status_code == 303
    assert place.given(33) == [("portrait", "machine")]
    refused = post(curator, "/admin/tagging/1/label", work=ids, label="portrait", refuse="1", cluster="")
    assert refused.status_code == 303 and ("portrait", "machine") not in place.given(33)
    undo_last(curator)


def undo_last(curator: FlaskClient) -> None:
    act = re.search(r'name="act" value="([0-9a-f]{32})"', curator.get("/admin/tagging/1").text)
    assert act and post(curator, "/admin/tagging/1/undo", act=act[1]).status_code == 303


def test_a_cluster_is_labelled_at_once_but_for_what_was_decided(curator: FlaskClient, place: Studio) -> None:
    place.store.set_fields({work.id: {"cluster": "7"} for work in place.works[22:28]})
    form = {"label": "still life", "cluster": "7", "whole": "1"}
    assert post(curator, "/admin/tagging/1/label", **form).status_code == 303
    assert place.given(22) == [(place.kind(22), "curator")]
    assert [place.given(number) for number in range(24, 28)] == [[("still life", "curator")]] * 4
    undo_last(curator)
    assert place.given(24) == [(place.kind(24), "machine")]
    assert post(curator, "/admin/tagging/1/label", **form | {"cluster": ""}).status_code == 400


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"label": "portrait", "cluster": ""}, 400),
        ({"label": "harbour", "cluster": "", "work": "WORK"}, 400),
        ({"label": "portrait", "cluster": "", "work": str(NOT_THERE)}, 404),
        ({"label": "portrait", "cluster": "", "work": "nonsense"}, 404),
        ({"label": "portrait", "cluster": "", "work": ["WORK"] * 1001}, 400),
        ({"cluster": "", "work": "WORK"}, 400),
    ],
)
def test_a_grid_form_that_makes_no_sense_changes_nothing(
    curator: FlaskClient, place: Studio, data: dict[str, Any], status: int
) -> None:
    before = place.given(39)
    fill = {key: place.works[39].id if value == "WORK" else value for key, value in data.items()}
    assert post(curator, "/admin/tagging/1/label", **fill).status_code == status
    assert place.given(39) == before


def test_the_review_answers_scripts_in_json_and_forms_with_the_next_page(curator: FlaskClient, place: Studio) -> None:
    page = curator.get("/admin/tagging/1/review").text
    assert page.count('class="case"') == 10 and "Works like it:" in page
    work = re.search(r'name="work" value="([0-9a-f-]{36})"', page)
    suggested = re.search(r'name="suggested" value="([^"]+)"', page)
    assert work and suggested
    about = {"work": work[1], "suggested": suggested[1]}
    said = post(curator, "/admin/tagging/1/review", say="accept", accept="application/json", **about)
    assert said.json["said"].lower() == f"{suggested[1]}." and len(said.json["act"]) == 32
    assert work[1] not in curator.get("/admin/tagging/1/review").text
    undone = post(curator, "/admin/tagging/1/undo", act=said.json["act"], accept="application/json")
    assert undone.json["said"] == "Taken back: 1 work."
    for say in ("reject", "none", "other landscape"):
        plain = post(curator, "/admin/tagging/1/review", say=say, order="uncertain", **about)
        assert plain.status_code == 303 and plain.location.startswith("/admin/tagging/1/review")
        assert "Undo: " in curator.get(plain.location).text
        undo_last(curator)
    for say in ("frob", "other harbour", ""):
        assert post(curator, "/admin/tagging/1/review", say=say, **about).status_code == 400


@pytest.mark.parametrize(
    ("query", "status"),
    [("order=class&class=landscape", 200), ("order=second", 200), ("skip=10", 200), ("skip=x", 400), ("order=x", 400)],
)
def test_the_review_is_ordered_as_asked(curator: FlaskClient, query: str, status: int) -> None:
    assert curator.get(f"/admin/tagging/1/review?{query}").status_code == status


def test_a_doubted_label_is_shown_until_somebody_looks_again(curator: FlaskClient, place: Studio, tags: TagSet) -> None:
    cleo = people.find(place.database, "Cleo")
    other = deciding.define(place.database, cleo, name="Doubted", classes=KINDS, exclusive=True)
    place.label(other, cleo, 0, 30)
    place.say(other, 4, "still life", cleo)
    train_set(place.database, place.store, place.folder, other.id, cleo)
    page = f"/admin/tagging/{other.id}/doubts"
    assert f'name="work" value="{place.works[4].id}"' in curator.get(page).text
    form = {"work": place.works[4].id, "suggested": "landscape", "say": "accept", "back": "doubts"}
    assert post(curator, f"/admin/tagging/{other.id}/review", **form).location.startswith(page)
    assert f'name="work" value="{place.works[4].id}"' not in curator.get(page).text
    deciding.remove(place.database, place.store, place.folder, other.id, cleo)


def test_learning_and_applying_are_asked_for_once_at_a_time(curator: FlaskClient, place: Studio) -> None:
    for _ in range(2):
        assert post(curator, "/admin/tagging/1/train").status_code == 303
    with place.database.reading() as session:
        assert job_page(session, 1, 10, None, "train").total == 1
    waiting = curator.get("/admin/tagging/1").text
    assert " data-waits>" in waiting and "await.js" in waiting
    assert post(curator, "/admin/tagging/models/1/apply").status_code == 303
    assert post(curator, "/admin/tagging/1/rollback").status_code == 303
    with place.database.reading() as session:
        asked = job_page(session, 1, 10, None, "tag").jobs
        assert [job.asked["model"] for job in asked] == [1]
        model = session.get(TagModel, 1)
    assert model
    path = place.folder / f"{model.sha256}.npz"
    whole = path.read_bytes()
    path.write_bytes(b"")
    assert "cannot be read" in curator.get("/admin/tagging/models/1").text
    assert post(curator, "/admin/tagging/models/1/apply").status_code == 400
    path.write_bytes(whole)


def test_nothing_typed_is_markup(curator: FlaskClient, place: Studio) -> None:
    cleo = people.find(place.database, "Cleo")
    odd = deciding.define(place.database, cleo, name="<b>Odd</b>", classes=["<i>\"a'&", "b"], exclusive=True)
    place.say(odd, 39, "<i>\"a'&", cleo)
    for path in (
        f"/admin/tagging/{odd.id}",
        f"/admin/tagging/{odd.id}/label",
        "/tags",
        f"/artworks/{place.works[39].id}",
    ):
        shown = curator.get(path).text
        assert "<b>Odd" not in shown and "<i>" not in shown, path
    deciding.remove(place.database, place.store, place.folder, odd.id, cleo)
    with place.database.reading() as session:
        assert not standing(session, odd.id)
