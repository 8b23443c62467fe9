"""The desk of duplicates: pairs found, verdicts that last, merges that a kill neither loses nor repeats, and pages."""

import html
import multiprocessing
import os
import re
import signal
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from curators import HUGE, cleo, signed_in, staffed, token
from flask import Flask
from holdings import Holding, Opened, painting, saved
from PIL import ImageOps
from sqlalchemy import text
from store_samples import artwork

from gallery.app import create_app
from gallery.db import Database
from gallery.duplicates import carrying, deciding
from gallery.duplicates.carrying import carry_out
from gallery.duplicates.detecting import find_all, find_new
from gallery.duplicates.keeping import merged, suggest
from gallery.errors import DuplicateRefused
from gallery.models import DuplicatePair
from gallery.models.audit import audit_page
from gallery.models.duplicates import add_pairs, belonging, merges_in, open_pairs
from indexer.duplicates.pairs import Found
from indexer.duplicates.prints import Prints
from indexer.store.model import artwork_id
from scraper.withdrawn import WithdrawnFile

OTHER = "Émile Brandt"
pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture(scope="module")
def hung(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four works and, by another artist, copies of two of them: one mirrored, one cut. Copy it before it is opened."""
    folder = tmp_path_factory.mktemp("hung")
    with staffed(folder) as database:
        with Opened(folder, database, works=4) as holding:
            holding.put("mirrored.jpg", saved(ImageOps.mirror(painting(0)).resize((240, 180))), OTHER)
            holding.put("cut.jpg", saved(painting(1).crop((40, 30, 440, 330))), OTHER)
            holding.take_in(OTHER)
            holding.index()
            find_new(holding.house)
    return folder


def waiting(holding: Holding) -> dict[frozenset[str], DuplicatePair]:
    titles = {record.picture.sha256: title for title, record in holding.records().items()}
    with holding.database.reading() as session:
        return {frozenset((titles[p.one], titles[p.other])): p for p in open_pairs(session, 100)}


MIRRORED, CUT = frozenset(("Study 0", "Mirrored")), frozenset(("Study 1", "Cut"))


def test_new_works_are_compared_when_they_come_and_the_whole_collection_says_the_same(holding: Holding) -> None:
    found = waiting(holding)
    assert found.keys() == {MIRRORED, CUT}
    assert (found[MIRRORED].kind, found[MIRRORED].way) == ("near", 1) and found[CUT].kind == "part"
    assert find_new(holding.house) == 0 and find_all(holding.house, lambda: False, lambda *_: None) == 0
    with holding.database.writing() as session:
        session.execute(text("DELETE FROM duplicate_pairs"))
    assert find_all(holding.house, lambda: False, lambda *_: None) == 2
    assert waiting(holding).keys() == {MIRRORED, CUT}


def test_a_comparison_cut_short_is_taken_up_where_it_was(holding: Holding, monkeypatch: pytest.MonkeyPatch) -> None:
    with holding.database.writing() as session:
        session.execute(text("DELETE FROM duplicate_pairs"))
    for file in holding.house.prints.iterdir():
        file.unlink()

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("gallery.duplicates.detecting.verify", dies)
        with pytest.raises(KeyboardInterrupt):
            find_new(holding.house)
    assert not waiting(holding)
    assert find_new(holding.house) == 2 and find_new(holding.house) == 0


@pytest.mark.parametrize("verdict", ["different", "variant"])
def test_a_verdict_lasts_and_is_never_asked_again(holding: Holding, verdict: str) -> None:
    pair = waiting(holding)[MIRRORED]
    deciding.give_verdict(holding.house, pair.id, verdict, cleo(holding))
    assert waiting(holding).keys() == {CUT}
    # A scrape and a re-index later, with prints made anew.
    holding.take_in(OTHER)
    for file in holding.house.prints.iterdir():
        file.unlink()
    holding.store.delete([artwork_id(pair.one), artwork_id(pair.other)])
    holding.index()
    find_new(holding.house)
    find_all(holding.house, lambda: False, lambda *_: None)
    assert waiting(holding).keys() == {CUT}
    with holding.database.reading() as session:
        newest = audit_page(session, 1, 1).entries[0]
    assert (newest.who, newest.action, newest.detail["verdict"]) == ("Cleo", "decided duplicate", verdict)
    with pytest.raises(DuplicateRefused, match="decided about this pair already"):
        deciding.give_verdict(holding.house, pair.id, "same-file", cleo(holding))


def test_merging_keeps_the_larger_gives_it_what_it_lacks_and_is_undone_whole(holding: Holding) -> None:
    records, pair = holding.records(), waiting(holding)[MIRRORED]
    keeper, gone = records["Study 0"].picture.sha256, records["Mirrored"].picture.sha256
    holding.store.set_fields({artwork_id(gone): {"year": 1888, "medium": "oil", "tags": ["sea"]}})
    act = deciding.give_verdict(holding.house, pair.id, "same-file", cleo(holding))
    assert "Mirrored" not in holding.shown() and "Study 0" in holding.shown()
    kept = holding.store.get(artwork_id(keeper))
    assert (kept.year, kept.medium, kept.tags) == (1888, "oil", ("sea",))
    assert holding.house.library.get(gone) is not None
    # Neither a scrape nor an indexing brings it back, and the keeper keeps what it took over.
    holding.take_in(OTHER)
    holding.store.delete([artwork_id(keeper)])
    holding.index()
    assert "Mirrored" not in holding.shown() and holding.store.get(artwork_id(keeper)).year == 1888
    deciding.undo(holding.house, act, cleo(holding))
    assert holding.store.get(artwork_id(keeper)).year is None
    holding.index()
    assert "Mirrored" in holding.shown() and waiting(holding).keys() == {MIRRORED, CUT}
    with pytest.raises(DuplicateRefused, match="taken back already"):
        deciding.undo(holding.house, act, cleo(holding))


def test_the_trash_is_emptied_for_good(holding: Holding) -> None:
    gone = holding.records()["Mirrored"].picture.sha256
    act = deciding.give_verdict(holding.house, waiting(holding)[MIRRORED].id, "same-work", cleo(holding))
    assert deciding.empty_trash(holding.house, cleo(holding)) == 1
    assert not [path for path in holding.pictures_of(gone) if path.suffix != ".jsonl"]
    entry = WithdrawnFile(holding.house.library).now().refused(gone)
    assert entry is not None and entry.why == "deleted"
    holding.take_in(OTHER)
    holding.index()
    assert "Mirrored" not in holding.shown()
    with pytest.raises(DuplicateRefused, match="emptied since"):
        deciding.undo(holding.house, act, cleo(holding))
    # No sketch of what is deleted stays behind, whether anybody looks for duplicates again or not.
    assert gone not in Prints(holding.house.prints)


def test_a_bulk_acceptance_does_what_its_overview_said(holding: Holding) -> None:
    plan = deciding.plan_bulk(holding.house, "part", 0.5)
    assert (len(plan.pairs), plan.gone, plan.verdict) == (1, 1, "same-work")
    before = holding.shown()
    act = deciding.accept(holding.house, plan, cleo(holding))
    assert set(before) - set(holding.shown()) == {"Cut"}
    with pytest.raises(DuplicateRefused, match="decided meanwhile"):
        deciding.accept(holding.house, plan, cleo(holding))
    deciding.undo(holding.house, act, cleo(holding))
    holding.index()
    assert holding.shown() == before


def killed_at(folder: str, step: str, before: bool, what: str) -> None:
    """Do something in a process of its own that is killed at a step."""
    done = getattr(carrying, step)

    def dies(*arguments: Any, **more: Any) -> None:
        if not before:
            done(*arguments, **more)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(carrying, step, dies)
    with closing(Database(f"sqlite:///{Path(folder) / 'db.sqlite3'}")) as database:
        with Opened.again(Path(folder), database) as holding:
            if what == "bulk":
                deciding.accept(holding.house, deciding.plan_bulk(holding.house, "near", 0.5), cleo(holding))
            elif what == "undo":
                deciding.undo(holding.house, 1, cleo(holding))
            elif what == "empty":
                deciding.empty_trash(holding.house, cleo(holding))
            else:
                deciding.give_verdict(holding.house, waiting(holding)[MIRRORED].id, "same-file", cleo(holding))


def killed(holding: Holding, step: str, before: bool, what: str) -> None:
    holding.store.close()
    folder = str(holding.folder.parent)
    process = multiprocessing.get_context("fork").Process(target=killed_at, args=(folder, step, before, what))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    holding.store = Opened.again(holding.folder.parent, holding.database).holding.store


@pytest.mark.parametrize(
    ("what", "step", "before"),
    [("merge", "amend", True), ("merge", "refresh", False), ("merge", "clear_away", False), ("bulk", "amend", False)],
)
def test_a_kill_while_merging_loses_nothing_and_repeats_nothing(
    holding: Holding, what: str, step: str, before: bool
) -> None:
    holding.database.close()
    killed(holding, step, before, what)
    # Whoever comes next finishes it: here the next indexing.
    holding.index()
    assert waiting(holding).keys() == {CUT}
    assert holding.shown() == ["Cut", "Study 0", "Study 1", "Study 2", "Study 3"]
    with holding.database.reading() as session:
        assert [merge.state for merge in merges_in(session, ("merging", "merged"))] == ["merged"]
        acts = [entry.action for entry in audit_page(session, 1, 100).entries]
    assert acts.count("decided duplicate") + acts.count("accepted duplicates") == 1
    assert carry_out(holding.house) == 0
    assert len([entry for entry in WithdrawnFile(holding.house.library).now().entries]) == 1


def test_a_kill_while_undoing_or_emptying_is_finished_too(holding: Holding) -> None:
    deciding.give_verdict(holding.house, waiting(holding)[MIRRORED].id, "same-file", cleo(holding))
    holding.database.close()
    killed(holding, "amend", True, "undo")
    holding.index()
    assert "Mirrored" in holding.shown() and waiting(holding).keys() == {MIRRORED, CUT}
    deciding.give_verdict(holding.house, waiting(holding)[MIRRORED].id, "same-file", cleo(holding))
    holding.database.close()
    killed(holding, "amend", False, "empty")
    holding.index()
    assert "Mirrored" not in holding.records()
    with holding.database.reading() as session:
        assert [merge.state for merge in merges_in(session, ("emptying", "emptied"))] == ["emptied"]


def test_the_keeper_is_chosen_for_reasons_in_words() -> None:
    small, large = artwork(1, width=300, height=200), artwork(2, width=900, height=600)
    assert suggest([small, large]).work == large
    assert "the largest (9.0 times the pixels)" in suggest([small, large]).reasons[0]
    museum = artwork(3, source="met", licence="CC0-1.0", year=1888)
    found = suggest([artwork(4, source="bing", licence="unknown", year=None), museum])
    assert found.work == museum and "a museum's own source (met)" in found.reasons[0]
    assert "its licence is known" in found.reasons


def test_what_is_taken_over_fills_gaps_and_a_licence_belongs_to_the_file() -> None:
    keeper = artwork(1, year=None, licence="unknown", tags=("sea",))
    others = [artwork(2, year=1880, licence="CC0-1.0", tags=("sea", "boat")), artwork(4, year=1881, medium="oil")]
    file, work = merged(keeper, others, "same-file"), merged(keeper, others, "same-work")
    assert file[0]["licence"] == "CC0-1.0" and "licence" not in work[0]
    assert file[0]["year"] == 1880 and "year" not in file[1] and file[1]["medium"] == "oil"
    assert file[0]["tags"] == ["sea", "boat"]


def test_a_pair_that_lost_a_work_comes_back_when_both_are_there_again(holding: Holding, shared: Holding) -> None:
    pair = waiting(holding)[CUT]
    holding.store.delete([artwork_id(pair.one)])
    app = create_app(holding.settings, holding.store, holding.database)
    page = signed_in(app, "Cleo").get("/admin/duplicates").text
    assert "1 pair" in page or "Mirrored" in page
    assert waiting(holding).keys() == {MIRRORED}
    holding.index()
    find_all(holding.house, lambda: False, lambda *_: None)
    assert waiting(holding).keys() == {MIRRORED, CUT}


# Pages.


PAGES = [
    ("/admin/duplicates", "curator", "GET"),
    ("/admin/duplicates/{pair}", "curator", "GET POST"),
    ("/admin/duplicates/groups", "curator", "GET POST"),
    ("/admin/duplicates/bulk", "curator", "GET POST"),
    ("/admin/duplicates/undo", "curator", "POST"),
    ("/admin/duplicates/look", "curator", "POST"),
    ("/admin/duplicates/trash", "curator", "GET"),
    ("/admin/duplicates/trash", "admin", "POST"),
]


@pytest.mark.parametrize(("path", "role", "methods"), PAGES, ids=[f"{path} {methods}" for path, _, methods in PAGES])
def test_the_matrix_of_each_page(shared_site: Flask, shared: Holding, path: str, role: str, methods: str) -> None:
    admin, curator, stranger = signed_in(shared_site, "Ada"), signed_in(shared_site, "Cleo"), shared_site.test_client()
    here = path.format(pair=waiting(shared)[MIRRORED].id)
    for method in methods.split():
        answer = stranger.open(here, method=method, data={"csrf_token": token(stranger, "/login")})
        assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/login")
        if role == "admin":
            assert curator.open(here, method=method, data={"csrf_token": token(curator)}).status_code == 403
    for method in {"PUT", "DELETE"}:
        assert admin.open(here, method=method, data={"csrf_token": token(admin)}).status_code == 405
    if "GET" in methods:
        page = curator.get(here)
        assert page.status_code == 200 and 'content="noindex"' in page.text
        assert page.headers["Cache-Control"] == "no-store" and "style=" not in page.text
    if "POST" in methods:
        assert "no longer valid" in admin.post(here).text and admin.post(here).status_code == 400
    for bad in (str(HUGE), "999999", "-1", "x"):
        wrong = path.format(pair=bad)
        if wrong != path:
            assert admin.get(wrong).status_code == 404
    assert waiting(shared).keys() == {MIRRORED, CUT}


@pytest.mark.parametrize("query", ["kind=x", "after=x", "after=1", "after=nan~1", "after=1~x", "after=1~99999999999"])
def test_addresses_that_make_no_sense_are_refused(shared_site: Flask, shared: Holding, query: str) -> None:
    assert signed_in(shared_site, "Cleo").get(f"/admin/duplicates?{query}").status_code == 400


def test_forms_that_are_not_ours_are_refused(shared_site: Flask, shared: Holding) -> None:
    curator = signed_in(shared_site, "Cleo")
    sent = {"csrf_token": token(curator)}
    here = f"/admin/duplicates/{waiting(shared)[MIRRORED].id}"
    assert curator.post(here, data=sent).status_code == 400
    assert curator.post(here, data=sent | {"verdict": "merge"}).status_code == 303
    assert curator.post("/admin/duplicates/undo", data=sent | {"act": "x"}).status_code == 400
    asked = {"Accept": "application/json"}
    assert curator.post("/admin/duplicates/undo", data=sent | {"act": "77"}, headers=asked).status_code == 409
    assert curator.post("/admin/duplicates/groups", data=sent | {"keeper": "a", "work": "b"}).status_code == 400
    stale = sent | {"kind": "near", "least": "0.5", "mark": "0-0-0"}
    assert curator.post("/admin/duplicates/bulk", data=stale).status_code == 409
    assert curator.get("/admin/duplicates/bulk?kind=near&least=x").status_code == 400
    assert waiting(shared).keys() == {MIRRORED, CUT}


def test_approved_versions_show_on_the_public_pages_without_the_database(holding: Holding) -> None:
    shared_site = create_app(holding.settings, holding.store, holding.database)
    curator, records = signed_in(shared_site, "Cleo"), holding.records()
    public = f"/artworks/{artwork_id(records['Study 1'].picture.sha256)}"
    assert "Versions of this work" not in curator.get(public).text
    data = {"csrf_token": token(curator), "verdict": "same-work", "both": "1"}
    assert curator.post(f"/admin/duplicates/{waiting(holding)[CUT].id}", data=data).status_code == 303
    assert "Cut" in holding.shown()
    page = html.unescape(shared_site.test_client().get(public).text)
    assert "Versions of this work" in page and "another photograph" in page
    back = {"csrf_token": token(curator), "act": "1"}
    assert curator.post("/admin/duplicates/undo", data=back).status_code == 303
    assert "Versions of this work" not in shared_site.test_client().get(public).text


def test_a_group_is_merged_into_the_one_chosen(holding: Holding) -> None:
    for number, size in enumerate(((300, 225), (260, 195))):
        holding.put(f"third {number}.jpg", saved(painting(0).resize(size)), f"Painter {number}")
        holding.take_in(f"Painter {number}")
    holding.index()
    find_new(holding.house)
    shared_site = create_app(holding.settings, holding.store, holding.database)
    curator = signed_in(shared_site, "Cleo")
    page = curator.get("/admin/duplicates/groups").text
    works = re.findall(r'name="work" value="([0-9a-f]{64})"', page)
    assert len(works) == 4
    keeper = holding.records()["Mirrored"].picture.sha256
    data = {"csrf_token": token(curator), "work": works, "keeper": keeper, "verdict": "same-work"}
    assert curator.post("/admin/duplicates/groups", data=data).status_code == 303
    assert holding.shown() == ["Cut", "Mirrored", "Study 1", "Study 2", "Study 3"]
    with holding.database.reading() as session:
        assert {merge.keeper for merge in merges_in(session, ("merged",))} == {keeper}
    assert waiting(holding).keys() == {CUT}


def test_what_shows_the_same_or_is_a_version_belongs_together(database: Database) -> None:
    """A split keeps it on one side: what pictures tell, and what people said, who may know better."""
    kinds = {1: "exact", 2: "near", 3: "part", 4: "alike", 5: "near", 6: "alike"}
    found = [Found(f"{n:064x}", f"{n + 50:064x}", kind, 0.9) for n, kind in kinds.items()]  # type: ignore[arg-type]
    with database.writing() as session:
        add_pairs(session, found)
        pairs = {int(pair.one, 16): pair for pair in open_pairs(session, 100)}
        pairs[5].verdict, pairs[6].verdict = "different", "variant"
    with database.reading() as session:
        assert {int(one, 16) for one, _ in belonging(session)} == {1, 2, 3, 6}
