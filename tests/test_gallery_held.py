"""Held works: nobody sees them before a curator says so, what was said lasts, and a kill mends itself."""

import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from curators import HUGE, cleo, signed_in, staffed, token
from flask import Flask, url_for
from holdings import Holding, Opened
from strangers import collect, unlike, version

from gallery.db import Database
from gallery.errors import HeldRefused
from gallery.holdings import removal
from gallery.models.audit import audit_page
from gallery.models.held import HeldWork, count_held, held_by_artist, waiting
from gallery.models.keyset import Place
from gallery.relevance import gate
from gallery.relevance.deciding import decide, undo
from gallery.relevance.picture import path_of
from indexer.lenses.statistics import unit
from indexer.store.model import CONTENT, STYLE, artwork_id
from scraper.errors import StorageError
from scraper.withdrawn import WithdrawnFile

STRANGER, COVER = "Portrait of the artist", "Book cover"

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture(scope="module")
def hung(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve works that look alike, and two collected later that do not. Copy it before it is opened."""
    folder = tmp_path_factory.mktemp("held")
    with staffed(folder) as database:
        with Opened(folder, database, works=1) as holding:
            collect(holding, *(version(number) for number in range(12)))
            assert holding.index().held == 0
            collect(holding, unlike(1), title=STRANGER)
            collect(holding, unlike(2), title=COVER)
            collect(holding, version(40), title="Another sea")
            outcome = holding.index()
            assert (outcome.embedded, outcome.held) == (1, 2)
    return folder


def held(holding: Holding) -> dict[str, HeldWork]:
    with holding.database.reading() as session:
        return {work.title: work for work in waiting(session, 100)}


def listed(holding: Holding) -> dict[str, str]:
    return {entry.label: entry.why for entry in WithdrawnFile(holding.house.library).now().entries}


def test_what_is_far_waits_and_is_nowhere_to_be_seen(shared: Holding, shared_site: Flask) -> None:
    waits = held(shared)
    assert waits.keys() == {STRANGER, COVER}
    assert STRANGER not in shared.shown() and "Another sea" in shared.shown()
    assert shared.store.stats().artworks == len(shared.shown())
    visitor = shared_site.test_client()
    points = {artwork_id(work.sha256): work for work in waits.values()}
    rules = [rule for rule in shared_site.url_map.iter_rules() if "GET" in (rule.methods or ())]
    for point, work in points.items():
        own = [rule for rule in rules if rule.arguments and rule.arguments <= {"artwork_id", "kind", "first"}]
        with shared_site.test_request_context():
            paths = [url_for(rule.endpoint, artwork_id=point, kind="artist", first=point) for rule in own]
        for path in (*paths, f"/pictures/{work.sha256}/240.webp", f"/artworks/{point}/manifest.json"):
            answer = visitor.get(path)
            # Whoever asked for a takedown is thanked, whatever work the address names.
            assert answer.status_code in (302, 404) or ("/sent" in path and work.title not in answer.text), path
        near = dict(work.nearest)
        assert len(near) == 3 and all(-1 <= cosine < 1 for cosine in near.values())
        assert not [path for path in shared.pictures_of(work.sha256) if "thumbnails" in path.parts]
    listings = [str(rule) for rule in rules if not rule.arguments]
    assert len(listings) > 30
    for path in (
        *listings,
        "/artists/ada-ochre",
        "/search?q=portrait",
        "/search?q=cover",
        "/api/artworks?artist=ada-ochre",
    ):
        said = visitor.get(path, buffered=True).text
        for point, work in points.items():
            assert not any(each in said for each in (point, work.sha256, work.title)), path


def test_a_work_that_is_published_is_shown_and_never_held_again(holding: Holding) -> None:
    work = held(holding)[STRANGER]
    decide(holding.house, [work.sha256], "published", cleo(holding))
    assert holding.index().embedded == 1
    assert STRANGER in holding.shown() and STRANGER not in listed(holding)
    holding.store.drop()
    assert holding.index().held == 0
    assert STRANGER in holding.shown() and COVER not in holding.shown()
    with holding.database.reading() as session:
        done = [entry.action for entry in audit_page(session, 1, 5).entries]
    assert "decided held work: published" in done


@pytest.mark.parametrize("verdict", ["hidden", "wrong-artist"])
def test_what_is_hidden_stays_away_whatever_is_collected_again(holding: Holding, verdict: str) -> None:
    work = held(holding)[STRANGER]
    decide(holding.house, [work.sha256], verdict, cleo(holding))
    assert listed(holding) == {STRANGER: "hidden", COVER: "held"}
    collect(holding, unlike(1), title=STRANGER)
    assert holding.index().embedded == 0
    assert STRANGER not in holding.shown() and held(holding).keys() == {COVER}


def test_a_work_that_is_shown_by_another_way_is_not_hidden_again(holding: Holding) -> None:
    decide(holding.house, [held(holding)[STRANGER].sha256], "hidden", cleo(holding))
    removal.show(holding.house, holding.records()[STRANGER], cleo(holding))
    holding.index()
    assert STRANGER in holding.shown()


def test_an_act_is_taken_back_as_a_whole_also_when_its_works_are_shown(holding: Holding) -> None:
    works = [work.sha256 for work in held(holding).values()]
    before = listed(holding)
    for verdict in ("published", "hidden"):
        act = decide(holding.house, works, verdict, cleo(holding))
        holding.index()
        assert not held(holding)
        assert undo(holding.house, act, cleo(holding)) == 2
        assert held(holding).keys() == {STRANGER, COVER} and listed(holding) == before
        assert not {STRANGER, COVER} & set(holding.shown())
        assert path_of(holding.house, works[0]).is_file()
        with pytest.raises(HeldRefused, match="taken back already"):
            undo(holding.house, act, cleo(holding))
    holding.index()
    assert not {STRANGER, COVER} & set(holding.shown())


def test_a_second_verdict_comes_too_late(holding: Holding) -> None:
    works = [work.sha256 for work in held(holding).values()]
    decide(holding.house, works[:1], "hidden", cleo(holding))
    for asked in (works, works[:1], ["ab" * 32], []):
        with pytest.raises(HeldRefused, match="already"):
            decide(holding.house, asked, "published", cleo(holding))
    with pytest.raises(HeldRefused, match="no such verdict"):
        decide(holding.house, works[1:], "held", cleo(holding))
    assert len(held(holding)) == 1


def test_killed_between_database_and_list_a_work_is_still_not_shown(
    holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(*arguments: object, **more: object) -> None:
        raise StorageError(Path("withdrawn.jsonl"), "killed", "")

    collect(holding, unlike(3), title="Room view")
    with monkeypatch.context() as patched, pytest.raises(StorageError):
        patched.setattr(gate, "amend", dead)
        holding.index()
    assert "Room view" in held(holding) and "Room view" not in listed(holding)
    outcome = holding.index()
    assert (outcome.embedded, outcome.held) == (0, 0)
    assert listed(holding)["Room view"] == "held" and "Room view" not in holding.shown()


def test_a_list_that_was_lost_is_written_again(holding: Holding) -> None:
    decide(holding.house, [held(holding)[COVER].sha256], "hidden", cleo(holding))
    WithdrawnFile(holding.house.library).path.unlink()
    holding.index()
    assert listed(holding) == {STRANGER: "held", COVER: "hidden"}


def test_the_list_alone_keeps_a_work_away_where_the_database_is_another(holding: Holding, tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path / 'new.sqlite3'}")) as database:
        Holding(holding.settings, database, holding.store, holding.folder).index()
    assert STRANGER not in holding.shown()


def test_switched_off_and_for_what_was_brought_by_hand_nothing_is_held(holding: Holding) -> None:
    holding.put("unlike.png", unlike(5))
    holding.take_in()
    assert holding.index().held == 0
    holding.settings = holding.settings.model_copy(update={"hold": "off"})
    collect(holding, unlike(6))
    assert holding.index().held == 0


def test_a_work_that_is_deleted_waits_no_more(holding: Holding) -> None:
    work = held(holding)[STRANGER]
    removal.delete(holding.house, holding.records()[STRANGER], cleo(holding))
    assert held(holding).keys() == {COVER}
    assert not path_of(holding.house, work.sha256).exists()


def test_works_are_judged_by_their_style_as_well_once_all_the_artist_has_are_filled_in(holding: Holding) -> None:
    store = holding.store
    works = [work for batch in store.scan() for work in batch if work.artist_slug == "ada-ochre"]
    ids = [work.id for work in works]
    style = unit(np.eye(1, 8, dtype=np.float32) + np.random.default_rng(3).normal(0, 0.1, (len(ids), 8)))
    store.extend({STYLE: 8}, "1-made-up")
    store.set_vectors(ids, {STYLE: style})
    content = store.vectors(ids)

    def held_with(number: int, row: np.ndarray) -> bool:
        work = replace(works[0], sha256=f"{number:064x}", source="webpage")
        return bool(gate.Gate(holding.house, "usual")([work], {CONTENT: content[:1], STYLE: row}))

    assert held_with(1, -style[:1]) and not held_with(2, style[:1])
    store.add([replace(works[0], sha256="cd" * 32)], {CONTENT: content[:1]})
    assert not held_with(3, -style[:1])


def test_the_queue_is_paged_by_place(database: Database) -> None:
    with database.writing() as session:
        for number in range(7):
            facts: dict[str, Any] = {"artist_slug": f"a{number % 2}", "artist": "A", "title": "T", "nearest": []}
            session.add(HeldWork(sha256=f"{number:064x}", score=-float(number // 2), **facts))
    with database.reading() as session:
        first = waiting(session, 4)
        rest = waiting(session, 4, after=Place(first[-1].score, first[-1].sha256))
        assert [int(work.sha256, 16) for work in first + rest] == [6, 4, 5, 2, 3, 0, 1]
        assert held_by_artist(session) == [("a0", "A", 4), ("a1", "A", 3)]
        assert count_held(session, "a1") == 3


# The pages: path, who may, methods


PAGES = [
    ("/admin/held", "GET POST"),
    ("/admin/held/artists/ada-ochre", "GET POST"),
    ("/admin/held/undo", "POST"),
    ("/admin/held/pictures/{work}", "GET"),
]


@pytest.mark.parametrize(("path", "methods"), PAGES, ids=[path for path, _ in PAGES])
def test_the_matrix_of_each_page(shared_site: Flask, shared: Holding, path: str, methods: str) -> None:
    here = path.format(work=held(shared)[STRANGER].sha256)
    stranger, curator = shared_site.test_client(), signed_in(shared_site)
    for method in ("GET", "POST", "PUT", "DELETE"):
        if method not in methods:
            assert curator.open(here, method=method, data={"csrf_token": token(curator)}).status_code == 405
            continue
        answer = stranger.open(here, method=method, data={"csrf_token": token(stranger)})
        assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/login")
    if "GET" in methods:
        assert curator.get(here, buffered=True).status_code == 200
    if "POST" in methods:
        assert curator.post(here, data={"work": "x", "verdict": "hidden", "act": "1"}).status_code == 400
    assert len(held(shared)) == 2


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/admin/held?after=x", 400),
        ("/admin/held?after=nan~" + "a" * 64, 400),
        ("/admin/held?after=-4.5~" + "a" * 64, 200),
        ("/admin/held/artists/nobody", 404),
        ("/admin/held/pictures/" + "ab" * 32, 404),
        ("/admin/held/pictures/..%2f..%2fdb.sqlite3", 404),
    ],
)
def test_addresses_that_lead_nowhere_are_refused(shared_site: Flask, path: str, status: int) -> None:
    assert signed_in(shared_site).get(path).status_code == status


def test_forms_with_what_no_page_sends_are_refused(shared_site: Flask, shared: Holding) -> None:
    curator = signed_in(shared_site)
    work = held(shared)[STRANGER].sha256

    def sent(path: str, **data: Any) -> int:
        return curator.post(path, data=data | {"csrf_token": token(curator)}).status_code

    assert sent("/admin/held", verdict="hidden") == 400
    assert sent("/admin/held", work="x" * 65, verdict="hidden") == 400
    assert sent("/admin/held", work=work, verdict="burnt") == 303
    assert sent("/admin/held/undo", act="one") == 400
    assert sent("/admin/held/undo", act=str(HUGE)) == 404
    assert sent("/admin/held/undo", act="999") == 303
    assert sent("/admin/held/artists/ada-ochre", verdict="hidden") == 422
    json = {"Accept": "application/json"}
    late = curator.post(
        "/admin/held", data={"work": "ab" * 32, "verdict": "hidden", "csrf_token": token(curator)}, headers=json
    )
    assert (late.status_code, "already" in late.json["said"]) == (409, True)
    assert len(held(shared)) == 2


def test_the_desk_shows_what_helps_to_decide_and_many_are_decided_at_once(shared_site: Flask, shared: Holding) -> None:
    curator = signed_in(shared_site)
    page = curator.get("/admin/held").text
    assert STRANGER in page and "2 works wait" in page and page.count('data-key="p"') == 2
    assert page.count('<ul class="near"') == 2 and ">2</a>" in curator.get("/admin").text
    work = held(shared)[STRANGER].sha256
    answer = curator.get(f"/admin/held/pictures/{work}", buffered=True)
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("image/webp", "private, max-age=3600")
    path_of(shared.house, work).unlink()
    assert curator.get(f"/admin/held/pictures/{work}", buffered=True).mimetype == "image/png"
    works = [each.sha256 for each in held(shared).values()]
    data = {"work": works, "verdict": "wrong-artist", "csrf_token": token(curator)}
    assert curator.post("/admin/held/artists/ada-ochre", data=data).status_code == 303
    page = curator.get("/admin/held").text
    assert "wrong-artist: 2 works of Ada Ochre" in page and "Nothing waits" in page
    act = re.search(r'name="act" value="(\d+)"', page)
    assert act
    assert curator.post("/admin/held/undo", data={"act": act[1], "csrf_token": token(curator)}).status_code == 303
    assert len(held(shared)) == 2
