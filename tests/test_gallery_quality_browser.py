"""A review of pictures in a real Chromium by keyboard alone, without scripts, and at every width."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from curators import GOOD, copied
from faulty import hang_faulty, waiting, work
from holdings import Holding
from playwright.async_api import Browser
from serving import serving, sign_in

from gallery.app import create_app

pytestmark = pytest.mark.browser

WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', event => window.violations.push(event.violatedDirective));
"""


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Holding, str]]:
    folder = tmp_path_factory.mktemp("damaged")
    with copied(hang_faulty(folder / "hung"), folder / "open") as holding:
        with serving(create_app(holding.settings, holding.store, holding.database)) as address:
            yield holding, address


async def test_pages_fit_every_width_and_break_no_policy(
    gallery: tuple[Holding, str], chromium: Browser, tmp_path: Path
) -> None:
    holding, address = gallery
    context = await chromium.new_context()
    await context.add_init_script(WATCH)
    page = await context.new_page()
    await sign_in(page, address, "Cleo", GOOD)
    kept = Path(os.environ.get("GALLERY_SCREENSHOTS", tmp_path))
    for number, path in enumerate(("", f"/{waiting(holding)['frame'].id}")):
        for width in (390, 768, 1440):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.goto(f"{address}/admin/quality{path}")
            wide = await page.evaluate("document.documentElement.scrollWidth")
            await page.screenshot(path=kept / f"quality-{number}-{width}.png", full_page=True)
            assert wide <= width, (path, width, wide)
            assert await page.evaluate("window.violations") == [], path
            fields = "[...document.querySelectorAll('input:not([type=hidden]), select')]"
            assert await page.evaluate(f"{fields}.filter(each => !each.labels.length && !each.ariaLabel).length") == 0


async def test_a_review_by_keyboard_alone(gallery: tuple[Holding, str], chromium: Browser) -> None:
    holding, address = gallery
    page = await (await chromium.new_context()).new_page()
    await sign_in(page, address, "Cleo", GOOD)
    await page.goto(f"{address}/admin/quality")
    press = page.keyboard.press
    await press("ArrowDown")
    assert await page.get_attribute(".case:nth-child(2)", "data-current") is not None
    await press("f")
    await page.wait_for_selector('.case:nth-child(2)[data-said^="Fine"]')
    assert waiting(holding).keys() == {"border", "blurry"}
    await press("u")
    await page.locator("[role=status]", has_text="Taken back.").wait_for(state="attached")
    assert waiting(holding).keys() == {"border", "frame", "blurry"}
    # The remedies of one: how much is cut off is changed, looked at, and done.
    await press("ArrowUp")
    await press("o")
    await press("Enter")
    await page.wait_for_selector(".look")
    await press("x")
    await press("Control+A")
    await page.keyboard.type("12")
    await press("Escape")
    async with page.expect_navigation():
        await press("p")
    assert await page.get_attribute("[name=left]", "value") == "12.0"
    async with page.expect_navigation():
        await press("c")
    assert waiting(holding).keys() == {"frame", "blurry"}
    await page.wait_for_selector(".look")
    async with page.expect_navigation():
        await press("s")
    async with page.expect_navigation():
        await press("h")
    assert waiting(holding).keys() == {"frame"} and "Blurred" not in holding.shown()
    holding.index()
    assert work(holding, "Border").crop[0] == 0.12


async def test_the_same_is_done_without_scripts(gallery: tuple[Holding, str], chromium: Browser) -> None:
    holding, address = gallery
    page = await (await chromium.new_context(java_script_enabled=False)).new_page()
    await sign_in(page, address, "Cleo", GOOD)
    await page.goto(f"{address}/admin/quality")
    await page.get_by_role("button", name="Crop along the line").first.click()
    assert "Cropped" in await page.inner_text(".said") and not waiting(holding).keys() & {"frame"}
    await page.get_by_role("button", name="Take back").first.click()
    assert "Taken back" in await page.inner_text(".said") and "frame" in waiting(holding)
