"""Whole runs over folders and tables: works are imported once, corrected, and one bad file stops nothing."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from runs import EVERYTHING, folder_of, records, show, snapshot
from websites import Websites, jpeg

from scraper.errors import PictureError
from scraper.inspector import Inspector
from scraper.library import Library
from scraper.model import Picture
from scraper.run import scrape
from scraper.settings import ScraperSettings
from scraper.sources.csv_table import CsvTable
from scraper.sources.folder import Folder

ROOT = Path(__file__).parents[1]


async def test_a_folder_is_imported_once(configured: ScraperSettings, tmp_path: Path) -> None:
    query = folder_of(tmp_path / "art", 1, 2, 3)
    (tmp_path / "art" / "copy-of-1.jpg").write_bytes(jpeg(1))
    first = await scrape(query, [Folder()], configured)
    assert (first.counts["new"], first.counts["duplicate"], first.exit_code) == (3, 1, 0)
    before = snapshot(configured)
    second = await scrape(query, [Folder()], configured)
    assert (second.counts["same"], second.counts["duplicate"], second.exit_code) == (3, 1, 0)
    assert snapshot(configured) == before
    assert {record.sightings[0].robots for record in records(configured)} == {"not-asked-local"}


async def test_a_touched_file_is_the_same_and_a_changed_one_is_new(configured: ScraperSettings, tmp_path: Path) -> None:
    query = folder_of(tmp_path / "art", 1, 2)
    await scrape(query, [Folder()], configured)
    os.utime(tmp_path / "art" / "1.jpg", (1, 1))
    (tmp_path / "art" / "2.jpg").write_bytes(jpeg(9))
    outcome = await scrape(query, [Folder()], configured)
    assert (outcome.counts["same"], outcome.counts["new"]) == (1, 1)
    assert len(records(configured)) == 3


async def test_a_corrected_table_corrects_the_records(configured: ScraperSettings, tmp_path: Path) -> None:
    query = folder_of(tmp_path / "art", 1, 2, artist="")
    table = tmp_path / "art" / "metadata.csv"
    table.write_text("file,artist,title\n1.jpg,Claude Monet,Haistacks\n2.jpg,Berthe Morisot,The Cradle\n")
    await scrape(query, [Folder()], configured)
    assert {record.artist for record in records(configured)} == {"Claude Monet", "Berthe Morisot"}
    table.write_text("file,artist,title\n1.jpg,Claude Monet,Haystacks\n2.jpg,Berthe Morisot,The Cradle\n")
    outcome = await scrape(query, [Folder()], configured)
    assert (outcome.counts["changed"], outcome.counts["same"]) == (1, 1)
    assert {record.title for record in records(configured)} == {"Haystacks", "The Cradle"}
    journals = Library(configured.library_dir).root.glob("artists/*/journal.jsonl")
    assert sorted(path.parent.name for path in journals) == ["berthe-morisot", "claude-monet"]


async def test_one_bad_file_does_not_stop_an_import(configured: ScraperSettings, tmp_path: Path) -> None:
    query = folder_of(tmp_path / "art", 1, 2)
    (tmp_path / "art" / "cut.jpg").write_bytes(jpeg(3)[:-300])
    (tmp_path / "art" / "page.png").write_text("<html>")
    with (tmp_path / "art" / "huge.tif").open("wb") as file:
        file.truncate(26 * 2**20)
    for _ in range(2):
        outcome = await scrape(query, [Folder()], configured)
        assert {(Path(skip.url).name, skip.reason) for skip in outcome.skips} == {
            ("cut.jpg", "damaged"),
            ("page.png", "not-a-picture"),
            ("huge.tif", "too-large"),
        }
        assert (outcome.kept, outcome.exit_code) == (2, 4)


async def test_works_without_an_artist_are_left_out(configured: ScraperSettings, tmp_path: Path) -> None:
    query = folder_of(tmp_path / "art", 1, 2, artist="")
    outcome = await scrape(query, [Folder()], configured)
    assert ({skip.reason for skip in outcome.skips}, outcome.exit_code) == ({"no-artist"}, 2)
    (tmp_path / "art" / "metadata.csv").write_text("file,artist\n1.jpg,Claude Monet\n")
    outcome = await scrape(query, [Folder()], configured)
    assert (outcome.counts["new"], outcome.exit_code) == (1, 4)


async def test_a_table_mixes_files_and_addresses(configured: ScraperSettings, sites: Websites, tmp_path: Path) -> None:
    (url,) = show(sites, 2)
    (tmp_path / "1.jpg").write_bytes(jpeg(1))
    (tmp_path / "works.csv").write_text(
        f"file,url,artist,title\n1.jpg,,Claude Monet,One\n,{url},Berthe Morisot,Two\n"
        ",http://169.254.169.254/latest,Claude Monet,Three\nabsent.jpg,,Claude Monet,Four\n"
    )
    query = replace(EVERYTHING, pages=(str(tmp_path / "works.csv"),))
    outcome = await scrape(query, [CsvTable()], configured, stand_in=sites.stand_in)
    assert (outcome.counts["new"], outcome.exit_code) == (2, 4)
    assert {(skip.stage, skip.reason) for skip in outcome.skips} == {("find", "bad-row"), ("guard", "refused")}
    assert {record.artist: record.title for record in records(configured)} == {
        "Claude Monet": "One",
        "Berthe Morisot": "Two",
    }


async def test_bytes_that_brought_a_decoder_down_are_never_tried_again(
    configured: ScraperSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []

    async def crash(self: Inspector, content: bytes, sha256: str | None = None) -> Picture:
        asked.append(content)
        raise PictureError("decoder-crashed", "the decoder ended with signal 11")

    monkeypatch.setattr(Inspector, "inspect", crash)
    query = folder_of(tmp_path / "art", 1)
    first = await scrape(query, [Folder()], configured)
    (tmp_path / "art" / "copy.jpg").write_bytes(jpeg(1))
    os.utime(tmp_path / "art" / "1.jpg", (1, 1))
    second = await scrape(query, [Folder()], configured.model_copy(update={"max_pixels": 10**6}))
    assert [skip.reason for skip in (*first.skips, *second.skips)] == ["decoder-crashed"] * 3
    assert len(asked) == 1


KILLED = """
import asyncio, os, pathlib, shutil, signal, sys
from scraper.model import ArtistQuery
from scraper.run import scrape
from scraper.settings import ScraperSettings
from scraper.sources.folder import Folder

data, art, step = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
steps = 0
def dying(call):
    def wrapper(*arguments, **options):
        global steps
        steps += 1
        if steps == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **options)
    return wrapper
for name in ("replace", "fsync", "write"):
    setattr(os, name, dying(getattr(os, name)))
settings = ScraperSettings(data_dir=data, keep_free_gb=0)
outcome = asyncio.run(scrape(ArtistQuery("Claude Monet", limit=99, pages=(art,)), [Folder()], settings))
print(outcome.kept, outcome.exit_code)
"""


def killed_run(data: Path, art: Path, step: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", KILLED, str(data), str(art), str(step)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT)


def contents(data: Path) -> dict[str, bytes]:
    """The pictures, and all of the records that does not depend on the hour."""
    library = Library(data / "library")
    found = {record.picture.sha256: record for record in library.records()}
    return {
        sha256: library.picture_path(record.picture).read_bytes() + f"{record.title} {len(record.sightings)}".encode()
        for sha256, record in found.items()
    }


def test_a_killed_import_is_taken_up_again_with_the_same_end(tmp_path: Path) -> None:
    folder_of(tmp_path / "art", 1, 2, 3, 4)
    (tmp_path / "art" / "copy.jpg").write_bytes(jpeg(1))
    assert killed_run(tmp_path / "clean", tmp_path / "art", 0).stdout == "4 0\n"
    killed = 0
    for step in (1, 2, 4, 7, 11, 16, 22, 29):
        data = tmp_path / str(step)
        first = killed_run(data, tmp_path / "art", step)
        killed += first.returncode == -signal.SIGKILL
        again = killed_run(data, tmp_path / "art", 0)
        assert again.stdout == "4 0\n", again.stderr
        assert contents(data) == contents(tmp_path / "clean")
        assert not list((data / "library" / "tmp").iterdir())
    assert killed >= 5
