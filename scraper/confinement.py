"""What the browser is let have of this machine: its environment, temporary files and sandbox."""

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scraper.settings import ScraperSettings

_KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")

_PREFIX = "gallery-browser-"
_STALE = 24 * 3600.0

log = logging.getLogger(__name__)


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a new folder for all the files of one browser, and remove those that killed processes left a day ago."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # Somebody else may be removing it as well.
            facts = left.lstat()
            if facts.st_uid == os.geteuid() and time.time() - facts.st_mtime > _STALE:
                shutil.rmtree(left, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)


def environment(folder: str) -> dict[str, str | float | bool]:
    """Return what the browser needs of our environment; our settings and secrets are not among it."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "HOME": folder, "TMPDIR": folder}


@contextmanager
def temporary_files_in(folder: str) -> Iterator[None]:
    """Let a process started meanwhile keep its temporary files in `folder`; the driver takes no such argument."""
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = folder
    try:
        yield
    finally:
        del os.environ["TMPDIR"]
        if before is not None:
            os.environ["TMPDIR"] = before


def sandboxed(settings: ScraperSettings) -> bool:
    """Return whether Chromium runs in its sandbox, which it cannot do for root."""
    if settings.browser_sandbox == "auto" and os.geteuid() == 0:
        log.warning("Chromium runs without its sandbox, because this is root; a plain user is safer.")
        return False
    return settings.browser_sandbox != "off"
