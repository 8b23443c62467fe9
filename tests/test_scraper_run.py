"""Whole runs: sources, the real guard and client, the real decoder, and a library that comes out the same each time."""

from dataclasses import replace
from typing import Any

import pytest
from runs import MONET, SITE, Listing, folder_of, records, show, snapshot
from websites import Websites, jpeg, picture

from scraper.errors import (
    Blocked,
    BrowserError,
    Changed,
    ConfigError,
    FetchError,
    NotFound,
    Refused,
    ScraperError,
    Unavailable,
)
from scraper.model import Candidate, Skip
from scraper.run import scrape
from scraper.settings import ScraperSettings
from scraper.sources import Reach
from scraper.sources.folder import Folder


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
