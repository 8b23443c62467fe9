"""The map in a real Chromium: moved, zoomed, clicked, picked by a lasso, all by keyboard, and without scripts."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from exhibition import Exhibition
from playwright.async_api import Browser, Page
from serving import serving
from test_gallery_browser import FAINT, WATCH

from gallery.app import create_app
from gallery.chart import Chart
from indexer.atlas.file import read
from indexer.store import open_store

pytestmark = pytest.mark.browser

# Every tile in view has come, and nothing moves any more.
STILL = """() => {
  const map = document.getElementById('map');
  return map.dataset.ready && !map.querySelector('.leaflet-zoom-anim, .leaflet-pan-anim')
    && [...map.querySelectorAll('img.leaflet-tile')].every(tile => tile.complete && tile.naturalWidth);
}"""
ZOOM = "() => Number(location.hash.slice(1).split('/')[0])"


@pytest.fixture(scope="module")
def served(mapped: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Chart]]:
    """The address of a site with a map, and the map."""
    own = mapped.copy(tmp_path_factory.mktemp("map-browser"))
    atlas = read(own.settings().map_dir / "map.json")
    assert atlas is not None
    with closing(open_store(own.settings())) as store:
        with serving(create_app(own.settings(), store)) as address:
            yield address, Chart.of(atlas)


async def visit(chromium: Browser, address: str, width: int = 1280, scheme: str = "light") -> tuple[Page, list[str]]:
    context = await chromium.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    await context.add_init_script(WATCH)
    page, complaints = await context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    # What is on its way when one leaves the page is no fault.
    page.on("requestfailed", lambda lost: lost.failure == "net::ERR_ABORTED" or complaints.append(lost.url))
    await page.goto(address)
    await page.wait_for_function(STILL)
    return page, complaints


async def middle_of(page: Page) -> tuple[float, float]:
    box = await page.locator("#map").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def pixel(page: Page, cell: tuple[int, int]) -> tuple[float, float]:
    """Return where on the page the middle of a cell is, from the view that the address states."""
    zoom, column, row = map(float, (await page.evaluate("location.hash.slice(1)")).split("/"))
    depth = float(await page.locator("#map").get_attribute("data-depth") or 0)
    size, (x, y) = 256 / 2 ** (depth - zoom), await middle_of(page)
    return x + (cell[0] + 0.5 - column) * size, y + (cell[1] + 0.5 - row) * size


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])
async def test_the_map_is_calm_and_fits(chromium: Browser, served: tuple[str, Chart], width: int, scheme: str) -> None:
    page, complaints = await visit(chromium, f"{served[0]}/map", width, scheme)
    assert await page.evaluate("window.violations") == []
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert await page.evaluate(FAINT) == []
    assert await page.locator("#map img.leaflet-tile").count() > 0
    small = await page.locator(".map-bar button, .map-bar input, .leaflet-bar a").evaluate_all(
        "all => all.filter(each => each.getBoundingClientRect().height < 24).map(each => each.textContent)"
    )
    assert small == []
    assert complaints == []


async def test_it_is_moved_zoomed_and_a_click_opens_the_work_under_it(
    chromium: Browser, served: tuple[str, Chart]
) -> None:
    address, chart = served
    page, complaints = await visit(chromium, f"{address}/map")
    x, y = await middle_of(page)
    await page.mouse.move(x, y)
    await page.mouse.wheel(0, -300)
    await page.wait_for_function("() => location.hash")
    before = await page.evaluate("location.hash")
    await page.mouse.down()
    await page.mouse.move(x - 60, y - 40, steps=4)
    await page.mouse.up()
    await page.wait_for_function("before => location.hash !== before", arg=before)
    await page.wait_for_function(STILL)
    # Dragging is no click.
    assert "/map" in page.url
    work, cell = next(iter(chart.cells.items()))
    depth = chart.pyramid.depth
    await page.goto(f"{address}/map#{depth - 2}/{cell[0] + 0.5}/{cell[1] + 0.5}")
    await page.reload()
    await page.wait_for_function(STILL)
    x, y = await middle_of(page)
    await page.mouse.move(x + 3, y + 3)
    await page.locator(".map-card img").wait_for()
    title = await page.locator(".map-card .title").text_content()
    await page.mouse.click(x + 3, y + 3)
    await page.wait_for_url(f"**/artworks/{work}")
    assert await page.locator("h1").text_content() == title
    await page.go_back()
    await page.wait_for_function(STILL)
    # Coming back, the same part of the map is in view.
    assert await page.evaluate(ZOOM) == depth - 2
    assert complaints == []


async def test_a_line_around_works_lists_them_and_gives_them_as_csv(
    chromium: Browser, served: tuple[str, Chart]
) -> None:
    address, chart = served
    cell = next(iter(chart.cells.values()))
    page, complaints = await visit(chromium, f"{address}/map#{chart.pyramid.depth - 2}/{cell[0] + 0.5}/{cell[1] + 0.5}")
    await page.get_by_role("button", name="Draw around works").click()
    x, y = await middle_of(page)
    await page.mouse.move(x - 30, y - 30)
    await page.mouse.down()
    for right, down in ((30, -30), (30, 30), (-30, 30), (-30, -28)):
        await page.mouse.move(x + right, y + down, steps=3)
    await page.mouse.up()
    await page.get_by_text("1 work picked.").wait_for()
    assert await page.locator("[data-act=lasso]").get_attribute("aria-pressed") == "false"
    table = page.get_by_role("link", name="Download as CSV")
    answer = await page.request.get(address + str(await table.get_attribute("href")))
    assert len((await answer.text()).splitlines()) == 2
    await page.get_by_role("link", name="List them").click()
    await page.wait_for_url("**/map/selection?within=*")
    assert await page.locator(".wall > li").count() == 1
    # The address is the choice: it can be kept and shared, and leads on to more like these.
    await page.get_by_role("link", name="More like these").click()
    await page.wait_for_url("**/more?like=*")
    assert complaints == []


async def test_a_search_highlights_what_it_finds(chromium: Browser, served: tuple[str, Chart]) -> None:
    page, complaints = await visit(chromium, f"{served[0]}/map")
    await page.get_by_label("Highlight on the map: title, artist or tag").fill("brandt")
    await page.keyboard.press("Enter")
    await page.get_by_text("10 works highlighted.").wait_for()
    await page.wait_for_function("() => document.querySelector('#map canvas.leaflet-tile')")
    await page.get_by_role("button", name="Clear").click()
    assert await page.locator("#map canvas.leaflet-tile").count() == 0
    assert complaints == []


async def test_it_can_be_walked_by_keyboard_alone(chromium: Browser, served: tuple[str, Chart]) -> None:
    address, chart = served
    page, complaints = await visit(chromium, f"{address}/map")
    await page.focus("#map")
    assert "Arrow keys move" in str(await page.get_attribute("#map", "aria-label"))
    for _ in range(2):
        before = await page.evaluate("location.hash")
        await page.keyboard.press("+")
        await page.wait_for_function("before => location.hash !== before", arg=before)
        await page.wait_for_function(STILL)
    zoom, before = await page.evaluate(ZOOM), await page.evaluate("location.hash")
    await page.keyboard.press("ArrowRight")
    await page.wait_for_function("before => location.hash !== before", arg=before)
    await page.keyboard.press("-")
    await page.wait_for_function("before => Number(location.hash.slice(1).split('/')[0]) < before", arg=zoom)
    # Close by, Tab goes to the works in view, arrows from one to the next, Enter opens.
    cell = sorted(chart.cells.values())[0]
    await page.goto(f"{address}/map#{chart.pyramid.depth - 2}/{cell[0] + 0.5}/{cell[1] + 0.5}")
    await page.reload()
    await page.wait_for_function(STILL)
    await page.locator(".spot").first.wait_for(state="attached")
    await page.focus("#map")
    for _ in range(12):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.className") == "spot":
            break
    first = await page.evaluate("document.activeElement.href")
    assert "Study" in await page.evaluate("document.activeElement.getAttribute('aria-label')")
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        await page.keyboard.press(key)
    assert re.search(r"/artworks/", first)
    here = await page.evaluate("document.activeElement.href")
    await page.keyboard.press("Enter")
    await page.wait_for_url(here)
    assert complaints == []


async def test_without_scripts_a_work_is_reached_by_links(chromium: Browser, served: tuple[str, Chart]) -> None:
    context = await chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = await context.new_page()
    await page.goto(f"{served[0]}/map")
    assert not await page.locator(".map-tools").is_visible()
    for _ in range(8):
        if await page.locator(".map-still a[href^='/artworks/']").count():
            break
        await page.locator(".map-still a").first.click()
    link = page.locator(".map-still a[href^='/artworks/']").first
    name = str(await link.get_attribute("aria-label"))
    await link.click()
    assert str(await page.locator("h1").text_content()) in name
