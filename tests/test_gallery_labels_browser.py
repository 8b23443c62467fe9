"""A session of review by keyboard alone, from the page that says what is worth most to the figure of the hour."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from argon2 import PasswordHasher
from holdings import Holding, Opened
from labelled import RATHER, STATED, WRONG, labelled
from playwright.async_api import Browser, Page
from serving import serving, sign_in

from gallery.accounts import passwords, people
from gallery.app import create_app
from gallery.db import Database
from gallery.labels.searching import search
from gallery.models import LabelCase
from gallery.models.labels import store_findings
from indexer.suspicion.model import Finding

pytestmark = pytest.mark.browser

GOOD = "seven brass lanterns"


class Open(NamedTuple):
    """A gallery that is served, with a work filed under the wrong artist and two suspicious movements."""

    holding: Holding
    address: str

    def verdicts(self) -> dict[str, str | None]:
        titles = {record.picture.sha256: title for title, record in self.holding.records().items()}
        with self.holding.database.reading() as session:
            return {f"{titles[c.sha256]} {c.field}": c.verdict for c in session.query(LabelCase)}

    def artist(self) -> str:
        works = (work for batch in self.holding.store.scan() for work in batch)
        return next(work.artist for work in works if work.title == WRONG)


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    folder: Path = tmp_path_factory.mktemp("labels")
    with pytest.MonkeyPatch.context() as patched, closing(Database(f"sqlite:///{folder / 'db.sqlite3'}")) as database:
        patched.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        people.add(database, "Cleo", GOOD, "curator")
        labelled(folder, database)
        with Opened.again(folder, database) as holding:
            search(database, holding.store)
            hashes = [holding.records()[f"Noor Vale {n}"].picture.sha256 for n in range(3)]
            strengths = zip(hashes, (2.9, 2.5, 2.2), strict=True)
            found = [Finding(sha256, "movement", "Realism", "Cubism", "alike", at, PROOF) for sha256, at in strengths]
            with database.writing() as session:
                store_findings(session, "movement", found)
            with serving(create_app(holding.settings, holding.store, database)) as address:
                yield Open(holding, address)


PROOF = {"chance": 0.7, "chance_stated": 0.1, "head": [0.6, 0.1], "neighbours": [0.5, 0.2], "confident": True}


async def press_until_said(page: Page, key: str, nth: int, said: str) -> None:
    await page.keyboard.press(key)
    await page.wait_for_selector(f'.case:nth-child({nth})[data-said^="{said}"]')


async def test_an_hour_of_review_by_keyboard_alone(gallery: Open, chromium: Browser) -> None:
    page = await (await chromium.new_context()).new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    await sign_in(page, gallery.address, "Cleo", GOOD)
    await page.goto(f"{gallery.address}/admin/next")
    link = page.get_by_role("link", name="Suspicious artists")
    await link.focus()
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert await page.locator(".case[data-current]").count() == 1
    assert f"By {STATED}, looks like {RATHER}" in await page.inner_text(".case[data-current]")
    assert await page.locator(".case[data-current] .proof img").count() >= 3
    # It is the only one: when all are decided the page is loaded again.
    async with page.expect_navigation():
        await page.keyboard.press("c")
    assert gallery.artist() == RATHER
    await page.goto(f"{gallery.address}/admin/labels?field=movement")
    await press_until_said(page, "r", 1, "Right as it is")
    await page.keyboard.press("u")
    await page.locator("[role=status]", has_text="Taken back.").wait_for(state="attached")
    assert await page.locator(".case[data-said]").count() == 0
    await press_until_said(page, "r", 1, "Right as it is")
    await press_until_said(page, "l", 2, "Put off")
    await page.keyboard.press("e")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert await page.input_value("input[name=movement]") == "Cubism"
    await page.focus("input[name=movement]")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    told = gallery.verdicts()
    assert told["Noor Vale 0 movement"] == "right" and told["Noor Vale 1 movement"] == "unsure"
    assert told["Noor Vale 2 movement"] == "corrected" and told[f"{WRONG} artist"] == "corrected"
    await page.goto(f"{gallery.address}/admin/next")
    hour = await page.inner_text("#hour")
    assert re.search(r"Suspicious artists: 1 of 1 decision found wrong labels\. Right before \d+\.\d+ %", hour)
    assert await page.locator("svg.plot .after").count() >= 1 and not problems


async def test_the_same_is_done_without_scripts(gallery: Open, chromium: Browser) -> None:
    page = await (await chromium.new_context(java_script_enabled=False)).new_page()
    await sign_in(page, gallery.address, "Cleo", GOOD)
    await page.goto(f"{gallery.address}/admin/labels?field=later")
    await page.get_by_role("button", name="Right as it is").first.click()
    assert "taken back below" in await page.inner_text(".said")
    assert gallery.verdicts()["Noor Vale 1 movement"] == "right"
    await page.get_by_role("button", name="Take back").first.click()
    assert "Taken back" in await page.inner_text(".said")
    assert gallery.verdicts()["Noor Vale 1 movement"] is None


@pytest.mark.parametrize("width", [390, 768, 1440])
async def test_the_pages_fit_every_width(gallery: Open, chromium: Browser, width: int) -> None:
    page = await (await chromium.new_context(viewport={"width": width, "height": 900})).new_page()
    await sign_in(page, gallery.address, "Cleo", GOOD)
    for path in ("/admin/labels", "/admin/labels/artists", "/admin/next"):
        await page.goto(f"{gallery.address}{path}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
