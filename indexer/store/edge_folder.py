"""The folder of the embedded collection: who holds it, what is in it, and what reaches the disk when."""

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Condition, Lock
from uuid import uuid4

import qdrant_edge as qe

from indexer.errors import StoreClosed, StoreDamaged, StoreLocked, StoreMissing
from indexer.store.edge_terms import field_indexes, lens_operations, shard_config
from indexer.store.lock import FolderLock
from indexer.store.manifest import Manifest, read_manifest, remove_manifest, write_manifest
from indexer.store.model import ModelCard

FLUSH_SECONDS = 5.0
"""What was written outlives its process at once, and a power failure after so many seconds of writing."""

SPARE_BYTES = 192 * 2**20
"""Its files grow by 32 MB at a time and are mapped: touching a page that the disk has no room for ends the process."""


@dataclass(slots=True)
class Opened:
    """A shard with the model that made it; `users` are those it is lent to."""

    shard: qe.EdgeShard
    card: ModelCard
    users: int = 0


class EdgeFolder:
    """An engine's shard in a folder that one process holds at a time; its threads share it.

    The folder holds the data in `shard-...`, what it is in `collection.json`, and the holder in `lock`.
    """

    def __init__(self, path: Path) -> None:
        """Open the collection if there is one; raise `StoreLocked` or `StoreDamaged`."""
        self.path = path
        self._state = Condition()
        self._writing = Lock()
        self._lock: FolderLock | None = None
        self._open: Opened | None = None
        self._closed = False
        # What is written while a copy of the shard is worked on, for the copy.
        self._since: list[qe.UpdateOperation] | None = None
        self._flushed = 0.0
        if read_manifest(path) is not None:
            self._load()

    def card(self) -> ModelCard:
        """Return which model made the collection; raise `StoreMissing` if there is none."""
        return (self._open or self._load()).card

    @contextmanager
    def shard(self) -> Iterator[qe.EdgeShard]:
        """Lend the shard, turning the driver's errors into ours; until it is given back nobody closes it."""
        with self._lent() as opened:
            yield opened.shard

    @contextmanager
    def _lent(self) -> Iterator[Opened]:
        with self._state:
            opened = self._open or self._load()
            opened.users += 1
        try:
            with self._translated():
                yield opened
        finally:
            with self._state:
                opened.users -= 1
                self._state.notify_all()

    def write(self, operations: Sequence[qe.UpdateOperation], size: int = 0) -> None:
        """Carry out operations that add about `size` bytes."""
        # One writer at a time: flushing while another thread writes makes the engine panic.
        with self._writing, self.shard() as shard:
            self._make_room(size)
            self._carry_out(shard, operations)
            if time.monotonic() - self._flushed > FLUSH_SECONDS:
                shard.flush()
                self._flushed = time.monotonic()

    def _carry_out(self, shard: qe.EdgeShard, operations: Sequence[qe.UpdateOperation]) -> None:
        for operation in operations:
            shard.update(operation)
            if self._since is not None:
                self._since.append(operation)

    def optimize(self) -> None:
        """Build the graph over new points; no other thread of the process runs meanwhile."""
        with self._writing, self.shard() as shard:
            shard.optimize()
            shard.flush()

    def create(self, card: ModelCard) -> None:
        """Create the collection, if there is none."""
        with self._state, self._translated():
            self._hold()
            if read_manifest(self.path) is None:
                sweep(self.path, keep=None)
                self._make_room(0)
                name = new_name()
                shard = qe.EdgeShard.create(str(self.path / name), shard_config(card))
                _add_indexes(shard)
                shard.flush()
                write_manifest(self.path, Manifest(card, name))
                self._open = Opened(shard, card)

    def extend(self, card: ModelCard) -> None:
        """Make room for the lenses of `card`, which becomes the collection's; those of another width begin empty."""
        with self._writing, self._lent() as opened, self._state:
            manifest = read_manifest(self.path)
            if manifest is None:
                raise StoreMissing(str(self.path))
            self._make_room(0)
            # First, for a crash between the two: a lens that the card does not name is made again by the next call.
            self._carry_out(opened.shard, lens_operations(opened.card, card))
            opened.shard.flush()
            write_manifest(self.path, replace(manifest, card=card))
            opened.card = card

    def drop(self) -> None:
        """Remove the collection, if there is one."""
        with self._state, self._translated():
            if read_manifest(self.path) is not None:
                self._hold()
                remove_manifest(self.path)
                self._let_go()
                sweep(self.path, keep=None)

    def close(self) -> None:
        """Flush and let go, once the last call is answered; nothing happens the second time."""
        with self._state, self._translated():
            self._closed = True
            try:
                self._let_go()
            finally:
                self._release()

    def _load(self) -> Opened:
        with self._state, self._translated():
            if self._open is not None:
                return self._open
            if self._closed:
                raise StoreClosed(str(self.path))
            if read_manifest(self.path) is None:
                raise StoreMissing(str(self.path))
            self._hold()
            try:
                self._open = Opened(*self._read())
                return self._open
            finally:
                if self._open is None:
                    self._release()

    def _read(self) -> tuple[qe.EdgeShard, ModelCard]:
        # Read again: whoever held the folder until now may have changed it.
        manifest = read_manifest(self.path)
        if manifest is None:
            raise StoreMissing(str(self.path))
        sweep(self.path, keep=manifest.shard)
        folder = self.path / manifest.shard
        if not any((folder / "segments").iterdir()):
            # The engine would begin a new, empty one.
            raise StoreDamaged(folder, "holds no segments")
        return load(folder), manifest.card

    def _let_go(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            self._state.wait_for(lambda: opened.users == 0)
            opened.shard.close()

    def _hold(self) -> None:
        if self._closed:
            raise StoreClosed(str(self.path))
        if self._lock is None:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = FolderLock(self.path)

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _make_room(self, size: int) -> None:
        free, needed = shutil.disk_usage(self.path).free, SPARE_BYTES + size
        if free < needed:
            reason = f"the disk is full ({free >> 20} MB are free, {(needed >> 20) + 1} MB are needed)"
            raise StoreDamaged(self.path, reason)

    def _translated(self) -> AbstractContextManager[None]:
        return translated(self.path)


def erase(path: Path) -> None:
    """Remove the collection in a folder, even a damaged one; raise `StoreLocked` while it is open."""
    if path.is_dir():
        with translated(path):
            lock = FolderLock(path)
            try:
                remove_manifest(path)
                sweep(path, keep=None)
            finally:
                lock.release()


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the errors of driver and disk into ours."""
    try:
        yield
    except OSError as error:
        raise StoreDamaged(path, error.strerror or str(error)) from error
    except BaseException as error:
        # The driver raises Exception itself, and a panic of it isn't even that; all else is not its doing.
        if type(error) is not Exception and type(error).__name__ != "PanicException":
            raise
        if "WouldBlock" in str(error):
            # Not ours any more, but the engine's own lock: a process forked from the last holder has it.
            raise StoreLocked(path, None) from error
        raise StoreDamaged(path, f"the engine failed ({error})") from error


def new_name() -> str:
    """Return the name of a folder for a shard that there was never before."""
    return f"shard-{uuid4().hex[:12]}"


def sweep(path: Path, keep: str | None) -> None:
    """Remove what a process left behind that ended while it made or removed a collection."""
    for folder in path.glob("shard-*"):
        if folder.name != keep:
            shutil.rmtree(folder)


def load(folder: Path) -> qe.EdgeShard:
    """Return the shard in a folder, with every index that pages need."""
    shard = qe.EdgeShard.load(str(folder))
    _add_indexes(shard)
    return shard


def _add_indexes(shard: qe.EdgeShard) -> None:
    # Also to a collection that an older version made, which had fewer.
    known = shard.info().payload_schema
    for field, parameters in field_indexes():
        if field not in known:
            shard.update(qe.UpdateOperation.create_field_index(field, parameters))
