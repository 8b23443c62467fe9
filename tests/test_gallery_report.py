"""Reports of the collection: what they say, and what becomes of them when something fails."""

import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from exhibition import Exhibition, random_vectors, settings_for
from reported import EVIL, NOW, kept, stopped, works

from gallery.db import Database
from gallery.holdings.house import House
from gallery.models.duplicates import add_pairs, begin_act, decide, open_pairs
from gallery.models.takedowns import Takedown, ask
from gallery.report.making import ReportStopped, make_report
from gallery.report.model import Case
from gallery.report.printing import report_file
from gallery.report.sections import SECTIONS
from indexer.duplicates.pairs import Found
from indexer.errors import StoreUnavailable
from indexer.graph.laying import lay
from indexer.store import ArtworkStore, open_store
from indexer.store.model import CONTENT
from scraper.journal import Entry, Journal
from scraper.library import Library
from scraper.withdrawn import Withdrawal, amend


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
    lines = works(kept(case), graph)
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
    assert hubs["never"] == sum(line.shown == 0 for line in works(kept(case), made))


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
        decide(pairs[:3], "same-work", act)
        decide(pairs[3:], "different", act)
    facts = make_report(case).facts["duplicates"]
    assert (facts["found"], facts["waiting"], facts["decided"], facts["unseen"]) == (8, 4, 4, 40)
    assert facts["verdicts"] == {"same-file": 0, "same-work": 3, "variant": 0, "detail": 0, "different": 1}
    assert facts["remaining_low"] <= facts["remaining"] == 3 <= facts["remaining_high"] <= 4


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
