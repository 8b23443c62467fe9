"""Visitors' ways through the gallery in a real Chromium: at phone and desk width, each with and without scripts.

Paths, search by a picture and the viewer of pictures have files of their own.
"""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from exhibition import CARD, hang
from playwright.async_api import Browser, Page
from serving import a_browser, serving
from test_gallery_browser import FAINT
from test_gallery_map_browser import STILL, middle_of
from test_indexer_lenses import works as features_of_works

from gallery.app import create_app
from gallery.clusters.running import Asked, cluster_collection
from gallery.db import Database
from gallery.settings import GallerySettings
from indexer.atlas.keeping import MapHome, make_map
from indexer.lenses.features import Shelf
from indexer.lenses.pairs import pairs_file, pairs_of, save_pairs
from indexer.lenses.statistics import fit, save
from indexer.store import ArtworkStore, open_store
from indexer.store.model import CONTENT

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"}
OUTLINES = """all => all.filter(each => each.checkVisibility() && getComputedStyle(each).opacity > .5)
  .map(each => each.getAttribute('class').slice(-2))"""


def give_lenses(works: list[tuple[str, str]], settings: GallerySettings, store: ArtworkStore) -> None:
    """Give works (id and hash) features in which a few places look the same in all, and the vectors these make."""
    made = features_of_works(len(works))
    alike = [replace(each, cells=each.cells.copy(), scale=made[0].scale) for each in made]
    for each in alike:
        each.cells[[8, 11, 30, 33]] = made[0].cells[[8, 11, 30, 33]]
    statistics = fit(alike)
    save(settings.statistics_dir, statistics)
    store.extend(statistics.widths, statistics.name)
    store.set_vectors([work for work, _ in works], statistics.vectors(alike))
    shelf = Shelf(settings.thumbnails_dir, CARD.weights_sha256[:12])
    content = {CONTENT: store.vectors([work for work, _ in works])}
    pairs = pairs_of(statistics.name, len(works), content | statistics.vectors(alike))
    save_pairs(pairs_file(settings.statistics_dir), pairs)
    for (_, sha256), each in zip(works, alike, strict=True):
        shelf.write(sha256, each)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, template_file: Path) -> Iterator[str]:
    """A site with all there is to visit: lenses, themes and a map."""
    exhibition = hang(tmp_path_factory.mktemp("journeys"), 16)
    settings = exhibition.settings()
    settings.database_file.write_bytes(template_file.read_bytes())
    with closing(open_store(settings)) as store, closing(Database(settings.database)) as database:
        give_lenses([(work.id, work.sha256) for work in exhibition.works], settings, store)
        cluster_collection(database, store, Asked("test", 3))
        make_map(store, MapHome(settings.map_dir, settings.thumbnails_dir))
        with serving(create_app(settings, store, database)) as address:
            yield address


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all journeys; each has a context of its own."""
    async with a_browser() as browser:
        yield browser


@dataclass(frozen=True)
class Visit:
    """Somebody at the gallery, with the browser they have."""

    page: Page
    address: str
    scripts: bool
    phone: bool

    async def go(self, path: str) -> None:
        await self.page.goto(self.address + path)

    async def follow(self, name: str | re.Pattern[str], until: str, within: str = "body") -> None:
        """Click the first link of this name, and see that it leads where it should, to a page that fits."""
        await self.page.locator(within).get_by_role("link", name=name).first.click()
        await self.page.wait_for_url(re.compile(until))
        if self.scripts:
            assert await self.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0

    async def heading(self) -> str:
        return await self.page.locator("h1").first.inner_text()


@pytest_asyncio.fixture(loop_scope="module", params=["phone", "desk", "phone, no scripts", "desk, no scripts"])
async def visit(request: pytest.FixtureRequest, browser: Browser, address: str) -> AsyncIterator[Visit]:
    phone, scripts = request.param.startswith("phone"), "no scripts" not in request.param
    context = await browser.new_context(**(PHONE if phone else DESK), java_script_enabled=scripts)
    page, complaints = await context.new_page(), list[str]()
    page.set_default_timeout(10_000)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield Visit(page, address, scripts, phone)
    await context.close()
    assert complaints == []


async def test_from_words_to_a_work_its_artist_and_a_movement(visit: Visit) -> None:
    await visit.go("/")
    await visit.page.get_by_label("Search titles, artists and tags").fill("brandt study")
    await visit.page.keyboard.press("Enter")
    await visit.page.wait_for_url("**/search?q=brandt+study")
    assert await visit.page.locator(".wall > li").count() == 4
    await visit.follow(re.compile("Study"), "/artworks/", ".wall")
    await visit.follow("Émile Brandt", "/artists/", ".facts")
    assert await visit.heading() == "Émile Brandt"
    await visit.follow("Movements", "/movements$")
    await visit.follow(re.compile("Ebb & Flow"), "/movements/ebb-flow", "main")
    await visit.follow(re.compile("Study"), "/artworks/", ".wall")


async def test_from_a_work_to_why_another_is_like_it_and_to_more_like_both(visit: Visit) -> None:
    page = visit.page
    await visit.go("/search?q=brandt")
    await visit.follow(re.compile("Study"), "/artworks/", ".wall")
    await visit.follow(re.compile("^Why is Study .* like this"), "/compare/.*#why$", "#alike")
    drawn = page.locator(".both figure:first-child g.matched")
    numbers = sorted(await drawn.evaluate_all(OUTLINES)) if visit.scripts else ["m1", "m2"]
    assert {"m1", "m2"} <= set(numbers)
    # The choice of outlines is the stylesheet's: no script is needed.
    await page.get_by_role("radio", name=re.compile("^1 ")).check()
    assert await drawn.and_(page.locator(".m1")).is_visible()
    assert not await drawn.and_(page.locator(".m2")).is_visible()
    await page.get_by_role("radio", name="None").check()
    assert not await drawn.and_(page.locator(".m1")).is_visible()
    await page.get_by_role("radio", name="All").check()
    if visit.scripts:
        assert sorted(await drawn.evaluate_all(OUTLINES)) == numbers
        assert await page.evaluate(FAINT) == []
        await page.locator(".places label.m2").hover()
        if not visit.phone:
            assert await page.locator("g.matched").evaluate_all(OUTLINES) == ["m2", "m2"]
    await visit.follow(re.compile("^Style"), "lens=style", "#nearest")
    assert await page.locator("#nearest .switch [aria-current]").inner_text() == "Style"
    await visit.follow("More like both", "/more.like=.*&like=")
    await visit.follow(re.compile("^Less like"), "&unlike=", ".wall")
    await visit.follow(re.compile("^Take out"), "/more")
    assert await page.locator(".examples > li").count() == 2


async def test_from_a_theme_to_a_work_and_from_the_map(visit: Visit) -> None:
    page = visit.page
    await visit.go("/")
    await visit.follow("Themes", "/clusters$", "nav")
    await page.locator(".theme h2 a").first.click()
    await page.wait_for_url("**/clusters/*")
    await visit.follow(re.compile("Study"), "/artworks/", "#works .wall")
    await visit.follow("On the map", "/map", ".facts")
    if visit.scripts:
        await page.wait_for_function(STILL)
        x, y = await middle_of(page)
        await (page.touchscreen.tap(x, y) if visit.phone else page.mouse.click(x, y))
    else:
        for _ in range(8):
            if await page.locator(".map-still a[href^='/artworks/']").count():
                break
            await page.locator(".map-still a").first.click()
        await page.locator(".map-still a[href^='/artworks/']").first.click()
    await page.wait_for_url("**/artworks/*")


async def test_by_chance_from_work_to_work(visit: Visit) -> None:
    await visit.go("/about")
    await visit.follow("Surprise me", "/artworks/", ".foot")
    before = visit.page.url
    await visit.page.get_by_role("link", name="Walk on by chance").click()
    await visit.page.wait_for_url(lambda url: url != before and "/artworks/" in url)


async def test_asking_for_a_work_to_be_taken_down(visit: Visit) -> None:
    page = visit.page
    await visit.go("/search?q=study")
    await visit.follow(re.compile("Study"), "/artworks/", ".wall")
    await visit.follow("Ask to have this work taken down", "/takedown")
    await page.get_by_label("Your name").fill("An heir")
    await page.get_by_label("E-mail").fill("heir@example.org")
    await page.get_by_label("What you have to do with it").select_option(label="I speak for the artist's estate")
    await page.get_by_label("Why it should go").fill("It was taken without asking us.")
    await page.get_by_role("button", name="Send").click()
    await page.get_by_text("has arrived").wait_for()
