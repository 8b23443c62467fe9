"""Looking closer in a real Chromium, at phone and desk width, with and without scripts."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from exhibition import Exhibition
from playwright.async_api import Browser, Page
from serving import serving

from gallery.app import create_app
from indexer.store import open_store

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
WIDTHS = pytest.mark.parametrize("width", [PHONE, DESK], ids=["phone", "desk"])
WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', event => window.violations.push(event.violatedDirective));
"""


@pytest.fixture(scope="module")
def address(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    own = exhibition.copy(tmp_path_factory.mktemp("looking"))
    with closing(open_store(own.settings())) as store:
        with serving(create_app(own.settings(), store)) as address:
            yield address


async def page_of(chromium: Browser, width: dict[str, Any], *, scripts: bool = True) -> Page:
    context = await chromium.new_context(**width, java_script_enabled=scripts)
    if scripts:
        await context.add_init_script(WATCH)
    return await context.new_page()


async def until(page: Page, truth: str) -> None:
    """Wait until an expression is true; Playwright's own way is an eval, which our policy forbids."""
    for _ in range(400):
        if await page.evaluate(truth):
            return
        await asyncio.sleep(0.05)
    pytest.fail(truth)


async def scale(page: Page) -> float:
    return float(await page.locator(".stage").first.get_attribute("data-scale") or "nan")


def largest(exhibition: Exhibition) -> str:
    return next(work.id for work in exhibition.works if work.width == 1700)


@WIDTHS
async def test_a_picture_is_looked_at_closer_by_wheel_keys_and_buttons(
    width: dict[str, Any], chromium: Browser, address: str, exhibition: Exhibition
) -> None:
    page = await page_of(chromium, width)
    await page.goto(f"{address}/artworks/{largest(exhibition)}")
    await page.locator(".hung").click()
    viewer = page.get_by_role("dialog")
    await viewer.wait_for()
    # The stylesheet comes with the viewer, which fills the window then.
    await until(page, "document.querySelector('dialog').getBoundingClientRect().height > 0.95 * innerHeight")
    assert await viewer.locator("img").get_attribute("src") == await page.locator(".hung").get_attribute("href")
    await page.keyboard.press("+")
    assert await scale(page) == 1.5
    await viewer.get_by_role("button", name="Zoom in").click()
    assert await scale(page) == 2.25
    before = await viewer.locator("img").get_attribute("style")
    await page.keyboard.press("ArrowRight")
    assert await viewer.locator("img").get_attribute("style") != before
    await page.keyboard.press("0")
    assert await scale(page) == 1
    if width is DESK:
        await page.mouse.move(700, 300)
        await page.mouse.wheel(0, -400)
        await until(page, "Number(document.querySelector('.stage').dataset.scale) > 2")
    await page.keyboard.press("Escape")
    await viewer.wait_for(state="detached")
    assert "hung" in await page.evaluate("document.activeElement.className")
    assert await page.evaluate("window.violations") == []


async def test_two_fingers_draw_a_picture_apart(chromium: Browser, address: str, exhibition: Exhibition) -> None:
    page = await page_of(chromium, PHONE)
    await page.goto(f"{address}/artworks/{largest(exhibition)}")
    await page.locator(".hung").tap()
    await page.get_by_role("dialog").wait_for()
    wire = await page.context.new_cdp_session(page)

    async def fingers(kind: str, *places: tuple[int, int]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        await wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    await fingers("touchStart", (180, 300), (220, 300))
    await fingers("touchMove", (140, 300), (260, 300))
    await fingers("touchMove", (100, 300), (300, 300))
    await fingers("touchEnd")
    await until(page, "Number(document.querySelector('.stage').dataset.scale) > 3")


@WIDTHS
async def test_a_listing_is_shown_picture_by_picture(width: dict[str, Any], chromium: Browser, address: str) -> None:
    page = await page_of(chromium, width)
    await page.goto(f"{address}/search?q=study")
    titles = await page.locator(".wall .title").all_inner_texts()
    await page.get_by_role("link", name="Slideshow").click()
    viewer = page.get_by_role("dialog", name="Slideshow")
    caption = viewer.locator("p")
    # It plays by itself until somebody does something.
    assert await viewer.get_by_role("button", name="Pause").is_visible()
    assert titles[0] in await caption.inner_text()
    await page.keyboard.press("ArrowRight")
    assert titles[1] in await caption.inner_text()
    assert await viewer.get_by_role("button", name="Play").is_visible()
    await viewer.get_by_role("button", name="Previous").click()
    await viewer.get_by_role("button", name="Previous").click()
    assert titles[-1] in await caption.inner_text()
    assert f"({len(titles)} of {len(titles)})" in await caption.inner_text()
    await viewer.get_by_role("button", name="Close").click()
    await viewer.wait_for(state="detached")
    assert await page.evaluate("window.violations") == []


async def test_it_plays_on_by_itself_but_not_for_whoever_wants_no_motion(chromium: Browser, address: str) -> None:
    for motion, playing in (("no-preference", "Pause"), ("reduce", "Play")):
        page = await page_of(chromium, DESK)
        await page.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]
        await page.clock.install()
        await page.goto(f"{address}/search?q=study")
        await page.get_by_role("link", name="Slideshow").click()
        viewer = page.get_by_role("dialog")
        assert await viewer.get_by_role("button", name=playing).is_visible()
        await page.clock.run_for(5100)
        shown = "(2 of " if playing == "Pause" else "(1 of "
        assert shown in await viewer.locator("p").inner_text()
        await page.close()


@WIDTHS
async def test_two_works_are_zoomed_as_one(
    width: dict[str, Any], chromium: Browser, address: str, exhibition: Exhibition
) -> None:
    page = await page_of(chromium, width)
    await page.goto(f"{address}/compare/{exhibition.works[0].id}/{exhibition.works[1].id}")
    await page.get_by_role("link", name="Look at both closely").click()
    stages = page.locator(".stage")
    await stages.nth(1).wait_for()
    assert await stages.count() == 2
    for _ in range(2):
        await page.keyboard.press("+")
    await page.keyboard.press("ArrowLeft")
    scales = [await stages.nth(at).get_attribute("data-scale") for at in range(2)]
    assert scales == ["2.25", "2.25"]
    assert await page.evaluate("window.violations") == []


@WIDTHS
async def test_without_scripts_the_links_lead_to_the_large_picture(
    width: dict[str, Any], chromium: Browser, address: str, exhibition: Exhibition
) -> None:
    page = await page_of(chromium, width, scripts=False)
    for start, link in (
        (f"/artworks/{largest(exhibition)}", page.locator(".hung")),
        ("/search?q=study", page.get_by_role("link", name="Slideshow")),
        (f"/compare/{largest(exhibition)}/{exhibition.works[0].id}", page.get_by_role("link", name="Look at both")),
    ):
        await page.goto(address + start)
        await link.click()
        await page.wait_for_url("**/pictures/**")
        assert re.search(r"/pictures/[0-9a-f]{64}/\d+\.webp$", page.url)


async def test_pages_read_from_right_to_left_mirror_and_keep_within_the_window(
    chromium: Browser, address: str, exhibition: Exhibition
) -> None:
    page = await page_of(chromium, DESK)
    for place in (
        "/",
        "/search",
        f"/artworks/{largest(exhibition)}",
        f"/compare/{largest(exhibition)}/{exhibition.works[0].id}",
    ):
        await page.goto(address + place)
        name = page.locator(".masthead .name")
        before = await name.bounding_box()
        await page.evaluate("document.documentElement.dir = 'rtl'")
        after = await name.bounding_box()
        assert before and after
        assert before["x"] < 720 < after["x"]
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


async def test_an_artwork_is_printed_dark_on_white_with_its_facts_alone(
    chromium: Browser, address: str, exhibition: Exhibition
) -> None:
    page = await page_of(chromium, DESK | {"color_scheme": "dark"})
    await page.goto(f"{address}/artworks/{largest(exhibition)}")
    await page.emulate_media(media="print", color_scheme="dark")
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert await page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    for hidden in (".onward", ".care", ".masthead nav"):
        assert not await page.locator(hidden).first.is_visible()
    assert await page.locator(".facts dl").is_visible()
