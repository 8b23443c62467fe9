"""An admin's whole way in a real Chromium: sign in, add an artist, watch it come, see the works on the walls."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from PIL import Image
from playwright.async_api import Browser, Page
from serving import serving
from test_gallery_accounts_browser import GOOD, NAME, WATCH, sign_in
from websites import Websites
from workshop import PAGE, Workshop, museum, painting, workshop

from gallery.accounts import passwords, people
from gallery.app import create_app

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Workshop]]:
    """The address of an empty gallery with its worker and an admin, beside a museum of seven works."""
    with pytest.MonkeyPatch.context() as patched, Websites("museum.example") as sites:
        patched.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        museum(sites, 7)
        with workshop(tmp_path_factory.mktemp("jobs"), sites, patched) as shop, shop.working():
            people.add(shop.database, NAME, GOOD, "admin")
            app = create_app(shop.settings, shop.store, shop.database, shop.queue)
            with serving(app) as address:
                yield address, shop


async def fits(page: Page, where: str, shots: Path | None) -> None:
    for width in (390, 768, 1440):
        await page.set_viewport_size({"width": width, "height": 900})
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, (where, width)
        if shots:
            for scheme in ("light", "dark"):
                await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                await page.screenshot(path=shots / f"{where}-{width}-{scheme}.png", full_page=True)
            await page.emulate_media(color_scheme="light")


async def test_an_artist_is_added_and_looked_after_and_what_was_taken_down_stays_away(
    chromium: Browser, running: tuple[str, Workshop], shots: Path | None = None
) -> None:
    address, _ = running
    page = await chromium.new_page()
    await page.add_init_script(WATCH)
    await sign_in(page, address, "?next=/admin/artists/new")
    await fits(page, "form", shots)
    await page.fill("form.sheet >> nth=0 >> [name=name]", "Ada Ochre")
    while await page.locator("[name=sources]:checked").count():
        await page.locator("[name=sources]:checked").first.uncheck()
    await page.fill("[name=pages]", PAGE)
    await page.get_by_role("button", name="Preview", exact=True).click()
    await page.wait_for_url("**/admin/artists/preview/*")
    # The page reloads by itself when the preview has ended.
    await page.locator("text=100 % new").wait_for(timeout=60_000)
    assert await page.locator(".finds img").count() == 7
    await page.wait_for_function("[...document.querySelectorAll('.finds img')].every(each => each.naturalWidth > 0)")
    await fits(page, "preview", shots)
    await page.click("text=Start collecting")
    await page.wait_for_url("**/admin/jobs/*")
    percents = set()
    while await page.locator("text=See the works").count() == 0:
        assert await page.locator("[data-state=failed], [data-state=interrupted]").count() == 0
        percents.add(await page.locator(".meter span >> nth=0").inner_text())
        if shots and len(percents) == 2:
            await fits(page, "running", shots)
        await page.wait_for_timeout(250)
    assert await page.locator(".meter span >> nth=0").inner_text() == "100 %"
    assert len(percents) > 1, "nothing moved on the page while it was worked on"
    await fits(page, "job", shots)
    assert await page.evaluate("window.violations") == []
    await page.click("text=See the works")
    assert await page.locator(".wall img[src*='/pictures/']").count() == 7
    await correct(page, address, "Harbour 2", "The Great Wave")
    await take_down(page, address, "Harbour 4")
    await collect_again(page, address)
    shown = await walls(page, address)
    assert "The Great Wave" in shown and "Harbour 2" not in shown and "Harbour 4" not in shown
    assert await page.locator(".wall img[src*='/pictures/']").count() == 6
    assert await page.evaluate("window.violations") == []
    await page.goto(f"{address}/admin/jobs")
    await fits(page, "jobs", shots)
    # The same file, and a copy in another size, come in by the other door and are turned away there too.
    small = BytesIO()
    Image.open(BytesIO(painting(4))).resize((300, 225)).save(small, "JPEG", quality=75)
    await page.goto(f"{address}/admin/artists/new")
    await page.fill("#upload [name=name]", "Ada Ochre")
    files = {"the-same.jpg": painting(4), "smaller.jpg": small.getvalue()}
    await page.set_input_files(
        "#upload [name=files]",
        [{"name": name, "mimeType": "image/jpeg", "buffer": content} for name, content in files.items()],
    )
    await page.click("text=Upload and preview")
    await page.wait_for_url("**/admin/artists/preview/*")
    await page.locator("text=taken-down").first.wait_for(timeout=60_000)
    assert await page.locator("text=taken-down").count() == 2
    assert await page.locator(".finds img").count() == 0
    await page.close()


async def walls(page: Page, address: str) -> str:
    await page.goto(f"{address}/artists/ada-ochre")
    return await page.inner_text("main")


async def correct(page: Page, address: str, title: str, better: str) -> None:
    await walls(page, address)
    await page.get_by_role("link", name=title).first.click()
    await page.get_by_role("link", name="Correct").click()
    await page.get_by_label("Title", exact=True).fill(better)
    await page.get_by_role("button", name="Save").click()
    await page.locator("text=Corrected: title.").wait_for()
    assert better in await walls(page, address)


async def take_down(page: Page, address: str, title: str) -> None:
    await page.get_by_role("link", name=title).first.click()
    await page.get_by_role("link", name="Take down").click()
    await page.get_by_label("Reason").fill("Its maker asked for it.")
    await page.get_by_role("button", name="Take it down").click()
    await page.locator("text=has been taken down").wait_for()
    assert title not in await walls(page, address)


async def collect_again(page: Page, address: str) -> None:
    await page.goto(f"{address}/admin/artists")
    await page.get_by_role("link", name="Ada Ochre").first.click()
    await page.get_by_role("button", name="Collect what is new").click()
    await page.wait_for_url("**/admin/jobs/*")
    await page.locator("text=See the works").wait_for(timeout=90_000)
    assert await page.locator(".meter span >> nth=0").inner_text() == "100 %"


async def test_pictures_are_uploaded_without_scripts(
    chromium: Browser, running: tuple[str, Workshop], tmp_path: Path
) -> None:
    address, shop = running
    uploads = shop.settings.uploads_dir
    before = set(uploads.iterdir()) if uploads.is_dir() else set()
    for number in (100, 101):
        (tmp_path / f"Tower {number}.jpg").write_bytes(painting(number) + b"\0" * 40_000)
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    await sign_in(page, address, "?next=/admin/artists/new")
    await page.fill("#upload [name=name]", "Ben Umber")
    await page.set_input_files("#upload [name=files]", sorted(tmp_path.iterdir()))
    await page.click("text=Upload and preview")
    await page.wait_for_url("**/admin/artists/preview/*")
    # Without scripts the page asks again every three seconds.
    await page.locator("text=100 % new").wait_for(timeout=60_000)
    await page.click("text=Start collecting")
    await page.locator("text=See the works").wait_for(timeout=90_000)
    assert set(uploads.iterdir()) == before
    await context.close()
