"""`gallery projector` and `gallery tensorboard`, the latter up to the points in a real Chromium."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
from exhibition import Exhibition
from PIL import Image
from playwright.async_api import async_playwright

from indexer.projector.files import CONFIG
from scraper.browsers import find_browser
from scraper.settings import ScraperSettings

ROOT = Path(__file__).parents[1]
SOFTWARE_GL = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")


def gallery(own: Exhibition, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "gallery", *arguments]


def environment(own: Exhibition) -> dict[str, str]:
    return {**os.environ, "GALLERY_DATA_DIR": str(own.data_dir), "GALLERY_BASE_URL": "https://art.example/"}


def run(own: Exhibition, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        gallery(own, *arguments), capture_output=True, text=True, env=environment(own), cwd=own.data_dir, timeout=120
    )


@contextmanager
def tensorboard(own: Exhibition, *arguments: str) -> Iterator[str]:
    """Run `gallery tensorboard` and yield its address."""
    started = subprocess.Popen(
        gallery(own, "tensorboard", *arguments, "--port", "0"),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env=environment(own),
        cwd=own.data_dir,
    )
    assert started.stderr is not None
    watchdog = threading.Timer(90, started.kill)
    watchdog.start()
    try:
        said = iter(started.stderr)
        yield next(found[0] for line in said if (found := re.search(r"http://127\.0\.0\.1:\d+/", line)))
    finally:
        watchdog.cancel()
        started.terminate()
        started.communicate(timeout=30)


def test_the_command_says_what_it_wrote_and_what_it_left_out(exhibition: Exhibition, tmp_path: Path) -> None:
    own = exhibition.copy(tmp_path / "data")
    done = run(own, "projector", str(tmp_path / "out"), "--width", "4", "--limit", "10")
    assert done.returncode == 0, done.stderr
    assert re.search(r"10 works, 4 numbers each, which keep \d+\.\d % of the variance", done.stdout)
    assert "That is a sample of 40 works: of each artist its share" in done.stdout
    assert "https://art.example/artworks/" in (tmp_path / "out" / "metadata.tsv").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["projector"], 2, "Missing argument 'OUT'"),
        (["projector", "out", "--width", "1"], 2, "not in the range"),
        (["projector", "out", "--limit", "100001"], 2, "not in the range"),
        (["projector", "."], 9, "holds something else"),
        (["tensorboard", "out", "--port", "65536"], 2, "not in the range"),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: list[str], code: int, said: str, exhibition: Exhibition, tmp_path: Path
) -> None:
    done = run(exhibition.copy(tmp_path / "data"), *arguments)
    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (code, True, False), done.stderr


def test_without_a_collection_there_is_nothing_to_show(tmp_path: Path) -> None:
    own = Exhibition(tmp_path, ())
    for command in (["projector", "out"], ["tensorboard"]):
        done = run(own, *command)
        assert done.returncode == 3
        assert "gallery index" in done.stderr


@pytest.mark.browser
async def test_tensorboard_shows_points_with_pictures(exhibition: Exhibition, tmp_path: Path) -> None:
    own = exhibition.copy(tmp_path / "data")
    with tensorboard(own) as address:
        assert (own.settings().derived_dir / "projector" / CONFIG).is_file()
        where = f"{address}data/plugin/projector/"
        with urlopen(f"{where}tensor?run=.&name=artworks") as answer:
            assert len(answer.read()) == 40 * 16 * 4
        with urlopen(f"{where}sprite_image?run=.&name=artworks") as answer:
            assert answer.headers["Content-Type"] == "image/png"
        await look(address, tmp_path / "seen.png")
    seen = np.asarray(Image.open(tmp_path / "seen.png").convert("RGB")).astype(int)
    # Our pictures are coloured; what TensorBoard draws without a sprite is one grey blue.
    colours = np.unique(seen.reshape(-1, 3) // 32, axis=0)
    assert len(colours) > 60


async def look(address: str, out: Path) -> None:
    """Open the projector and keep a picture of its canvas once all points are in it; fail on any error it shows."""
    wrong: list[str] = []
    async with async_playwright() as driver:
        program = find_browser(ScraperSettings())
        browser = await driver.chromium.launch(executable_path=program, args=list(SOFTWARE_GL))
        page = await browser.new_page(viewport={"width": 1200, "height": 800})
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("response", lambda answer: wrong.append(answer.url) if answer.status >= 400 else None)
        await page.goto(f"{address}#projector")
        inner = page.frame_locator("iframe").frame_locator("iframe")
        await inner.get_by_text("Points: 40").wait_for(timeout=60_000)
        await inner.get_by_text("Dimension: 16").wait_for()
        await inner.locator("#scatter canvas").first.wait_for()
        # The pictures are drawn in the frame after the sprite has come.
        await inner.get_by_text("Total variance described").wait_for(timeout=60_000)
        await inner.locator("#scatter canvas").first.screenshot(path=out)
        await browser.close()
    assert not wrong
