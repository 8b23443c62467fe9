"""The pages in a real Chromium: nothing shifts, nothing is blocked, nothing scrolls sideways, all by keyboard."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from exhibition import ARTISTS, Exhibition
from playwright.async_api import Browser, BrowserContext, Page, Route
from serving import serving

from gallery.app import create_app
from indexer.store import open_store
from scraper.names import slug

pytestmark = pytest.mark.browser

WIDTHS = {"phone": (390, 844), "tablet": (768, 1024), "desk": (1440, 900)}
PAGES = {
    "home": "/",
    "artists": "/artists",
    "artist": f"/artists/{slug(ARTISTS[0])}",
    "artwork": "/artworks/{large}",
    "small artwork": "/artworks/{small}",
    "strip": "/artworks/{strip}",
    "search": "/search?q=study&from=1800&movement=Tides",
    "nothing found": "/search?q=zebra",
    "tags": "/tags",
    "tag": "/tags/boat",
    "compare": "/compare/{large}/{small}",
    "compare strips": "/compare/{strip}/{tall}",
    "tray": "/more?like={large}&unlike={small}",
    "examples": "/more",
    "movements": "/movements?sort=time",
    "movement": "/movements/tides",
    "map before there is one": "/map",
    "about": "/about",
    "not there": "/nothing",
    "refused": "/search?from=soon",
}

# Shifts are only told of from the first paint on, so the observer comes before any content.
WATCH = """
window.shifts = []; window.violations = [];
new PerformanceObserver(list => { for (const entry of list.getEntries()) window.shifts.push(entry.value) })
  .observe({type: 'layout-shift', buffered: true});
document.addEventListener('securitypolicyviolation', event => window.violations.push(event.violatedDirective));
"""
SCROLL = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += innerHeight) {
    scrollTo(0, y); await new Promise(done => requestAnimationFrame(done));
  }
  const missing = () => [...document.images].filter(image => !image.complete || !image.naturalWidth);
  for (let turn = 0; missing().length && turn < 100; turn++) await new Promise(done => setTimeout(done, 50));
  return missing().map(image => image.currentSrc);
}"""
# WCAG's contrast of each text with the nearest background behind it.
FAINT = """() => {
  const parts = text => text.match(/[\\d.]+/g).map(Number);
  const light = rgb => rgb.slice(0, 3).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = node => { for (let at = node; at; at = at.parentElement) {
    const rgba = parts(getComputedStyle(at).backgroundColor);
    if (rgba.length < 4 || rgba[3] === 1) return rgba; } return [255, 255, 255]; };
  return [...document.body.querySelectorAll('*')]
    .filter(node => [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim()))
    .map(node => { const [a, b] = [light(parts(getComputedStyle(node).color)), light(behind(node))];
      return [node.tagName + ' ' + node.className + ' ' + node.textContent.trim().slice(0, 30),
        (Math.max(a, b) + .05) / (Math.min(a, b) + .05)]; })
    .filter(([, contrast]) => contrast < 4.5);
}"""
FOCUSED = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), frame = at.querySelector('.frame');
  const ring = node => node && getComputedStyle(node).outlineStyle !== 'none' && parseFloat(getComputedStyle(node).outlineWidth) >= 2;
  return {tag: at.tagName, href: at.getAttribute('href'), name: at.getAttribute('name'), text: at.textContent.trim(),
    ring: Boolean(ring(at) || ring(frame)), seen: box.bottom > 0 && box.top < innerHeight && box.width > 0};
}"""  # noqa: E501

BOXES = """[...document.querySelectorAll('.wall .frame')].map(frame => {
  const box = frame.getBoundingClientRect(), image = frame.querySelector('img:last-child');
  return {x: box.x, y: box.y, width: box.width, height: box.height,
    stated: image.getAttribute('width') / image.getAttribute('height')} })"""

PLACES = """[...document.querySelectorAll('body *')].map(node => {
  const box = node.getBoundingClientRect(); return [box.x, box.y, box.width, box.height] })"""


@pytest.fixture(scope="module")
def address(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The site, served as `gallery serve` does, in a thread of this process."""
    own = exhibition.copy(tmp_path_factory.mktemp("browser"))
    with closing(open_store(own.settings())) as store:
        with serving(create_app(own.settings(), store)) as address:
            yield address


Open = Callable[..., Awaitable[BrowserContext]]


@pytest.fixture
def look(chromium: Browser) -> Open:
    async def look(width: str = "desk", scheme: Any = "light", **more: Any) -> BrowserContext:
        size = WIDTHS[width]
        context = await chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, **more
        )
        if more.get("java_script_enabled", True):
            await context.add_init_script(WATCH)
        return context

    return look


def resolved(page: str, exhibition: Exhibition) -> str:
    by_width = {work.width: work.id for work in exhibition.works}
    return PAGES[page].format(large=by_width[900], small=by_width[224], strip=by_width[1700], tall=by_width[300])


@pytest.mark.parametrize("width", WIDTHS)
async def test_every_page_is_calm(width: str, look: Open, address: str, exhibition: Exhibition) -> None:
    """No complaint, no blocked content, no missing picture, no shift, no sideways scrolling."""
    context = await look(width)
    for name in PAGES:
        page, complaints = await context.new_page(), list[str]()
        expected = {"not there": 404, "refused": 400}.get(name, 200)
        page.on("console", lambda message, heard=complaints: heard.append(message.text))
        page.on("pageerror", lambda error, heard=complaints: heard.append(str(error)))
        page.on("requestfailed", lambda request, heard=complaints: heard.append(request.url))
        answer = await page.goto(address + resolved(name, exhibition), wait_until="load")
        assert answer is not None
        assert answer.status == expected
        assert await page.evaluate(SCROLL) == [], name
        assert await page.evaluate("window.violations") == [], name
        assert sum(await page.evaluate("window.shifts")) == 0, name
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
        # Chromium itself notes an answer that is no success.
        assert [text for text in complaints if expected == 200 or f"status of {expected}" not in text] == [], name
        await page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_text_is_faint(scheme: str, look: Open, address: str, exhibition: Exhibition) -> None:
    page = await (await look("phone", scheme)).new_page()
    for name in PAGES:
        await page.goto(address + resolved(name, exhibition))
        assert await page.evaluate(FAINT) == [], name


def held_back_until(event: asyncio.Event) -> Callable[[Route], Awaitable[None]]:
    async def hold(route: Route) -> None:
        await event.wait()
        await route.continue_()

    return hold


@pytest.mark.parametrize("width", WIDTHS)
async def test_nothing_moves_when_pictures_arrive_late(
    width: str, look: Open, address: str, exhibition: Exhibition
) -> None:
    context = await look(width)
    for name in ("home", "artwork", "small artwork"):
        page, held = await context.new_page(), asyncio.Event()
        await page.route("**/pictures/**", held_back_until(held))
        await page.goto(address + resolved(name, exhibition), wait_until="domcontentloaded")
        # Two frames later the page without its pictures has been painted.
        await page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        before = await page.evaluate(PLACES)
        held.set()
        assert await page.evaluate(SCROLL) == []
        await page.evaluate("scrollTo(0, 0)")
        # Sizes in whole pixels make the stated shape and that of a thumbnail differ by less than one.
        assert np.abs(np.array(await page.evaluate(PLACES)) - np.array(before)).max() < 1, name
        assert sum(await page.evaluate("window.shifts")) == 0, name
        await page.close()


@pytest.mark.parametrize("width", WIDTHS)
async def test_pictures_of_a_row_are_of_one_height_and_fill_it(
    width: str, look: Open, address: str, exhibition: Exhibition
) -> None:
    page = await (await look(width)).new_page()
    await page.goto(f"{address}/search")
    boxes: list[dict[str, float]] = await page.evaluate(BOXES)
    assert len(boxes) == len(exhibition.works)
    rows: dict[int, list[dict[str, float]]] = {}
    for box in boxes:
        # A card shows all but a sliver of its picture.
        assert abs(box["width"] / box["height"] / box["stated"] - 1) < 0.03
        rows.setdefault(round(box["y"]), []).append(box)
    right = max(box["x"] + box["width"] for box in boxes)
    lines = list(rows.values())
    for row, following in zip(lines, lines[1:], strict=False):
        assert max(box["height"] for box in row) - min(box["height"] for box in row) < 2
        filled = row[-1]["x"] + row[-1]["width"]
        # Before a strip that fills a row by itself, a row would have to grow out of all proportion.
        assert abs(filled - right) < 2 or following[0]["stated"] > 2.5


async def test_a_small_picture_is_not_blown_up(look: Open, address: str, exhibition: Exhibition) -> None:
    for width in WIDTHS:
        page = await (await look(width)).new_page()
        await page.goto(address + resolved("small artwork", exhibition))
        sizes = await page.locator(".hung img").evaluate("i => [i.width, i.height, i.naturalWidth, i.naturalHeight]")
        assert sizes == [224, 180, 224, 180]


async def tab(page: Page) -> dict[str, Any]:
    await page.keyboard.press("Tab")
    found: dict[str, Any] = await page.evaluate(FOCUSED)
    return found


@pytest.mark.parametrize("width", ["phone", "desk"])
async def test_everything_is_reached_by_keyboard_in_the_order_it_is_read(
    width: str, look: Open, address: str, exhibition: Exhibition
) -> None:
    page = await (await look(width)).new_page()
    for name in ("home", "artwork", "search", "tray", "artist"):
        await page.goto(address + resolved(name, exhibition))
        expected: list[str] = await page.locator(
            "a[href], input:not([type=hidden]), select, button, summary"
        ).evaluate_all(
            "all => all.filter(each => each.checkVisibility())"
            ".map(each => each.getAttribute('href') || each.name || '')"
        )
        reached = []
        for _ in expected:
            focused = await tab(page)
            assert focused["ring"], (name, focused)
            assert focused["seen"], (name, focused)
            reached.append(focused["href"] or focused["name"] or "")
        assert reached == expected


async def test_the_skip_link_is_the_first_stop_shows_itself_and_skips(look: Open, address: str) -> None:
    page = await (await look()).new_page()
    await page.goto(f"{address}/artists")
    before = await page.evaluate("document.querySelector('.skip').getBoundingClientRect().bottom")
    assert before <= 0
    assert (await tab(page))["text"] == "Skip to content"
    assert await page.evaluate("document.querySelector('.skip').getBoundingClientRect().top") >= 0
    await page.keyboard.press("Enter")
    first_in_main = await tab(page)
    assert first_in_main["href"].startswith("/artists")


async def test_a_visit_by_keyboard_from_the_front_page_to_a_likeness(
    look: Open, address: str, exhibition: Exhibition
) -> None:
    page = await (await look()).new_page()
    await page.goto(address)
    await page.focus(".wall a")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/artworks/*")
    await page.focus(".switch a:nth-child(2)")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**scope=artist#alike")
    assert await page.locator(".wall > li").count() == 9
    await page.focus(".wall a")
    await page.keyboard.press("Enter")
    await page.wait_for_function("location.search === ''")


async def test_all_of_it_works_without_scripts(look: Open, address: str) -> None:
    page = await (await look("phone", java_script_enabled=False)).new_page()
    await page.goto(address)
    await page.get_by_label("Search titles, artists and tags").fill("brandt")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/search?q=brandt")
    assert await page.locator(".wall > li").count() == 10
    await page.get_by_label("Movement").select_option("Ebb & Flow")
    await page.get_by_role("button", name="Show").click()
    await page.wait_for_url("**movement=Ebb**")
    assert 0 < await page.locator(".wall > li").count() < 10


async def test_targets_are_large_enough_for_a_finger(look: Open, address: str, exhibition: Exhibition) -> None:
    page = await (await look("phone", has_touch=True)).new_page()
    for name in ("artists", "artwork", "search", "tray", "movements"):
        await page.goto(address + resolved(name, exhibition))
        small = await page.locator(
            "nav a, button, input:not([type=hidden]), select, summary, .wall a, .act"
        ).evaluate_all(
            "all => all.filter(each => each.getBoundingClientRect().height < 24).map(each => each.textContent)"
        )
        assert small == [], name


async def test_a_page_can_be_printed_without_its_navigation(look: Open, address: str) -> None:
    page = await (await look()).new_page()
    await page.goto(f"{address}/artists")
    await page.emulate_media(media="print")
    assert not await page.locator(".masthead nav").is_visible()
    assert await page.locator("h1").is_visible()
