"""`gallery doctor`: every part says that it is well, or what is wrong and what to do."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from exhibition import CARD, Exhibition, settings_for

from gallery.checkup import packages
from gallery.checkup.finding import Case, Finding
from gallery.checkup.settings import known
from gallery.cli.doctor import PARTS, command, look
from indexer.store import open_store
from indexer.thumbnails import remove_thumbnails
from scraper.settings import ScraperSettings

GALLERY = Path(sys.executable).parent / "gallery"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own to be in, with no setting made anywhere."""
    monkeypatch.chdir(tmp_path)
    for name in known():
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def found(part: str, folder: Path, **gallery: object) -> list[Finding]:
    return list(look(part, Case(ScraperSettings(data_dir=folder), settings_for(folder, **gallery))))


def only(findings: list[Finding]) -> Finding:
    assert len(findings) == 1, findings
    return findings[0]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


@pytest.mark.parametrize("part", PARTS)
def test_every_fault_and_note_says_what_to_do(part: str, tmp_path: Path) -> None:
    findings = found(part, tmp_path / "data", backbone="efficientnet_lite0")
    assert findings
    for finding in findings:
        assert finding.fact
        assert bool(finding.remedy) == (finding.verdict != "ok")


def test_packages_are_those_that_are_asked_for(tmp_path: Path) -> None:
    finding = only(found("packages", tmp_path))
    assert finding.verdict == "ok"
    assert all(name in finding.fact for name in ("Python 3.", "torch ", "playwright ", "qdrant-edge-py "))


def test_a_package_that_is_absent_or_too_old_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = packages.version

    def version(name: str) -> str:
        if name == "flask":
            raise PackageNotFoundError(name)
        return {"pillow": "9.5.0", "torch": "2.10.0+cpu"}.get(name) or real(name)

    monkeypatch.setattr(packages, "version", version)
    finding = only(found("packages", tmp_path))
    assert finding.verdict == "fault"
    assert "flask is not installed" in finding.fact
    assert "9.5.0 is installed" in finding.fact
    assert "torch" not in finding.fact
    assert "pip install" in finding.remedy


def test_a_mistyped_setting_is_found_in_the_environment_and_in_the_file(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GALLERY_QDRANT_ULR", "http://x")
    (here / ".env").write_text("GALLERY_SITENAME=Mine\nexport GALLERY_ZZZZ='1'\n# GALLERY_OLD=1\nOTHER=1\n")
    notes = {finding.fact: finding.remedy for finding in found("settings", here) if "read by nobody" in finding.fact}
    assert notes["GALLERY_QDRANT_ULR in the environment is read by nobody"] == "Did you mean GALLERY_QDRANT_URL?"
    assert notes["GALLERY_SITENAME in .env is read by nobody"] == "Did you mean GALLERY_SITE_NAME?"
    assert "README.md" in notes["GALLERY_ZZZZ in .env is read by nobody"]
    assert len(notes) == 3


def test_a_missing_contact_ignored_robots_and_stand_ins_are_noted(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert any("GALLERY_CONTACT is empty" in finding.fact for finding in found("settings", here))
    monkeypatch.setenv("GALLERY_CONTACT", "https://museum.example/bot")
    assert [finding.verdict for finding in found("settings", here)] == ["ok"]
    monkeypatch.setenv("GALLERY_ROBOTS", "ignore")
    monkeypatch.setenv("GALLERY_STAND_IN", "map.json")
    facts = [finding.fact for finding in found("settings", here) if finding.verdict == "note"]
    assert len(facts) == 2
    assert "GALLERY_STAND_IN is set" in facts[0]
    assert "robots.txt is ignored" in facts[1]


def test_the_data_folder_may_be_there_or_not_yet(tmp_path: Path) -> None:
    assert only(found("disk", tmp_path)).verdict == "ok"
    finding = only(found("disk", tmp_path / "not" / "yet"))
    assert finding.verdict == "note"
    assert "does not exist yet" in finding.fact
    assert not (tmp_path / "not").exists()
    assert not list(tmp_path.iterdir())


def test_a_disk_without_room_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALLERY_KEEP_FREE_GB", "1e9")
    finding = only(found("disk", tmp_path))
    assert finding.verdict == "fault"
    assert "are to stay free" in finding.fact


def test_a_file_in_the_place_of_the_data_folder_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    assert "is no folder" in only(found("disk", tmp_path / "data" / "deeper")).fact


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder in which not even root may write")
def test_a_folder_that_cannot_be_written_is_a_fault() -> None:
    finding = only(found("disk", Path("/proc")))
    assert (finding.verdict, finding.fact.startswith("/proc: ")) == ("fault", True)
    assert "GALLERY_DATA_DIR" in finding.remedy


@pytest.mark.browser
def test_the_browser_is_started_for_real(tmp_path: Path) -> None:
    finding = only(found("browser", tmp_path))
    assert finding.verdict == "ok", finding
    assert "opened a page in" in finding.fact


def test_without_any_browser_every_way_to_one_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    finding = only(found("browser", tmp_path))
    assert finding.verdict == "fault"
    for way in ("apt-get install chromium-headless-shell", "playwright install", "GALLERY_BROWSER"):
        assert way in finding.fact
    assert "--install-browser" in finding.remedy


@pytest.mark.parametrize("content", ["#!/bin/sh\nexit 1\n", "#!/bin/sh\necho hello\n", "no program at all"])
def test_a_program_that_is_no_browser_is_a_fault(content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "chrome"
    program.write_text(content)
    program.chmod(0o755)
    monkeypatch.setenv("GALLERY_BROWSER", str(program))
    finding = only(found("browser", tmp_path))
    assert finding.verdict == "fault"
    assert str(program) in finding.fact


def test_the_guard_passes_its_own_test(tmp_path: Path) -> None:
    assert only(found("guard", tmp_path)).verdict == "ok"


@pytest.mark.parametrize("target", ["scraper.guard.verdict", "gallery.checkup.guard.verdict"])
def test_a_guard_that_lets_private_addresses_through_is_a_fault(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, lambda address: None)
    findings = found("guard", tmp_path)
    assert findings
    assert all(finding.verdict == "fault" for finding in findings)
    assert any("127.0.0.1" in finding.fact for finding in findings)
    assert all("Scrape nothing" in finding.remedy for finding in findings)


def test_a_guard_that_refuses_everything_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gallery.checkup.guard.verdict", lambda address: "no")
    assert any(finding.verdict == "fault" for finding in found("guard", tmp_path))


def test_bundled_weights_run(tmp_path: Path) -> None:
    finding = only(found("weights", tmp_path, backbone="efficientnet_lite0", device="cpu"))
    assert finding.verdict == "ok", finding
    assert "efficientnet_lite0" in finding.fact
    assert "(cpu, " in finding.fact


def test_weights_that_would_be_downloaded_are_a_note_and_are_not_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    finding = only(found("weights", tmp_path, backbone="resnet50"))
    assert finding.verdict == "note"
    assert "`gallery index` downloads them" in finding.remedy
    assert "GALLERY_WEIGHTS=FILE" in finding.remedy
    assert not [path for path in (tmp_path / "torch").rglob("*") if path.is_file()]


@pytest.mark.parametrize("content", [None, b"", b"not a state dict"])
def test_a_given_file_that_is_absent_or_broken_is_a_fault(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "weights.pt"
    if content is not None:
        file.write_bytes(content)
    finding = only(found("weights", tmp_path, backbone="resnet18", weights=file))
    assert finding.verdict == "fault"
    assert str(file) in finding.fact


def test_a_collection_that_is_not_there_yet_is_a_note(tmp_path: Path) -> None:
    finding = only(found("store", tmp_path))
    assert (finding.verdict, "no collection yet" in finding.fact) == ("note", True)
    assert "gallery index" in finding.remedy


def test_a_collection_is_counted_and_compared_with_the_model_that_would_be_used(
    tmp_path: Path, exhibition: Exhibition
) -> None:
    own = exhibition.copy(tmp_path)
    first, second = found("store", own.data_dir, backbone="efficientnet_lite0")
    assert (first.verdict, first.fact.startswith("40 artworks in Qdrant Edge")) == ("ok", True)
    assert second.verdict == "fault"
    assert str(CARD) in second.fact
    assert "efficientnet_lite0" in second.fact
    assert "gallery reindex" in second.fact


def test_a_collection_of_the_model_in_use_is_well(tmp_path: Path) -> None:
    from gallery.checkup.weights import offline

    settings = settings_for(tmp_path, backbone="efficientnet_lite0")
    with closing(open_store(settings)) as store:
        store.prepare(offline(settings, None, []).card)
    findings = found("store", tmp_path, backbone="efficientnet_lite0")
    assert [finding.verdict for finding in findings] == ["ok", "ok"]


def test_missing_thumbnails_are_a_fault(tmp_path: Path, exhibition: Exhibition) -> None:
    own = exhibition.copy(tmp_path)
    for work in own.works[:3]:
        remove_thumbnails(own.settings().thumbnails_dir, work.sha256)
    facts = [finding.fact for finding in found("store", own.data_dir, backbone="resnet18")]
    assert any(fact.startswith("3 of the 40 newest works lack thumbnails") for fact in facts)


def test_a_collection_that_is_open_elsewhere_is_a_note_with_the_process(tmp_path: Path, exhibition: Exhibition) -> None:
    own = exhibition.copy(tmp_path)
    with closing(open_store(own.settings())):
        finding = only(found("store", own.data_dir))
    assert finding.verdict == "note"
    assert f"process {os.getpid()}" in finding.fact


def test_a_damaged_collection_and_an_absent_server_are_faults(tmp_path: Path, exhibition: Exhibition) -> None:
    own = exhibition.copy(tmp_path)
    for folder in own.settings().qdrant_dir.glob("shard-*"):
        shutil.rmtree(folder)
        folder.mkdir()
    assert only(found("store", own.data_dir)).verdict == "fault"
    finding = only(found("store", tmp_path, qdrant_url="http://127.0.0.1:9", qdrant_timeout=1))
    assert finding.verdict == "fault"
    assert "GALLERY_QDRANT_URL" in finding.fact


def test_the_command_ends_with_0_when_nothing_must_be_mended(here: Path) -> None:
    done = run("--only", "guard", "--only", "disk")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1].startswith("All is well")
    assert [line.split()[1] for line in done.output.splitlines() if line[:2] in ("ok", "no")] == ["disk", "guard"]


def test_the_command_ends_with_1_when_something_must(here: Path) -> None:
    (here / "data").write_text("in the way")
    done = run("--only", "disk")
    assert done.exit_code == 1
    assert "fault disk" in done.output
    assert "Things to mend: 1." in done.output


def test_a_part_that_does_not_exist_is_refused_with_those_that_do() -> None:
    done = run("--only", "plumbing")
    assert done.exit_code == 2
    assert all(part in done.output for part in PARTS)


def test_a_part_that_cannot_be_loaded_is_a_finding_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "gallery.checkup.browser", None)
    finding = only(found("browser", tmp_path))
    assert finding.verdict == "fault"
    assert "cannot be looked at" in finding.fact


@pytest.fixture
def bare_machine(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment in which no browser is found and only our own script can install one."""
    tools = tmp_path / "tools"
    tools.mkdir()
    yield {**os.environ, "PATH": str(tools), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path / "none"), "HOME": str(tmp_path)}


def test_a_browser_that_is_there_is_not_installed_again(here: Path) -> None:
    done = run("--install-browser", "--only", "browser")
    assert done.exit_code == 0, done.output
    assert "Installing" not in done.output


def test_installing_fails_with_every_way_that_was_tried(bare_machine: dict[str, str], here: Path) -> None:
    """Without a network Playwright cannot download, and without apt-get there is no other way."""
    done = subprocess.run(
        [sys.executable, GALLERY, "doctor", "--install-browser", "--only", "browser"],
        env=bare_machine
        | {"PLAYWRIGHT_DOWNLOAD_HOST": "http://127.0.0.1:9", "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "500"},
        capture_output=True,
        text=True,
        cwd=here,
    )
    assert done.returncode == 1
    assert "Installing a browser: Playwright's own Chromium" in done.stdout
    assert "none could be: Playwright's own Chromium" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_setting_that_will_not_do_is_a_sentence(here: Path) -> None:
    (here / ".env").write_text("GALLERY_DEVICE=abacus\n")
    done = subprocess.run([GALLERY, "doctor"], capture_output=True, text=True, cwd=here)
    assert done.returncode == 2
    assert done.stderr.startswith("gallery: GALLERY_DEVICE: ")
