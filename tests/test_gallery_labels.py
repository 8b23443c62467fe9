"""The desk of suspicious labels: found, decided for good, taken back, and nothing repeated after a kill."""

import multiprocessing
import os
import re
import shutil
import signal
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest
from click.testing import CliRunner
from curators import GOOD, HUGE, cleo, copied, signed_in, staffed, token
from flask import Flask
from holdings import Holding, Opened
from labelled import COLOURS, RATHER, STATED, WRONG, labelled

from gallery.accounts import people
from gallery.app import create_app
from gallery.cli.labels import command
from gallery.corrections import correct, withdraw
from gallery.db import Database
from gallery.errors import CorrectionRefused
from gallery.holdings import removal
from gallery.holdings.finding import record_with
from gallery.jobs.asking import ask_for
from gallery.jobs.kinds import Shop
from gallery.jobs.queue import JobQueue
from gallery.jobs.work import work
from gallery.labels import deciding, searching
from gallery.labels.errors import LabelRefused
from gallery.labels.searching import SearchStopped, search
from gallery.models import LabelCase, LabelRun
from gallery.models.artists import artist_by_slug
from gallery.models.audit import audit_page
from gallery.models.corrections import corrections_of
from gallery.models.jobs import job_by_id
from gallery.models.labels import cases, count_waiting, last_label_run, store_findings
from indexer.catalogue import artwork_of
from indexer.store.model import Artwork, artwork_id
from indexer.suspicion.model import Finding
from scraper.settings import ScraperSettings

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture(scope="module")
def hung(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy it before it is opened."""
    folder = tmp_path_factory.mktemp("labels")
    with staffed(folder) as database:
        labelled(folder, database)
        with Opened.again(folder, database) as holding:
            search(database, holding.store)
    return folder


def waiting(holding: Holding) -> list[LabelCase]:
    with holding.database.reading() as session:
        return list(cases(session, 100))


def wrong(holding: Holding) -> Artwork:
    return holding.store.get(artwork_id(holding.records()[WRONG].picture.sha256))


def case_of(holding: Holding, work: Artwork) -> LabelCase:
    with holding.database.reading() as session:
        return session.query(LabelCase).filter_by(sha256=work.sha256, field="artist").one()


def planted(holding: Holding) -> LabelCase:
    return case_of(holding, wrong(holding))


def test_a_work_filed_under_the_wrong_artist_is_first_and_asked_about_once(holding: Holding) -> None:
    first = waiting(holding)[0]
    assert (first.sha256, first.field, first.stated, first.suggested) == (
        wrong(holding).sha256,
        "artist",
        STATED,
        RATHER,
    )
    proof = holding.store.get_many([artwork_id(sha256) for sha256 in first.evidence["proof"]])
    assert {work.artist for work in proof.values()} == {RATHER} and len(proof) == 3
    before = [(case.id, case.rank) for case in waiting(holding)]
    run = search(holding.database, holding.store)
    assert run.parts["artist"]["new"] == 0 and [(case.id, case.rank) for case in waiting(holding)] == before


@pytest.mark.parametrize("said", ["right", "unsure"])
def test_a_verdict_outlives_another_look_another_index_and_another_scrape(holding: Holding, said: str) -> None:
    case = planted(holding)
    deciding.say(holding.house, case.id, said, cleo(holding))
    holding.take_in(STATED)
    holding.index()
    holding.store.delete([artwork_id(case.sha256)])
    holding.index()
    search(holding.database, holding.store)
    assert case.id not in [each.id for each in waiting(holding)]
    assert planted(holding).verdict == said
    with holding.database.reading() as session:
        entry = audit_page(session, 1, 1).entries[0]
        assert count_waiting(session)["later"] == (said == "unsure")
    assert (entry.who, entry.action) == ("Cleo", "decided label") and entry.detail["stated"] == STATED


def test_a_label_that_has_changed_since_is_another_question(holding: Holding) -> None:
    case = planted(holding)
    deciding.say(holding.house, case.id, "right", cleo(holding))
    holding.store.set_fields({artwork_id(case.sha256): {"artist": "Noor Vale", "artist_slug": "noor-vale"}})
    search(holding.database, holding.store)
    again = [each for each in waiting(holding) if each.sha256 == case.sha256]
    assert [(each.stated, each.suggested) for each in again] == [("Noor Vale", RATHER)]


def test_correcting_by_one_key_is_a_correction_and_taking_it_back_lets_the_sources_speak(holding: Holding) -> None:
    case, me = planted(holding), cleo(holding)
    deciding.say(holding.house, case.id, "correct", me)
    assert (wrong(holding).artist, wrong(holding).artist_slug) == (RATHER, "ada-ochre")
    assert planted(holding).verdict == "corrected"
    holding.index()
    search(holding.database, holding.store)
    assert wrong(holding).artist == RATHER and all(each.sha256 != case.sha256 for each in waiting(holding))
    deciding.undo(holding.house, case.id, me)
    assert (wrong(holding).artist, wrong(holding).artist_slug) == (STATED, "emile-brandt")
    with holding.database.reading() as session:
        assert corrections_of(session, [case.sha256]) == {}
    assert planted(holding).open and planted(holding).verdict is None
    with pytest.raises(LabelRefused, match="taken back already"):
        deciding.undo(holding.house, case.id, me)


def test_taking_back_restores_what_was_corrected_before_and_leaves_what_was_corrected_since(holding: Holding) -> None:
    me, sha256 = cleo(holding), wrong(holding).sha256
    with holding.database.writing() as session:
        store_findings(session, "year", [Finding(sha256, "year", "2300", None, "impossible", 9.0, {"expected": 1890})])
        number = session.query(LabelCase).filter_by(field="year").one().id
    correct(holding.database, holding.store, sha256, "year", 1888, me)
    deciding.undo(holding.house, number, me)
    assert wrong(holding).year is None
    correct(holding.database, holding.store, planted(holding).sha256, "year", 1777, me)
    deciding.undo(holding.house, number, me)
    with holding.database.writing() as session:
        session.query(LabelCase).filter_by(field="year").one().verdict = None
    correct(holding.database, holding.store, sha256, "year", 1666, me)
    deciding.say(holding.house, planted(holding).id, "correct", me)
    withdraw(holding.database, holding.store, stated(holding, sha256), "artist", me)
    deciding.undo(holding.house, planted(holding).id, me)
    assert (wrong(holding).artist, wrong(holding).year) == (STATED, 1666)


def stated(holding: Holding, sha256: str) -> Artwork:
    return artwork_of(holding.house.library.get(sha256), None)


def test_a_year_that_cannot_be_is_taken_away_by_one_key_and_put_back(holding: Holding) -> None:
    sha256, me = wrong(holding).sha256, cleo(holding)
    correct(holding.database, holding.store, sha256, "year", 2090, me)
    with holding.database.writing() as session:
        store_findings(session, "year", [Finding(sha256, "year", "2090", None, "impossible", 9.0, {"expected": 1890})])
        number = session.query(LabelCase).filter_by(field="year").one().id
    deciding.say(holding.house, number, "correct", me)
    assert wrong(holding).year is None
    deciding.undo(holding.house, number, me)
    assert wrong(holding).year == 2090


def test_a_correction_made_in_the_form_settles_the_case_and_one_to_the_same_says_it_is_right(holding: Holding) -> None:
    correct(holding.database, holding.store, planted(holding).sha256, "artist", STATED, cleo(holding))
    assert planted(holding).verdict == "right"
    other = waiting(holding)[0] if waiting(holding) else None
    assert other is None or other.sha256 != planted(holding).sha256


def test_a_work_is_not_given_to_a_hidden_artist(holding: Holding) -> None:
    with holding.database.reading() as session:
        artist = artist_by_slug(session, "ada-ochre")
    assert artist is not None
    removal.hide_artist(holding.house, artist.id, cleo(holding))
    with pytest.raises(CorrectionRefused, match="is hidden"):
        deciding.say(holding.house, planted(holding).id, "correct", cleo(holding))
    assert planted(holding).open and wrong(holding).artist == STATED


def test_a_work_given_to_another_artist_is_hidden_and_shown_with_that_artist(holding: Holding) -> None:
    me = cleo(holding)
    deciding.say(holding.house, planted(holding).id, "correct", me)
    with holding.database.reading() as session:
        rather, before = artist_by_slug(session, "ada-ochre"), artist_by_slug(session, "emile-brandt")
    assert rather is not None and before is not None
    removal.hide_artist(holding.house, rather.id, me)
    holding.index()
    assert WRONG not in holding.shown() and "Émile Brandt 1" in holding.shown()
    removal.show_artist(holding.house, rather.id, me)
    removal.hide_artist(holding.house, before.id, me)
    holding.index()
    assert WRONG in holding.shown() and "Émile Brandt 1" not in holding.shown()
    assert wrong(holding).artist == RATHER


def test_hiding_takes_the_work_from_view_and_undo_brings_it_back(holding: Holding) -> None:
    case, me = planted(holding), cleo(holding)
    deciding.say(holding.house, case.id, "hide", me)
    assert WRONG not in holding.shown()
    deciding.undo(holding.house, case.id, me)
    holding.index()
    assert WRONG in holding.shown() and planted(holding).open


def test_a_work_that_goes_while_its_case_is_open_is_refused_and_leaves_the_queue(holding: Holding) -> None:
    case, shared_site = planted(holding), create_app(holding.settings, holding.store, holding.database)
    curator = signed_in(shared_site, "Cleo")
    record = record_with(holding.house.library, uuid_of(case))
    assert record is not None
    removal.delete(holding.house, record, cleo(holding))
    sent = {"csrf_token": token(curator), "say": "right"}
    answer = curator.post(f"/admin/labels/{case.id}", data=sent, headers={"Accept": "application/json"})
    assert answer.status_code == 409 and "not shown any more" in answer.json["said"]
    assert str(case.id) in {str(each.id) for each in waiting(holding)}
    assert WRONG not in curator.get("/admin/labels").text
    assert case.id not in {each.id for each in waiting(holding)}
    search(holding.database, holding.store)
    assert case.id not in {each.id for each in waiting(holding)}


def uuid_of(case: LabelCase) -> object:
    from uuid import UUID

    return UUID(artwork_id(case.sha256))


def test_a_look_that_was_stopped_goes_on_behind_the_fields_that_are_done(
    holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    with holding.database.writing() as session:
        session.query(LabelRun).delete()
        session.query(LabelCase).delete()
    told: list[str] = []

    def say(what: str, done: float) -> None:
        told.append(what)

    with pytest.raises(SearchStopped):
        search(holding.database, holding.store, lambda: "comparing by movement" in told, say)
    found = [case.id for case in waiting(holding)]
    with holding.database.reading() as session:
        run = last_label_run(session)
    assert run is not None and list(run.parts) == ["artist"] and run.finished_at is None and found
    monkeypatch.setitem(searching.PARTS, "artist", lambda about: pytest.fail("done already"))
    done = search(holding.database, holding.store)
    assert done.id == run.id and done.finished_at and list(done.parts) == ["artist", "movement", "year", "coverage"]
    assert [case.id for case in waiting(holding)] == found


def killed_while_searching(folder: str) -> None:
    """Look through the labels in a process of its own that is killed between two fields."""

    def dies(what: str, done: float) -> None:
        if what == "comparing by movement":
            os.kill(os.getpid(), signal.SIGKILL)

    with closing(Database(f"sqlite:///{Path(folder) / 'db.sqlite3'}")) as database:
        with Opened.again(Path(folder), database) as holding:
            search(database, holding.store, say=dies)


def test_a_look_that_was_killed_repeats_no_question(hung: Path, tmp_path: Path) -> None:
    folder = tmp_path / "gallery"
    with copied(hung, folder) as holding:
        deciding.say(holding.house, planted(holding).id, "correct", cleo(holding))
        asked = [case.id for case in waiting(holding)]
    process = multiprocessing.get_context("fork").Process(target=killed_while_searching, args=(str(folder),))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    with closing(Database(f"sqlite:///{folder / 'db.sqlite3'}")) as database, Opened.again(folder, database) as holding:
        with database.reading() as session:
            begun = last_label_run(session)
        run = search(database, holding.store)
        assert begun is not None and begun.id == run.id and list(begun.parts) == ["artist"]
        assert planted(holding).verdict == "corrected" and set(asked) >= {case.id for case in waiting(holding)}


def test_the_job_says_what_it_found_and_why_it_could_not_judge(holding: Holding) -> None:
    queue = JobQueue(holding.settings)
    job = ask_for(holding.database, queue, "labels", {"name": "all works"}, by=cleo(holding))
    scraping = ScraperSettings(data_dir=holding.settings.data_dir, _env_file=None)
    work(Shop(holding.settings, scraping, holding.database, holding.store, queue, "test:1", Event()), job.id)
    with holding.database.reading() as session:
        done = job_by_id(session, job.id)
    assert done is not None and done.state == "done", done and done.message
    assert "artist: " in done.log and "too few works to compare movements by" in done.log


def test_the_command_says_what_it_found_and_where_to_look(hung: Path, tmp_path: Path) -> None:
    shutil.copytree(hung / "data", tmp_path / "data")
    told = CliRunner().invoke(command, env={"GALLERY_DATA_DIR": str(tmp_path / "data"), "GALLERY_QDRANT_URL": ""})
    assert told.exit_code == 0, told.output
    assert re.search(r"artist +22 judged, [1-9]\d* to look at", told.output) and "Next: gallery serve" in told.output
    assert "too few works to compare movements by" in told.output


PAGES = [
    ("/admin/labels", "GET"),
    ("/admin/labels/artists", "GET"),
    ("/admin/labels/{case}", "POST"),
    ("/admin/labels/undo", "POST"),
    ("/admin/labels/look", "POST"),
]


@pytest.mark.parametrize(("path", "methods"), PAGES)
def test_the_matrix_of_each_page(shared_site: Flask, shared: Holding, path: str, methods: str) -> None:
    curator, stranger = signed_in(shared_site, "Cleo"), shared_site.test_client()
    here = path.format(case=planted(shared).id)
    answer = stranger.open(here, method=methods, data={"csrf_token": token(stranger, "/login")})
    assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/login")
    for method in {"PUT", "DELETE", *({"POST"} if methods == "GET" else {"GET"})}:
        assert curator.open(here, method=method, data={"csrf_token": token(curator)}).status_code == 405
    if methods == "GET":
        page = curator.get(here)
        assert page.status_code == 200 and 'content="noindex"' in page.text
        assert page.headers["Cache-Control"] == "no-store" and "style=" not in page.text
    else:
        assert "no longer valid" in curator.post(here).text and curator.post(here).status_code == 400
    for bad in (str(HUGE), "999999", "-1", "x"):
        if (odd := path.format(case=bad)) != path:
            sent = {"csrf_token": token(curator), "say": "right"}
            assert curator.post(odd, data=sent).status_code == (303 if bad == "999999" else 404)
    assert planted(shared).open


QUERIES = ["?field=x", "?after=x", "?after=1", "?after=nan~1", "?after=1~x", "?after=1~99999999999"]


@pytest.mark.parametrize("query", QUERIES)
def test_addresses_that_make_no_sense_are_refused(shared_site: Flask, shared: Holding, query: str) -> None:
    assert signed_in(shared_site, "Cleo").get(f"/admin/labels{query}").status_code == 400


def test_forms_that_are_not_ours_are_refused(shared_site: Flask, shared: Holding) -> None:
    curator = signed_in(shared_site, "Cleo")
    sent, here = {"csrf_token": token(curator)}, f"/admin/labels/{planted(shared).id}"
    assert curator.post(here, data=sent).status_code == 400
    asked = {"Accept": "application/json"}
    assert curator.post(here, data=sent | {"say": "merge"}, headers=asked).status_code == 409
    assert curator.post("/admin/labels/undo", data=sent | {"act": "x"}).status_code == 400
    assert curator.post("/admin/labels/undo", data=sent | {"act": "999999"}, headers=asked).status_code == 409
    assert curator.get("/admin/labels/artists?page=99").status_code == 404
    assert planted(shared).open


def test_the_queue_shows_the_case_its_proof_and_a_form_that_is_filled_in(shared_site: Flask, shared: Holding) -> None:
    curator, work_ = signed_in(shared_site, "Cleo"), wrong(shared)
    page = curator.get("/admin/labels?field=artist").text
    assert "looks like" in page and page.count('class="proof"') and "Look through all labels" in page
    form = f"/admin/artworks/{work_.id}?artist=Ada+Ochre"
    assert form.replace("+", "%20") in page or form in page
    filled = curator.get(form).text
    assert 'name="artist" value="Ada Ochre"' in filled and "Nothing is changed until you save" in filled
    table = curator.get("/admin/labels/artists").text
    assert all(artist in table for artist in COLOURS) and "Gini" in table and "<svg" in table


def test_a_gallery_without_works_says_that_there_is_nothing_to_compare(tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path / 'db.sqlite3'}")) as database:
        people.add(database, "Cleo", GOOD, "curator")
        labelled(tmp_path, database, each=0)
        with Opened.again(tmp_path, database) as holding:
            curator = signed_in(create_app(holding.settings, holding.store, database), "Cleo")
            assert "Nobody has looked yet" in curator.get("/admin/labels").text
            assert "Nothing is known yet" in curator.get("/admin/labels/artists").text
            assert search(database, holding.store).works == 1
            assert "nothing to compare" in curator.get("/admin/labels").text
