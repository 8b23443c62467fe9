"""How runs end early: at a limit, a stop, a deadline, a full disk, or because another is under way."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from runs import MONET, SITE, Listing, folder_of, records, show, slowly
from websites import Answer, Websites, picture

from scraper.errors import AlreadyRunning, ConfigError
from scraper.locks import only_run
from scraper.outcome import Event, Stored
from scraper.run import scrape
from scraper.settings import ScraperSettings
from scraper.sources.folder import Folder


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
