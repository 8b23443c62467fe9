"""`gallery demo` with a small museum: real Chromium, guard, network and Edge; started again, killed, refused."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from gallery.cli import demo
from gallery.cli.demo import Demo, build, settings_of
from gallery.museum.catalogue import all_artists
from gallery.museum.model import Artist
from gallery.museum.site import Museum
from indexer.store import open_store
from indexer.store.model import Filters
from indexer.thumbnails import missing_sizes
from scraper.errors import BrowserError, StorageError
from scraper.library import Library
from scraper.outcome import Outcome

NAMES = ("Ilse Vandermeer", "Greta Lindqvist", "Vera Sokolnik")
SMALL = f"""
import sys
from dataclasses import replace
from gallery.cli import demo
museum = [replace(each, titles=each.titles[:3]) for each in demo.all_artists() if each.name in {NAMES}]
demo.all_artists = lambda: museum
sys.argv[:1] = ["gallery", "demo"]
demo.command(sys.argv[2:], prog_name="gallery demo")
"""


def few() -> tuple[Artist, ...]:
    return tuple(replace(each, titles=each.titles[:3]) for each in all_artists() if each.name in NAMES)


def small_demo(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Demo:
    monkeypatch.setenv("GALLERY_DATA_DIR", str(folder))
    monkeypatch.setenv("GALLERY_BACKBONE", "efficientnet_lite0")
    return Demo(settings_of(), few())


def held(folder: Path) -> dict[str, int]:
    """Return the revision of every work in the collection."""
    store = open_store(settings_of())
    with closing(store):
        return {work.sha256: work.revision for work in store.page(Filters(), size=100).artworks}


@pytest.mark.browser
def test_the_whole_walk_and_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    made = small_demo(monkeypatch, tmp_path)
    with made.site() as site:
        assert build(made, site)
    said = capfd.readouterr().err
    assert "drawing 9/9" in said and "scraping 9/9" in said and "embedding 9/9" in said
    records = list(Library(made.settings.library_dir).records())
    assert {record.artist for record in records} == set(NAMES) and len(records) == 9
    assert all(seen.stand_in for record in records for seen in record.sightings)
    assert held(tmp_path) == {record.picture.sha256: record.revision for record in records}
    for record in records:
        picture = record.picture
        assert not missing_sizes(made.settings.thumbnails_dir, picture.sha256, picture.width, picture.height)

    def never(*arguments: object, **named: object) -> None:
        raise AssertionError("this was done already")

    for name in ("draw", "collect", "find_browser", "install_browser"):
        monkeypatch.setattr(demo, name, never)
    monkeypatch.setattr(Museum, "answer", never)
    with made.site() as site:
        assert build(made, site)
    assert "drawing" not in (said := capfd.readouterr().err) and "scraping" not in said and "embedding" not in said
    assert [*Library(made.settings.library_dir).records()] == records


class Running:
    """A demo of three artists with three works each in a process of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        settings = {"GALLERY_DATA_DIR": str(folder), "GALLERY_BACKBONE": "efficientnet_lite0"}
        self.output = folder.with_suffix(".log")
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SMALL, "--port", str(port)],
                env=os.environ | settings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def until(self, reached: Callable[[], object]) -> None:
        """Wait until something is so; the process must not end before."""
        end = time.monotonic() + 120
        while not reached():
            assert self.process.poll() is None and time.monotonic() < end, self.output.read_text()
            time.sleep(0.01)

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


@contextmanager
def running(folder: Path, port: int) -> Iterator[Running]:
    started = Running(folder, port)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.kill()


def free_port() -> int:
    with closing(socket.socket()) as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
        return port


def fetched(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        text: str = answer.read().decode()
        return text


@pytest.mark.browser
@pytest.mark.slow
def test_killed_at_every_stage_it_ends_with_the_same_gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, port = tmp_path / "data", free_port()
    library, thumbnails = folder / "demo/library", folder / "demo/derived/thumbnails"
    stages: list[Callable[[], object]] = [
        lambda: list(folder.glob("demo/museum/*/*.jpg")),
        lambda: list(library.glob("pictures/??/*.json")),
        lambda: list(thumbnails.glob("??/*.webp")),
    ]
    for reached in stages:
        with running(folder, port) as demo_:
            demo_.until(reached)
            demo_.kill()
    with running(folder, port) as demo_:
        demo_.until(lambda: "is open at" in demo_.output.read_text())
        home = fetched(f"http://127.0.0.1:{port}/")
        assert all(name in home for name in NAMES) and "9 works" in home
        work = fetched(f"http://127.0.0.1:{port}" + re.findall(r'href="(/artworks/[^"?#]+)"', home)[0])
        assert "More like this" in work and "Likeness" in work and "Museum of Drawn Light" in work
        museum = re.findall(r"these works come from is at (\S+)", demo_.output.read_text())[0]
        assert "Museum of Drawn Light" in fetched(museum)
        assert demo_.stop(signal.SIGTERM) == 0
    # Once everything is there, it is opened without neural network, browser or drawing.
    with running(folder, port) as demo_:
        demo_.until(lambda: demo_.output.read_text().count("is open at") == 2)
        if sys.platform == "linux":
            about = Path(f"/proc/{demo_.process.pid}")
            assert "libtorch" not in (about / "maps").read_text()
            assert not (about / "task" / about.name / "children").read_text()
        assert demo_.stop(signal.SIGINT) == 0
    monkeypatch.setenv("GALLERY_DATA_DIR", str(folder))
    records = list(Library(library).records())
    assert len(records) == 9 and len(list(library.glob("pictures/??/*"))) == 18
    assert held(folder) == {record.picture.sha256: record.revision for record in records}
    assert len(list(folder.glob("demo/museum/*/*.jpg"))) == 9


@pytest.mark.slow
def test_ctrl_c_stops_it_with_a_word(tmp_path: Path) -> None:
    with running(tmp_path / "data", free_port()) as demo_:
        demo_.until(lambda: list(tmp_path.glob("data/demo/museum/*/*.jpg")))
        assert demo_.stop(signal.SIGINT) == 130
        said = demo_.output.read_text()
        assert said.endswith("Stopped. The same command goes on from here.\n") and "Traceback" not in said


def test_a_taken_port_is_told_of_before_anything_is_done(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "gallery", "demo", "--port", str(port)],
            env=os.environ | {"GALLERY_DATA_DIR": str(tmp_path / "data")},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 2 and not (tmp_path / "data").exists()
    assert f"127.0.0.1:{port}: the port is taken. Stop what listens there, or choose another: --port " in done.stderr


def test_nobodys_own_gallery_is_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = {
        "DATA_DIR": str(tmp_path),
        "QDRANT_URL": "http://qdrant.example:6333",
        "DATABASE_URL": "postgresql://somebody:secret@db.example/gallery",
        "BASE_URL": "https://gallery.example",
        "PROXIES": "2",
        "SITE_NAME": "Mine",
    }
    for name, value in own.items():
        monkeypatch.setenv(f"GALLERY_{name}", value)
    settings = settings_of(None, 8123)
    assert (settings.data_dir, settings.port, settings.host) == (tmp_path / "demo", 8123, "127.0.0.1")
    assert settings.qdrant_url is settings.database_url is settings.base_url is None and settings.proxies == 0
    assert settings.database == f"sqlite:///{tmp_path}/demo/gallery.sqlite3" and settings.site_name == "Mine"


def test_the_backbone_is_chosen_by_what_is_there_unless_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GALLERY_BACKBONE", raising=False)
    assert settings_of().backbone == "auto"
    monkeypatch.setenv("GALLERY_BACKBONE", "resnet18")
    assert settings_of().backbone == "resnet18"


def test_without_a_browser_one_is_installed_before_the_long_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = small_demo(monkeypatch, tmp_path)
    steps: list[str] = []

    def find(settings: object) -> Path:
        raise BrowserError("none is installed", "Install one.")

    def install(notice: Callable[[str], None]) -> Path:
        steps.append("install")
        notice("Installing a browser: by the test ...")
        return Path("/opt/browser")

    def draw(*arguments: object, **named: object) -> None:
        steps.append("draw")
        raise StorageError(tmp_path, "enough for a test", "Go on.")

    for name, stand_in in (("find_browser", find), ("install_browser", install), ("draw", draw)):
        monkeypatch.setattr(demo, name, stand_in)
    with made.site() as site, pytest.raises(StorageError):
        build(made, site)
    assert steps == ["install", "draw"]
    assert "Installing a browser: by the test ...\nInstalled /opt/browser.\n" in capsys.readouterr().err


def test_a_browser_that_was_named_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALLERY_BROWSER", str(tmp_path / "no-such-browser"))
    made = small_demo(monkeypatch, tmp_path)
    with made.site() as site, pytest.raises(BrowserError, match="no-such-browser"):
        build(made, site)
    assert not made.pictures.exists()


def test_what_did_not_come_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = small_demo(monkeypatch, tmp_path)

    async def collect(*arguments: object) -> dict[str, Outcome]:
        await asyncio.sleep(0)
        return {name: Outcome() for name in NAMES}

    def stop(*arguments: object) -> None:
        raise StorageError(tmp_path, "enough for a test", "Go on.")

    monkeypatch.setattr(demo, "collect", collect)
    monkeypatch.setattr(demo, "draw", lambda *arguments, **named: None)
    monkeypatch.setattr(demo, "run_index", stop)
    with made.site() as site, pytest.raises(StorageError):
        build(made, site)
    assert "Greta Lindqvist: 0 of 3 works came. The next run tries again." in capsys.readouterr().err


def test_the_help_says_what_it_does() -> None:
    said = CliRunner().invoke(demo.command, ["--help"])
    assert said.exit_code == 0 and "museum drawn by code" in said.output and "--port" in said.output
