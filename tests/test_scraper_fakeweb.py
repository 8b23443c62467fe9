"""Each source as people use it: `gallery scrape "Claude Monet" --source X` against a stand-in of the real site.

The command is a process of its own and visits the real addresses: through the real guard, in a real Chromium where the
source uses one. The library that comes out is exactly the expected one.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from fakeweb import (
    CLOUDFLARE,
    INCAPSULA,
    Work,
    artic,
    bing,
    commons,
    google,
    met,
    openverse,
    rijksmuseum,
    site,
    wikiart,
)
from fakeweb.stated import STATED
from websites import Answer, Websites

from scraper.choosing import choose
from scraper.library import Library
from scraper.model import ArtistQuery, ArtworkRecord
from scraper.outcome import Outcome
from scraper.run import scrape as collect
from scraper.session import open_reach
from scraper.settings import ScraperSettings
from scraper.sources import SOURCES
from scraper.sources.google import Google

APIS = ("artic", "cleveland", "commons", "met", "openverse", "rijksmuseum", "wikiart")


def scrape(*arguments: object, data: Path, sites: Websites, **more: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GALLERY_")}
    ours = {
        "GALLERY_DATA_DIR": str(data),
        "GALLERY_KEEP_FREE_GB": "0",
        "GALLERY_PER_SECOND": "1000",
        "GALLERY_SOURCES_ON": "artic,bing,google",
        "GALLERY_STAND_IN": str(sites.write_map()),
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    return subprocess.run(
        [sys.executable, "-m", "gallery", "scrape", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=data.parent,
        env={**plain, **ours, **more},
    )


def settings_for(data: Path) -> ScraperSettings:
    return ScraperSettings(data_dir=data, keep_free_gb=0, per_second=1000, sources_on="artic,bing,google")


async def run(artist: str, name: str, data: Path, sites: Websites) -> Outcome:
    """Do as the command does, in this process."""
    settings = settings_for(data)
    return await collect(ArtistQuery(artist), choose([name], settings), settings, stand_in=sites.stand_in)


def records(data: Path) -> list[ArtworkRecord]:
    return list(Library(data / "library").records())


def held(data: Path) -> set[Work]:
    """Return what the library holds in the words of `EXPECTED`, every picture one work."""
    works = [
        Work(
            record.title,
            record.year,
            record.sightings[0].artist_match,
            record.licence.code,
            (record.picture.width, record.picture.height),
        )
        for record in records(data)
    ]
    assert len(set(works)) == len(works)
    return set(works)


def check_stated(name: str, data: Path) -> None:
    """Check that of one work the library has all that its source states, and nothing else."""
    expected = {"source": name, "query": "Claude Monet"} | STATED[name]
    (record,) = [record for record in records(data) if record.title == expected["title"]]
    found = asdict(record.sightings[0].candidate)
    assert found.pop("rank") >= 0 and found.pop("image_urls") and isinstance(found.pop("raw"), dict)
    found["licence"] = {each: value for each, value in found["licence"].items() if value is not None}
    assert {each: value for each, value in found.items() if value not in (None, (), "")} == expected


def built(*names: str) -> Websites:
    modules = [site(name) for name in names]
    sites = Websites(*dict.fromkeys(host for module in modules for host in module.HOSTS))
    for module in modules:
        module.build(sites)
    return sites


@pytest.mark.parametrize("name", APIS)
async def test_a_source_gives_exactly_its_works_of_the_artist(name: str, tmp_path: Path) -> None:
    with built(name) as sites:
        done = scrape("Claude Monet", "--source", name, data=tmp_path / "data", sites=sites)
        assert done.returncode == 0, done.stdout + done.stderr
        assert held(tmp_path / "data") == site(name).EXPECTED
        check_stated(name, tmp_path / "data")
        # Whether robots.txt is asked for before the source's own questions is as its manners say.
        source = SOURCES.sites()[name]
        for origin in source.origins:
            asked = sites.times(f"{origin}/robots.txt") > 0
            assert asked is (source.manners.robots == "obey"), origin
        again = await run("Claude Monet", name, tmp_path / "data", sites)
        assert (again.counts["same"], again.counts["new"]) == (len(site(name).EXPECTED), 0)


@pytest.mark.parametrize("name", APIS)
async def test_an_artist_nobody_knows_is_nothing_found(name: str, tmp_path: Path) -> None:
    with built(name) as sites:
        outcome = await run("Nobody Atall", name, tmp_path / "data", sites)
    assert outcome.exit_code == 3
    assert f"{name}: nothing found for 'Nobody Atall'" in str(outcome.errors[0].error)


MARKS = {
    "artic": f"https://{artic.API}/api/v1/artworks/search",
    "cleveland": "https://openaccess-api.clevelandart.org/api/artworks/",
    "commons": commons.API,
    "met": f"{met.ROOT}/search",
    "openverse": f"https://{openverse.API}/v1/images/",
    "rijksmuseum": f"https://{rijksmuseum.DATA}/search/collection",
    "wikiart": f"https://{wikiart.SITE}/en/claude-monet",
    "bing": bing.FRAGMENTS,
}


@pytest.mark.parametrize("name", sorted(MARKS))
async def test_changed_and_blocked_are_told_apart(name: str, tmp_path: Path) -> None:
    with built(name) as sites:
        sites.add(MARKS[name], CLOUDFLARE)
        blocked = await run("Claude Monet", name, tmp_path / "data", sites)
        assert blocked.exit_code == 5
        assert "answered 403 Forbidden - stopped, nothing retried" in str(blocked.errors[0].error)
        sites.add(MARKS[name], "<html><body><main>Welcome to our new site.</main></body></html>")
        changed = await run("Claude Monet", name, tmp_path / "data", sites)
    assert changed.exit_code == 5
    assert "the page has changed" in (said := str(changed.errors[0].error))
    assert f"gallery sources check {name}" in said
    (saved,) = (tmp_path / "data" / "failed").iterdir()
    assert saved.name.startswith(f"{name}-") and str(saved) in said
    assert b"our new site" in saved.read_bytes()


async def test_a_museum_that_turns_us_away_midway_leaves_what_there_is(tmp_path: Path) -> None:
    works = [(500000 + at, f"Work {at}", "1880", "Claude Monet", True, True) for at in range(40)]
    with built("met") as sites:
        sites.add(f"{met.ROOT}/search", lambda asked: met.search(asked, [number for number, *_ in works]))
        asked_for = 0

        def one(*facts: Any) -> Any:
            def say(asked: Any) -> Answer:
                nonlocal asked_for
                asked_for += 1
                return INCAPSULA if asked_for > 30 else met.as_json(met.museum_object(*facts))

            return say

        for at, (number, *rest) in enumerate(works):
            address = f"https://{met.IMAGES}/{number}.jpg"
            sites.add(f"{met.ROOT}/objects/{number}", one(number, *rest[:-1], address))
            sites.add(address, met.drawn(2000 + at))
        outcome = await run("Claude Monet", "met", tmp_path / "data", sites)
        assert (outcome.exit_code, len(records(tmp_path / "data"))) == (4, 30)
        assert "collectionapi.metmuseum.org: answered 403 Forbidden - stopped" in str(outcome.errors[0].error)
        # Turned away once, it is not asked again in this run.
        assert asked_for == 31


async def test_a_picture_host_behind_a_challenge_gives_no_pictures(tmp_path: Path) -> None:
    with built("artic") as sites:
        artic.close(sites)
        outcome = await run("Claude Monet", "artic", tmp_path / "data", sites)
    assert (outcome.exit_code, records(tmp_path / "data")) == (5, [])
    assert sum("www.artic.edu: answered 403" in skip.detail for skip in outcome.skips) == 2


async def test_databases_that_lag_are_waited_for(tmp_path: Path) -> None:
    with built("commons") as sites:
        sites.add(commons.API, commons.lagging(1))
        sites.add(commons.thumb("Refused.jpg"), Answer("gone", 404))
        outcome = await run("Claude Monet", "commons", tmp_path / "data", sites)
        assert (outcome.exit_code, held(tmp_path / "data")) == (0, commons.EXPECTED)
        sites.add(commons.API, commons.lagging(10))
        outcome = await run("Claude Monet", "commons", tmp_path / "data", sites)
        assert outcome.exit_code == 6
        assert "asks to come back later (maxlag)" in str(outcome.errors[0].error)


async def test_what_is_stated_is_kept_word_for_word(tmp_path: Path) -> None:
    with built("commons", "met") as sites:
        sites.add(commons.thumb("Refused.jpg"), Answer("gone", 404))
        for name in ("commons", "met"):
            assert (await run("Claude Monet", name, tmp_path / "data", sites)).exit_code == 0
    by_title = {record.title: record for record in records(tmp_path / "data")}
    bathers = by_title["Bathers at La Grenouillère"]
    seen = bathers.sightings[0].candidate
    assert (seen.source, seen.source_id, seen.query) == ("commons", "File:Bathers.jpg", "Claude Monet")
    assert (seen.page_url, seen.artist_text) == ("https://commons.wikimedia.org/wiki/File:Bathers.jpg", "Claude Monet")
    assert (bathers.licence.url, bathers.licence.holder) == (commons.MARK, "Claude Monet")
    assert (bathers.licence.credit, bathers.licence.attribution_required) == ("National Gallery", False)
    assert by_title["Le bassin d'Argenteuil"].licence.attribution_required is True
    bridge = by_title["Bridge over a Pond of Water Lilies"]
    assert (bridge.medium, bridge.institution) == ("Oil on canvas", "The Metropolitan Museum of Art")
    assert (bridge.tags, bridge.licence.credit) == (("Bridges",), "H. O. Havemeyer Collection")
    assert bridge.sightings[0].robots == "allowed"


def test_without_a_source_all_that_are_on_are_asked(tmp_path: Path) -> None:
    on = [name for name, source in SOURCES.sites().items() if source.default_on and name != "webpage"]
    with built(*on) as sites:
        sites.add(commons.thumb("Refused.jpg"), Answer("gone", 404))
        done = scrape("Claude Monet", data=tmp_path / "data", sites=sites)
        assert done.returncode == 0, done.stderr
        expected = {work for name in on for work in site(name).EXPECTED}
        assert held(tmp_path / "data") == expected
        assert {record.sightings[0].candidate.source for record in records(tmp_path / "data")} == set(on)
        few = scrape("Claude Monet", "--limit", 12, "--json", data=tmp_path / "few", sites=sites)
    assert json.loads(few.stdout.splitlines()[-1])["new"] == 12
    # Twelve for six: two each.
    sources = [record.sightings[0].candidate.source for record in records(tmp_path / "few")]
    assert sorted(sources) == sorted(on * 2)


async def test_one_picture_that_several_sources_find_is_one_work_seen_in_several_places(tmp_path: Path) -> None:
    with built("wikiart", "bing", "openverse") as sites:
        sunrise = f"https://{wikiart.IMAGES}/images/claude-monet/0.jpg"
        # Bing leads to the very address, and Openverse to the same bytes elsewhere.
        sites.add(bing.FRAGMENTS, bing.results(range(3)).replace(bing.address(0), sunrise))
        sites.add(f"https://{openverse.IMAGES}/0.jpg", wikiart.drawn(1400))
        settings = settings_for(tmp_path / "data")
        sources = choose(["wikiart", "bing", "openverse"], settings)
        outcome = await collect(ArtistQuery("Claude Monet"), sources, settings, stand_in=sites.stand_in)
        assert sites.times(sunrise) == 1
    assert (outcome.exit_code, outcome.counts["duplicate"]) == (0, 2)
    by_sources = {
        frozenset(seen.candidate.source for seen in record.sightings): record for record in records(tmp_path / "data")
    }
    record = by_sources[frozenset({"wikiart", "bing", "openverse"})]
    # The one that states the artist goes before, and a licence goes before none.
    assert (record.title, record.year, record.licence.code) == ("Impression, Sunrise", 1872, "CC-BY-SA-2.0")
    assert len(records(tmp_path / "data")) == 3 + 2 + openverse.MONETS - 1


def test_a_full_library_and_a_broken_decoder_have_codes_of_their_own(tmp_path: Path) -> None:
    with built("wikiart") as sites:
        call = ("Claude Monet", "--source", "wikiart")
        full = scrape(*call, data=tmp_path / "full", sites=sites, GALLERY_MAX_STORE_GB="0.000001")
        assert (full.returncode, "GALLERY_MAX_STORE_GB" in full.stderr) == (7, True), full.stderr
        (tmp_path / "sitecustomize.py").write_text("import sys\nif 'scraper.decoder' in sys.orig_argv: sys.exit(9)\n")
        path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[1])])
        broken = scrape(*call, data=tmp_path / "broken", sites=sites, PYTHONPATH=path)
        assert (broken.returncode, "python -m scraper.decoder" in broken.stderr) == (1, True), broken.stderr
        assert "Traceback" not in broken.stderr


def test_bing_brings_each_picture_once_and_ends(tmp_path: Path) -> None:
    with built("bing") as sites:
        done = scrape("Claude Monet", "--source", "bing", data=tmp_path / "data", sites=sites)
        assert done.returncode == 0, done.stdout + done.stderr
        assert held(tmp_path / "data") == bing.EXPECTED
        check_stated("bing", tmp_path / "data")
        # Two fragments with pictures, and one that brought nothing new.
        assert sites.times(bing.FRAGMENTS) == 3


async def test_bing_turns_away_by_robots_captcha_and_silence(tmp_path: Path) -> None:
    with built("bing") as sites:
        sites.add(bing.FRAGMENTS, bing.CAPTCHA)
        captcha = await run("Claude Monet", "bing", tmp_path / "data", sites)
        assert (captcha.exit_code, "asked for a captcha" in str(captcha.errors[0].error)) == (5, True)
        bing.disallow(sites)
        before = sites.times(bing.FRAGMENTS)
        closed = await run("Claude Monet", "bing", tmp_path / "data", sites)
        assert (closed.exit_code, "robots.txt disallows /images/async" in str(closed.errors[0].error)) == (5, True)
        off = scrape("Claude Monet", "--source", "bing", data=tmp_path / "data", sites=sites, GALLERY_SOURCES_ON="")
        assert (off.returncode, "GALLERY_SOURCES_ON=bing" in off.stderr) == (2, True), off.stderr
        assert sites.times(bing.FRAGMENTS) == before


@pytest.mark.browser
async def test_an_empty_first_fragment_of_bing_is_looked_up_on_its_page(tmp_path: Path) -> None:
    with built("bing") as sites:
        sites.add(bing.FRAGMENTS, bing.empty_once([]))
        sites.add(f"https://{bing.SITE}/images/search", f"<html><body>{bing.results(range(4))}</body></html>")
        assert (await run("Claude Monet", "bing", tmp_path / "data", sites)).exit_code == 0
        assert held(tmp_path / "data") == bing.EXPECTED
        sites.add(bing.FRAGMENTS, "")
        sites.add(f"https://{bing.SITE}/images/search", bing.NOTHING)
        nothing = await run("Nobody Atall", "bing", tmp_path / "data", sites)
        assert (nothing.exit_code, "nothing found" in str(nothing.errors[0].error)) == (3, True)


@pytest.mark.browser
def test_google_rejects_cookies_points_and_scrolls(tmp_path: Path) -> None:
    with built("google") as sites:
        done = scrape("Claude Monet", "--source", "google", data=tmp_path / "data", sites=sites)
        assert done.returncode == 0, done.stdout + done.stderr
        assert held(tmp_path / "data") == google.EXPECTED
        check_stated("google", tmp_path / "data")
        assert sites.times(f"https://{google.CONSENT}/save") == 1
    seen = [record.sightings[0].candidate for record in records(tmp_path / "data")]
    assert {each.page_url for each in seen} == {f"https://{google.IMAGES}/on/{at}" for at in range(google.COUNT)}
    assert {(each.width, each.height, each.licence.code) for each in seen} == {(640, 480, "unknown")}


@pytest.mark.browser
@pytest.mark.parametrize(("way", "count"), [("scripted", 20), ("panel", 5)])
async def test_google_gives_its_addresses_away_in_other_places_too(way: str, count: int, tmp_path: Path) -> None:
    with built("google") as sites:
        sites.add(google.SEARCH, google.grid(**{way: True}, count=count))
        outcome = await run("Claude Monet", "google", tmp_path / "data", sites)
    assert (outcome.exit_code, outcome.kept) == (0, count), outcome.errors


@pytest.mark.browser
async def test_google_turns_away_in_ways_that_are_told_apart(tmp_path: Path) -> None:
    sorry = Answer("", 302, headers={"Location": f"https://{google.SITE}/sorry/index?continue=x"})
    cases: list[tuple[Answer | str, int, str]] = [
        (google.NOTHING, 3, "nothing found"),
        (sorry, 5, "captcha"),
        (Answer(google.SORRY, 429), 5, "captcha"),
        (google.SORRY, 5, "captcha"),
        (google.ENABLE_JS, 5, "only a page that tests it"),
        (google.CHANGED, 5, "the page has changed"),
    ]
    with built("google") as sites:
        settings = settings_for(tmp_path / "data")
        async with open_reach(settings, sites.stand_in) as reach:
            for answer, code, sentence in cases:
                sites.add(google.SEARCH, answer)
                query = ArtistQuery("Claude Monet")
                outcome = await collect(query, [Google()], settings, stand_in=sites.stand_in, reach=reach)
                assert outcome.exit_code == code, outcome.errors
                assert sentence in str(outcome.errors[0].error)
            (saved,) = (tmp_path / "data" / "failed").iterdir()
            assert saved.name.startswith("google-") and b"Monet" in saved.read_bytes()
    with built("google") as sites:
        google.disallow(sites)
        closed = await run("Claude Monet", "google", tmp_path / "data", sites)
        assert (closed.exit_code, "robots.txt disallows /search" in str(closed.errors[0].error)) == (5, True)
        assert sites.times(google.SEARCH) == 0
