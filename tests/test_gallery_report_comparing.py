"""Two reports compared: what came, went and changed, by works and by figures, also where one is damaged."""

from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from exhibition import Exhibition, random_vectors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reported import EVIL, NOW, kept, line, put

from gallery.cli.report import command
from gallery.db import Database
from gallery.models.duplicates import DuplicateMerge, add_pairs, begin_act, decide, open_pairs
from gallery.models.labels import begin_label_run, cases, give_verdict, store_findings
from gallery.models.quality import begin_act as quality_act
from gallery.models.quality import findings_of, settle, write_measures
from gallery.report.comparing import Row, changed, difference
from gallery.report.dates import reports_between
from gallery.report.making import make_report
from gallery.report.model import WHICH, Case, Figure
from gallery.report.printing import difference_file, report_file
from gallery.report.reasons import compared, reasons
from gallery.report.shelf import Shelf
from gallery.report.words import CHANGES, more
from indexer.duplicates.pairs import Found
from indexer.quality.judging import Found as QualityFound
from indexer.quality.measuring import VERSION
from indexer.store import ArtworkStore, open_store
from indexer.store.model import CONTENT
from indexer.suspicion.model import Finding
from scraper.library import Library
from scraper.withdrawn import Why, Withdrawal, amend

WORKS = st.dictionaries(
    st.integers(0, 9),
    st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.sampled_from([None, 0, 3])),
    max_size=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(WORKS, WORKS)
def test_what_is_told_is_what_sets_and_fields_say(
    tmp_path_factory: pytest.TempPathFactory,
    before: dict[int, tuple[str, str, int | None]],
    after: dict[int, tuple[str, str, int | None]],
) -> None:
    shelf = Shelf(tmp_path_factory.mktemp("shelf"))
    old, new = (
        put(shelf, [line(n, title=title, licence=licence, shown=shown) for n, (title, licence, shown) in works.items()])
        for works in (before, after)
    )
    both = before.keys() & after.keys()
    expected = {
        "added": after.keys() - before.keys(),
        "removed": before.keys() - after.keys(),
        "relabelled": {n for n in both if before[n][0] != after[n][0]},
        "relicensed": {n for n in both if before[n][1] != after[n][1]},
        "faded": {n for n in both if before[n][2] and after[n][2] == 0},
        "surfaced": {n for n in both if before[n][2] == 0 and after[n][2]},
    }
    found: dict[str, list[int]] = {which: [] for which in WHICH}
    for which, pair in changed(shelf, old, new):
        found[which].append(int(pair.line.sha256, 16))
    assert found == {which: sorted(numbers) for which, numbers in expected.items()}
    # Looked at the other way round, what came went.
    back = Counter(which for which, _ in changed(shelf, new, old))
    assert (back["added"], back["removed"]) == (len(expected["removed"]), len(expected["added"]))


def test_works_and_facts_that_changed_are_told_with_what_they_were(
    own: Exhibition, case: Case, store: ArtworkStore
) -> None:
    shelf = Shelf(case.settings.reports_dir)
    before = make_report(case)
    gone, merged, other, renamed, freed = own.works[:5]
    store.delete([gone.id, merged.id, other.id])
    amend(Library(case.settings.library_dir), [Withdrawal("taken-down", NOW, gone.sha256, label=gone.title)])
    with case.house.database.writing() as session:
        act = begin_act(session, "same-work: waves", None)
        act.at = before.made_at + timedelta(milliseconds=1)
        session.add(DuplicateMerge(keeper=renamed.sha256, gone=merged.sha256, label="", state="merged", act_id=act.id))
    store.set_fields({renamed.id: {"title": EVIL, "year": 1900}, freed.id: {"licence": "CC0-1.0"}})
    after = make_report(case)
    found = compared(Library(case.settings.library_dir), case.house.database, shelf, before, after)
    assert {which: found.counts[which] for which in ("added", "removed", "relabelled", "relicensed")} == {
        "added": 0,
        "removed": 3,
        "relabelled": 1,
        "relicensed": 1,
    }
    notes = {work["sha256"]: work["note"] for which in found.works for work in found.works[which] if work["note"]}
    assert notes[gone.sha256] == "taken down on 25 Nov 2026"
    assert notes[merged.sha256] == "merged into another"
    assert other.sha256 not in notes
    assert notes[renamed.sha256] == f"title: {renamed.title} → {EVIL}; year: {renamed.year or 'not known'} → 1900"
    assert notes[freed.sha256].endswith("→ CC0-1.0")
    rows = {row.figure.key: row for _, rows in found.rows for row in rows}
    assert (rows["works"].before, rows["works"].after, rows["works"].change) == (40, 37, -3)
    assert found.acts == [(f"{before.made_at:%Y-%m-%d}", "same-work: waves")]
    html = difference_file(found, case.settings.thumbnails_dir, "Gallery")
    assert "<script" not in html and "−3" in html and "▼" in html
    assert "taken down on 25 Nov 2026" in html and all(words in html for words in CHANGES.values())


def test_verdicts_are_told_with_their_numbers(own: Exhibition, case: Case) -> None:
    hashes = sorted(work.sha256 for work in own.works)
    with case.house.database.writing() as session:
        add_pairs(session, [Found(hashes[0], hashes[1], "near", 0.9)])
    before = make_report(case)
    with case.house.database.writing() as session:
        decide(open_pairs(session, 1), "variant", begin_act(session, "variant: waves", None))
    found = difference(Shelf(case.settings.reports_dir), before, make_report(case))
    rows = {row.figure.key: row.change for row in dict(found.rows)["Duplicates"]}
    assert (rows["verdicts.variant"], rows["waiting"], rows["decided"]) == (1, -1, 1)


def test_label_noise_is_told_with_verdicts_in_between(own: Exhibition, case: Case) -> None:
    assert make_report(case).facts["labels"]["looked_at"] is None
    wrong, right, waits, unsure = own.works[:4]
    evidence = {"confident": True}
    with case.house.database.writing() as session:
        run = begin_label_run(session, "mark", 40)
        run.parts = {"artist": {"judged": 40, "found": 4, "remark": "Some were not judged."}, "coverage": {}}
        run.finished_at = NOW
        doubted = [(wrong, "Émile Brandt"), (right, None), (waits, EVIL), (unsure, None)]
        found = [
            Finding(work.sha256, "artist", work.artist, rather, "alike", 3.0, evidence) for work, rather in doubted
        ]
        store_findings(session, "artist", found)
    before = make_report(case)
    assert before.facts["labels"]["noise"] == {"artist": 0.1, "movement": None, "year": None}
    with case.house.database.writing() as session:
        at = {each.sha256: each for each in cases(session, 4)}
        for work, verdict in ((wrong, "corrected"), (right, "right"), (unsure, "unsure")):
            give_verdict(at[work.sha256], verdict, None)  # type: ignore[arg-type]
            at[work.sha256].decided_at = before.made_at + timedelta(milliseconds=1)
    after = make_report(case)
    told = after.facts["labels"]
    assert (told["judged"], told["waiting"], told["decided"], told["wrong"], told["later"]) == (40, 1, 2, 1, 1)
    assert told["noise"]["artist"] == 0.025
    share, low, high = told["fields"][0]["guess"]
    assert low < share == 0.0125 < high <= 0.025
    assert [face["note"] for face in told["top"]] == [f"artist: {waits.artist}, rather {EVIL}"]
    found_since = compared(Library(case.settings.library_dir), case.house.database, kept(case), before, after)
    assert [what.partition(":")[0] for _, what in found_since.acts] == ["corrected", "right", "unsure"]
    html = report_file(after, case.settings.thumbnails_dir, "Gallery")
    assert "<script" not in html and "Some were not judged." in html and "1 label put off." in html


def test_findings_about_pictures_are_counted_and_shown(own: Exhibition, case: Case) -> None:
    empty = make_report(case).facts["quality"]
    assert (empty["measured"], empty["unmeasured"], empty["kinds"], empty["alarmed"]) == (0, 40, [], 0)
    dark, framed, fine = (work.sha256 for work in own.works[:3])
    with case.house.database.writing() as session:
        write_measures(session, VERSION, {work.sha256: {} for work in own.works[:30]})
        settle(
            session,
            {
                dark: [QualityFound(dark, "dark", 0.9, EVIL), QualityFound(dark, "blurry", 0.5, "Blurred.", note=True)],
                framed: [QualityFound(framed, "frame", 0.5, "A frame.")],
                fine: [QualityFound(fine, "dark", 0.8, "Dark.")],
            },
        )
    before = make_report(case)
    with case.house.database.writing() as session:
        [finding] = findings_of(session, fine)
        act = quality_act(session, "dark, fine: waves", None)
        act.at = before.made_at + timedelta(milliseconds=1)
        finding.open, finding.outcome, finding.act_id = False, "fine", act.id
    after = make_report(case)
    told = after.facts["quality"]
    assert (told["unmeasured"], told["alarms"], told["notes"], told["fine"], told["mended"]) == (10, 2, 1, 1, 0)
    assert told["alarmed"] == 0.05
    assert sorted(told["kinds"]) == [["blurred", 0, 1, 0, 0], ["dark", 1, 0, 1, 0], ["frame", 1, 0, 0, 0]]
    assert {face["note"] for face in told["top"]} == {EVIL, "A frame."}
    found = compared(Library(case.settings.library_dir), case.house.database, kept(case), before, after)
    assert [what for _, what in found.acts] == ["dark, fine: waves"]
    assert "<script" not in report_file(after, case.settings.thumbnails_dir, "Gallery")


def test_reports_of_the_same_works_read_neither_list(case: Case) -> None:
    before, after = make_report(case), make_report(case)
    (case.settings.reports_dir / f"{before.works}.works.gz").unlink()
    shelf = Shelf(case.settings.reports_dir)
    found = difference(shelf, before, after)
    assert not found.counts and not found.problem
    assert "The works are the same." in difference_file(found, case.settings.thumbnails_dir, "Gallery")


def test_a_damaged_list_leaves_the_figures(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    before, after = put(shelf, [line(1)]), put(shelf, [line(1), line(2)])
    (tmp_path / f"{before.works}.works.gz").write_bytes(b"no gzip")
    found = difference(shelf, before, after)
    assert not found.counts and "Works cannot be compared one by one." in found.problem
    assert found.rows[0][1][0].change == 1
    html = difference_file(found, tmp_path, "Gallery")
    assert "list of works is damaged" in html and "+1" in html


def test_a_section_that_one_report_lacks_is_told_of_the_other(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    with shelf.writing() as writer:
        with writer.works():
            writer.add([])
        young = writer.keep(NOW, "tests", {"hubs": {"coverage": 0.5, "gini": None}})
    found = difference(shelf, put(shelf, []), young)
    assert [title for title, _ in found.rows] == ["What is in", "Hubs, and works that never come"]
    assert all(not row.change for _, rows in found.rows for row in rows)


def test_two_dates_may_be_given_in_either_order(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    old, new = put(shelf, [], NOW - timedelta(days=3)), put(shelf, [line(1)])
    for text in ("2026-11-22..2026-11-25", "2026-11-25..2026-11-22", f"{old.mark}..{new.mark}"):
        before, after = reports_between(shelf, text)
        assert (before.report, after.report, before.remarks, after.remarks) == (old, new, (), ())


def test_changes_are_written_with_their_sign() -> None:
    gini = Figure("gini", "Gini", "number")
    assert [Row(gini, *pair).change for pair in ((0.441, 0.443), (0.5, 0.75), (None, 1))] == [0, 0.25, 0]
    assert [more(change, "count") for change in (3, -1200)] == ["+3", "−1,200"]
    assert [more(change, "share") for change in (0.01, -0.5)] == ["+1.0 points", "−50.0 points"]


def test_why_a_work_is_gone_is_told_of_deleted_hidden_and_smaller_ones(tmp_path: Path, sqlite: Database) -> None:
    library = Library(tmp_path)
    withdrawn: dict[Why, str] = {"hidden": "a", "deleted": "b", "taken-down": "d", "held": "e"}
    amend(library, [Withdrawal(why, NOW, letter * 64) for why, letter in withdrawn.items()])
    damaged = library.copy_path("c" * 64)
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{")
    why = reasons(library, sqlite)
    told = ["hidden", "deleted", "", "taken down", "held for a curator", ""]
    assert [why(letter * 64) for letter in "abcdef"] == [word and f"{word} on 25 Nov 2026" for word in told]


def test_the_command_makes_keeps_writes_and_compares(
    exhibition: Exhibition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = exhibition.copy(tmp_path / "data")
    monkeypatch.setenv("GALLERY_DATA_DIR", str(own.data_dir))
    run = CliRunner().invoke
    out = tmp_path / "report.html"
    made = run(command, ["--out", str(out)])
    assert made.exit_code == 0, made.output
    assert "Works                                                             40" in made.output
    assert out.read_text().rstrip().endswith("</html>")
    with closing(open_store(own.settings())) as store:
        store.delete([own.works[0].id])
        store.add([own.works[1]], {CONTENT: random_vectors(1)})
    compared = run(command, ["--since", "2020-01-01", "--out", str(out)])
    assert compared.exit_code == 0, compared.output
    assert "this is the first" in compared.output and "What is in: Works: 40 -> 39 (−1)" in compared.output
    assert "Works that went" in out.read_text()
    assert run(command, ["--until", "2020-01-01"]).exit_code == 2
    for wrong in (["--since", "soon"], ["--since", "2020-01-01", "--until", "soon"]):
        assert "is not a date" in str(run(command, wrong).exception)
    nowhere = run(command, ["--out", str(tmp_path)])
    assert nowhere.exit_code == 2
    full = run(command, ["--since", "2020-01-01", "--until", "2020-01-02", "--out", "/proc/report.html"])
    assert "then make the report again" in str(full.exception)
