"""Searching by a picture in a real Chromium: chosen, dropped, cut by hand and by keys, and without scripts."""

import base64
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from exhibition import Exhibition, random_vectors
from playwright.async_api import Browser, Page
from serving import serving
from shelf import drawing, encoded
from test_gallery_by_picture import Eyes

from gallery.app import create_app
from gallery.db import Database
from indexer.store import open_store

pytestmark = pytest.mark.browser

WIDTHS = pytest.mark.parametrize("width", [(390, 844), (1440, 900)], ids=["phone", "desk"])
PHOTO: Any = {"name": "mine.jpg", "mimeType": "image/jpeg", "buffer": encoded(drawing(5, (800, 600)), quality=95)}
EDGES = ("left", "top", "right", "bottom")


@pytest.fixture(scope="module")
def address(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory, template_file: Path) -> Iterator[str]:
    settings = exhibition.copy(tmp_path_factory.mktemp("bring")).settings()
    settings.database_file.write_bytes(template_file.read_bytes())
    with closing(open_store(settings)) as store, closing(Database(settings.database)) as database:
        app = create_app(settings, store, database)
        eyes = Eyes(lambda: pytest.fail("no network is needed"), max_pixels=10_000_000, waiting=1)
        eyes.vector = random_vectors(40)[3]
        app.extensions["gallery_lookup"].desk = eyes
        with serving(app, max_request_body_size=1024 * 1024) as address:
            yield address
        eyes.close()


async def page_of(chromium: Browser, width: tuple[int, int], *, scripts: bool = True) -> Page:
    size: Any = {"width": width[0], "height": width[1]}
    return await (await chromium.new_context(viewport=size, java_script_enabled=scripts)).new_page()


async def edges(page: Page) -> list[float]:
    return [float(await page.locator(f"input[name={name}]").first.input_value()) for name in EDGES]


@WIDTHS
async def test_a_detail_is_drawn_by_hand_moved_by_keys_and_found(
    width: tuple[int, int], chromium: Browser, address: str
) -> None:
    page, complaints = await page_of(chromium, width), list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"{address}/by-picture")
    await page.set_input_files("input[name=file]", PHOTO)
    await page.locator(".detail").wait_for()
    assert await edges(page) == [0, 0, 100, 100]
    picture = page.locator(".cropper img")
    await picture.scroll_into_view_if_needed()
    box = await picture.bounding_box()
    assert box
    await page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.5, steps=5)
    await page.mouse.up()
    assert await edges(page) == pytest.approx([25, 25, 75, 50], abs=1.5)
    await page.get_by_role("button", name="Move the right of the detail").focus()
    before = await edges(page)
    await page.keyboard.press("Shift+ArrowRight")
    assert await edges(page) == pytest.approx([*before[:2], before[2] + 10, before[3]], abs=0.2)
    await page.locator(".bring button[type=submit]").click()
    await page.locator("#held").wait_for()
    assert await page.locator("h1").inner_text() == "Found by a detail of it"
    assert await page.locator(".wall > li").count() == 24
    assert (await edges(page))[2] == pytest.approx(before[2] + 10, abs=0.2)
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert complaints == []


async def test_a_picture_that_is_dropped_is_taken(chromium: Browser, address: str) -> None:
    page = await page_of(chromium, (1440, 900))
    await page.goto(f"{address}/by-picture")
    await page.evaluate(
        """content => {
          const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
          const held = new DataTransfer();
          held.items.add(new File([bytes], 'mine.jpg', {type: 'image/jpeg'}));
          document.dispatchEvent(new DragEvent('drop', {dataTransfer: held, bubbles: true, cancelable: true}));
        }""",
        base64.b64encode(PHOTO["buffer"]).decode(),
    )
    await page.locator(".detail").wait_for()
    await page.locator(".bring button[type=submit]").click()
    await page.locator("#held").wait_for()
    assert await page.locator("h1").inner_text() == "Found by your picture"


@WIDTHS
async def test_without_scripts_a_detail_is_given_in_numbers_and_pages_follow(
    width: tuple[int, int], chromium: Browser, address: str
) -> None:
    page = await page_of(chromium, width, scripts=False)
    await page.goto(f"{address}/by-picture")
    await page.set_input_files("input[name=file]", PHOTO)
    await page.locator(".bring button[type=submit]").click()
    assert await page.locator("h1").inner_text() == "Found by your picture"
    await page.get_by_role("spinbutton", name="Right").fill("60")
    await page.get_by_role("button", name="Search with this detail").click()
    assert await page.locator("h1").inner_text() == "Found by a detail of it"
    assert await edges(page) == [0, 0, 60, 100]
    await page.get_by_role("button", name="Next").click()
    assert "Page 2" in await page.locator(".pager").inner_text()
    assert await page.locator(".wall > li").count() == 16
    assert await edges(page) == [0, 0, 60, 100]
