"""Embedded collections of some artworks, and other processes that hold them."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from store_samples import CARD, artworks, vectors

from indexer.settings import IndexerSettings
from indexer.store import open_store
from indexer.store.model import CONTENT

TESTS = Path(__file__).parent
WORKS = artworks(60)
ROWS = vectors(60)


def settings_of(folder: Path) -> IndexerSettings:
    return IndexerSettings(data_dir=folder, _env_file=None)  # type: ignore[call-arg]


def collection_of(folder: Path) -> Path:
    return settings_of(folder).qdrant_dir


def made(folder: Path, count: int = 20) -> Path:
    """Make a collection of some artworks, closed, and return its folder."""
    with closing(open_store(settings_of(folder))) as store:
        store.prepare(CARD)
        store.add(WORKS[:count], {CONTENT: ROWS[:count]})
    return collection_of(folder)


PREAMBLE = """
import os, sys, time
from pathlib import Path
from indexer.settings import IndexerSettings
from indexer.store import open_store
from indexer.store.model import CONTENT, Filters
from store_samples import CARD, artworks, vectors
def say(*words): print(*words, flush=True)
store = open_store(IndexerSettings(data_dir=Path(sys.argv[1]), _env_file=None))
"""


def start(code: str, folder: Path) -> "subprocess.Popen[str]":
    """Start a process that runs `code` with a `store` on the folder."""
    return subprocess.Popen(
        [sys.executable, "-c", PREAMBLE + code, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])},
    )


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()
