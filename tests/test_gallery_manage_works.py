"""The pages by which works are looked after: corrected, hidden, deleted, and hostile text on all of them."""

from pathlib import Path

import pytest
from curators import token
from flask import Flask
from flask.testing import FlaskClient
from holdings import ARTIST, Holding
from looking_after import artist_id, facts, looked_after, post, work

from gallery.models import Job
from gallery.survey import surveyor
from indexer.store.model import artwork_id

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture(scope="module")
def hung(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return looked_after(tmp_path_factory.mktemp("manage"))


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
    shared: Holding, curator: FlaskClient, typed: dict[str, str], status: int
) -> None:
    here = f"/admin/artworks/{work(shared, 'Study 2')}"
    known = {"title": "Study 2", "artist": ARTIST, "movement": "", "year": "", "licence": "unknown", "credit": ""}
    answer = post(curator, here, **known | typed)
    assert answer.status_code == status
    assert "Set-Cookie" not in str(answer.headers) or "a=b" not in str(answer.headers)
    post(curator, f"{here}/withdraw/title")


def test_bodies_beyond_all_measure_are_refused(shared: Holding, admin: FlaskClient) -> None:
    here = f"/admin/artists/{artist_id(shared)}"
    assert post(admin, here, **facts(biography="x" * 70_000)).status_code == 413
    assert post(admin, here, **facts(nationality="x" * 1001)).status_code == 400
    here = f"/artworks/{work(shared, 'Study 2')}/takedown"
    assert post(admin, here, name="x" * 801, relation="artist", email="a@b.c", reason="long").status_code == 400


def test_a_work_is_corrected_shown_and_withdrawn(shared_site: Flask, shared: Holding, curator: FlaskClient) -> None:
    here, public = f"/admin/artworks/{work(shared, 'Study 3')}", f"/artworks/{work(shared, 'Study 3')}"
    assert f'href="{here}"' in curator.get(public).text and here not in shared_site.test_client().get(public).text
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
    shown = shared_site.test_client().get(public).text
    for told in ("The Great Wave", "1831", "CC BY-SA 4.0", "The museum"):
        assert told in shown, told
    assert (
        "Nothing was changed."
        in curator.post(here, data=typed | {"csrf_token": token(curator, here)}, follow_redirects=True).text
    )
    assert post(curator, f"{here}/withdraw/title").status_code == 303
    assert "Study 3" in shared_site.test_client().get(public).text
    assert post(curator, f"{here}/withdraw/sha256").status_code == 404


def test_what_pages_tell_of_the_whole_collection_forgets_what_was_corrected(
    shared_site: Flask, shared: Holding, curator: FlaskClient
) -> None:
    with shared_site.app_context():
        known = surveyor()
    known.measure()
    assert known.latest() is not None
    here = f"/admin/artworks/{work(shared, 'Study 9')}"
    assert (
        post(
            curator, here, title="Ninth", artist=ARTIST, movement="", year="", licence="unknown", credit=""
        ).status_code
        == 303
    )
    first = known.latest(10)
    assert first is not None and all("Study 9" != near.ours.title for all_ in first.kindred.values() for near in all_)
    post(curator, f"{here}/withdraw/title")


def test_a_work_is_hidden_and_shown_again(shared_site: Flask, shared: Holding, curator: FlaskClient) -> None:
    here, public = f"/admin/artworks/{work(shared, 'Study 4')}", f"/artworks/{work(shared, 'Study 4')}"
    assert post(curator, f"{here}/hide").status_code == 303
    assert shared_site.test_client().get(public).status_code == 404
    page = curator.get(here)
    assert page.status_code == 200 and "it is hidden" in page.text
    typed = {"title": "x", "artist": ARTIST, "movement": "", "year": "", "licence": "unknown", "credit": ""}
    assert post(curator, here, **typed).status_code == 409
    assert post(curator, f"{here}/show").status_code == 303
    with shared.database.reading() as session:
        assert session.query(Job).filter_by(kind="index").count() == 1
    shared.index()
    assert shared_site.test_client().get(public).status_code == 200


def test_a_work_is_deleted_after_a_page_that_says_what_goes(shared: Holding, admin: FlaskClient) -> None:
    record = shared.records()["Study 5"]
    here = f"/admin/artworks/{artwork_id(record.picture.sha256)}"
    assert "cannot be undone" in admin.get(f"{here}/delete").text
    assert post(admin, f"{here}/delete").status_code == 303
    assert admin.get(here).status_code == 404 and shared.pictures_of(record.picture.sha256) == []
    assert shared.take_in()[1] == ["deleted"]
