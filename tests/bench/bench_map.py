"""The map of 20,000 works: what the layout and its tiles cost, what a page and a tile do, and how smoothly it moves."""

import os
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from exhibition import draw
from flask import Flask
from playwright.sync_api import sync_playwright
from waitress import create_server
from warehouse import Collection

from gallery.app import create_app
from gallery.chart import shelf
from indexer.atlas.keeping import MapHome, keep, make_map
from indexer.store import open_store
from indexer.thumbnails import thumbnail_path
from scraper.browsers import find_browser
from scraper.settings import ScraperSettings

MOST_LAYOUT_CORE_SECONDS, MOST_TILE_MS, MOST_FRAME_MS = 300.0, 150.0, 50.0
DRAWN = 70

# Frames while the map is dragged to and fro and zoomed, as a visitor's hand does.
FRAMES = """async () => {
  const frames = []; let last = performance.now(), going = true;
  const tick = now => { frames.push(now - last); last = now; if (going) requestAnimationFrame(tick) };
  requestAnimationFrame(tick);
  const map = document.getElementById('map'), box = map.getBoundingClientRect();
  const at = (type, x, y) => map.dispatchEvent(new MouseEvent(type, {bubbles: true, clientX: box.x + x, clientY: box.y + y, button: 0, buttons: 1}));
  const wait = () => new Promise(done => requestAnimationFrame(done));
  for (let turn = 0; turn < 4; turn++) {
    at('mousedown', 600, 300);
    for (let step = 0; step < 40; step++) {
      document.dispatchEvent(new MouseEvent('mousemove', {clientX: box.x + 600 + step * (turn % 2 ? 8 : -8), clientY: box.y + 300 + step * 3, buttons: 1}));
      await wait();
    }
    document.dispatchEvent(new MouseEvent('mouseup', {clientX: box.x + 300, clientY: box.y + 300}));
    map.dispatchEvent(new WheelEvent('wheel', {bubbles: true, cancelable: true, deltaY: turn < 2 ? -240 : 240, clientX: box.x + 600, clientY: box.y + 300}));
    for (let step = 0; step < 30; step++) await wait();
  }
  going = false;
  return frames.slice(2);
}"""  # noqa: E501


def core_seconds() -> float:
    """Return how long all cores together have worked for us and our ended children."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


@pytest.fixture(scope="module")
def site(collection: Collection) -> Iterator[Flask]:
    """A site with the map of 20,000 works; the thumbnails are links to a few that were drawn."""
    folder = collection.settings.thumbnails_dir
    drawn = [thumbnail_path(folder, draw(number, folder).sha256, 240) for number in range(DRAWN)]
    for at, work in enumerate(collection.works):
        path = thumbnail_path(folder, work.sha256, 240)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(drawn[at % DRAWN], path)
    with closing(open_store(collection.settings)) as store:
        home = MapHome(collection.settings.map_dir, folder)
        began, before = time.perf_counter(), core_seconds()
        parts: dict[str, float] = {}

        def watch(what: str, share: float) -> None:
            parts[what.partition(":")[0]] = time.perf_counter() - began

        made = make_map(store, home, watch=watch)
        whole, work_done = time.perf_counter() - began, core_seconds() - before
        files = list(home.tiles.folder.rglob("*.webp"))
        told = ", ".join(f"{what} until {seconds:.0f} s" for what, seconds in parts.items())
        print(f"\n{len(made.hashes):,} works laid out in {whole:.0f} s, {work_done:.0f} s of one core ({told})")
        print(f"{len(files):,} tiles kept, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB")
        assert work_done <= MOST_LAYOUT_CORE_SECONDS
        began = time.perf_counter()
        keep(store, home)
        print(f"looking for new works {time.perf_counter() - began:.2f} s")
        yield create_app(collection.settings, store)


def test_tiles_are_there_soon(site: Flask) -> None:
    visitor = site.test_client()
    began = time.perf_counter()
    assert visitor.get("/map").status_code == 200
    first = time.perf_counter() - began
    with site.app_context():
        chart = shelf().now()
    assert chart is not None
    depth, mark = chart.pyramid.depth, chart.pyramid.mark
    cells = visitor.get(f"/map/{mark}/cells")
    print(f"\npage {1000 * first:.0f} ms the first time; cells {len(cells.data) / 1000:.0f} kB")
    for zoom in range(depth + 1):
        places = list(chart.pyramid.names[zoom])[:60]
        taken = []
        for column, row in places:
            began = time.perf_counter()
            answer = visitor.get(f"/map/{mark}/{zoom}/{column}/{row}.webp")
            taken.append(1000 * (time.perf_counter() - began))
            assert answer.status_code == 200
        print(f"zoom {zoom}: tile p50 {np.median(taken):.1f} ms, p95 {np.percentile(taken, 95):.1f} ms")
        assert np.median(taken) <= MOST_TILE_MS


def test_it_moves_smoothly(site: Flask, tmp_path: Path) -> None:
    server = create_server(site, host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        with sync_playwright() as driver:
            program = find_browser(ScraperSettings())
            browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(f"http://127.0.0.1:{server.effective_port}/map")
            page.wait_for_function("document.getElementById('map').dataset.ready")
            page.wait_for_timeout(1500)
            page.screenshot(path=os.environ.get("MAP_PICTURE", tmp_path / "map.png"))
            frames = page.evaluate(FRAMES)
            nodes = page.evaluate("document.querySelectorAll('#map *').length")
            browser.close()
    finally:
        server.close()
        server.task_dispatcher.shutdown()
        thread.join()
    print(f"\n{len(frames)} frames without a graphics card: p50 {np.median(frames):.1f} ms, ", end="")
    print(f"p95 {np.percentile(frames, 95):.1f} ms, worst {max(frames):.0f} ms; {nodes} elements")
    assert np.median(frames) <= MOST_FRAME_MS
