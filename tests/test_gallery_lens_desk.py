"""The lenses' page of the desk, and the job that fits their statistics anew."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest
from conftest import Visitor
from curators import hire, signed_in, token
from exhibition import Exhibition, settings_for
from shelf import Observing, Shelf, drawing, encoded

from gallery.app import create_app
from gallery.db import Database
from gallery.errors import StageFailed
from gallery.jobs.board import Board
from gallery.jobs.kinds import KINDS, Shop, Task
from gallery.jobs.queue import JobQueue
from gallery.models.jobs import job_by_id
from gallery.settings import GallerySettings
from indexer.lenses.pairs import pairs_file
from indexer.lenses.statistics import LEAST
from indexer.store import ArtworkStore, open_store
from scraper.settings import ScraperSettings

PAGE = "/admin/lenses"

pytestmark = pytest.mark.usefixtures("cheap_hashes")


class Desk:
    """A site with an admin signed in, and its jobs done by hand."""

    def __init__(self, settings: GallerySettings, store: ArtworkStore, database: Database) -> None:
        self.settings, self.store, self.database = settings, store, database
        app = create_app(settings, store, database)
        app.test_client_class = Visitor
        hire(database)
        self.admin, self.curator, self.stranger = signed_in(app, "Ada"), signed_in(app), app.test_client()

    def fit(self) -> str | None:
        """Ask for a new fit by the page's button, and do it."""
        answer = self.admin.post(PAGE, data={"csrf_token": token(self.admin)})
        assert answer.status_code == 303, answer.text
        assert "Fitting lenses" in self.admin.get(answer.location).text
        with self.database.reading() as session:
            job = job_by_id(session, int(answer.location.rsplit("/", 1)[1]))
        assert job is not None
        queue = JobQueue(self.settings)
        shop = Shop(self.settings, ScraperSettings(), self.database, self.store, queue, "tests", Event())
        (stage,) = KINDS["lenses"].stages
        return stage.load()(Task(shop, job, Board(self.database, job, "tests", Event()), stage.name))


@pytest.fixture
def desk(tmp_path: Path, sqlite: Database) -> Iterator[Desk]:
    shelf = Shelf(tmp_path / "data")
    shelf.keep(*[encoded(drawing(number, (96, 80))) for number in range(LEAST)])
    shelf.index(Observing(), statistics=shelf.settings.statistics_dir)
    settings = settings_for(tmp_path / "data")
    with closing(open_store(settings)) as store:
        yield Desk(settings, store, sqlite)


def test_the_page_tells_what_lenses_are_made_with_and_its_button_fits_them_anew(desk: Desk) -> None:
    card = desk.store.stats().card
    assert card is not None
    html = desk.admin.get(PAGE).text
    assert f"<code>{card.statistics}</code>" in html
    assert "compared by subject and style" in html
    assert f"statistics are <code>{card.statistics}</code>" in desk.stranger.get("/about").text
    pairs_file(desk.settings.statistics_dir).unlink()
    assert "compared by subject alone until all of them" in desk.admin.get(PAGE).text
    assert desk.fit() is None
    assert "compared by subject and style" in desk.admin.get(PAGE).text
    assert "style 70 %" in desk.stranger.get("/about").text


def test_it_is_for_admins_and_needs_a_token(desk: Desk) -> None:
    assert desk.admin.get(PAGE).headers["Cache-Control"] == "no-store"
    assert "/login" in desk.stranger.get(PAGE).location
    assert desk.curator.get(PAGE).status_code == 403
    assert desk.curator.post(PAGE, data={"csrf_token": token(desk.curator)}).status_code == 403
    assert desk.admin.post(PAGE).status_code == 400
    assert desk.admin.put(PAGE, data={"csrf_token": token(desk.admin)}).status_code == 405


def test_with_nothing_to_fit_on_the_job_says_so(exhibition: Exhibition, tmp_path: Path, sqlite: Database) -> None:
    own = exhibition.copy(tmp_path / "old")
    with closing(open_store(own.settings())) as store:
        desk = Desk(own.settings(), store, sqlite)
        assert "compared by subject alone" in desk.admin.get(PAGE).text
        with pytest.raises(StageFailed, match="0 are ready"):
            desk.fit()
