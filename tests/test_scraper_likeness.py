"""Copies of one picture in several sizes: the largest stands for all, nothing is lost, however a run ends."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from fakeweb import drawing
from finds import NOON, sighting
from PIL import Image
from runs import MONET, SITE, Listing, folder_of, records
from websites import Answer, Websites

from scraper.group import Find
from scraper.journal import Entry, Journal
from scraper.keeper import Keeper
from scraper.library import Library
from scraper.likeness import NEAR
from scraper.model import ArtworkRecord, Candidate
from scraper.outcome import Event, Stored
from scraper.phash import distance
from scraper.pictures import inspect
from scraper.run import scrape
from scraper.scribe import Scribe
from scraper.settings import ScraperSettings
from scraper.sources.folder import Folder

ROOT = Path(__file__).parents[1]

SIZES = [(640, 480), (1280, 960), (320, 240)]


@pytest.fixture
def configured(tmp_path: Path) -> ScraperSettings:
    return ScraperSettings(data_dir=tmp_path / "data", per_second=10_000, connections=8, keep_free_gb=0)


def resized(seed: int, size: tuple[int, int], quality: int = 85) -> bytes:
    with Image.open(BytesIO(drawing(seed, (1280, 960)))) as image:
        out = BytesIO()
        image.resize(size).save(out, "JPEG", quality=quality)
        return out.getvalue()


def put(sites: Websites, seed: int, *sizes: tuple[int, int]) -> list[str]:
    urls = [f"{SITE}/{seed}-{width}.jpg" for width, _ in sizes]
    for url, size in zip(urls, sizes, strict=True):
        sites.add(url, Answer(resized(seed, size), type="image/jpeg"))
    return urls


def is_whole(record: ArtworkRecord, urls: list[str]) -> bool:
    return {seen.fetched_url for seen in record.sightings} == set(urls) and record.picture.width == 1280


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_the_largest_stands_for_all_in_whatever_order_they_come(
    order: tuple[int, ...], configured: ScraperSettings, sites: Websites
) -> None:
    urls = put(sites, 1, *SIZES)
    (other,) = put(sites, 2, SIZES[0])
    told: list[Event] = []
    for at in order:
        # One after the other in runs of their own, and then all at once.
        outcome = await scrape(MONET, [Listing(urls[at])], configured, stand_in=sites.stand_in, notify=told.append)
        assert outcome.exit_code == 0
    await scrape(MONET, [Listing(*urls, other)], configured, stand_in=sites.stand_in)
    one, two = sorted(records(configured), key=lambda record: -record.picture.width)
    assert is_whole(one, urls)
    assert [seen.fetched_url for seen in two.sightings] == [other]
    # Nothing is asked for twice, and nothing changes any more.
    asked = len(sites.asked)
    again = await scrape(MONET, [Listing(*urls, other)], configured, stand_in=sites.stand_in)
    assert (again.counts["same"] + again.counts["duplicate"], again.counts["new"], again.counts["changed"]) == (4, 0, 0)
    assert len(sites.asked) == asked


async def test_several_sources_bring_one_picture_in_several_sizes(configured: ScraperSettings, sites: Websites) -> None:
    urls = put(sites, 1, *SIZES) + put(sites, 2, *SIZES)
    candidates = [
        replace(Candidate("", 1, (url,), page_url=f"{SITE}/page/{at}"), title=f"Title {at}")
        for at, url in enumerate(urls)
    ]
    sources = [Listing(*candidates[at::3], name=f"source{at}") for at in range(3)]
    told: list[Event] = []
    outcome = await scrape(MONET, sources, configured, stand_in=sites.stand_in, notify=told.append)
    first, second = sorted(records(configured), key=lambda record: min(seen.fetched_url for seen in record.sightings))
    assert is_whole(first, urls[:3]) and is_whole(second, urls[3:])
    assert {seen.candidate.title for seen in first.sightings} == {"Title 0", "Title 1", "Title 2"}
    # Two works count towards the limit, and no more.
    assert sum(isinstance(event, Stored) and event.how != "duplicate" for event in told) == outcome.kept == 2


async def test_the_smaller_file_is_not_lost(configured: ScraperSettings, sites: Websites) -> None:
    urls = put(sites, 1, (640, 480), (1280, 960))
    await scrape(MONET, [Listing(urls[0])], configured, stand_in=sites.stand_in)
    (small,) = records(configured)
    await scrape(MONET, [Listing(urls[1])], configured, stand_in=sites.stand_in)
    library = Library(configured.library_dir)
    (large,) = records(configured)
    assert library.original_of(small.picture.sha256) == large.picture.sha256
    assert library.picture_path(small.picture).read_bytes() == resized(1, (640, 480))
    # The same bytes at yet another address are one more sighting of the larger one.
    sites.add(f"{SITE}/again.jpg", Answer(resized(1, (640, 480)), type="image/jpeg"))
    await scrape(MONET, [Listing(f"{SITE}/again.jpg")], configured, stand_in=sites.stand_in)
    (record,) = records(configured)
    assert is_whole(record, [*urls, f"{SITE}/again.jpg"])


async def test_what_was_imported_stays_and_takes_smaller_ones_in(
    configured: ScraperSettings, sites: Websites, tmp_path: Path
) -> None:
    query = folder_of(tmp_path / "art", artist="Claude Monet")
    (tmp_path / "art" / "mine.jpg").write_bytes(resized(1, (640, 480)))
    (tmp_path / "art" / "mine, small.jpg").write_bytes(resized(1, (320, 240)))
    imported = configured.model_copy()
    outcome = await scrape(query, [Folder()], imported)
    # Somebody who has both sizes in a folder may have their reasons.
    assert outcome.counts["new"] == 2
    for path in configured.library_dir.glob("library.json"):
        path.write_text(path.read_text().replace("real", "stand-in"))
    urls = put(sites, 1, (400, 300), (1280, 960))
    await scrape(MONET, [Listing(*urls)], configured, stand_in=sites.stand_in)
    by_width = {record.picture.width: len(record.sightings) for record in records(configured)}
    assert by_width in ({640: 2, 320: 1, 1280: 1}, {640: 1, 320: 1, 1280: 2})


async def test_other_artists_and_other_shapes_are_other_works(configured: ScraperSettings, sites: Websites) -> None:
    urls = put(sites, 1, (640, 480), (900, 480))
    await scrape(MONET, [Listing(*urls)], configured, stand_in=sites.stand_in)
    assert len(records(configured)) == 2
    (larger,) = put(sites, 1, (1280, 960))
    await scrape(replace(MONET, artist="Édouard Manet"), [Listing(larger)], configured, stand_in=sites.stand_in)
    assert len(records(configured)) == 3


@pytest.mark.parametrize(("size", "quality"), [((320, 240), 85), ((1280, 960), 30), ((200, 150), 50)])
def test_copies_are_near_and_others_are_not(size: tuple[int, int], quality: int) -> None:
    hashes = [hash_of(drawing(seed, (1280, 960))) for seed in range(12)]
    for seed, known in enumerate(hashes):
        assert distance(known, hash_of(resized(seed, size, quality))) <= NEAR
        assert all(distance(known, other) > NEAR for at, other in enumerate(hashes) if at != seed)


def hash_of(content: bytes) -> str:
    phash = inspect(content, max_pixels=10**7, min_side=10).phash
    assert phash is not None
    return phash


def test_a_picture_that_shows_nothing_is_like_no_other() -> None:
    out = BytesIO()
    Image.new("RGB", (640, 480), (200, 180, 160)).save(out, "JPEG")
    assert inspect(out.getvalue(), max_pixels=10**7, min_side=10).phash is None


def test_a_turned_picture_is_hashed_as_it_is_seen() -> None:
    with Image.open(BytesIO(drawing(3))) as image:
        exif = Image.Exif()
        exif[0x0112] = 6
        out = BytesIO()
        image.transpose(Image.Transpose.ROTATE_90).save(out, "JPEG", exif=exif, quality=95)
    assert distance(hash_of(out.getvalue()), hash_of(drawing(3))) <= NEAR


KILLED = """
import asyncio, os, pathlib, signal, sys
from test_scraper_likeness import collect
step, steps = int(sys.argv[2]), 0
def dying(call):
    def wrapper(*arguments, **options):
        global steps
        steps += 1
        if steps == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **options)
    return wrapper
for name in ("replace", "unlink"):
    setattr(os, name, dying(getattr(os, name)))
asyncio.run(collect(pathlib.Path(sys.argv[1])))
"""


async def collect(data: Path) -> None:
    """Keep a small picture, then a group of it in two larger sizes and another one, as a run does."""
    for group in ([(1, (320, 240))], [(1, (640, 480)), (1, (1280, 960)), (2, (640, 480))]):
        with Keeper(Library(data), stand_in=True, keep_free_gb=0, max_store_gb=1) as keeper:
            journal = Journal(data / "artists" / "claude-monet" / "journal.jsonl")
            async with Scribe(keeper) as scribe:
                finds = [found(seed, size) for seed, size in group]
                entries = [Entry(NOON, find.sighting.fetched_url, "x", "kept", find.picture.sha256) for find in finds]
                keeping = [scribe.keep(find, journal, entry) for find, entry in zip(finds, entries, strict=True)]
                await asyncio.gather(*keeping)


def found(seed: int, size: tuple[int, int]) -> Find:
    content = resized(seed, size)
    return Find(inspect(content, max_pixels=10**7, min_side=10), sighting(f"{seed}-{size[0]}"), content)


def contents(data: Path) -> dict[str, tuple[int, list[str]]]:
    return {
        record.picture.sha256: (record.picture.width, sorted(seen.fetched_url for seen in record.sightings))
        for record in Library(data).records()
    }


def killed_at(step: int, data: Path) -> int:
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    command = [sys.executable, "-c", KILLED, str(data), str(step)]
    return subprocess.run(command, timeout=60, env={**os.environ, "PYTHONPATH": path}).returncode


async def test_linking_that_is_killed_is_taken_up_with_the_same_end(tmp_path: Path) -> None:
    await collect(tmp_path / "clean")
    expected = contents(tmp_path / "clean")
    assert sorted(width for width, _ in expected.values()) == [640, 1280]
    assert sorted(len(places) for _, places in expected.values()) == [1, 3]
    killed = 0
    # From the record of the small one to the removal of the last record that another stands for.
    for step in range(3, 16):
        data = tmp_path / str(step)
        killed += killed_at(step, data) == -signal.SIGKILL
        # Whatever there is can be read, and no work is there as two.
        await collect(data)
        assert contents(data) == expected, step
        assert not [path for path in data.glob("pictures/??/*.copy") if path.with_suffix(".json").exists()]
    assert killed >= 8
