"""Which browser is found, and what is tried when there is none. Nothing is downloaded or installed in here."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from scraper.browsers import find_browser, install_browser
from scraper.errors import BrowserError
from scraper.settings import ScraperSettings

EVERY_WAY = ("apt-get install chromium-headless-shell", "playwright install", "GALLERY_BROWSER")


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any browser: its programs are in "bin", Playwright's downloads in "downloads"."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "downloads"))
    return tmp_path


def found(**given: Path) -> Path:
    return find_browser(ScraperSettings(_env_file=None, **given))


def test_the_headless_shell_is_preferred_to_a_whole_browser(bare: Path) -> None:
    chrome = program(bare / "bin/google-chrome")
    assert found() == chrome
    chromium = program(bare / "bin/chromium")
    assert found() == chromium
    shell = program(bare / "bin/chromium-headless-shell")
    assert found() == shell


def test_an_installed_browser_is_preferred_to_a_download(bare: Path) -> None:
    download = program(
        bare / "downloads/chromium_headless_shell-1255/chrome-headless-shell-linux64/chrome-headless-shell"
    )
    assert found() == download
    installed = program(bare / "bin/chromium")
    assert found() == installed


@pytest.mark.parametrize(
    "path",
    [
        "chromium_headless_shell-1187/chrome-linux/headless_shell",
        "chromium_headless_shell-1255/chrome-headless-shell-mac-arm64/chrome-headless-shell",
        "chromium-1255/chrome-linux64/chrome",
        "chromium-1255/chrome-mac/Chromium.app/Contents/MacOS/Chromium",
    ],
)
def test_playwrights_own_download_is_found_under_all_its_names(bare: Path, path: str) -> None:
    download = program(bare / "downloads" / path)
    assert found() == download


def test_playwrights_folder_in_the_home_is_looked_into(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH")
    folder = bare / "home/.cache/ms-playwright"
    expected = program(folder / "chromium_headless_shell-1/x/headless_shell")
    monkeypatch.setattr("sys.platform", "linux")
    assert found() == expected


@pytest.mark.parametrize(
    "name", ["Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome"]
)
def test_applications_of_a_mac_are_found(bare: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    expected = program(bare / "home/Applications" / name)
    assert found() == expected


def test_the_setting_counts_before_everything(bare: Path) -> None:
    program(bare / "bin/chromium")
    mine = program(bare / "mine")
    assert found(browser=mine) == mine


@pytest.mark.parametrize("kind", ["absent", "folder", "plain file"])
def test_a_setting_that_names_no_program_is_an_error(bare: Path, kind: str) -> None:
    program(bare / "bin/chromium")
    mine = bare / "mine"
    if kind == "folder":
        mine.mkdir()
    elif kind == "plain file":
        mine.write_text("x")
        mine.chmod(0o644)
    with pytest.raises(BrowserError, match=f"GALLERY_BROWSER is {mine}, which is not a program"):
        found(browser=mine)


def test_a_file_that_cannot_be_run_is_no_browser(bare: Path) -> None:
    program(bare / "downloads/chromium-1/x/chrome").chmod(0o644)
    with pytest.raises(BrowserError):
        found()


def test_without_any_the_error_names_every_way_on(bare: Path) -> None:
    with pytest.raises(BrowserError) as caught:
        found()
    assert all(way in str(caught.value) for way in EVERY_WAY)
    assert "were looked for" in str(caught.value) and caught.value.exit_code == 8


# --- installing ------------------------------------------------------------------------------------------------------


class Runner:
    """Runs nothing: notes the commands, fails those that name a word of `fails`, and leaves what `leaves` says."""

    def __init__(self, *fails: str, leaves: Path | None = None) -> None:
        self.fails, self.leaves = fails, leaves
        self.ran: list[str] = []

    def __call__(self, command: Sequence[str]) -> None:
        words = " ".join(command)
        self.ran.append(words)
        if any(word in words for word in self.fails):
            raise subprocess.CalledProcessError(1, list(command), stderr="first line\nError: no route to host\n")
        if self.leaves is not None:
            program(self.leaves)


@pytest.fixture
def debian_root(bare: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program(bare / "bin/apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return bare


def test_playwrights_own_download_comes_first(debian_root: Path) -> None:
    said: list[str] = []
    run = Runner(leaves=debian_root / "downloads/chromium_headless_shell-9/x/headless_shell")
    assert install_browser(said.append, run) == run.leaves
    assert len(run.ran) == 1 and "playwright install" in run.ran[0]
    assert said == ["Installing a browser: Playwright's own Chromium ..."]


def test_debians_package_comes_next_for_root(debian_root: Path) -> None:
    said: list[str] = []
    run = Runner("playwright", leaves=debian_root / "bin/chromium-headless-shell")
    assert install_browser(said.append, run) == run.leaves
    assert [words.split()[:2] for words in run.ran[1:]] == [["apt-get", "update"], ["apt-get", "install"]]
    assert "chromium-headless-shell" in run.ran[-1] and "--yes" in run.ran[-1]
    assert len(said) == 2


@pytest.mark.parametrize("who", ["a plain user", "another system"])
def test_nobody_else_is_made_to_run_apt_get(bare: Path, monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    if who == "a plain user":
        program(bare / "bin/apt-get")
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
    run = Runner("playwright")
    with pytest.raises(BrowserError) as caught:
        install_browser(lambda _: None, run)
    assert len(run.ran) == 1
    assert "Playwright's own Chromium (Error: no route to host)" in str(caught.value)
    assert all(way in str(caught.value) for way in EVERY_WAY)


def test_when_all_fails_each_failure_is_told(debian_root: Path) -> None:
    with pytest.raises(BrowserError) as caught:
        install_browser(lambda _: None, Runner("playwright", "apt-get"))
    assert "Playwright's own Chromium (Error: no route to host)" in str(caught.value)
    assert "Debian's chromium-headless-shell (Error: no route to host)" in str(caught.value)


def test_a_way_that_claims_success_but_leaves_no_browser_is_not_believed(debian_root: Path) -> None:
    with pytest.raises(BrowserError, match="it left no browser that is known here"):
        install_browser(lambda _: None, Runner())


def test_a_command_that_does_not_exist_or_never_ends_is_a_failure_too(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scraper.browsers._PLAYWRIGHT", ("/nonexistent/python", "-m", "playwright"))
    with pytest.raises(BrowserError, match="No such file"):
        install_browser(lambda _: None)
    monkeypatch.setattr("scraper.browsers._PLAYWRIGHT", ("/bin/sleep", "60"))
    monkeypatch.setattr("scraper.browsers._PATIENCE", 0.05)
    with pytest.raises(BrowserError, match="timed out"):
        install_browser(lambda _: None)
