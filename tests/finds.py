"""Pictures that were found, and a keeper that puts them into a library."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from websites import jpeg

from scraper.group import Find
from scraper.keeper import Keeper
from scraper.library import Library
from scraper.model import Candidate, Sighting
from scraper.pictures import inspect

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def sighting(where: str = "a", **said: Any) -> Sighting:
    candidate = Candidate("webpage", 1, page_url=f"https://example.org/{where}", query="Claude Monet", **said)
    return Sighting(
        candidate, "not-stated", f"https://example.org/{where}.jpg", "", 200, "image/jpeg", NOON, "allowed", "1", False
    )


def find(shade: int = 1, where: str = "a", **said: Any) -> Find:
    content = jpeg(shade)
    return Find(inspect(content, max_pixels=10**7, min_side=10), sighting(where, **said), content)


@contextmanager
def keeper(root: Path, *, stand_in: bool = False, keep_free_gb: float = 0, max_store_gb: float = 1) -> Iterator[Keeper]:
    library = Library(root)
    with Keeper(library, stand_in=stand_in, keep_free_gb=keep_free_gb, max_store_gb=max_store_gb) as opened:
        yield opened


def keep(root: Path, *finds: Find) -> list[str]:
    with keeper(root) as opened:
        return [kept.status for kept in opened.keep(finds)]


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
