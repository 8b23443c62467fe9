"""Exporting 10,000 works for the projector: seconds, and what each part of it takes."""

import os
import resource
import time
from contextlib import closing
from pathlib import Path

import pytest
from exhibition import draw
from warehouse import Collection

from indexer.projector.export import export_projector
from indexer.store import open_store
from indexer.thumbnails import thumbnail_path

WORKS, MOST_SECONDS, DRAWN = 10_000, 60.0, 70


@pytest.fixture(scope="module")
def thumbnails(collection: Collection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A thumbnail for every work, each a link to one of a few that were drawn."""
    folder = tmp_path_factory.mktemp("thumbnails")
    drawn = [thumbnail_path(folder, draw(number, folder).sha256, 240) for number in range(DRAWN)]
    for at, work in enumerate(collection.works):
        path = thumbnail_path(folder, work.sha256, 240)
        path.parent.mkdir(exist_ok=True)
        os.link(drawn[at % DRAWN], path)
    return folder


def core_seconds() -> float:
    """Return how long all cores together have worked for us and our ended children."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def test_ten_thousand_works_are_exported_within_a_minute(
    collection: Collection, thumbnails: Path, tmp_path: Path
) -> None:
    parts: dict[str, float] = {}
    began = time.perf_counter()
    before = core_seconds()

    def watch(stage: str, done: int, total: int) -> None:
        parts[stage] = time.perf_counter() - began

    with closing(open_store(collection.settings)) as store:
        made = export_projector(
            store, thumbnails, tmp_path / "out", address=lambda work: work.id, limit=WORKS, watch=watch
        )
    whole = time.perf_counter() - began
    # On a machine that others keep busy, this tells what it would take on one that is not.
    work = core_seconds() - before
    told = ", ".join(f"{stage} until {seconds:.1f} s" for stage, seconds in parts.items())
    print(f"\n{made.works:,} of {made.known:,} works in {whole:.1f} s, at most {MOST_SECONDS:.0f}")
    print(f"{told}; {work:.1f} s of one core")
    assert made.works == WORKS
    assert whole <= MOST_SECONDS
