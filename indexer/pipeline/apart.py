"""The pipeline in a process of its own, for whoever holds the collection and has pages to answer meanwhile.

The other process reads the library, decodes and runs the network, at low priority; it asks for what it needs of the
collection over a socket, and this one, which holds it, answers. A death of either ends the other's part in it.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import MappingProxyType
from typing import Any

from indexer.errors import IndexingDied, IndexingFailed, StoreMissing
from indexer.pipeline.outcome import Hold, IndexOutcome, Measuring, Standing, Watch, holding_none, unwatched
from indexer.pipeline.plan import Amended
from indexer.settings import IndexerSettings
from indexer.store import ArtworkStore
from indexer.store.model import ModelCard

COMMAND = (sys.executable, "-m", "indexer.pipeline.apart_process")
PATIENCE = 0.2
_GRACE = 5.0
# What may be asked of the collection from over there, beside a scan of it.
_OPEN = (
    *("prepare", "revisions", "set_fields", "delete", "add", "stats", "get_many"),
    *("marks", "extend", "set_vectors", "vectors"),
)
_OURS = "GALLERY_"


@dataclass(frozen=True, slots=True)
class Order:
    """What the other process is told, and all that it is told."""

    library: Path
    thumbnails: Path
    max_pixels: int
    backbone: str
    weights: Path | None
    device: str
    batch_size: int
    decoders: int
    stored: ModelCard | None
    amended: Amended
    statistics: Path | None = None
    measured: frozenset[str] | None = None

    @classmethod
    def of(
        cls,
        settings: IndexerSettings,
        max_pixels: int,
        stored: ModelCard | None,
        amended: Amended,
        measuring: Measuring | None,
    ) -> "Order":
        """Return the order that settings make."""
        return cls(
            settings.library_dir.resolve(),
            settings.thumbnails_dir.resolve(),
            max_pixels,
            settings.backbone,
            settings.weights.resolve() if settings.weights else None,
            settings.device,
            settings.batch_size,
            settings.decoders,
            stored,
            dict(amended),
            settings.statistics_dir.resolve(),
            frozenset(measuring.known) if measuring else None,
        )


def index_apart(
    settings: IndexerSettings,
    store: ArtworkStore,
    *,
    max_pixels: int,
    amended: Amended = MappingProxyType({}),
    stopped: Callable[[], bool] = lambda: False,
    watch: Watch = unwatched,
    notice: Callable[[str], None] = lambda said: None,
    hold: Hold = holding_none,
    measuring: Measuring | None = None,
) -> IndexOutcome:
    """Do as `indexer.pipeline.run.index` does, in another process; nothing heavy is loaded into this one.

    Raises what the store raises, `IndexingFailed` with the sentence of what else ended it, and `IndexingDied`.
    """
    order = Order.of(settings, max_pixels, _card(store), amended, measuring)
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            COMMAND,
            env=_environment(),
            stdin=theirs.fileno(),
            # What it prints in dying is for whoever runs this one.
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    with Connection(ours.detach()) as wire:
        try:
            wire.send(order)
            return _answering(wire, _open(store, hold, measuring), stopped, watch, notice)
        except (EOFError, OSError) as error:
            raise IndexingDied(_ended(process)) from error
        finally:
            wire.close()
            _ended(process)


def _answering(
    wire: Connection,
    asked: Mapping[str, Callable[..., Any]],
    stopped: Callable[[], bool],
    watch: Watch,
    notice: Callable[[str], None],
) -> IndexOutcome:
    told = False
    while True:
        if stopped() and not told:
            wire.send("stop")
            told = True
        if not wire.poll(PATIENCE):
            continue
        match wire.recv():
            case ("ask", name, arguments) if name in asked:
                wire.send(("answer", asked[name](*arguments)))
            case Standing() as standing:
                watch(standing)
            case ("notice", said):
                notice(said)
            case ("failed", kind, sentence):
                raise IndexingFailed(kind, sentence)
            case IndexOutcome() as outcome:
                return outcome
            case other:
                raise AssertionError(f"the indexing process said {other!r}")


def _open(store: ArtworkStore, hold: Hold, measuring: Measuring | None) -> Mapping[str, Callable[..., Any]]:
    """Return who answers, by what may be asked from over there."""
    asked: dict[str, Callable[..., Any]] = {name: getattr(store, name) for name in _OPEN}
    asked |= {"scan": lambda: list(store.scan()), "hold": hold}
    return asked | {"note": measuring.note} if measuring else asked


def _card(store: ArtworkStore) -> ModelCard | None:
    try:
        return store.stats().card
    except StoreMissing:
        return None


def _environment() -> dict[str, str]:
    # The order says what the settings would: among them are secrets.
    known = {name: value for name, value in os.environ.items() if not name.upper().startswith(_OURS)}
    known["PYTHONPATH"] = os.pathsep.join(
        [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    return known


def _ended(process: "subprocess.Popen[bytes]") -> int:
    """Return the status of a process that has been hung up on; one that goes on is killed with all it started."""
    try:
        return process.wait(timeout=_GRACE)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        return process.wait()
