"""A review of duplicates in a real Chromium by keyboard alone, without scripts, and at every width."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from argon2 import PasswordHasher
from holdings import Holding, Opened, painting, saved
from PIL import ImageOps
from playwright.async_api import Browser
from serving import serving, sign_in

from gallery.accounts import passwords, people
from gallery.app import create_app
from gallery.db import Database
from gallery.duplicates.detecting import find_new
from gallery.models.duplicates import count_open, merges_in

pytestmark = pytest.mark.browser

GOOD = "seven brass lanterns"
OTHER = "Émile Brandt"
WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', event => window.violations.push(event.violatedDirective));
"""


class Open(NamedTuple):
    holding: Holding
    address: str

    def waiting(self) -> int:
        with self.holding.database.reading() as session:
            return sum(count_open(session).values())

    def merged(self) -> int:
        with self.holding.database.reading() as session:
            return len(merges_in(session, ("merged",)))


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    folder = tmp_path_factory.mktemp("twins")
    with pytest.MonkeyPatch.context() as patched, closing(Database(f"sqlite:///{folder / 'db.sqlite3'}")) as database:
        patched.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        people.add(database, "Ada", GOOD, "admin")
        with Opened(folder, database, works=5) as holding:
            for number in range(5):
                copy = ImageOps.mirror(painting(number)).resize((240, 180))
                holding.put(f"copy {number}.jpg", saved(copy), OTHER)
            holding.take_in(OTHER)
            holding.index()
            find_new(holding.house)
            app = create_app(holding.settings, holding.store, database)
            with serving(app) as address:
                yield Open(holding, address)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_fit_every_width_and_break_no_policy(
    gallery: Open, chromium: Browser, scheme: str, tmp_path: Path
) -> None:
    context = await chromium.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    await context.add_init_script(WATCH)
    page = await context.new_page()
    await sign_in(page, gallery.address, "Ada", GOOD)
    kept = Path(os.environ.get("GALLERY_SCREENSHOTS", tmp_path))
    paths = ["", "/1", "/groups", "/bulk?kind=near&least=0.5", "/trash"]
    for number, path in enumerate(paths if scheme == "light" else paths[:2]):
        for width in (390, 768, 1440):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.goto(f"{gallery.address}/admin/duplicates{path}")
            wide = await page.evaluate("document.documentElement.scrollWidth")
            await page.screenshot(path=kept / f"twins-{number}-{width}-{scheme}.png", full_page=True)
            assert wide <= width, (path, width, wide)
            assert await page.evaluate("window.violations") == [], path
            fields = "[...document.querySelectorAll('input:not([type=hidden]), select')]"
            assert await page.evaluate(f"{fields}.filter(each => !each.labels.length && !each.ariaLabel).length") == 0


async def test_a_review_by_keyboard_alone(gallery: Open, chromium: Browser) -> None:
    page = await (await chromium.new_context()).new_page()
    await sign_in(page, gallery.address, "Ada", GOOD)
    await page.goto(f"{gallery.address}/admin/duplicates")
    press, before = page.keyboard.press, gallery.waiting()
    await press("ArrowDown")
    assert await page.get_attribute(".case:nth-child(2)", "data-current") is not None
    await press("5")
    await page.wait_for_selector('.case:nth-child(2)[data-said^="Different"]')
    assert gallery.waiting() == before - 1
    await press("u")
    await page.locator("[role=status]", has_text="Taken back.").wait_for(state="attached")
    assert gallery.waiting() == before
    await press("o")
    await press("Enter")
    await page.wait_for_selector(".judge")
    # The script that listens to keys has run by then.
    await page.wait_for_load_state()
    await press("d")
    assert await page.is_visible(".laid")
    assert await page.evaluate("getComputedStyle(document.querySelector('.upper')).mixBlendMode") == "difference"
    await press("b")
    assert not await page.is_visible(".laid")
    # Both pictures are zoomed as one, and the keys of the viewer are not those of the page.
    await press("z")
    await page.wait_for_selector("dialog[open] .stage >> nth=1")
    for _ in range(2):
        await press("+")
    assert {await stage.get_attribute("data-scale") for stage in await page.query_selector_all(".stage")} == {"2.25"}
    await press("5")
    await press("Escape")
    await page.wait_for_selector("dialog", state="detached")
    assert gallery.waiting() == before
    await press("l")
    await press("k")
    async with page.expect_navigation():
        await press("2")
    assert gallery.merged() == 1 and gallery.waiting() == before - 1
    await page.wait_for_selector(".judge")
    async with page.expect_navigation():
        await press("s")
    async with page.expect_navigation():
        await press("Escape")
    assert await page.inner_text("h1") == "Duplicates"


async def test_the_same_is_done_without_scripts(gallery: Open, chromium: Browser) -> None:
    page = await (await chromium.new_context(java_script_enabled=False)).new_page()
    await sign_in(page, gallery.address, "Ada", GOOD)
    await page.goto(f"{gallery.address}/admin/duplicates")
    before, merged = gallery.waiting(), gallery.merged()
    await page.get_by_role("button", name="Same file").first.click()
    assert "taken back below" in await page.inner_text(".said") and gallery.merged() == merged + 1
    await page.get_by_role("button", name="Take back").first.click()
    assert "Taken back" in await page.inner_text(".said") and gallery.merged() == merged
    assert gallery.waiting() >= before - 1
    await page.get_by_role("link", name="Side by side").first.click()
    await page.get_by_role("button", name="Variant").click()
    await page.goto(f"{gallery.address}/admin/duplicates/bulk?kind=near&least=0.5")
    shown = await page.inner_text("main")
    assert "Nothing is deleted" in shown
    await page.get_by_role("button", name="Accept").click()
    assert gallery.waiting() == 0 and "pairs accepted" in await page.inner_text(".said")
