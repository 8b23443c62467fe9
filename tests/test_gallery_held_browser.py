"""A review of held works in a real Chromium by keyboard alone, and at every width."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from holdings import Holding, Opened
from playwright.async_api import Browser
from serving import serving, sign_in
from strangers import collect, unlike, version

from gallery.accounts import passwords, people
from gallery.app import create_app
from gallery.db import Database
from gallery.models.held import held_states

pytestmark = pytest.mark.browser

GOOD = "seven brass lanterns"


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Holding, str]]:
    folder = tmp_path_factory.mktemp("held")
    with pytest.MonkeyPatch.context() as patched, closing(Database(f"sqlite:///{folder / 'db.sqlite3'}")) as database:
        patched.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        people.add(database, "Cleo", GOOD, "curator")
        with Opened(folder, database, works=1) as holding:
            collect(holding, *(version(number) for number in range(12)))
            holding.index()
            for number in range(1, 5):
                collect(holding, unlike(number), title=f"Stranger {number}")
            holding.index()
            with serving(create_app(holding.settings, holding.store, database)) as address:
                yield holding, address


async def test_works_are_published_hidden_and_taken_back_by_keyboard(
    gallery: tuple[Holding, str], chromium: Browser, tmp_path: Path
) -> None:
    holding, address = gallery

    def states() -> list[str]:
        with holding.database.reading() as session:
            return sorted(held_states(session).values())

    assert (waited := len(states())) > 2 and set(states()) == {"held"}
    page = await chromium.new_page()
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    await sign_in(page, address, "Cleo", GOOD)
    kept = Path(os.environ.get("GALLERY_SCREENSHOTS", tmp_path))
    for path in ("/admin/held", "/admin/held/artists/ada-ochre"):
        for width in (390, 768, 1440):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.goto(address + path)
            await page.screenshot(path=kept / f"held-{path.count('/')}-{width}.png", full_page=True)
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
    await page.goto(f"{address}/admin/held")
    said = page.locator(".queue [role=status]")
    for key, answer in (("p", "Published"), ("h", "Hidden for good"), ("u", "Taken back.")):
        await page.keyboard.press(key)
        await said.get_by_text(answer).wait_for(state="attached")
    assert states() == sorted(["published"] + ["held"] * (waited - 1))
    await page.keyboard.press("w")
    await said.get_by_text("Not by this artist").wait_for(state="attached")
    assert states() == sorted(["published", "wrong-artist"] + ["held"] * (waited - 2))
    assert not problems
