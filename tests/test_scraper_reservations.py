"""Opt-outs: what a site reserves is left out by default, and noted with the sighting where it is not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakeweb import as_json, drawing, drawn
from hypothesis import given
from hypothesis import strategies as st
from test_scraper_run import MONET, Listing, records
from websites import Answer, Websites

from scraper.reservations import PLACE, Reservation, is_reserved, read_reservations
from scraper.run import scrape
from scraper.settings import ScraperSettings
from scraper.sources.webpage import WebPage, parse

SITE = "https://museum.example"
PICTURE = f"{SITE}/works/1.jpg"


@pytest.fixture
def sites() -> Iterator[Websites]:
    with Websites("museum.example") as standing:
        standing.add(PICTURE, drawn(1))
        yield standing


def configured(tmp_path: Path, **changes: Any) -> ScraperSettings:
    return ScraperSettings(data_dir=tmp_path / "data", per_second=10_000, keep_free_gb=0, **changes)


def rules(*pairs: tuple[str, int]) -> list[dict[str, Any]]:
    return [{"location": pattern, "tdm-reservation": reserved} for pattern, reserved in pairs]


@pytest.mark.parametrize(
    ("said", "reserved"),
    [
        (rules(("/", 1)), True),
        (rules(("/", 0)), False),
        (rules(("/works/", 1)), True),
        (rules(("/texts/", 1)), False),
        (rules(("/", 1), ("/works/", 0)), False),
        (rules(("/works/", 0), ("/", 1)), False),
        (rules(("*.jpg$", 1)), True),
        (rules(("/*/1.png", 1)), False),
        (rules(("/works/1.jpg", 0), ("/works/1.jpg", 1)), True),
        ([], False),
        ({"location": "/", "tdm-reservation": 1}, False),
        ([{"tdm-reservation": 1}, "x", {"location": 5, "tdm-reservation": 1}], False),
    ],
)
async def test_what_a_site_reserves_is_left_out(said: Any, reserved: bool, sites: Websites, tmp_path: Path) -> None:
    sites.add(SITE + PLACE, as_json(said))
    outcome = await scrape(MONET, [Listing(PICTURE)], configured(tmp_path), stand_in=sites.stand_in)
    assert (outcome.exit_code, sites.times(PICTURE)) == ((5, 0) if reserved else (0, 1))
    if reserved:
        (skip,) = outcome.skips
        assert (skip.stage, skip.reason) == ("robots", "opted-out")
        assert PLACE in skip.detail


@pytest.mark.parametrize("answer", [Answer("{", 200), Answer("gone", 404), Answer("[" * 50_000), Answer("no", 500)])
async def test_a_file_that_cannot_be_read_reserves_nothing(answer: Answer, sites: Websites, tmp_path: Path) -> None:
    sites.add(SITE + PLACE, answer)
    urls = [PICTURE, f"{SITE}/works/2.jpg"]
    sites.add(urls[1], drawn(2))
    outcome = await scrape(MONET, [Listing(*urls)], configured(tmp_path), stand_in=sites.stand_in)
    assert (outcome.exit_code, outcome.counts["new"], sites.times(SITE + PLACE)) == (0, 2, 1)


@pytest.mark.parametrize(
    "headers", [{"TDM-Reservation": "1"}, {"X-Robots-Tag": "noai, noimageai"}, {"X-Robots-Tag": "noindex"}]
)
async def test_headers_are_heeded_or_noted_with_the_sighting(
    headers: dict[str, str], sites: Websites, tmp_path: Path
) -> None:
    sites.add(PICTURE, Answer(drawing(1), type="image/jpeg", headers=headers))
    heeding = await scrape(MONET, [Listing(PICTURE)], configured(tmp_path), stand_in=sites.stand_in)
    assert (heeding.exit_code, heeding.skips[0].reason) == (5, "opted-out")
    sites.add(SITE + PLACE, as_json(rules(("/", 1))))
    settings = configured(tmp_path, opt_outs="ignore")
    ignoring = await scrape(MONET, [Listing(PICTURE)], settings, stand_in=sites.stand_in)
    assert ignoring.exit_code == 0
    (record,) = records(settings)
    # The whole site is reserved by its file as well.
    said = [*headers.get("X-Robots-Tag", "").split(", "), "tdm-reservation"]
    said = [word for word in said if word]
    assert list(record.sightings[0].opt_outs) == said
    assert json.loads(Path(next(settings.library_dir.glob("pictures/??/*.json"))).read_text())["sightings"]


async def test_a_picture_nobody_reserves_has_no_opt_outs(sites: Websites, tmp_path: Path) -> None:
    settings = configured(tmp_path)
    assert (await scrape(MONET, [Listing(PICTURE)], settings, stand_in=sites.stand_in)).exit_code == 0
    assert records(settings)[0].sightings[0].opt_outs == ()


@pytest.mark.browser
async def test_a_page_that_is_reserved_gives_nothing(sites: Websites, tmp_path: Path) -> None:
    page = '<img src="/works/1.jpg" width=640 height=480 alt="Poppies">'
    marked = '<meta name="tdm-reservation" content="1">' + page
    assert parse(marked.encode(), SITE).opt_outs == ("tdm-reservation",)
    sites.add(f"{SITE}/marked", marked)
    sites.add(f"{SITE}/headed", Answer(page, headers={"TDM-Reservation": "1"}))
    query = MONET.__class__("Claude Monet", pages=(f"{SITE}/marked", f"{SITE}/headed"))
    heeding = await scrape(query, [WebPage()], configured(tmp_path), stand_in=sites.stand_in)
    assert (heeding.exit_code, heeding.found) == (5, 0)
    assert "tdm-reservation" in str(heeding.errors[0].error)
    settings = configured(tmp_path, opt_outs="ignore")
    ignoring = await scrape(query, [WebPage()], settings, stand_in=sites.stand_in)
    assert (ignoring.exit_code, ignoring.counts["new"]) == (0, 1)
    (record,) = records(settings)
    assert [seen.opt_outs for seen in record.sightings] == [("tdm-reservation",)] * 2


@given(st.text(alphabet="/ab*$.?", max_size=12), st.text(alphabet="/ab.?", max_size=12))
def test_a_pattern_without_stars_is_a_beginning(pattern: str, path: str) -> None:
    rule = Reservation(pattern, True)
    if "*" not in pattern and "$" not in pattern:
        assert rule.fits("/" + path) is ("/" + path).startswith(pattern)
    assert Reservation(pattern.rstrip("$") + "*", True).fits("/" + path) or not rule.fits("/" + path)


def test_rules_that_would_be_slow_are_passed_over() -> None:
    slow = json.dumps(rules(("/" + "*a" * 30 + "$", 1))).encode()
    assert read_reservations(200, slow) == ()
    assert not is_reserved((), PICTURE)
