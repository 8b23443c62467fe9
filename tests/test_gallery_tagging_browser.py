"""A curator's whole way in a real Chromium: define, label, learn, review ten by keyboard, see the tag outside."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from argon2 import PasswordHasher
from classes import KINDS, Studio, studio
from exhibition import Exhibition
from playwright.async_api import Browser, BrowserContext, Page
from serving import serving, sign_in

from gallery.accounts import passwords, people
from gallery.app import create_app
from gallery.db import Database
from gallery.jobs.queue import JobQueue
from gallery.jobs.worker import working
from gallery.models.tagging import standing
from gallery.tagging.learning import train_set
from scraper.settings import ScraperSettings

pytestmark = pytest.mark.browser

GOOD = "seven brass lanterns"


@pytest.fixture(scope="module")
def gallery(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, str]]:
    folder = tmp_path_factory.mktemp("tags")
    with pytest.MonkeyPatch.context() as patched, closing(Database(f"sqlite:///{folder / 'db.sqlite3'}")) as database:
        patched.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        people.add(database, "Cleo", GOOD, "curator")
        with studio(exhibition, folder / "data", database) as place:
            cleo = people.find(database, "Cleo")
            tags = place.define(cleo, "Genre")
            place.label(tags, cleo)
            train_set(database, place.store, place.folder, tags.id, cleo)
            queue = JobQueue(place.settings)
            app = create_app(place.settings, place.store, database, queue)
            with serving(app) as address:
                scraping = ScraperSettings(data_dir=place.settings.data_dir, _env_file=None)
                with working(place.settings, scraping, database, place.store, queue):
                    yield place, address


async def signed_in(context: BrowserContext, address: str) -> Page:
    page = await context.new_page()
    await sign_in(page, address, "Cleo", GOOD)
    return page


async def test_define_label_learn_review_ten_and_see_the_tag(gallery: tuple[Studio, str], chromium: Browser) -> None:
    place, address = gallery
    page = await signed_in(await chromium.new_context(viewport={"width": 1280, "height": 900}), address)
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    await page.get_by_role("link", name="Tags", exact=True).last.click()
    await page.get_by_label("Name").fill("Subject")
    await page.get_by_label("Classes, one on each line").fill("\n".join(KINDS))
    await page.get_by_role("button", name="Define").click()
    for at, kind in enumerate(KINDS):
        for number in range(at, 24, 3):
            await page.locator(f'.ticks input[value="{place.works[number].id}"]').check()
        async with page.expect_navigation():
            await page.keyboard.press(str(at + 1))
        assert kind in await page.inner_text(".said")
    await page.get_by_role("link", name="Subject").click()
    set_page = page.url
    await page.get_by_role("button", name="Learn").click()
    await page.get_by_role("link", name="Model 2").click()
    assert "Class by class" in await page.inner_text("main")
    assert await page.locator("svg.matrix text", has_text=re.compile("^8$")).count() >= 2
    await review_ten(page, place, set_page)
    await page.goto(f"{address}/admin/tagging/models/2")
    await page.get_by_role("button", name="Apply").click()
    await page.get_by_text("applied", exact=True).wait_for()
    stranger = await (await chromium.new_context()).new_page()
    decided = next(number for number in range(24, 40) if ("curator" in dict(map(reversed, place.given(number)))))
    await stranger.goto(f"{address}/artworks/{place.works[decided].id}")
    assert f"{place.given(decided)[0][0]} by a curator" in " ".join((await stranger.inner_text("dl")).split())
    machine = next(number for number in range(24, 40) if "machine" in dict(map(reversed, place.given(number))))
    await stranger.goto(f"{address}/artworks/{place.works[machine].id}")
    assert re.search(rf"{place.given(machine)[0][0]} \d+ %", " ".join((await stranger.inner_text("dl")).split()))
    await stranger.get_by_role("link", name=place.given(machine)[0][0], exact=True).first.click()
    assert await stranger.locator(f'a[href="/artworks/{place.works[machine].id}"]').count()
    assert not problems


async def review_ten(page: Page, place: Studio, set_page: str) -> None:
    await page.goto(f"{set_page}/review")
    assert await page.locator(".case").count() == 10
    first = await page.locator(".case[data-current] input[name=work]").get_attribute("value")
    await page.keyboard.press("r")
    await page.locator(".case[data-said^='Not ']").wait_for()
    await page.keyboard.press("u")
    await page.get_by_text("Taken back.").wait_for(state="attached")
    assert await page.locator(".case[data-said]").count() == 0
    assert await page.locator(".case[data-current] input[name=work]").get_attribute("value") == first
    for done in range(1, 11):
        if done < 10:
            await page.keyboard.press("2" if done == 3 else "a")
            await page.wait_for_function(
                "n => document.querySelectorAll('.case[data-said]:not([data-said=\"…\"])').length == n", arg=done
            )
        else:
            async with page.expect_navigation():
                await page.keyboard.press("a")
    await page.locator(".case").first.wait_for()
    with place.database.reading() as session:
        decided = {each.sha256 for each in standing(session, 2)}
    assert len(decided) == 34
    assert first not in await page.content()


async def test_without_scripts_the_review_is_forms(gallery: tuple[Studio, str], chromium: Browser) -> None:
    place, address = gallery
    page = await signed_in(await chromium.new_context(java_script_enabled=False), address)
    await page.goto(f"{address}/admin/tagging/1/review")
    waiting = await page.inner_text(".heading p")
    await page.locator(".case").first.get_by_role("button", name=re.compile("accept")).click()
    assert await page.inner_text(".heading p") != waiting
    await page.get_by_role("button", name=re.compile("^Undo: ")).click()
    assert await page.inner_text(".heading p") == waiting


@pytest.mark.parametrize("width", [390, 768, 1440])
async def test_the_pages_fit_every_width(gallery: tuple[Studio, str], chromium: Browser, width: int) -> None:
    _, address = gallery
    page = await signed_in(await chromium.new_context(viewport={"width": width, "height": 900}), address)
    for path in ("", "/1", "/1/label", "/1/review", "/1/doubts", "/models/1"):
        await page.goto(f"{address}/admin/tagging{path}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
