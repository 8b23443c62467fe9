"""The search graph built while others read and write: by a child process, on a copy that takes the shard's place."""

import logging
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock

from indexer.errors import StoreDamaged, StoreMissing
from indexer.store.edge_folder import EdgeFolder, Opened, load, new_name
from indexer.store.manifest import Manifest, read_manifest, write_manifest
from scraper.inspector import environment

log = logging.getLogger(__name__)
COMMAND = (sys.executable, "-m", "indexer.store.edge_graph")
PATIENCE = 0.2


class EdgeAside(EdgeFolder):
    """A folder whose graph may be built beside it; a crash at any time leaves the old shard or the new, with all."""

    def __init__(self, path: Path) -> None:
        """Open the collection if there is one; raise `StoreLocked` or `StoreDamaged`."""
        super().__init__(path)
        self._aside = Lock()

    def optimize_aside(self, stopped: Callable[[], bool]) -> bool:
        """Build the graph over new points while others go on; tell whether it is in use now.

        It is not when `stopped` says so, or the collection was removed or closed meanwhile. Writers wait while the
        files are copied and at the end, readers never for long. Raises `StoreDamaged` when disk or child fail.
        """
        with self._aside:
            copy = self.path / new_name()
            try:
                opened = self._copied(copy)
                return self._built(opened, copy, stopped) and self._replaced(opened, copy)
            finally:
                self._since = None
                self._forget(copy)

    def _copied(self, copy: Path) -> Opened:
        """Copy the shard's files; from then on what is written is also noted for the copy."""
        with self._writing, self._lent() as opened:
            manifest = read_manifest(self.path)
            if manifest is None:
                raise StoreMissing(str(self.path))
            opened.shard.flush()
            source = self.path / manifest.shard
            # The graph's segments are written beside those they replace.
            self._make_room(2 * sum(path.stat().st_size for path in source.rglob("*") if path.is_file()))
            shutil.copytree(source, copy)
            self._since = []
        return opened

    def _built(self, opened: Opened, copy: Path, stopped: Callable[[], bool]) -> bool:
        """Have a child build the graph in the copy; false if it was stopped. It ends with us, even if we are killed."""
        with subprocess.Popen([*COMMAND, str(copy)], env=environment(), stdin=subprocess.PIPE) as child:
            while child.poll() is None:
                if stopped() or self._open is not opened:
                    child.kill()
                    return False
                with suppress(subprocess.TimeoutExpired):
                    child.wait(timeout=PATIENCE)
        if child.returncode:
            how = f"the process that builds it ended with {child.returncode}"
            raise StoreDamaged(self.path, f"the search graph could not be built: {how}")
        return True

    def _replaced(self, opened: Opened, copy: Path) -> bool:
        """Write to the copy what was written meanwhile, and put it in the shard's place."""
        with self._writing, self._translated():
            fresh = load(copy)
            try:
                for operation in self._since or ():
                    fresh.update(operation)
                fresh.flush()
                old = self._switched(opened, Opened(fresh, opened.card), copy.name)
            except BaseException:
                fresh.close()
                raise
            if old is None:
                fresh.close()
                return False
            self._since = None
        with self._state:
            self._state.wait_for(lambda: opened.users == 0)
        with self._translated():
            opened.shard.close()
            shutil.rmtree(old)
        return True

    def _switched(self, opened: Opened, fresh: Opened, name: str) -> Path | None:
        """Name the copy as the shard, and return the folder of the old one; None if that is not in use any more."""
        with self._state:
            manifest = read_manifest(self.path)
            if self._open is not opened or manifest is None:
                return None
            try:
                write_manifest(self.path, Manifest(opened.card, name))
            except OSError:
                # Whichever the folder names is the one that would be opened after a crash.
                now = read_manifest(self.path)
                if now is None or now.shard != name:
                    raise
                log.warning("%s: the folder could not be synced", self.path)
            self._open = fresh
            return self.path / manifest.shard

    def _forget(self, copy: Path) -> None:
        manifest = read_manifest(self.path)
        if manifest is None or manifest.shard != copy.name:
            shutil.rmtree(copy, ignore_errors=True)
