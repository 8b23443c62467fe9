"""Narrowing a listing by keyboard in a real Chromium, at phone and desk width, with and without scripts."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from exhibition import Exhibition
from playwright.async_api import Browser, Page
from serving import serving

from gallery.app import create_app
from gallery.survey import surveyor
from indexer.store import open_store

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}


@pytest.fixture(scope="module")
def address(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    own = exhibition.copy(tmp_path_factory.mktemp("narrowing"))
    with closing(open_store(own.settings())) as store:
        app = create_app(own.settings(), store)
        with app.app_context():
            surveyor().measure()
        with serving(app) as address:
            yield address


async def follow(page: Page, name: str, end: str) -> None:
    """Follow a link by keyboard alone, to an address with this end."""
    link = page.get_by_role("link", name=name, exact=True)
    await link.focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: url.endswith(end))


@pytest.mark.parametrize(("width", "scripts"), [(PHONE, True), (DESK, False)], ids=["phone", "desk-without-scripts"])
async def test_likenesses_are_narrowed_step_by_step_and_widened_again(
    width: dict[str, Any], scripts: bool, chromium: Browser, address: str, exhibition: Exhibition
) -> None:
    context = await chromium.new_context(**width, java_script_enabled=scripts)
    page = await context.new_page()
    work = f"{address}/artworks/{exhibition.works[0].id}"
    await page.goto(work)
    await follow(page, "Narrow these down", "?narrow=1#alike")
    await follow(page, "Tides", "?movement=Tides#alike")
    further = page.locator("details.facets summary")
    await further.focus()
    await page.keyboard.press("Enter")
    tides = [each for each in exhibition.works if each.movement == "Tides" and each.licence == "PDM-1.0"]
    await follow(page, "Public domain", "?movement=Tides&licence=PDM-1.0#alike")
    shown = page.locator("#alike .wall > li")
    assert await shown.count() == len([each for each in tides if each is not exhibition.works[0]])
    if scripts:
        # Nothing sticks out at the side, and chips are large enough for fingers.
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert (
            await page.evaluate("Math.min(...[...document.querySelectorAll('.chips a')].map(a => a.offsetHeight))")
            >= 24
        )
    await follow(page, "Remove movement: Tides", "?licence=PDM-1.0#alike")
    assert await page.get_by_role("list", name="Chosen").get_by_role("listitem").count() == 1
    await follow(page, "Remove rights: Public domain", f"{work}#alike")
    assert await page.get_by_role("list", name="Chosen").count() == 0
    await context.close()
