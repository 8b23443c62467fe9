"""The desk of quality: verdicts that last, faults that lose and repeat nothing, and pages."""

import io
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from curators import cleo, signed_in, token
from faulty import KINDS, hang_faulty, record_id, seek, waiting, work
from holdings import ARTIST, Holding, saved
from PIL import Image, ImageFilter
from sqlalchemy import text
from test_indexer_quality import sharp

from gallery.app import create_app
from gallery.cli.quality import command
from gallery.corrections import correct
from gallery.db import Database
from gallery.errors import FindingRefused
from gallery.models.audit import audit_page
from gallery.models.quality import (
    count_open,
    measures_of,
    open_findings,
    settle,
    standing,
)
from gallery.problems import MOST_BYTES
from gallery.quality import deciding, replacing
from gallery.quality.finding import LookingStopped, look
from indexer.quality.judging import Found
from indexer.quality.measuring import VERSION
from indexer.store.model import Artwork, artwork_id
from indexer.thumbnails import thumbnail_path
from scraper.disk import Workspace
from scraper.settings import ScraperSettings

LIMITS = ScraperSettings(_env_file=None)

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture(scope="module")
def hung(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hang_faulty(tmp_path_factory.mktemp("hung"))


def test_new_pictures_are_judged_once_and_all_of_them_say_the_same(holding: Holding) -> None:
    assert waiting(holding).keys() == KINDS
    assert seek(holding) == 0 and seek(holding, everything=True) == 0
    holding.put("late.png", saved(sharp(9).filter(ImageFilter.GaussianBlur(4)), "PNG"))
    holding.take_in()
    holding.index()
    assert seek(holding) == 1 and waiting(holding).keys() == KINDS


def test_what_is_measured_as_it_is_indexed_is_judged_later_and_measured_no_more(holding: Holding) -> None:
    holding.put("late.png", saved(sharp(9).filter(ImageFilter.GaussianBlur(4)), "PNG"))
    holding.take_in()
    holding.index()
    late = holding.records()["Late"].picture.sha256
    with holding.database.reading() as session:
        known, indexed = standing(session, VERSION), measures_of(session, list(standing(session, VERSION)))
    assert len(known) == 5 and [sha256 for sha256, judged in known.items() if not judged] == [late]
    said: list[str] = []
    assert look(holding.house, lambda: False, lambda what, *_: said.append(what), everything=False) == 1
    assert "judging" in said and "measuring" not in said
    # Killed before it was told, or in another version: the later stage makes the same numbers.
    with holding.database.writing() as session:
        session.execute(text("DELETE FROM quality_measures"))
    assert seek(holding) == 0
    with holding.database.reading() as session:
        assert measures_of(session, list(known)) == indexed


def test_fine_is_fine_for_good(holding: Holding) -> None:
    act = deciding.decide(holding.house, waiting(holding)["border"].id, "fine", cleo(holding))
    assert waiting(holding).keys() == KINDS - {"border"}
    # A scrape and an index later, everything measured anew.
    holding.take_in()
    holding.store.delete([record_id(holding, "border")])
    holding.index()
    with holding.database.writing() as session:
        session.execute(text("DELETE FROM quality_measures"))
    assert seek(holding, everything=True) == 0 and waiting(holding).keys() == KINDS - {"border"}
    deciding.undo(holding.house, act, cleo(holding))
    assert waiting(holding).keys() == KINDS
    with pytest.raises(FindingRefused, match="taken back already"):
        deciding.undo(holding.house, act, cleo(holding))
    with holding.database.reading() as session:
        said = [entry.action for entry in audit_page(session, 1, 50).entries]
    assert said[:2] == ["undid quality decision", "decided quality"]


def test_hiding_is_undone_and_the_finding_waits_again(holding: Holding) -> None:
    finding = waiting(holding)["blurry"]
    act = deciding.decide(holding.house, finding.id, "hidden", cleo(holding))
    assert "Blurred" not in holding.shown() and "blurry" not in waiting(holding)
    with pytest.raises(FindingRefused, match="decided about this already"):
        deciding.decide(holding.house, finding.id, "fine", cleo(holding))
    assert deciding.undo(holding.house, act, cleo(holding))
    app = create_app(holding.settings, holding.store, holding.database)
    # Nobody is asked about it while it is not shown.
    assert f"/admin/quality/{finding.id}" not in signed_in(app, "Cleo").get("/admin/quality").text
    holding.index()
    seek(holding)
    assert "Blurred" in holding.shown() and "blurry" in waiting(holding)


def test_a_crop_is_what_is_shown_after_the_next_indexing_and_is_undone(holding: Holding) -> None:
    finding, before = waiting(holding)["border"], work(holding, "Border")
    assert (before.width, before.height, before.crop) == (480, 440, ())
    act = deciding.crop(holding.house, finding.id, (0.0, 40 / 440, 1.0, 400 / 440), cleo(holding))
    # Not asked again while the picture on the pages is still the old one, whoever looks.
    assert seek(holding, everything=True) == 0 and waiting(holding).keys() == KINDS - {"border"}
    assert work(holding, "Border") == before
    assert holding.index().embedded == 1
    cropped = work(holding, "Border")
    assert (cropped.width, cropped.height) == (480, 360) and cropped.crop == (0.0, 0.090909, 1.0, 0.909091)
    assert size_of(holding, cropped) == (480, 360) and holding.records()["Border"].picture.height == 440
    assert seek(holding, everything=True) == 0 and waiting(holding).keys() == KINDS - {"border"}
    assert holding.index().embedded == 0
    # The collection is lost, and made anew.
    holding.store.delete([cropped.id])
    holding.index()
    assert work(holding, "Border").crop == cropped.crop
    assert deciding.undo(holding.house, act, cleo(holding))
    assert holding.index().embedded == 1
    again = work(holding, "Border")
    assert (again.height, again.crop) == (440, ()) and size_of(holding, again) == (480, 440)
    seek(holding)
    assert waiting(holding).keys() == KINDS


def test_a_second_crop_is_of_what_is_shown_and_undoing_it_leaves_the_first(holding: Holding) -> None:
    deciding.crop(holding.house, waiting(holding)["frame"].id, (0.25, 0.0, 0.75, 1.0), cleo(holding))
    holding.index()
    with holding.database.writing() as session:
        settle(
            session, {work(holding, "Frame").sha256: [Found(work(holding, "Frame").sha256, "border", 0.5, "Again.")]}
        )
        number = next(each.id for each in open_findings(session, 9, kind="border") if each.reason == "Again.")
    second = deciding.crop(holding.house, number, (0.5, 0.0, 1.0, 1.0), cleo(holding))
    holding.index()
    assert work(holding, "Frame").crop == (0.5, 0.0, 0.75, 1.0) and work(holding, "Frame").width == 135
    deciding.undo(holding.house, second, cleo(holding))
    holding.index()
    assert work(holding, "Frame").crop == (0.25, 0.0, 0.75, 1.0)


def test_a_crop_cut_short_is_made_by_the_next_run(holding: Holding, monkeypatch: pytest.MonkeyPatch) -> None:
    deciding.crop(holding.house, waiting(holding)["border"].id, (0.0, 0.1, 1.0, 0.9), cleo(holding))

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(type(holding.store), "add", dies)
        holding.index()
    # Its thumbnails are new, its place in the collection is not: the two are brought together.
    assert work(holding, "Border").crop == ()
    assert holding.index().embedded == 1 and work(holding, "Border").crop == (0.0, 0.1, 1.0, 0.9)


def test_too_little_is_not_left(holding: Holding) -> None:
    with pytest.raises(FindingRefused, match="would be left"):
        deciding.crop(holding.house, waiting(holding)["border"].id, (0.0, 0.0, 0.1, 1.0), cleo(holding))
    assert waiting(holding).keys() == KINDS


def test_another_picture_takes_over_all_that_is_known_and_goes_again(holding: Holding) -> None:
    finding, before = waiting(holding)["blurry"], holding.records()["Blurred"]
    correct(holding.database, holding.store, finding.sha256, "year", 1888, cleo(holding))
    better = saved(sharp(4, (640, 480)), "PNG")
    act = replacing.replace(holding.house, finding.id, better, LIMITS, cleo(holding))
    holding.index()
    now = work(holding, "Blurred")
    assert (now.width, now.year) == (640, 1888) and now.sha256 != finding.sha256 and len(holding.shown()) == 4
    seek(holding)
    assert waiting(holding).keys() == KINDS - {"blurry"}
    # A scrape that meets the file from before knows which work it is.
    holding.take_in()
    assert holding.records()["Blurred"].picture.sha256 == now.sha256
    assert deciding.undo(holding.house, act, cleo(holding))
    holding.index()
    assert holding.records()["Blurred"] == before and work(holding, "Blurred").sha256 == finding.sha256
    assert len(holding.shown()) == 4 and not holding.pictures_of(now.sha256)
    seek(holding)
    assert waiting(holding).keys() == KINDS


def test_a_large_picture_is_taken_from_the_form(holding: Holding) -> None:
    app = create_app(holding.settings, holding.store, holding.database)
    curator = signed_in(app, "Cleo")
    finding, content = waiting(holding)["blurry"], saved(sharp(4, (800, 600)), "JPEG", quality=85)
    # More than other forms may send, and less than the test client keeps in a file that it leaves open.
    assert MOST_BYTES < len(content) < 400_000
    sent = {"csrf_token": token(curator), "finding": str(finding.id), "file": (io.BytesIO(content), "better.jpg")}
    answer = curator.post("/admin/quality/replace", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 303 and holding.records()["Blurred"].picture.width == 800


def test_what_cannot_stand_for_a_work_is_refused_with_the_reason(holding: Holding) -> None:
    number, by = waiting(holding)["blurry"].id, cleo(holding)
    known = (holding.folder / ARTIST / "good.png").read_bytes()
    for content, why in [
        (b"no picture", "cannot be used"),
        (saved(sharp(5, (90, 90)), "PNG"), "too-small"),
        (known, "has this very picture already"),
    ]:
        with pytest.raises(FindingRefused, match=why):
            replacing.replace(holding.house, number, content, LIMITS, by)
    assert waiting(holding).keys() == KINDS and len(list(holding.house.library.records())) == 4


@pytest.mark.parametrize("killed_at", ["write", "unlink"])
def test_a_kill_while_replacing_leaves_one_picture_or_the_other(
    holding: Holding, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    finding = waiting(holding)["blurry"]
    kill = killed_at == "write"

    def dies(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Workspace, "write", dies) if kill else patched.setattr(Path, "unlink", dies)
        replacing.replace(holding.house, finding.id, saved(sharp(4, (640, 480)), "PNG"), LIMITS, cleo(holding))
    # What the next run does that writes to the library.
    holding.take_in()
    assert holding.records()["Blurred"].picture.width == (480 if kill else 640)
    holding.index()
    assert len(holding.shown()) == 4


def size_of(holding: Holding, shown: Artwork) -> tuple[int, int]:
    with Image.open(thumbnail_path(holding.house.thumbnails, shown.sha256, 480)) as image:
        return image.size


def test_a_work_deleted_meanwhile_leaves_the_queue(holding: Holding) -> None:
    finding = waiting(holding)["frame"]
    app = create_app(holding.settings, holding.store, holding.database)
    curator = signed_in(app, "Cleo")
    sent = {"csrf_token": token(curator), "verdict": "fine"}
    holding.store.delete([artwork_id(finding.sha256)])
    asked = {"Accept": "application/json"}
    refused = curator.post(f"/admin/quality/{finding.id}", data=sent, headers=asked)
    assert refused.status_code == 409 and "not shown any more" in refused.json["said"]
    assert curator.get(f"/admin/quality/{finding.id}").status_code == 404
    assert curator.get("/admin/quality").status_code == 200 and waiting(holding).keys() == KINDS - {"frame"}


def test_a_picture_that_cannot_be_read_is_passed_over_and_tried_again(holding: Holding) -> None:
    sha256 = waiting(holding)["border"].sha256
    path = thumbnail_path(holding.house.thumbnails, sha256, 480)
    content = path.read_bytes()
    path.write_bytes(content[:100])
    with holding.database.writing() as session:
        session.execute(text("DELETE FROM quality_measures"))
        session.execute(text("DELETE FROM quality_findings"))
    assert seek(holding) == 2 and "border" not in waiting(holding)
    path.write_bytes(content)
    assert seek(holding) == 1 and waiting(holding).keys() == KINDS


def test_a_run_cut_short_goes_on_and_measures_nothing_twice(holding: Holding, monkeypatch: pytest.MonkeyPatch) -> None:
    with holding.database.writing() as session:
        session.execute(text("DELETE FROM quality_measures"))
        session.execute(text("DELETE FROM quality_findings"))
    monkeypatch.setattr("gallery.quality.finding._AT_ONCE", 1)
    measured: list[str] = []

    def dies(what: str, done: int, total: int) -> None:
        measured.append(what)
        if len(measured) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look(holding.house, lambda: False, dies, everything=False)
    with holding.database.reading() as session:
        assert len(standing(session, VERSION)) == 2
    assert not waiting(holding)
    with pytest.raises(LookingStopped):
        look(holding.house, lambda: True, lambda *_: None, everything=False)
    done: list[tuple[str, int, int]] = []
    assert look(holding.house, lambda: False, lambda *said: done.append(said), everything=False) == 3
    assert max(total for what, _, total in done if what == "measuring") == 1


def test_the_command_says_what_it_found(hung: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(hung, tmp_path / "gallery")
    monkeypatch.setenv("GALLERY_DATA_DIR", str(tmp_path / "gallery" / "data"))
    monkeypatch.setenv("GALLERY_DATABASE_URL", f"sqlite:///{tmp_path / 'gallery' / 'db.sqlite3'}")
    said = CliRunner().invoke(command)
    assert said.exit_code == 0, said.output
    assert re.search(r"^frame +1 ", said.output, re.M) and "0 of these are new" in said.output


def test_what_is_not_found_any_more_leaves_and_what_is_fine_never_comes(database: Database) -> None:
    sha256 = "ab" * 32
    dark, framed_ = (
        Found(sha256, "dark", 0.7, "Dark."),
        Found(sha256, "frame", 0.5, "Framed.", True, (0.1, 0.1, 0.9, 0.9)),
    )
    with database.writing() as session:
        assert settle(session, {sha256: [dark, framed_]}) == 2
        assert count_open(session) == {"dark": 1} and count_open(session, notes=True) == {"frame": 1}
        assert settle(session, {sha256: [dark]}) == 0 and count_open(session, notes=True) == {}
        open_findings(session, 1)[0].outcome = "fine"
        open_findings(session, 1)[0].open = False
        assert settle(session, {sha256: [dark, framed_]}) == 1 and count_open(session) == {}
