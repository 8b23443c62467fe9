"""What visitors see when something is wrong: proper pages with the right status, and nothing they should not see."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from exhibition import CARD, Exhibition, random_vectors, settings_for
from flask import Flask
from flask.testing import FlaskClient

from gallery.app import create_app
from gallery.catalogue import hold, store
from gallery.problems import MOST_BYTES
from indexer.errors import StoreDamaged, StoreError, StoreLocked, StoreUnavailable
from indexer.store import open_store
from indexer.store.model import CONTENT

PAGES = ("/", "/artists", "/artists/ada-ochre", "/artworks/00000000-0000-0000-0000-000000000000", "/search?q=x")
SECRET_PLACE = "/srv/secret/place"


@pytest.mark.parametrize(
    "address",
    [
        "/nothing",
        "/artists/",
        "/artworks/",
        "/artworks",
        "/static/",
        "/static/nothing.css",
        "/static/../pyproject.toml",
    ],
)
def test_an_unknown_address_has_a_page_of_its_own(address: str, visitor: FlaskClient) -> None:
    answer = visitor.get(address)
    assert answer.status_code == 404
    assert "<h1>Nothing hangs here</h1>" in answer.text
    assert 'href="/"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_method_nobody_knows_is_refused(visitor: FlaskClient) -> None:
    assert visitor.open("/", method="BREW").status_code == 405


@pytest.mark.parametrize("address", ["/", "/search", "/nothing-takes-it/../search"])
def test_a_large_body_is_refused_before_it_is_read(address: str, visitor: FlaskClient) -> None:
    answer = visitor.post(address, data=b"x" * (MOST_BYTES + 1))
    assert answer.status_code == 413
    assert f"{MOST_BYTES // 1024} KB" in answer.text


class Broken:
    """A store of which every method raises."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, name: str) -> object:
        def fail(*args: object, **more: object) -> None:
            raise self.error

        return fail


@contextmanager
def broken(site: Flask, error: Exception) -> Iterator[None]:
    with site.app_context():
        whole = store()
    hold(site.extensions, Broken(error))  # type: ignore[arg-type]
    yield
    hold(site.extensions, whole)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "error",
    [
        StoreUnavailable("http://10.1.2.3:6333", "connection refused"),
        StoreDamaged(Path(SECRET_PLACE), "input/output error"),
        StoreLocked(Path(SECRET_PLACE), 4242),
    ],
)
def test_a_collection_out_of_reach_is_said_without_naming_where_it_is(
    page: str, error: StoreError, site: Flask, visitor: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with broken(site, error):
        answer = visitor.get(page)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert "out of reach" in answer.text
    assert not any(part in answer.text for part in ("10.1.2.3", SECRET_PLACE, "4242", "refused", "Traceback"))
    # Whoever runs the site finds all of it in the log.
    assert str(error) in caplog.text


def test_pages_that_need_no_collection_stay_and_health_says_what_is_wrong(site: Flask, visitor: FlaskClient) -> None:
    with broken(site, StoreUnavailable("http://10.1.2.3:6333", "connection refused")):
        assert visitor.get("/robots.txt").status_code == 200
        answer = visitor.get("/health")
    assert (answer.status_code, answer.json) == (503, {"ok": False, "artworks": None, "engine": None})
    assert visitor.get("/health").status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_a_fault_of_ours_is_a_page_without_details(
    page: str, site: Flask, visitor: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with broken(site, ZeroDivisionError(f"in {SECRET_PLACE}")):
        answer = visitor.get(page)
    assert answer.status_code == 500
    assert "Something broke" in answer.text
    assert SECRET_PLACE not in answer.text
    assert "ZeroDivisionError" in caplog.text


def test_a_gallery_without_any_collection_says_how_to_begin(tmp_path: Path) -> None:
    with closing(open_store(settings_for(tmp_path))) as empty:
        visitor = create_app(settings_for(tmp_path), empty).test_client()
        for page in ("/", "/artists", "/search"):
            answer = visitor.get(page)
            assert answer.status_code == 200
            assert "The walls are still bare" in answer.text
            assert "gallery import" in answer.text
            assert answer.headers["Cache-Control"] == "no-store"
        assert visitor.get("/about").status_code == 200
        assert visitor.get("/artists/ada-ochre").status_code == 404
        assert visitor.get(PAGES[3]).status_code == 404
        assert visitor.get("/health").json == {"ok": True, "artworks": 0, "engine": None}


def test_a_collection_without_works_is_empty_too_and_fills_while_the_site_runs(
    tmp_path: Path, exhibition: Exhibition
) -> None:
    with closing(open_store(settings_for(tmp_path))) as filling:
        visitor = create_app(settings_for(tmp_path), filling).test_client()
        assert "The walls are still bare" in visitor.get("/").text
        filling.prepare(CARD)
        for page in ("/", "/artists"):
            assert "The walls are still bare" in visitor.get(page).text
        assert "Nothing matches" in visitor.get("/search").text
        filling.add(exhibition.works[:1], {CONTENT: random_vectors(1)})
        assert "1 work by 1 artist" in visitor.get("/").text
        alone = visitor.get(f"/artworks/{exhibition.works[0].id}")
        assert "nothing to compare this work with" in alone.text
