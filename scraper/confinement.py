"""What the browser is let have of this machine: its environment, temporary files and sandbox."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from scraper.settings import ScraperSettings

_KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")

log = logging.getLogger(__name__)


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
