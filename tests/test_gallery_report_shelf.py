"""Where reports are kept: whole or not at all, found by date, thinned by a rule, and what is damaged passed over."""

import errno
import gzip
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reported import EVIL, NOW, line, put, works

from gallery.errors import NoReport, ReportDamaged, ReportUnwritable
from gallery.report import shelf
from gallery.report.dates import moment_of, report_at
from gallery.report.model import mark_of
from gallery.report.shelf import Shelf, surplus

FORTY = [line(number) for number in range(40)]


def test_facts_stay_small_and_lists_are_shared_while_works_are_the_same(tmp_path: Path) -> None:
    there = Shelf(tmp_path)
    first, second = put(there, FORTY), put(there, FORTY)
    assert first.works == second.works and first.mark != second.mark
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == sorted([f"{first.works}.works.gz", f"{first.mark}.json", f"{second.mark}.json", "lock"])
    assert there.read(first.made_at) == first
    assert works(there, first) == FORTY


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "nothing left": lambda content: b"",
    "half of it": lambda content: content[: len(content) // 2],
    "another figure": lambda content: content.replace(b'"works":39', b'"works":40'),
    "a newer version": lambda content: content.replace(b'"version":1', b'"version":9'),
    "another kind": lambda content: b"[1, 2]",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_report_is_named_and_passed_over(tmp_path: Path, damage: str) -> None:
    there = Shelf(tmp_path)
    good, bad = put(there, FORTY), put(there, FORTY[1:])
    path = tmp_path / f"{bad.mark}.json"
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    with pytest.raises(ReportDamaged, match=f"{bad.mark}.json: .* left out"):
        there.read(bad.made_at)
    found, damaged = there.latest()
    assert found == good and [each.path for each in damaged] == [path]
    # One made after that is the latest again, and removes no list that the damaged one may need.
    assert put(there, FORTY) == there.latest()[0]
    assert (tmp_path / f"{bad.works}.works.gz").exists()


def test_a_damaged_or_absent_list_of_works_is_named(tmp_path: Path) -> None:
    there = Shelf(tmp_path)
    made = put(there, FORTY)
    path = tmp_path / f"{made.works}.works.gz"
    content = path.read_bytes()
    path.write_bytes(content[:-30])
    with pytest.raises(ReportDamaged, match="list of works is damaged"):
        list(there.lines(made))
    with gzip.open(path, "wb") as file:
        file.write(gzip.decompress(content).split(b"\n", 1)[1])
    with pytest.raises(ReportDamaged, match="list of works is damaged"):
        list(there.lines(made))
    for torn in (b"{", b"[1, 2]"):
        with pytest.raises(ReportDamaged, match="list of works is damaged"):
            there.work(made, torn)
    path.unlink()
    with pytest.raises(ReportDamaged, match="list of works is gone"):
        list(there.lines(made))


def test_a_full_disk_leaves_the_reports_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = Shelf(tmp_path)
    before = put(there, FORTY)
    names = {path.name for path in tmp_path.iterdir()}

    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("scraper.disk.flush", full)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ReportUnwritable, match="No space left on device"):
        put(there, FORTY[1:])
    assert {path.name for path in tmp_path.iterdir()} == names
    assert there.latest()[0] == before


KILLED = """
import os, signal, sys
from datetime import datetime, UTC
from pathlib import Path
import gallery.report.shelf as shelf
from gallery.report.model import Line

class Dead:
    def __call__(self, *a, **k): os.kill(os.getpid(), signal.SIGKILL)

def write(place):
    if place == "works": Line.to_json = Dead()
    if place == "list": os.replace = Dead()
    if place == "facts": shelf._envelope = Dead()
    with shelf.Shelf(Path(sys.argv[1]) / place).writing() as writer:
        with writer.works():
            writer.add([Line("a" * 64, "t", "a", None, None, "unknown", None, 1, 1, None)])
        writer.keep(datetime(2026, 11, 26, tzinfo=UTC), "tests", {})

for place in sys.argv[2:]:
    child = os.fork()
    if not child:
        write(place)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL, place
"""


def test_a_kill_in_the_middle_leaves_reports_whole_or_absent(tmp_path: Path) -> None:
    places = ("works", "list", "facts")
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), *places], timeout=60, check=True)
    for place in places:
        there = Shelf(tmp_path / place)
        assert there.folder.is_dir() and there.latest() == (None, []), place
        made = put(there, [line(1)])
        assert there.latest() == (made, []) and works(there, made) == [line(1)], place
        # What the dead one left is swept away, its lock is nobody's.
        assert [path.name for path in there.folder.glob("*.gz")] == [f"{made.works}.works.gz"], place


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
    put(there, [line(1)], NOW - timedelta(days=30, hours=2))
    kept_one = put(there, [line(2)], NOW - timedelta(days=30))
    last = put(there, [line(2)])
    assert there.moments() == [last.made_at, kept_one.made_at]
    assert [path.name for path in tmp_path.glob("*.gz")] == [f"{last.works}.works.gz"]


def test_a_date_leads_to_the_report_before_it(tmp_path: Path) -> None:
    there = Shelf(tmp_path)
    with pytest.raises(NoReport, match="No report has been made"):
        report_at(there, "2026-11-25")
    made = [put(there, [], NOW - ago) for ago in (timedelta(days=5), timedelta(hours=1), timedelta())]
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


def test_a_report_that_is_taken_down_while_somebody_looks_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = Shelf(tmp_path)
    made = put(there, [])
    monkeypatch.setattr(there, "moments", lambda: [NOW + timedelta(days=1), NOW])
    assert there.latest() == (made, [])


def test_who_only_looks_makes_no_folder(tmp_path: Path) -> None:
    assert Shelf(tmp_path / "none").latest() == (None, [])
    assert not (tmp_path / "none").exists()
