"""From a work to another by a path in a real Chromium, at phone and desk width, with and without scripts."""

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from exhibition import Exhibition
from playwright.async_api import Browser, Page
from serving import serving

from gallery.app import create_app
from indexer.graph.laying import lay
from indexer.store import open_store

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
WORKS = "all => all.map(each => each.getAttribute('href'))"


@pytest.fixture(scope="module")
def address(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    own = exhibition.copy(tmp_path_factory.mktemp("path-browser"))
    with closing(open_store(own.settings())) as store:
        assert lay(own.settings().graph_dir, store)
        with serving(create_app(own.settings(), store)) as address:
            yield address


async def way_of(page: Page) -> list[str]:
    """Return the works on the way, once it is seen that the page keeps within the window."""
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    found: list[str] = await page.locator(".wall > li > a").evaluate_all(WORKS)
    return found


@pytest.mark.parametrize("width", [PHONE, DESK], ids=["phone", "desk"])
async def test_a_path_is_asked_for_walked_turned_round_and_shared(
    width: dict[str, Any], chromium: Browser, address: str, exhibition: Exhibition
) -> None:
    work = exhibition.works[3]
    ways = []
    for scripts in (True, False):
        page = await (await chromium.new_context(**width, java_script_enabled=scripts)).new_page()
        complaints: list[str] = []
        page.on("console", lambda message, heard=complaints: heard.append(message.text))
        await page.goto(f"{address}/artworks/{work.id}")
        await page.get_by_role("link", name="A path to another work").click()
        await page.get_by_label("Where to?").fill("brandt")
        await page.get_by_role("button", name="Show").click()
        await page.wait_for_url("**q=brandt")
        target = await page.locator(".wall > li > a").nth(5).get_attribute("href")
        await page.get_by_role("link", name=re.compile("^Path to it")).nth(5).click()
        await page.wait_for_url(f"**/path/{work.id}/*")
        shared, way = page.url, await way_of(page)
        assert (way[0], way[-1]) == (f"/artworks/{work.id}", target)
        await page.get_by_role("link", name="Slideshow").click()
        if scripts:
            await page.get_by_role("dialog").wait_for()
            await page.keyboard.press("Escape")
            await page.get_by_role("dialog").wait_for(state="detached")
        else:
            await page.wait_for_url("**/pictures/**")
            await page.go_back()
            # Of Chromium's own page around a picture, whose style our policy forbids.
            complaints.clear()
        await page.get_by_role("link", name="With the years").click()
        await page.wait_for_url("**years=1")
        assert (await way_of(page))[-1] == target
        await page.get_by_role("link", name="By likeness alone").click()
        await page.get_by_role("link", name="The other way round").click()
        await page.wait_for_url(f"**/{work.id}")
        assert (await way_of(page))[0] == target
        await page.goto(shared)
        ways.append(await way_of(page))
        assert ways[-1] == way
        if len(way) > 1:
            await page.get_by_role("link", name=re.compile("^Compare .* with the one before")).first.click()
            await page.wait_for_url(f"**/compare/{work.id}/*")
        assert complaints == []
    assert ways[0] == ways[1]
