"""A curator's way in a real Chromium: a title is corrected, a work taken down, and neither is undone by anything."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from argon2 import PasswordHasher
from holdings import Holding, Opened, painting, saved
from playwright.async_api import Browser
from serving import serving, sign_in

from gallery.accounts import passwords, people
from gallery.app import create_app
from gallery.corrections import correct
from gallery.db import Database
from gallery.holdings.editing import edit
from gallery.models.artists import artist_by_slug
from gallery.models.takedowns import Takedown, ask
from gallery.models.users import user_by_name
from indexer.store.model import artwork_id

pytestmark = pytest.mark.browser

GOOD = "seven brass lanterns"
WIDTHS = (390, 768, 1440)
WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', event => window.violations.push(event.violatedDirective));
"""


class Open(NamedTuple):
    """A gallery with its address."""

    holding: Holding
    address: str

    def work(self, title: str) -> str:
        return artwork_id(self.holding.records()[title].picture.sha256)

    def artist(self) -> int:
        with self.holding.database.reading() as session:
            found = artist_by_slug(session, "ada-ochre")
        assert found is not None
        return found.id


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    folder = tmp_path_factory.mktemp("journey")
    with pytest.MonkeyPatch.context() as patched, closing(Database(f"sqlite:///{folder / 'db.sqlite3'}")) as database:
        patched.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        people.add(database, "Ada", GOOD, "admin")
        with Opened(folder, database, works=6) as holding:
            app = create_app(holding.settings, holding.store, database)
            with serving(app) as address:
                yield Open(holding, address)


async def test_a_title_corrected_and_a_work_taken_down_stay_so(gallery: Open, chromium: Browser) -> None:
    holding, address = gallery
    page = await (await chromium.new_context(java_script_enabled=False)).new_page()
    await sign_in(page, address, "Ada", GOOD)
    await page.goto(f"{address}/artworks/{gallery.work('Study 1')}")
    await page.get_by_role("link", name="Correct").click()
    await page.get_by_label("Title", exact=True).fill("The Great Wave")
    await page.get_by_role("button", name="Save").click()
    assert "Corrected: title." in await page.inner_text("main")
    await page.get_by_role("link", name="As visitors see it").click()
    assert await page.inner_text("h1") == "The Great Wave"
    taken = gallery.work("Study 2")
    await page.goto(f"{address}/artworks/{taken}")
    picture = await page.get_attribute(".hung img", "src")
    await page.get_by_role("link", name="Take down").click()
    await page.get_by_label("Reason").fill("Its maker asked for it.")
    await page.get_by_role("button", name="Take it down").click()
    assert "has been taken down" in await page.inner_text("main")
    # Everything by which it might come back.
    holding.put("resized.jpg", saved(painting(2).resize((300, 225)), quality=70))
    _, why = await asyncio.to_thread(holding.take_in)
    assert why == ["taken-down", "taken-down"]
    await asyncio.to_thread(holding.index)
    stranger = await (await chromium.new_context()).new_page()
    for gone in (f"/artworks/{taken}", picture):
        answer = await stranger.goto(f"{address}{gone}")
        assert answer is not None and answer.status == 404
    await stranger.goto(f"{address}/artists/ada-ochre")
    shown = await stranger.inner_text("main")
    assert "The Great Wave" in shown and "Study 2" not in shown and "Resized" not in shown


async def test_a_visitor_asks_without_scripts_and_the_desk_answers(gallery: Open, chromium: Browser) -> None:
    _, address = gallery
    visitor = await (await chromium.new_context(java_script_enabled=False)).new_page()
    await visitor.goto(f"{address}/artworks/{gallery.work('Study 3')}")
    await visitor.get_by_role("link", name="Ask to have this work taken down").click()
    await visitor.get_by_label("Your name").fill("An heir")
    await visitor.get_by_label("E-mail").fill("heir@example.org")
    await visitor.get_by_label("What you have to do with it").select_option(label="I speak for the artist's estate")
    await visitor.get_by_label("Why it should go").fill("It was taken without asking us.")
    await visitor.get_by_role("button", name="Send").click()
    assert "has arrived" in await visitor.inner_text("main")
    page = await (await chromium.new_context()).new_page()
    await sign_in(page, address, "Ada", GOOD)
    await page.get_by_role("link", name="Takedowns").click()
    assert "It was taken without asking us." in await page.inner_text("main")
    await page.get_by_role("button", name="Take it down").click()
    assert "has been taken down" in await page.inner_text("main")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_fit_every_width_and_break_no_policy(
    gallery: Open, chromium: Browser, scheme: str, tmp_path: Path
) -> None:
    holding, address = gallery
    record = holding.records()["Study 4"]
    long = "a name without end " * 12
    with holding.database.writing() as session:
        request = {"reason": long * 3, "asked_by": long[:200], "email": "x" * 80 + "@museum.example"}
        ask(session, Takedown(sha256=record.picture.sha256, label=long, relation="estate", **request))
    told = {"nationality": "French", "born": 1840, "died": 1926, "biography": "She painted the sea.\n\nAnd the shore."}
    with holding.database.reading() as session:
        ada = user_by_name(session, "Ada")
    assert ada is not None
    edit(holding.house, gallery.artist(), told | {"biography_source": "https://www.museum.example/ochre"}, ada)
    correct(holding.database, holding.store, record.picture.sha256, "credit", long, ada)
    own, work = f"/admin/artists/{gallery.artist()}", f"/admin/artworks/{gallery.work('Study 4')}"
    pages = ["/admin/artists", own, f"{own}/delete", work, f"{work}/takedown", f"{work}/delete", "/admin/takedowns"]
    pages += [f"/artworks/{gallery.work('Study 4')}/takedown", f"/artworks/{gallery.work('Study 4')}"]
    context = await chromium.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    await context.add_init_script(WATCH)
    page = await context.new_page()
    await sign_in(page, address, "Ada", GOOD)
    kept = Path(os.environ.get("GALLERY_SCREENSHOTS", tmp_path))
    for number, path in enumerate([*pages, "/artists/ada-ochre"]):
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 900})
            await page.goto(address + path)
            wide = await page.evaluate("document.documentElement.scrollWidth")
            await page.screenshot(path=kept / f"{number}-{width}-{scheme}.png", full_page=True)
            assert wide <= width, (path, width, wide)
            assert await page.evaluate("window.violations") == [], path
            unlabelled = "[...document.querySelectorAll('input:not([type=hidden]), textarea, select')]"
            assert (
                await page.evaluate(f"{unlabelled}.filter(each => !each.labels.length && !each.ariaLabel).length") == 0
            )
