"""What tests of whole runs of the scraper share: a source of given candidates, sites, and the library after."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from websites import Answer, Asked, Websites, jpeg, picture

from scraper.errors import ScraperError
from scraper.library import Library
from scraper.model import ArtistQuery, ArtworkRecord, Candidate, Skip
from scraper.settings import ScraperSettings
from scraper.sources import Reach

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
