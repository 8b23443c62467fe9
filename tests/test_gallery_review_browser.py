"""A curator reviews a cluster in a real Chromium by keyboard alone, and what they did is undone the same way."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from typing import NamedTuple

import pytest
from argon2 import PasswordHasher
from exhibition import Exhibition
from playwright.async_api import Page
from serving import a_browser, serving, sign_in
from themes import theme_of

from gallery.accounts import passwords, people
from gallery.app import create_app
from gallery.clusters.reading import Theme, all_themes
from gallery.clusters.running import Asked, cluster_collection
from gallery.clusters.scope import Scope
from gallery.db import Database
from indexer.store import ArtworkStore, open_store

pytestmark = pytest.mark.browser

GOOD = "seven brass lanterns"


class Open(NamedTuple):
    """A gallery with its address."""

    database: Database
    store: ArtworkStore
    address: str

    def now(self, theme: Theme) -> Theme:
        found = theme_of(self.database, theme.id)
        assert found
        return found


@pytest.fixture(scope="module")
def gallery(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    own = exhibition.copy(tmp_path_factory.mktemp("review")).settings()
    with (
        pytest.MonkeyPatch.context() as patched,
        closing(Database(f"sqlite:///{own.data_dir / 'gallery.sqlite3'}")) as database,
        closing(open_store(own)) as store,
    ):
        patched.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        people.add(database, "Cleo", GOOD, "curator")
        cluster_collection(database, store, Asked("test", 3))
        cluster_collection(database, store, Asked("test", 2, scope=Scope(artist="ada-ochre")))
        with serving(create_app(own, store, database)) as address:
            yield Open(database, store, address)


@pytest.fixture
async def page(gallery: Open) -> AsyncIterator[Page]:
    async with a_browser() as browser:
        page = await browser.new_page()
        await sign_in(page, gallery.address, "Cleo", GOOD)
        yield page


async def sends(page: Page, *keys: str) -> None:
    """Press keys, the last of which sends a form; wait for the page that comes back."""
    for key in keys[:-1]:
        await page.keyboard.press(key)
    async with page.expect_navigation():
        await page.keyboard.press(keys[-1])


async def test_a_cluster_is_reviewed_by_keyboard_alone(gallery: Open, page: Page) -> None:
    one, other = all_themes(gallery.database)[:2]
    await page.goto(f"{gallery.address}/admin/clusters/{one.id}")
    await page.keyboard.press("e")
    await page.keyboard.type("Low tide")
    await sends(page, "Enter")
    assert gallery.now(one).name == "Low tide"
    assert await page.inner_text("h1") == "Low tide"
    await sends(page, "i")
    assert "pinned" in await page.inner_text(".heading")
    # The second work is ticked and taken out, and back.
    second = await page.locator(".ticks input[type=checkbox]").nth(1).get_attribute("value")
    assert second
    await sends(page, "ArrowDown", "ArrowDown", " ", "x")
    assert gallery.store.get(second).cluster is None
    await sends(page, "u")
    assert gallery.store.get(second).cluster == str(one.id)
    # The same one is moved to the cluster that is chosen by its first key.
    await sends(page, "ArrowDown", "ArrowDown", " ", "m", "Home", "Enter")
    moved = gallery.store.get(second).cluster
    assert moved and moved != str(one.id)
    await sends(page, "u")
    assert gallery.store.get(second).cluster == str(one.id)
    # What was said is taken back too: first the pin, then the name.
    await sends(page, "u")
    await sends(page, "u")
    assert gallery.now(one).name is None
    assert await page.locator("#decisions").count() == 0
    await sends(page, "n" if one.id < other.id else "p")
    assert page.url != f"{gallery.address}/admin/clusters/{one.id}"


@pytest.mark.parametrize("width", [390, 768, 1440])
async def test_the_pages_fit_every_width(gallery: Open, page: Page, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    one, group = all_themes(gallery.database)[0], all_themes(gallery.database, Scope(artist="ada-ochre"))[0]
    paths = ("/clusters", "/clusters?artist=ada-ochre", f"/clusters/{one.id}", f"/clusters/{group.id}")
    desk = ("/admin/clusters", f"/admin/clusters/{one.id}", "/admin/clusters/runs/1")
    for path in (*paths, f"/clusters/{one.id}/history", *desk):
        await page.goto(f"{gallery.address}{path}")
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, path
