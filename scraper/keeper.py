"""The writing half of the library: pictures first, then their records, each whole or not at all."""

import json
import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from scraper.disk import LOCK, Workspace, storage_error
from scraper.errors import ConfigError, DamagedRecord, StorageError
from scraper.group import Find, Group, Kept, finish
from scraper.library import Library
from scraper.likeness import Likeness
from scraper.locks import exclusive
from scraper.model import ArtworkRecord

GB = 10**9

log = logging.getLogger(__name__)


class Keeper:
    """Writes to a library while it is open; several processes may do so at once.

    A new library is marked as holding works of the real world or of a stand-in site, and takes no others.
    Raises `ConfigError` on mixing, `StorageError` when there is no room or no permission.
    """

    def __init__(self, library: Library, *, stand_in: bool, keep_free_gb: float, max_store_gb: float) -> None:
        self._library, self._stand_in = library, stand_in
        self._keep_free, self._most = keep_free_gb * GB, max_store_gb * GB
        self._workspace = Workspace(library.root)
        self._likeness = Likeness(library)
        self._stack = ExitStack()
        self._stored = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self._workspace)
            with self._alone():
                self._mark()
                finish(self._library)
                self._stored = sum(entry.stat().st_size for entry in self._library.root.glob("pictures/??/*"))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def keep(self, finds: Sequence[Find]) -> list[Kept]:
        """Keep a group of finds, all lasting on disk when this returns; what is known already costs no write.

        A picture that is there gets one more sighting, and its facts grow by what is new; one that is a copy of
        another in a different size goes with the larger of both (scraper.group). Raises `StorageError` before anything
        is written when the limits on space do not allow the group.
        """
        with self._alone():
            group = Group(self._library, self._likeness, self._known)
            for find in finds:
                group.take(find)
            self._check_room(group.new_bytes)
            try:
                if files := group.files():
                    self._workspace.write(files)
                group.clear_away()
            except BaseException:
                # What was decided has not come to be, or only in part: look again.
                self._likeness = Likeness(self._library)
                raise
            self._stored += group.new_bytes
        return group.kept

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            with exclusive(self._library.root / LOCK):
                yield
        except OSError as error:
            raise storage_error(self._library.root, error) from error

    def _known(self, path: Path, sha256: str) -> ArtworkRecord | None:
        try:
            return self._library.get(sha256)
        except DamagedRecord as problem:
            aside = path.with_suffix(".json.damaged")
            log.warning("%s It was put aside as %s.", problem, aside.name)
            os.replace(path, aside)
            return None

    def _check_room(self, new_bytes: int) -> None:
        root = self._library.root
        free = shutil.disk_usage(root).free
        if new_bytes and self._keep_free and free - new_bytes < self._keep_free:
            reason = f"{free / GB:.1f} GB free, {self._keep_free / GB:.1f} GB kept back"
            raise StorageError(root, reason, "Free space or lower GALLERY_KEEP_FREE_GB, then run the same again.")
        if new_bytes and self._stored + new_bytes > self._most:
            reason = f"the library holds {self._stored / GB:.1f} GB of at most {self._most / GB:.1f} GB"
            raise StorageError(root, reason, "Raise GALLERY_MAX_STORE_GB, then run the same again.")

    def _mark(self) -> None:
        path, wanted = self._library.root / "library.json", "stand-in" if self._stand_in else "real"
        if not path.exists():
            (self._library.root / "pictures").mkdir(exist_ok=True)
            self._workspace.write([(path, json.dumps({"version": 1, "holds": wanted}).encode() + b"\n")])
        try:
            found = json.loads(path.read_bytes())["holds"]
            said, meant = _WORLDS[found], _WORLDS[wanted]
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError(path, "it does not say what the library holds", "Restore it or remove it.") from error
        if found != wanted:
            problem = f"{self._library.root} holds works of {said}, not of {meant}"
            raise ConfigError("GALLERY_DATA_DIR", problem, "Choose another folder: the two are never mixed.")


_WORLDS = {"real": "real sites", "stand-in": "a stand-in site"}
