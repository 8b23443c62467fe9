"""Which browser is used: an installed Chromium or Chrome, or one that can be installed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from scraper.errors import BrowserError
from scraper.settings import ScraperSettings

Notice = Callable[[str], None]
"""Called with a sentence that people should see."""

Run = Callable[[Sequence[str]], None]
"""Runs a command to its end; raises OSError or SubprocessError when it did not do its work."""

# The headless shell comes first: it takes less memory and makes no calls of its own.
NAMES = (
    *("chromium-headless-shell", "chrome-headless-shell", "headless_shell"),
    *("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"),
)
_APPLICATIONS = ("Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome")
_DOWNLOADS = (
    *("chromium_headless_shell-*/*/chrome-headless-shell", "chromium_headless_shell-*/*/headless_shell"),
    *("chromium-*/*/chrome", "chromium-*/*/*.app/Contents/MacOS/*"),
)
_PLAYWRIGHT = (sys.executable, "-m", "playwright", "install", "--only-shell", "chromium")
_DEBIAN = (
    ("apt-get", "update", "--quiet"),
    (*"apt-get install --yes --quiet --no-install-recommends chromium-headless-shell fonts-dejavu-core".split(),),
)
_WAYS = (
    "Install Chromium or Chrome (as root on Debian: apt-get install chromium-headless-shell), "
    "or let Playwright download its own (python -m playwright install chromium), "
    "or set GALLERY_BROWSER to the program."
)
_PATIENCE = 600


def find_browser(settings: ScraperSettings) -> Path:
    """Return the browser to use; raises `BrowserError` naming what was looked for and every way on."""
    given = settings.browser
    if given is not None:
        if not _runs(given):
            raise BrowserError(f"GALLERY_BROWSER is {given}, which is not a program that can be run", _WAYS)
        return given
    for path in _installed():
        return path
    looked = "chromium-headless-shell, chromium, google-chrome and Playwright's own were looked for, none is there"
    raise BrowserError(looked, _WAYS)


def install_browser(notice: Notice, run: Run | None = None) -> Path:
    """Install a browser and return it; raises `BrowserError` saying how each way failed."""
    run = run or _run
    failed = []
    for name, commands in _ways():
        notice(f"Installing a browser: {name} ...")
        try:
            for command in commands:
                run(command)
        except (OSError, subprocess.SubprocessError) as error:
            failed.append(f"{name} ({_last_words(error)})")
            continue
        for path in _installed():
            return path
        failed.append(f"{name} (it left no browser that is known here)")
    tried = ", ".join(failed)
    raise BrowserError(f"none is installed, and none could be: {tried}", _WAYS)


def _ways() -> Iterator[tuple[str, Sequence[Sequence[str]]]]:
    yield "Playwright's own Chromium", [_PLAYWRIGHT]
    if shutil.which("apt-get") and os.geteuid() == 0:
        yield "Debian's chromium-headless-shell", _DEBIAN


def _installed() -> Iterator[Path]:
    yield from (Path(path) for name in NAMES if (path := shutil.which(name)))
    if sys.platform == "darwin":
        folders = (Path("/Applications"), Path.home() / "Applications")
        yield from (path for folder in folders for name in _APPLICATIONS if _runs(path := folder / name))
    for pattern in _DOWNLOADS:
        # The newest revision comes first.
        yield from (path for path in sorted(_playwright_folder().glob(pattern), reverse=True) if _runs(path))


def _playwright_folder() -> Path:
    """Return where Playwright keeps the browsers it downloads, as its own documentation has it."""
    if named := os.environ.get("PLAYWRIGHT_BROWSERS_PATH"):
        return Path(named)
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "ms-playwright"


def _runs(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _run(command: Sequence[str]) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=_PATIENCE, env=environment)


def _last_words(error: OSError | subprocess.SubprocessError) -> str:
    said = getattr(error, "stderr", None) or getattr(error, "stdout", None) or str(error)
    return (said.strip().splitlines() or ["it said nothing"])[-1].strip()[:200]
