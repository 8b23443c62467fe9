"""Signing in and the desk in a real Chromium: by keyboard, without scripts, at every width, never to another site."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from argon2 import PasswordHasher
from curators import GOOD
from playwright.async_api import Browser, Page
from serving import serving

from gallery.accounts import passwords, people
from gallery.app import create_app
from gallery.db import Database
from gallery.models.audit import record
from indexer.store import open_store

pytestmark = pytest.mark.browser

NAME = "ada.lovelace@museum.example"
WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', event => window.violations.push(event.violatedDirective));
"""


@pytest.fixture(scope="module")
def address(exhibition: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running site with an admin and something in its log."""
    ours = exhibition.copy(tmp_path_factory.mktemp("browser"))
    settings = ours.settings()
    with pytest.MonkeyPatch.context() as patched, closing(open_store(settings)) as store:
        patched.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        with closing(Database(settings.database)) as database:
            people.add(database, NAME, GOOD, "admin")
            with database.writing() as session:
                for number in range(60):
                    record(session, None, "corrected artwork", "a-name-without-any-break" * 6, field=f"{number}")
            with serving(create_app(settings, store, database)) as address:
                yield address


async def sign_in(page: Page, address: str, onward: str = "") -> None:
    await page.goto(f"{address}/login{onward}")
    # The name gets the focus by itself: nothing but the keyboard is needed.
    await page.locator("[name=name]:focus").wait_for()
    await page.keyboard.type(NAME)
    await page.keyboard.press("Tab")
    await page.keyboard.type(GOOD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: "/login" not in url)


@pytest.mark.parametrize("width", [390, 768, 1440])
async def test_the_desk_fits_every_width_and_breaks_no_rule_of_its_own(
    chromium: Browser, address: str, width: int
) -> None:
    page = await chromium.new_page(viewport={"width": width, "height": 900})
    await page.add_init_script(WATCH)
    await page.goto(f"{address}/login")
    sizes = {"/login": await page.evaluate("document.documentElement.scrollWidth")}
    await sign_in(page, address)
    for path in ("/admin", "/admin/audit", "/admin/audit?page=2", "/account"):
        answer = await page.goto(address + path)
        assert answer is not None and answer.status == 200
        sizes[path] = await page.evaluate("document.documentElement.scrollWidth")
        assert await page.evaluate("window.violations") == []
        assert await page.evaluate("document.cookie") == ""
    assert max(sizes.values()) <= width, sizes
    await page.close()


async def test_everything_works_without_scripts(chromium: Browser, address: str) -> None:
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    await sign_in(page, address, "?next=/admin/audit")
    assert page.url == f"{address}/admin/audit"
    await page.goto(f"{address}/account")
    await page.fill("[name=password]", "wrong")
    await page.fill("[name=new]", "nine tin whistles")
    await page.fill("[name=repeated]", "nine tin whistles")
    await page.click("text=Change password >> nth=-1")
    assert "is not right" in await page.inner_text("[role=alert]")
    await page.click("text=Sign out >> nth=0")
    await page.goto(f"{address}/admin")
    assert page.url == f"{address}/login?next=/admin"
    await context.close()


async def test_a_browser_is_never_led_to_another_site(chromium: Browser, address: str) -> None:
    for onward in ("//evil.example", "/\\evil.example", "/%09/evil.example", "https:evil.example", "/\\/evil.example"):
        context = await chromium.new_context()
        page = await context.new_page()
        await sign_in(page, address, f"?next={onward}")
        assert page.url == f"{address}/admin", onward
        await context.close()
