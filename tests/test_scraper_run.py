"""Whole runs: sources, the real guard and client, the real decoder, and a library that comes out the same each time."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websites import Answer, Asked, Websites, jpeg, picture

from scraper.errors import (
    AlreadyRunning,
    Blocked,
    BrowserError,
    Changed,
    ConfigError,
    FetchError,
    NotFound,
    PictureError,
    Refused,
    ScraperError,
    Unavailable,
)
from scraper.inspector import Inspector
from scraper.library import Library
from scraper.locks import only_run
from scraper.model import ArtistQuery, ArtworkRecord, Candidate, Picture, Skip
from scraper.outcome import Event, Stored
from scraper.run import scrape
from scraper.settings import ScraperSettings
from scraper.sources import Reach
from scraper.sources.csv_table import CsvTable
from scraper.sources.folder import Folder

ROOT = Path(__file__).parents[1]
SITE = "http://museum.example"
MONET = ArtistQuery("Claude Monet")
EVERYTHING = ArtistQuery("", limit=10**6)


class Listing:
    """A source whose candidates are given; it may end with an error, or not end at all."""

    title = "A list"
    local = False

    def __init__(
        self,
        *found: Candidate | Skip | str,
        name: str = "listing",
        error: ScraperError | None = None,
        endless: bool = False,
    ) -> None:
        self.name, self.error, self.endless = name, error, endless
        self.found = [Candidate(name, 1, (each,)) if isinstance(each, str) else each for each in found]
        self.yielded = 0

    async def find(self, query: ArtistQuery, reach: Reach | None) -> AsyncIterator[Candidate | Skip]:
        for each in self.found:
            self.yielded += 1
            yield each
        if self.endless:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error


@pytest.fixture
def configured(tmp_path: Path) -> ScraperSettings:
    return ScraperSettings(
        data_dir=tmp_path / "data", contact="t@example.org", per_second=10_000, connections=8, keep_free_gb=0
    )


@pytest.fixture
def sites() -> Iterator[Websites]:
    with Websites("museum.example", "other.example") as standing:
        yield standing


def slowly(answer: Answer, seconds: float) -> Callable[[Asked], Answer]:
    """Return what gives an answer after a while."""

    def say(asked: Asked) -> Answer:
        time.sleep(seconds)
        return answer

    return say


def show(sites: Websites, *shades: int) -> list[str]:
    urls = [f"{SITE}/{shade}.jpg" for shade in shades]
    for url, shade in zip(urls, shades, strict=True):
        sites.add(url, picture(shade))
    return urls


def records(settings: ScraperSettings) -> list[ArtworkRecord]:
    return list(Library(settings.library_dir).records())


def snapshot(settings: ScraperSettings) -> dict[str, tuple[int, bytes]]:
    root = settings.library_dir
    return {
        str(p.relative_to(root)): (p.stat().st_mtime_ns, p.read_bytes()) for p in root.glob("*/*/*") if p.name != "lock"
    }


def folder_of(path: Path, *shades: int, artist: str = "Claude Monet") -> ArtistQuery:
    path.mkdir(parents=True, exist_ok=True)
    for shade in shades:
        (path / f"{shade}.jpg").write_bytes(jpeg(shade))
    return replace(EVERYTHING, artist=artist, pages=(str(path),))


async def test_pictures_come_from_the_web_once(configured: ScraperSettings, sites: Websites) -> None:
    urls = show(sites, 1, 2, 3)
    first = await scrape(MONET, [Listing(*urls)], configured, stand_in=sites.stand_in)
    assert (first.found, first.counts["new"], first.exit_code) == (3, 3, 0)
    (record, *_) = records(configured)
    (seen,) = record.sightings
    assert (record.artist, seen.artist_match, seen.http_status, seen.robots) == (
        "Claude Monet",
        "not-stated",
        200,
        "allowed",
    )
    assert seen.stand_in
    before, asked = snapshot(configured), len(sites.asked)
    second = await scrape(MONET, [Listing(*urls)], configured, stand_in=sites.stand_in)
    assert (second.counts["same"], second.exit_code) == (3, 0)
    assert snapshot(configured) == before
    assert len(sites.asked) == asked


async def test_one_address_is_fetched_once_and_every_sighting_is_kept(
    configured: ScraperSettings, sites: Websites
) -> None:
    (url,) = show(sites, 1)
    found = [
        Candidate("", 1, (spelling,), page_url=f"{SITE}/page{number}")
        for number, spelling in enumerate(
            (url, url + "#top", url.replace("museum", "MUSEUM"), url.replace(":", ":", 1))
        )
    ]
    sources = [Listing(*found, name="a"), Listing(*found[:2], name="b")]
    outcome = await scrape(MONET, sources, configured, stand_in=sites.stand_in)
    assert sites.times(url) == 1
    assert (outcome.counts["new"], outcome.counts["duplicate"]) == (1, 5)
    (record,) = records(configured)
    assert {seen.candidate.page_url for seen in record.sightings} == {f"{SITE}/page{number}" for number in range(4)}


async def test_the_same_bytes_at_two_addresses_are_one_picture(configured: ScraperSettings, sites: Websites) -> None:
    urls = show(sites, 1, 2)
    sites.add(f"{SITE}/copy.jpg", picture(1))
    outcome = await scrape(MONET, [Listing(*urls, f"{SITE}/copy.jpg")], configured, stand_in=sites.stand_in)
    assert (outcome.counts["new"], outcome.counts["duplicate"]) == (2, 1)
    assert sorted(len(record.sightings) for record in records(configured)) == [1, 2]


async def test_a_second_page_adds_its_sighting_without_a_fetch(configured: ScraperSettings, sites: Websites) -> None:
    (url,) = show(sites, 1)
    await scrape(MONET, [Listing(url)], configured, stand_in=sites.stand_in)
    asked = len(sites.asked)
    again = Candidate("", 1, (url,), page_url=f"{SITE}/second", title="Haystacks")
    outcome = await scrape(MONET, [Listing(again)], configured, stand_in=sites.stand_in)
    assert (outcome.counts["changed"], len(sites.asked)) == (1, asked)
    (record,) = records(configured)
    assert (record.title, len(record.sightings), record.revision) == ("Haystacks", 2, 2)


async def test_a_later_address_stands_in_for_the_first(configured: ScraperSettings, sites: Websites) -> None:
    (small,) = show(sites, 1)
    sites.add(f"{SITE}/html.jpg", "<html>no picture</html>")
    candidate = Candidate("", 1, (f"{SITE}/gone.jpg", f"{SITE}/html.jpg", small))
    for counted in ("new", "same"):
        outcome = await scrape(MONET, [Listing(candidate)], configured, stand_in=sites.stand_in)
        assert (outcome.counts[counted], outcome.skips) == (1, [])
    assert sites.times(f"{SITE}/gone.jpg") == 1
    (record,) = records(configured)
    assert record.sightings[0].fetched_url == small


async def test_what_cannot_be_kept_is_skipped_with_its_reason(configured: ScraperSettings, sites: Websites) -> None:
    (good,) = show(sites, 1)
    sites.add(f"{SITE}/small.jpg", picture(2, (90, 90)))
    sites.add(f"{SITE}/cut.jpg", jpeg(3)[:-400])
    sites.add(f"{SITE}/page.jpg", "<html></html>")
    sites.add("http://other.example/robots.txt", "User-agent: *\nDisallow: /")
    listing = Listing(
        *(f"{SITE}/{name}.jpg" for name in ("small", "cut", "page", "gone")),
        "http://other.example/a.jpg",
        "http://192.168.1.4/a.jpg",
        "file:///etc/passwd",
        Candidate("", 1, (good,), artist_text="Edouard Manet"),
        Candidate("", 1, ()),
        good,
    )
    outcome = await scrape(MONET, [listing], configured, stand_in=sites.stand_in)
    assert outcome.counts["new"] == 1
    assert {(skip.url.rpartition("/")[2], skip.stage, skip.reason) for skip in outcome.skips} == {
        ("small.jpg", "decode", "too-small"),
        ("cut.jpg", "decode", "damaged"),
        ("page.jpg", "decode", "not-a-picture"),
        ("gone.jpg", "fetch", "failed"),
        ("a.jpg", "robots", "blocked"),
        ("a.jpg", "guard", "refused"),
        ("passwd", "guard", "refused"),
        ("1.jpg", "policy", "other-artist"),
        ("", "find", "no-address"),
    }
    # A stranger's page has what it has: that is no failure of the run.
    assert (outcome.unfinished, outcome.exit_code) == (0, 0)
    asked = len(sites.asked)
    again = await scrape(MONET, [listing], configured, stand_in=sites.stand_in)
    assert sorted(skip.reason for skip in again.skips) == sorted(skip.reason for skip in outcome.skips)
    # All but the blocked host is settled; of that one, only its robots.txt is asked for.
    assert len(sites.asked) == asked + 1


async def test_a_smaller_limit_opens_a_refusal_again(configured: ScraperSettings, sites: Websites) -> None:
    sites.add(f"{SITE}/small.jpg", picture(2, (150, 150)))
    first = await scrape(MONET, [Listing(f"{SITE}/small.jpg")], configured, stand_in=sites.stand_in)
    assert (first.exit_code, first.skips[0].reason) == (3, "too-small")
    smaller = configured.model_copy(update={"min_side": 100})
    second = await scrape(MONET, [Listing(f"{SITE}/small.jpg")], smaller, stand_in=sites.stand_in)
    assert second.counts["new"] == 1


class Unreachable:
    """A client whose host is down, without the waiting of the real one."""

    def __init__(self) -> None:
        self.asked = 0

    async def get_picture(self, url: str, *, referer: str | None = None) -> Any:
        self.asked += 1
        raise Unavailable(url, "the server does not answer in time")


async def test_what_did_not_answer_is_tried_in_three_runs(configured: ScraperSettings) -> None:
    web: Any = Unreachable()
    reach = Reach(web, web)
    codes = []
    for _ in range(4):
        outcome = await scrape(MONET, [Listing(f"{SITE}/a.jpg")], configured, reach=reach)
        codes.append((outcome.exit_code, outcome.unfinished, outcome.skips[0].tries))
    assert web.asked == 3
    assert codes == [(6, 1, 1), (6, 1, 2), (6, 0, 3), (6, 0, 3)]


async def test_partly_done_is_said_so(configured: ScraperSettings, sites: Websites) -> None:
    query = folder_of(configured.data_dir / "art", 1)
    await scrape(query, [Folder()], configured)
    web: Any = Unreachable()
    query = replace(query, artist="Claude Monet")
    outcome = await scrape(query, [Folder(), Listing(f"{SITE}/a.jpg")], configured, reach=Reach(web, web))
    assert (outcome.kept, outcome.unfinished, outcome.exit_code) == (1, 1, 4)


ERRORS: list[tuple[ScraperError, int]] = [
    (ConfigError("a", "b", "c"), 2),
    (NotFound("listing", "Claude Monet"), 3),
    (Blocked("museum.example", "asked for a captcha"), 5),
    (Changed("listing", "results block"), 5),
    (FetchError(SITE, "refused"), 6),
    (BrowserError("it died", "Try again."), 8),
    (Refused("http://10.0.0.1/", "not a public address."), 9),
]


@pytest.mark.parametrize(("error", "code"), ERRORS, ids=lambda each: type(each).__name__)
async def test_a_source_that_fails_decides_the_exit_code_only_alone(
    error: ScraperError, code: int, configured: ScraperSettings, sites: Websites
) -> None:
    alone = await scrape(MONET, [Listing(error=error)], configured, stand_in=sites.stand_in)
    assert (alone.exit_code, [failed.error for failed in alone.errors]) == (code, [error])
    sources = [Listing(error=error), Listing(*show(sites, 1), name="other")]
    among = await scrape(MONET, sources, configured, stand_in=sites.stand_in)
    assert (among.exit_code, among.counts["new"]) == (4, 1)


@pytest.mark.parametrize(
    ("stage", "code"), [("robots", 5), ("fetch", 6), ("guard", 9), ("decode", 3), ("policy", 3), ("find", 3)]
)
async def test_what_most_was_lost_at_decides_when_nothing_is_left(
    stage: Any, code: int, configured: ScraperSettings, sites: Websites
) -> None:
    skips = [Skip(f"{SITE}/{number}", stage, "why") for number in range(3)]
    outcome = await scrape(MONET, [Listing(*skips, Skip("x", "decode", "why"))], configured, stand_in=sites.stand_in)
    assert outcome.exit_code == code


async def test_nothing_at_all_is_nothing_found(configured: ScraperSettings, sites: Websites) -> None:
    assert (await scrape(MONET, [Listing()], configured, stand_in=sites.stand_in)).exit_code == 3


async def test_a_real_site_needs_a_contact(configured: ScraperSettings) -> None:
    settings = configured.model_copy(update={"contact": ""})
    outcome = await scrape(MONET, [Listing(f"{SITE}/a.jpg")], settings)
    assert (outcome.exit_code, outcome.found) == (2, 0)
    assert "GALLERY_CONTACT" in str(outcome.errors[0].error)


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


async def test_a_dry_run_touches_nothing(configured: ScraperSettings, sites: Websites, tmp_path: Path) -> None:
    told: list[Event] = []
    urls = show(sites, 1, 2)
    outcome = await scrape(
        MONET, [Listing(*urls)], configured, stand_in=sites.stand_in, dry_run=True, notify=told.append
    )
    assert (outcome.found, outcome.exit_code, len(told)) == (2, 0, 2)
    assert (await scrape(MONET, [Listing()], configured, stand_in=sites.stand_in, dry_run=True)).exit_code == 3
    assert not configured.data_dir.exists()
    assert not sites.asked


async def test_a_limit_is_for_pictures_and_holds_over_runs(configured: ScraperSettings, sites: Websites) -> None:
    urls = show(sites, *range(1, 9))
    for number in (1, 2, 3):
        sites.add(f"{SITE}/copy{number}.jpg", picture(1))
    listing = Listing(urls[0], f"{SITE}/copy1.jpg", f"{SITE}/gone.jpg", f"{SITE}/copy2.jpg", *urls[1:])
    query = replace(MONET, limit=4)
    first = await scrape(query, [listing], configured, stand_in=sites.stand_in)
    assert (first.counts["new"], len(records(configured))) == (4, 4)
    second = await scrape(query, [listing], configured, stand_in=sites.stand_in)
    assert (second.counts["new"], second.counts["same"], len(records(configured))) == (0, 4, 4)


@pytest.mark.parametrize(
    ("there", "expected"), [((20, 20), (5, 5)), ((2, 20), (2, 8)), ((20, 3), (7, 3)), ((1, 1), (1, 1))]
)
async def test_the_limit_is_shared_fairly(
    there: tuple[int, int], expected: tuple[int, int], configured: ScraperSettings, sites: Websites
) -> None:
    quick = show(sites, *range(there[0]))
    slow = [f"http://other.example/{number}.jpg" for number in range(there[1])]
    for number, url in enumerate(slow):
        sites.add(url, slowly(picture(100 + number), 0.02))
    sources = [Listing(*quick, name="quick"), Listing(*slow, name="slow")]
    told: list[Event] = []
    await scrape(replace(MONET, limit=10), sources, configured, stand_in=sites.stand_in, notify=told.append)
    names = [event.source for event in told if isinstance(event, Stored)]
    assert (names.count("quick"), names.count("slow")) == expected
    # Nor does a source go on looking for what nobody will take.
    assert sources[0].yielded <= expected[0] + 2


async def test_a_stop_finishes_what_is_under_way_and_the_next_run_goes_on(
    configured: ScraperSettings, sites: Websites
) -> None:
    urls = show(sites, *range(6))
    stop = asyncio.Event()

    def notify(event: Event) -> None:
        if isinstance(event, Stored):
            stop.set()

    listing = Listing(*urls[:3], endless=True)
    outcome = await scrape(MONET, [listing], configured, stand_in=sites.stand_in, stop=stop, notify=notify)
    assert (outcome.stopped, outcome.exit_code) == ("interrupted", 130)
    assert len(records(configured)) == outcome.counts["new"] > 0
    after = await scrape(MONET, [Listing(*urls)], configured, stand_in=sites.stand_in)
    assert (after.kept, after.exit_code, len(records(configured))) == (6, 0, 6)


async def test_a_run_ends_at_its_deadline(configured: ScraperSettings, sites: Websites) -> None:
    outcome = await scrape(
        MONET, [Listing(*show(sites, 1), endless=True)], configured, stand_in=sites.stand_in, deadline=1.5
    )
    assert (outcome.stopped, outcome.exit_code, outcome.counts["new"]) == ("deadline", 124, 1)


async def test_a_cancelled_run_leaves_nothing_running(configured: ScraperSettings, sites: Websites) -> None:
    sites.add(f"{SITE}/a.jpg", lambda asked: Answer(sites.hang(), type="image/jpeg"))
    run = asyncio.create_task(scrape(MONET, [Listing(f"{SITE}/a.jpg")], configured, stand_in=sites.stand_in))
    await asyncio.sleep(0.5)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert not list((configured.library_dir / "tmp").iterdir())


async def test_no_room_ends_the_run_and_keeps_what_there_is(
    configured: ScraperSettings, sites: Websites, tmp_path: Path
) -> None:
    await scrape(folder_of(tmp_path / "art", 1), [Folder()], configured)
    full = configured.model_copy(update={"max_store_gb": 1e-6})
    outcome = await scrape(folder_of(tmp_path / "art", 1, 2, 3), [Folder()], full)
    assert outcome.exit_code == 7
    assert "GALLERY_MAX_STORE_GB" in str(outcome.fatal)
    assert len(records(configured)) == 1
    after = await scrape(folder_of(tmp_path / "art", 1, 2, 3), [Folder()], configured)
    assert (after.kept, after.exit_code) == (3, 0)


async def test_one_run_for_an_artist_at_a_time(configured: ScraperSettings, sites: Websites, tmp_path: Path) -> None:
    with only_run(configured.library_dir / "artists" / "claude-monet" / "lock", "Claude Monet"):
        with pytest.raises(AlreadyRunning):
            await scrape(MONET, [Listing()], configured, stand_in=sites.stand_in)
        other = await scrape(folder_of(tmp_path / "art", 1, artist="Manet"), [Folder()], configured)
    assert other.exit_code == 0


async def test_real_and_stand_in_works_are_not_mixed(
    configured: ScraperSettings, sites: Websites, tmp_path: Path
) -> None:
    await scrape(folder_of(tmp_path / "art", 1), [Folder()], configured)
    with pytest.raises(ConfigError, match="never mixed"):
        await scrape(MONET, [Listing(*show(sites, 1))], configured, stand_in=sites.stand_in)


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
