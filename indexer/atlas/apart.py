"""A layout made in a process of its own: what it needs is heavy to load and busy for long, and pages are answered here.

The other process gets the vectors as a file and one line of JSON; it says how far it is in lines of JSON, writes the
map beside its place and draws the tiles. Nothing that anybody sees changes before `publish`.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Thread
from typing import IO, Any

from indexer.atlas.errors import LayoutFailed, LayoutMissing, LayoutStopped, NothingToMap
from indexer.atlas.file import read
from indexer.atlas.model import Atlas
from indexer.errors import ExportUnwritable, UnknownArtwork
from indexer.store import ArtworkStore
from indexer.store.model import CONTENT, Vector, artwork_id

COMMAND = (sys.executable, "-m", "indexer.atlas.apart_process")
PATIENCE = 0.2
_BLOCK = 500
_OURS = "GALLERY_"

Watch = Callable[[str, float], None]
"""Is told what is done now and how much of the whole is, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the other process is told: files to read and to write, folders, and where chance begins."""

    vectors: str
    hashes: str
    former: str
    out: str
    tiles: str
    thumbnails: str
    seed: int


def lay_out_apart(
    store: ArtworkStore,
    home: Path,
    thumbnails: Path,
    *,
    seed: int = 0,
    lens: str = CONTENT,
    watch: Watch = lambda what, share: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Atlas:
    """Return a new map of all works, its tiles drawn in `home`; what `home` shows is as before.

    Raises `NothingToMap`, `LayoutMissing`, `LayoutFailed`, `LayoutStopped`, `ExportUnwritable` and what the store
    raises.
    """
    hashes = [work.sha256 for batch in store.scan() for work in batch]
    if not hashes:
        raise NothingToMap
    with _building(home) as folder:
        order = Order(
            vectors=str(folder / "vectors"),
            hashes=str(folder / "hashes.json"),
            former=str(map_file(home)),
            out=str(folder / "map.json"),
            tiles=str(tiles_folder(home)),
            thumbnails=str(thumbnails.resolve()),
            seed=seed,
        )
        _hand_over(store, hashes, order, lens, watch, stopped)
        _run(order, home, watch, stopped)
        made = read(folder / "map.json")
    if made is None:
        raise LayoutFailed("it left no map")
    return made


def map_file(home: Path) -> Path:
    """Return the file of the map that is kept in this folder."""
    return home.resolve() / "map.json"


def tiles_folder(home: Path) -> Path:
    """Return the folder of its tiles."""
    return home.resolve() / "tiles"


@contextmanager
def _building(home: Path) -> Iterator[Path]:
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".building-", dir=home.resolve()) as folder:
            yield Path(folder)
    except OSError as error:
        raise ExportUnwritable(home, error.strerror or str(error)) from error


def _hand_over(
    store: ArtworkStore, hashes: list[str], order: Order, lens: str, watch: Watch, stopped: Callable[[], bool]
) -> None:
    read: list[str] = []
    with Path(order.vectors).open("wb") as file:
        for start in range(0, len(hashes), _BLOCK):
            if stopped():
                raise LayoutStopped
            block, vectors = _vectors(store, hashes[start : start + _BLOCK], lens)
            file.write(vectors.astype("<f4").tobytes())
            read += block
            watch("reading vectors", 0.15 * start / len(hashes))
    if not read:
        raise NothingToMap
    Path(order.hashes).write_text(json.dumps(read))


def _vectors(store: ArtworkStore, hashes: list[str], lens: str) -> tuple[list[str], Vector]:
    """Return vectors and the hashes they belong to, without those of works that were removed since they were listed."""
    while True:
        try:
            return hashes, store.vectors([artwork_id(sha256) for sha256 in hashes], lens=lens)
        except UnknownArtwork:
            gone = set(store.missing([artwork_id(sha256) for sha256 in hashes]))
            hashes = [sha256 for sha256 in hashes if artwork_id(sha256) not in gone]


def _run(order: Order, home: Path, watch: Watch, stopped: Callable[[], bool]) -> None:
    process = subprocess.Popen(
        COMMAND,
        env=_environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin
    assert process.stdout
    said: dict[str, Any] = {}
    listener = Thread(target=_listen, args=[process.stdout, said, watch], name="layout", daemon=True)
    try:
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(asdict(order)) + "\n")
            process.stdin.flush()
        listener.start()
        while listener.is_alive():
            if stopped():
                raise LayoutStopped
            listener.join(PATIENCE)
    finally:
        # Whatever it started is in its session.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL if listener.is_alive() or not said else signal.SIGTERM)
        status = process.wait()
        with suppress(BrokenPipeError):
            process.stdin.close()
        listener.join()
        process.stdout.close()
    if "missing" in said:
        raise LayoutMissing(said["missing"])
    if not said.get("done"):
        raise LayoutFailed(said.get("failed") or f"its process ended with {status}")


def _listen(lines: IO[str], said: dict[str, Any], watch: Watch) -> None:
    for line in lines:
        heard = json.loads(line)
        if "stage" in heard:
            watch(heard["stage"], heard["share"])
        else:
            said |= heard


def _environment(home: Path) -> dict[str, str]:
    # The order says all it needs: among the settings are secrets.
    known = {name: value for name, value in os.environ.items() if not name.upper().startswith(_OURS)}
    known["PYTHONPATH"] = os.pathsep.join(
        [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    # Numba keeps what it compiles beside the library or in the home of its user, neither of which need be writable.
    known.setdefault("NUMBA_CACHE_DIR", str(home.resolve() / "compiled"))
    return known
