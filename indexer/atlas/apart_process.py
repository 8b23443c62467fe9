"""The process that lays out: `python -m indexer.atlas.apart_process`, started by `apart`; it touches no collection."""

import json
import os
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np

from indexer.atlas.errors import LayoutMissing
from indexer.atlas.file import read_or_none, write
from indexer.atlas.grid import settle, side_for
from indexer.atlas.layout import lay_out
from indexer.atlas.model import Atlas, Points
from indexer.atlas.pyramid import Pyramid
from indexer.atlas.tiles import Tiles
from indexer.errors import IndexerError

_READ, _LAID_OUT, _SETTLED = 0.15, 0.6, 0.65


def main() -> None:
    """Lay out as ordered and say what came of it."""
    order = json.loads(sys.stdin.readline())
    Thread(target=_until_hung_up, name="stdin", daemon=True).start()
    os.nice(5)
    try:
        _work(order)
    except LayoutMissing as error:
        say(missing=error.reason)
    except (IndexerError, OSError, MemoryError, ValueError) as error:
        say(failed=f"{type(error).__name__}: {error}")
    else:
        say(done=True)


def _work(order: dict[str, Any]) -> None:
    hashes: list[str] = json.loads(Path(order["hashes"]).read_text())
    vectors = np.memmap(order["vectors"], "<f4", "r").reshape(len(hashes), -1)
    say(stage="laying out", share=_READ)
    points = lay_out(vectors, _before(Path(order["former"]), hashes), order["seed"])
    say(stage="giving each work its place", share=_LAID_OUT)
    side = side_for(len(hashes))
    made = Atlas(side, tuple(hashes), settle(points, side), points, len(hashes), order["seed"])
    tiles = Tiles(Path(order["tiles"]), Path(order["thumbnails"]))

    def drawn(done: int, total: int) -> None:
        say(stage=f"pictures: {done:,} of {total:,}", share=_SETTLED + (1 - _SETTLED) * done / total)

    tiles.make(Pyramid.of(made), drawn, threads=min(4, os.cpu_count() or 1))
    write(Path(order["out"]), made)


def _before(path: Path, hashes: list[str]) -> Points:
    """Return where each work was on the map before, NaN for those that were not on it."""
    former = read_or_none(path)
    places = dict(zip(former.hashes, former.points, strict=True)) if former else {}
    unknown = np.full(2, np.nan)
    before: Points = np.array([places.get(sha256, unknown) for sha256 in hashes])
    return before


def _until_hung_up() -> None:
    # Whoever started this has died: nobody waits for a map any more.
    sys.stdin.read()
    os._exit(130)


def say(**message: Any) -> None:
    """Write a line for the parent."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
