"""What the browser is let have of this machine."""

import os
import time
from pathlib import Path

import pytest

from scraper.confinement import environment, sandboxed, scratch_folder, temporary_files_in
from scraper.settings import ScraperSettings


def test_the_environment_holds_no_secret_and_a_home_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALLERY_SECRET_KEY", "x")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:password@127.0.0.1:9")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    given = environment("/somewhere")
    assert set(given) <= {"PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "HOME", "TMPDIR"}
    assert (given["HOME"], given["TMPDIR"], given["LANG"]) == ("/somewhere", "/somewhere", "de_DE.UTF-8")


def test_what_killed_processes_left_is_removed_after_a_day(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name, age in (("gallery-browser-old", 90_000), ("gallery-browser-new", 3_600), ("another-old", 90_000)):
        (tmp_path / name / "profile").mkdir(parents=True)
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    with scratch_folder() as folder:
        assert {path.name for path in tmp_path.iterdir()} == {"gallery-browser-new", "another-old", Path(folder).name}
    assert {path.name for path in tmp_path.iterdir()} == {"gallery-browser-new", "another-old"}


@pytest.mark.parametrize("before", [None, "/elsewhere"])
def test_the_folder_of_temporary_files_is_put_back(monkeypatch: pytest.MonkeyPatch, before: str | None) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    if before is not None:
        monkeypatch.setenv("TMPDIR", before)
    with pytest.raises(ValueError), temporary_files_in("/somewhere"):
        assert os.environ["TMPDIR"] == "/somewhere"
        raise ValueError
    assert os.environ.get("TMPDIR") == before


@pytest.mark.parametrize(
    ("wish", "user", "on"),
    [
        ("auto", 0, False),
        ("auto", 1000, True),
        ("on", 0, True),
        ("on", 1000, True),
        ("off", 0, False),
        ("off", 1000, False),
    ],
)
def test_the_sandbox_is_off_only_for_root_or_by_wish(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, wish: str, user: int, on: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    settings = ScraperSettings(_env_file=None, browser_sandbox=wish)
    assert sandboxed(settings) is on
    assert ("because this is root" in caplog.text) is (wish == "auto" and user == 0)
