"""Reports of the collection: what they say, how they are kept, and what becomes of them when something fails."""

import errno
import gzip
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from exhibition import Exhibition, random_vectors, settings_for
from hypothesis import given, settings
from hypothesis import strategies as st
from reported import case_of, opened, put_back, stopped

from gallery.db import Database
from gallery.errors import NoReport, ReportDamaged, ReportUnwritable
from gallery.holdings.house import House
from gallery.models.duplicates import add_pairs, begin_act, decide, open_pairs
from gallery.models.takedowns import Takedown, ask
from gallery.report import shelf
from gallery.report.contents import histogram
from gallery.report.dates import moment_of, report_at
from gallery.report.making import ReportStopped, make_report
from gallery.report.model import Case, Line, Report, mark_of
from gallery.report.pairs import remaining
from gallery.report.printing import report_file
from gallery.report.sections import SECTIONS
from gallery.report.shelf import Shelf, surplus
from gallery.report.words import centuries, figure, placed, ticks
from gallery.shares import wilson
from indexer.duplicates.pairs import Found
from indexer.errors import StoreUnavailable
from indexer.graph.laying import lay
from indexer.store import ArtworkStore, open_store
from indexer.store.model import CONTENT
from scraper.journal import Entry, Journal
from scraper.library import Library
from scraper.withdrawn import Withdrawal, amend

EVIL = '"><script>alert(1)</script><img src="https://evil.example/x">'
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def own(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Exhibition:
    return exhibition.copy(tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="module")
def collection(own: Exhibition) -> Iterator[ArtworkStore]:
    with opened(own) as store:
        yield store


@pytest.fixture
def store(own: Exhibition, collection: ArtworkStore) -> Iterator[ArtworkStore]:
    yield collection
    put_back(own, collection)


@pytest.fixture
def case(own: Exhibition, store: ArtworkStore, sqlite: Database) -> Case:
    return case_of(own, store, sqlite)


def kept(case: Case) -> Shelf:
    return Shelf(case.settings.reports_dir)


def test_a_report_counts_what_is_in(own: Exhibition, case: Case) -> None:
    found = make_report(case)
    assert set(found.facts) == {section.name for section in SECTIONS}
    contents, origins, licences = (found.facts[name] for name in ("contents", "origins", "licences"))
    assert (contents["works"], contents["artists"], contents["movements"]) == (40, 4, 2)
    assert dict(contents["top_artists"]["named"]) == {work.artist: 10 for work in own.works}
    years = [work.year for work in own.works if work.year is not None]
    assert sum(count for _, count in contents["years"]["bars"]) == len(years) == contents["stated"][0][1]
    assert contents["growth"] == [["2023-11-14", 40]]
    assert contents["uneven"] == 0
    assert origins["by_host"]["named"] == [["museum.example", 40]] and origins["unconfirmed"] == 40
    assert licences["by_licence"][0] == ["unknown", 14, 0, 0]
    assert (licences["owed"], licences["credited"]) == (0, round(13 / 40, 4))
    # What a section names as a figure is there, and a number unless nothing can be known.
    for section in SECTIONS:
        for each in section.figures:
            assert each.key.partition(".")[0] in found.facts[section.name], (section.name, each.key)


def test_a_report_says_which_works_never_come(case: Case, store: ArtworkStore) -> None:
    alone = make_report(case).facts["hubs"]
    assert (alone["counted_in"], alone["lenses"][0]["works"]) == ("all", 40)
    lay(case.settings.graph_dir, store)
    graph = make_report(case)
    hubs = graph.facts["hubs"]
    assert (hubs["counted_in"], hubs["unknown"]) == ("graph", 0)
    assert {key: hubs[key] for key in ("coverage", "gini", "never")} == {
        key: alone[key] for key in ("coverage", "gini", "never")
    }
    lines = list(kept(case).works(graph))
    assert [line.sha256 for line in lines] == sorted(line.sha256 for line in lines)
    assert sum(line.shown or 0 for line in lines) == 400
    assert hubs["never"] == sum(line.shown == 0 for line in lines)
    assert hubs["top"][0]["note"] == f"{max(line.shown or 0 for line in lines)} times"


def test_a_graph_that_is_behind_is_said_to_be(own: Exhibition, case: Case, store: ArtworkStore) -> None:
    lay(case.settings.graph_dir, store)
    new = [replace(own.works[0], sha256=f"{number:x}".ljust(64, "0")) for number in range(1, 4)]
    store.add(new, {CONTENT: random_vectors(3)})
    store.delete([work.id for work in own.works[:5]])
    made = make_report(case)
    hubs = made.facts["hubs"]
    assert (hubs["unknown"], hubs["lenses"][0]["works"]) == (3, 35)
    assert hubs["never"] == sum(line.shown == 0 for line in kept(case).works(made))


def test_a_report_says_what_was_removed_and_why(case: Case, sqlite: Database) -> None:
    library = Library(case.settings.library_dir)
    amend(
        library,
        [
            Withdrawal("taken-down", NOW, "a" * 64, label=EVIL),
            Withdrawal("taken-down", NOW, "b" * 64, of="a" * 64),
            Withdrawal("hidden", NOW, "c" * 64, "ada-ochre", "Waves"),
            Withdrawal("hidden", NOW, artist="ada-ochre", label="Ada Ochre"),
        ],
    )
    journal = Journal(library.artist_dir("Ada Ochre") / "journal.jsonl")
    tried = [("kept", None, ""), ("skipped", "fetch", "http-404"), ("skipped", "fetch", "http-404")]
    journal.add([Entry(NOW, f"https://a.example/{n}", "x", *each[:1]) for n, each in enumerate(tried[:1])])
    journal.add([Entry(NOW, f"https://b.example/{n}", "x", "skipped", None, "fetch", "http-404") for n in range(2)])
    with journal.path.open("ab") as file:
        file.write(b"torn by a crash\n")
    with sqlite.writing() as session:
        ask(session, Takedown(sha256="d" * 64, label="Waves", reason="mine", asked_by="Eve"))
    facts = make_report(case).facts["removed"]
    assert (facts["withdrawn"], facts["taken_down"], facts["hidden"], facts["copies"]) == (2, 1, 1, 1)
    assert facts["hidden_artists"] == ["Ada Ochre"]
    assert facts["takedowns"] == {"asked": 1}
    assert facts["reasons"] == [["fetch", "http-404", 2]]
    assert (facts["tried"], facts["kept"], facts["refused"], facts["torn"]) == (3, 1, 2, 1)


def test_a_report_counts_pairs_and_guesses_how_many_are_left(own: Exhibition, case: Case, sqlite: Database) -> None:
    hashes = sorted(work.sha256 for work in own.works)
    with sqlite.writing() as session:
        add_pairs(session, [Found(hashes[at], hashes[at + 1], "near", 0.9 - at / 100) for at in range(8)])
    assert make_report(case).facts["duplicates"]["remaining"] is None
    with sqlite.writing() as session:
        pairs = open_pairs(session, 4)
        act = begin_act(session, "tests", None)
        decide(session, pairs[:3], "same-work", act)
        decide(session, pairs[3:], "different", act)
    facts = make_report(case).facts["duplicates"]
    assert (facts["found"], facts["waiting"], facts["decided"], facts["unseen"]) == (8, 4, 4, 40)
    assert facts["verdicts"] == {"same-file": 0, "same-work": 3, "variant": 0, "detail": 0, "different": 1}
    assert facts["remaining_low"] <= facts["remaining"] == 3 <= facts["remaining_high"] <= 4


@settings(deadline=None)
@given(st.integers(1, 500), st.integers(0, 500), st.integers(0, 1000))
def test_the_interval_holds_the_share_and_narrows(trials: int, hits: int, waiting: int) -> None:
    hits = min(hits, trials)
    low, high = wilson(hits, trials)
    assert 0 <= low <= hits / trials + 1e-9 and hits / trials - 1e-9 <= high <= 1
    wide = wilson(hits, trials)
    narrow = wilson(10 * hits, 10 * trials)
    assert narrow[1] - narrow[0] < wide[1] - wide[0]
    guess = remaining([(waiting, trials, hits)])
    assert guess[1] <= guess[0] <= guess[2] <= waiting  # type: ignore[operator]


@settings(deadline=None)
@given(st.dictionaries(st.integers(-3000, 99_999), st.integers(1, 5000), max_size=40))
def test_a_histogram_shows_or_counts_every_work(years: dict[int, int]) -> None:
    made = histogram(years)
    shown = sum(count for _, count in made["bars"])
    assert shown + made["before"] + made["after"] == sum(years.values())
    assert len(made["bars"]) <= 48
    assert all(
        later - first == made["width"] for (first, _), (later, _) in zip(made["bars"], made["bars"][1:], strict=False)
    )


def test_one_year_that_is_a_mistake_does_not_stretch_the_axis() -> None:
    made = histogram({1850 + at % 100: 50 for at in range(100)} | {12: 1, 91_850: 1})
    assert (made["bars"][0][0] > 1800, made["before"], made["after"]) == (True, 1, 1)


def test_an_empty_gallery_has_a_report_too(tmp_path: Path, sqlite: Database) -> None:
    settings = settings_for(tmp_path / "empty")
    with closing(open_store(settings)) as store:
        house = House.of(settings, sqlite, store)
        found = make_report(Case(house, settings, lambda: False, lambda what, done, total: None))
    assert found.figure("contents", "works") == 0
    html = report_file(found, settings.thumbnails_dir, "Gallery")
    assert "The collection is empty." in html and "no vectors to count neighbours by" in html


def test_the_file_needs_nothing_else_and_believes_nobody(own: Exhibition, case: Case, store: ArtworkStore) -> None:
    everything = dict.fromkeys(("title", "artist", "movement", "licence", "credit", "source"), EVIL)
    store.set_fields({work.id: everything | {"page_url": f"https://{n}.example"} for n, work in enumerate(own.works)})
    amend(Library(case.settings.library_dir), [Withdrawal("deleted", NOW, "a" * 64, label=EVIL)])
    html = report_file(make_report(case), case.settings.thumbnails_dir, EVIL)
    assert "<script" not in html and "&lt;script&gt;alert(1)" in html
    outside = re.findall(r'(?:src|href|action|url)\s*[=(]\s*["\']?([^"\'\s>)]*)', html.replace("&#34;", ""))
    assert outside and {link[:11] for link in outside if "evil" not in link} <= {
        "data:image/",
        *(link[:11] for link in outside if link.startswith("#")),
    }
    assert not re.search(r'<[^>]+(?:src|href)="(?!data:image/webp;base64,|#)', html)
    assert "data:image/webp;base64," in html and "default-src 'none'" in html


def test_facts_stay_small_and_lists_are_shared_while_works_are_the_same(own: Exhibition, case: Case) -> None:
    first, second = make_report(case), make_report(case)
    assert first.works == second.works and first.mark != second.mark
    names = sorted(path.name for path in case.settings.reports_dir.iterdir())
    assert names == sorted([f"{first.works}.works.gz", f"{first.mark}.json", f"{second.mark}.json", "lock"])
    assert kept(case).read(first.made_at) == first
    assert [line.sha256 for line in kept(case).works(first)] == sorted(work.sha256 for work in own.works)


def damage_nothing(path: Path) -> None:
    path.write_bytes(b"")


def damage_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def damage_figure(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"works":40', b'"works":41'))


def damage_version(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":9'))


def damage_kind(path: Path) -> None:
    path.write_bytes(b"[1, 2]")


@pytest.mark.parametrize("damage", [damage_nothing, damage_half, damage_figure, damage_version, damage_kind])
def test_a_damaged_report_is_named_and_passed_over(case: Case, damage: object) -> None:
    good, bad = make_report(case), make_report(case)
    path = case.settings.reports_dir / f"{bad.mark}.json"
    damage(path)  # type: ignore[operator]
    with pytest.raises(ReportDamaged, match=f"{bad.mark}.json: .* left out"):
        kept(case).read(bad.made_at)
    found, damaged = kept(case).latest()
    assert found == good and [each.path for each in damaged] == [path]
    # One made after that is the latest again, and removes no list that the damaged one may need.
    assert make_report(case) == kept(case).latest()[0]


def test_a_damaged_or_absent_list_of_works_is_named(case: Case) -> None:
    made = make_report(case)
    path = case.settings.reports_dir / f"{made.works}.works.gz"
    content = path.read_bytes()
    path.write_bytes(content[:-30])
    with pytest.raises(ReportDamaged, match="list of works is damaged"):
        list(kept(case).works(made))
    with gzip.open(path, "wb") as file:
        file.write(gzip.decompress(content).split(b"\n", 1)[1])
    with pytest.raises(ReportDamaged, match="list of works is damaged"):
        list(kept(case).works(made))
    path.unlink()
    with pytest.raises(ReportDamaged, match="list of works is gone"):
        list(kept(case).works(made))


def test_a_full_disk_leaves_the_reports_before(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    before = make_report(case)
    names = {path.name for path in case.settings.reports_dir.iterdir()}

    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("scraper.disk.flush", full)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ReportUnwritable, match="No space left on device"):
        make_report(case)
    assert {path.name for path in case.settings.reports_dir.iterdir()} == names
    assert kept(case).latest()[0] == before


def test_a_store_that_is_down_makes_no_report(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*arguments: object, **more: object) -> None:
        raise StoreUnavailable("qdrant", "refused")

    monkeypatch.setattr(case.house.store, "scan", down)
    with pytest.raises(StoreUnavailable):
        make_report(case)
    assert kept(case).latest() == (None, [])


def test_a_report_that_is_stopped_leaves_nothing(case: Case) -> None:
    with pytest.raises(ReportStopped):
        make_report(stopped(case))
    assert kept(case).moments() == []


KILLED = """
import os, signal, sys
from pathlib import Path
from gallery.report.model import Line
from gallery.report.shelf import Shelf
from datetime import datetime, UTC
place = sys.argv[2]
class Dead:
    def __call__(self, *a, **k): os.kill(os.getpid(), signal.SIGKILL)
if place == "works": Line.to_json = Dead()
if place == "list": os.replace = Dead()
if place == "facts":
    import gallery.report.shelf as shelf
    shelf._envelope = Dead()
with Shelf(Path(sys.argv[1])).writing() as writer:
    with writer.works():
        writer.add([Line("a" * 64, "t", "a", None, None, "unknown", None, 1, 1, None)])
    writer.keep(datetime(2026, 11, 26, tzinfo=UTC), "tests", {})
"""


@pytest.mark.parametrize("place", ["works", "list", "facts"])
def test_a_kill_in_the_middle_leaves_reports_whole_or_absent(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "reports"
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), place], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert Shelf(folder).latest() == (None, [])
    with Shelf(folder).writing() as writer:
        with writer.works():
            writer.add([Line("b" * 64, "t", "a", None, None, "unknown", None, 1, 1, None)])
        made = writer.keep(NOW, "tests", {"contents": {"works": 1}})
    assert Shelf(folder).latest() == (made, [])
    assert [line.sha256 for line in Shelf(folder).works(made)] == ["b" * 64]
    # What the dead one left is swept away, its lock is nobody's.
    assert not list(folder.glob("a*.works.gz"))


MOMENTS = st.lists(st.integers(0, 500 * 86_400).map(lambda ago: NOW - timedelta(seconds=ago)), max_size=60, unique=True)


@settings(deadline=None)
@given(MOMENTS)
def test_thinning_keeps_the_last_of_each_day_or_month(moments: Sequence[datetime]) -> None:
    gone = surplus(moments, NOW)
    left = [moment for moment in moments if moment not in gone]
    assert not surplus(left, NOW)
    assert not moments or max(moments) in left
    for moment in moments:
        age = NOW - moment
        if age <= shelf.ALL_FOR:
            assert moment in left
        else:
            form = "%Y-%m-%d" if age <= shelf.DAILY_FOR else "%Y-%m"
            after = [other for other in left if f"{other:{form}}" == f"{moment:{form}}" and other >= moment]
            assert after or any(
                NOW - other <= shelf.DAILY_FOR for other in moments if f"{other:%Y-%m}" == f"{moment:%Y-%m}"
            )


def test_what_is_surplus_is_taken_down_with_its_list(tmp_path: Path) -> None:
    there = Shelf(tmp_path)

    def put(moment: datetime, work: str) -> Report:
        with there.writing() as writer:
            with writer.works():
                writer.add([Line(work * 64, "t", "a", None, None, "unknown", None, 1, 1, None)])
            return writer.keep(moment, "tests", {"contents": {"works": 1}})

    put(NOW - timedelta(days=30, hours=2), "a")
    kept_one = put(NOW - timedelta(days=30), "b")
    last = put(NOW, "b")
    assert there.moments() == [last.made_at, kept_one.made_at]
    assert [path.name for path in tmp_path.glob("*.gz")] == [f"{last.works}.works.gz"]


def test_a_date_leads_to_the_report_before_it(tmp_path: Path) -> None:
    there = Shelf(tmp_path)
    with pytest.raises(NoReport, match="No report has been made"):
        report_at(there, "2026-11-25")
    made = []
    for moment in (NOW - timedelta(days=5), NOW - timedelta(hours=1), NOW):
        with there.writing() as writer:
            with writer.works():
                writer.add([])
            made.append(writer.keep(moment, "tests", {"contents": {"works": 1}}))
    assert report_at(there, "2026-11-25").report == made[2] and not report_at(there, "2026-11-25").remarks
    assert report_at(there, mark_of(made[1].made_at)).report == made[1]
    earlier = report_at(there, "2026-11-24")
    assert earlier.report == made[0] and "last before, of 20 Nov 2026" in earlier.remarks[0]
    first = report_at(there, "2026-01-01")
    assert first.report == made[0] and "this is the first" in first.remarks[0]
    between = report_at(there, "2026-11-25T083000Z")
    assert between.report == made[1] and "08:00:00 UTC" in between.remarks[0]
    for wrong in ("2026-13-01", "2026-02-30", "yesterday", "", "2026-11-25T250000Z", EVIL):
        assert moment_of(wrong) is None
        with pytest.raises(NoReport, match="not a date"):
            report_at(there, wrong)


def test_figures_are_written_as_people_read_them() -> None:
    assert [figure(each, "share") for each in (0.0, 0.5, 0.99999, 1.0, None)] == [
        "0 %",
        "50 %",
        "over 99.9 %",
        "100 %",
        "–",
    ]
    assert [figure(each, "bytes") for each in (0, 999, 41_956_105, 5e15)] == [
        "0 bytes",
        "999 bytes",
        "42.0 MB",
        "5,000.0 TB",
    ]
    assert [name for name, _ in centuries([(-3, 1), (0, 1), (1, 1), (11, 1), (19, 1), (21, 1)])] == [
        *("4th century BC", "1st century BC", "1st century", "11th century", "19th century", "21st century"),
    ]
    assert placed([("2026-11-01", 1), ("2026-11-11", 5)]) == [(0, 1), (1, 1), (1, 5)]


@settings(deadline=None)
@given(st.integers(0, 10**12))
def test_a_scale_has_a_few_round_marks(most: int) -> None:
    marks = ticks(most)
    assert len(marks) <= 4 and all(0 < mark <= most for mark in marks)
    assert bool(marks) == (most >= 1)


def test_a_report_that_is_taken_down_while_somebody_looks_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = Shelf(tmp_path)
    with there.writing() as writer:
        with writer.works():
            writer.add([])
        made = writer.keep(NOW, "tests", {"contents": {"works": 0}})
    monkeypatch.setattr(there, "moments", lambda: [NOW + timedelta(days=1), NOW])
    assert there.latest() == (made, [])


def test_who_only_looks_makes_no_folder(tmp_path: Path) -> None:
    assert Shelf(tmp_path / "none").latest() == (None, [])
    assert not (tmp_path / "none").exists()
