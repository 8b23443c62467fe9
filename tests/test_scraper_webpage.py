"""The source for web pages: what it makes of a page, and galleries of every kind in the real browser."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from websites import Answer, Asked, Websites, picture

from scraper.errors import Blocked, BrowserError, ConfigError, FetchError, NotFound, OptedOut, Refused
from scraper.model import ArtistQuery, Candidate
from scraper.session import open_reach
from scraper.settings import ScraperSettings
from scraper.sources import SOURCES, Reach
from scraper.sources.webpage import WebPage, parse

HOME = "http://museum.example/"
ASK = ArtistQuery("Claude Monet", pages=(HOME,))


# --- one page, without a browser -------------------------------------------------------------------------------------


def urls(html: str) -> list[tuple[str, ...]]:
    return [tuple(url.removeprefix(HOME) for url in found.image_urls) for found in parse(html.encode(), HOME).works]


def ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


def test_what_json_ld_says_and_what_is_shown_are_one_work() -> None:
    html = ld(
        '{"@type": "VisualArtwork", "name": "Water Lilies", "dateCreated": "1906", "image": {"@type": "ImageObject",'
        ' "contentUrl": "full.jpg", "thumbnailUrl": "small.jpg", "license": "https://creativecommons.org/licenses/by/4.0/"}}'
    )
    found = parse(f'{html}<figure><img src="small.jpg"><p class="artist">C. Monet</p></figure>'.encode(), HOME).works
    assert len(found) == 1
    assert found[0].image_urls == (HOME + "full.jpg", HOME + "small.jpg")
    assert (found[0].title, found[0].artist_text, found[0].year_text) == ("Water Lilies", "C. Monet", "1906")
    assert found[0].licence.code == "CC-BY-4.0" and found[0].page_url == HOME


def test_a_node_of_its_own_and_the_work_that_refers_to_it_are_one() -> None:
    html = ld(
        '{"@graph": [{"@id": "#f", "@type": "ImageObject", "contentUrl": "1.jpg"},'
        ' {"@type": "Painting", "name": "Poppies", "image": {"@id": "#f"}}]}'
    )
    found = parse(html.encode(), HOME).works
    assert [(work.title, work.image_urls) for work in found] == [("Poppies", (HOME + "1.jpg",))]


def test_works_stand_in_the_order_of_the_page_and_after_them_those_only_described() -> None:
    html = ld('[{"@type": "Painting", "image": "3.jpg"}, {"@type": "Painting", "image": "2.jpg"}]')
    assert urls(f'{html}<img src="1.jpg"><img src="2.jpg">') == [("1.jpg",), ("2.jpg",), ("3.jpg",)]


def test_a_picture_shown_twice_is_one_work() -> None:
    assert urls('<img src="1.jpg"><img src="1.jpg#x"><img src="http://museum.example:80/1.jpg">') == [
        ("1.jpg", "http://museum.example:80/1.jpg")
    ]


def test_a_placeholder_that_many_pictures_share_is_none_of_them() -> None:
    html = "".join(f'<img src="grey.gif" data-src="{n}.jpg">' for n in range(3))
    assert urls(html) == [("0.jpg",), ("1.jpg",), ("2.jpg",)]


def test_the_card_for_sharing_counts_only_where_there_is_little_else() -> None:
    card = '<meta property="og:image" content="/card.jpg"><meta property="og:title" content="Poppies">'
    assert urls(card) == [("card.jpg",)]
    assert parse(card.encode(), HOME).works[0].title == "Poppies"
    assert urls(f'{card}<img src="1.jpg"><img src="2.jpg">') == [("1.jpg",), ("2.jpg",)]
    assert urls(f'{card}<img src="/card.jpg">') == [("card.jpg",)]


def test_a_pages_licence_is_that_of_its_works_unless_they_have_their_own() -> None:
    own = '<figure><img src="2.jpg"><a rel="license" href="https://creativecommons.org/licenses/by/4.0/">x</a></figure>'
    html = f'<link rel="license" href="https://creativecommons.org/publicdomain/zero/1.0/"><img src="1.jpg">{own}'
    assert [found.licence.code for found in parse(html.encode(), HOME).works] == ["CC0-1.0", "CC-BY-4.0"]


@pytest.mark.parametrize(
    ("html", "next_url"),
    [
        ('<link rel="next" href="?page=2">', HOME + "?page=2"),
        ('<a rel="nofollow next" href="/p/2#top">more</a>', HOME + "p/2"),
        ('<a rel="next" href="javascript:more()">x</a><a rel="next" href="/2">x</a>', HOME + "2"),
        ('<a href="/2">next</a>', None),
    ],
)
def test_the_page_after_this_one(html: str, next_url: str | None) -> None:
    assert parse(html.encode(), HOME).next_url == next_url


def test_wishes_in_meta_elements_are_told() -> None:
    html = '<meta name="robots" content="noindex, noai"><meta name="Semantic-Gallery" content="noimageai">'
    assert parse(html.encode(), HOME).opt_outs == ("noindex", "noai", "noimageai")


# --- galleries in the browser ----------------------------------------------------------------------------------------

pages = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


def in_browser(test: Any) -> Any:
    return pages[0](pages[1](test))


def settings(**changes: Any) -> ScraperSettings:
    return ScraperSettings(_env_file=None, **{"per_second": 1000.0, "page_budget": 20.0, **changes})


@pytest.fixture(scope="module")
def sites() -> Iterator[Websites]:
    with Websites("museum.example", "images.example", "other.example") as sites:
        yield sites


@pytest.fixture(scope="module", autouse=True)
def impatience() -> Iterator[None]:
    """Local sites answer at once: what real ones take at the bottom of a page is not waited for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scraper.browser._QUIET_ROUNDS", (0.03, 0.1, 0.2))
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reach(sites: Websites) -> AsyncIterator[Reach]:
    async with open_reach(settings(), sites.stand_in) as reach:
        yield reach


async def gather(reach: Reach, query: ArtistQuery = ASK) -> list[Candidate]:
    return [found async for found in WebPage().find(query, reach)]


async def found_on(reach: Reach, sites: Websites, html: str) -> list[Candidate]:
    sites.add(HOME, html)
    return await gather(reach)


def files(found: list[Candidate]) -> list[str]:
    return [work.image_urls[0].rpartition("/")[2] for work in found]


@in_browser
async def test_candidates_carry_what_a_run_needs(reach: Reach, sites: Websites) -> None:
    found = await found_on(
        reach, sites, '<img src="/1.jpg" alt="Poppies, 1873"><img src="http://images.example/2.jpg">'
    )
    assert [(work.source, work.rank, work.query, work.page_url) for work in found] == [
        ("webpage", 0, "Claude Monet", HOME),
        ("webpage", 1, "Claude Monet", HOME),
    ]
    assert (found[0].title, found[0].year_text) == ("Poppies", "1873")
    assert found[1].image_urls == ("http://images.example/2.jpg",)


@in_browser
async def test_the_whole_way_to_the_bytes(reach: Reach, sites: Websites) -> None:
    sites.add(HOME + "1.jpg", picture(9))
    found = await found_on(reach, sites, '<img src="/1.jpg">')
    got = await reach.web.get_picture(found[0].image_urls[0], referer=found[0].page_url)
    assert got.content == picture(9).body


def lazily(attribute: str = "data-src") -> str:
    """A page whose pictures get their address when they come into view."""
    images = "".join(f'<img {attribute}="/works/{n}.jpg" src="data:image/gif;base64,R0lGOD">' for n in range(30))
    return f"""<style>img {{ display: block; width: 300px; height: 700px }}</style>{images}<script>
        const eye = new IntersectionObserver(seen => seen.forEach(one => {{
          if (one.isIntersecting) {{ one.target.src = one.target.getAttribute("{attribute}"); eye.unobserve(one.target)
        }} }}));
        document.querySelectorAll("img").forEach(image => eye.observe(image));
        </script>"""


ENDLESS = """<main></main><script>
  let next = 0;
  async function more() {
    if (next >= 50) return;
    const works = await (await fetch("/works.json?from=" + next)).json();
    for (const work of works) {
      const card = document.createElement("figure");
      card.innerHTML = `<img src="/works/${work}.jpg" width="300" height="500"><figcaption>Work ${work}</figcaption>`;
      document.querySelector("main").append(card);
    }
    next += works.length;
    eye.observe(document.querySelector("main").lastElementChild);
  }
  const eye = new IntersectionObserver(seen => seen.forEach(one => {
    if (one.isIntersecting) { eye.unobserve(one.target); more() }
  }));
  more();
</script>"""

# A list that keeps only what is in view, as large galleries do.
FORGETFUL = """<div id="list" style="position:relative;height:40000px"></div><script>
  function draw() {
    const first = Math.floor(scrollY / 1000);
    list.innerHTML = "";
    for (let n = first; n < Math.min(first + 3, 40); n++)
      list.innerHTML += `<img src="/works/${n}.jpg" style="position:absolute;top:${n}000px;width:6em;height:9em">`;
  }
  addEventListener("scroll", draw);
  draw();
</script>"""

KINDS = {
    "plain": ("".join(f'<img src="/works/{n}.jpg">' for n in range(12)), 12),
    "lazy": (lazily(), 30),
    "own attribute": (lazily("data-my-own"), 30),
    "native lazy": ("".join(f'<img loading="lazy" src="/works/{n}.jpg" height="900">' for n in range(20)), 20),
    "endless": (ENDLESS, 50),
    "forgetful": (FORGETFUL, 40),
    "picture": ("".join(f'<picture><source srcset="/works/{n}.jpg 900w"><img></picture>' for n in range(9)), 9),
    "background": (
        "<style>"
        + "".join(f"#w{n} {{ background: url(/works/{n}.jpg); width: 300px; height: 300px }}" for n in range(9))
        + "</style>"
        + "".join(f'<div id="w{n}"></div>' for n in range(9)),
        9,
    ),
    "shadow": (
        "<art-wall></art-wall><script>"
        "customElements.define('art-wall', class extends HTMLElement { connectedCallback() {"
        "const root = this.attachShadow({mode: 'open'}); for (let n = 0; n < 9; n++) root.innerHTML +="
        "`<figure><img src='/works/${n}.jpg'><figcaption>Work ${n}</figcaption></figure>` } })</script>",
        9,
    ),
    "late": (
        "<div id=d></div><script>setTimeout(async () => { await fetch('/slow'); for (let n = 0; n < 9; n++)"
        "d.innerHTML += `<img src='/works/${n}.jpg'>` }, 100)</script>",
        9,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@in_browser
async def test_every_kind_of_gallery_is_read_to_its_end(reach: Reach, sites: Websites, kind: str) -> None:
    html, count = KINDS[kind]
    sites.add(HOME + "slow", Answer(b"x"))
    sites.add(HOME + "works.json", lambda asked: Answer(_ten_from(asked), type="application/json"))
    found = await found_on(reach, sites, f"<!doctype html><body>{html}</body>")
    assert sorted(files(found), key=lambda name: int(name[:-4])) == [f"{n}.jpg" for n in range(count)]
    assert not any("/works/" in asked.url for asked in sites.asked)
    if kind in ("endless", "shadow"):
        assert found[3].title == "Work 3"


def _ten_from(asked: Asked) -> str:
    start = int(asked.query.partition("=")[2])
    return str(list(range(start, start + 10)))


# --- pages after pages -----------------------------------------------------------------------------------------------


def chain(sites: Websites, count: int, last: str = "") -> None:
    for n in range(count):
        link = f'<a rel="next" href="/list/{n + 1}">more</a>' if n < count - 1 else last
        sites.add(f"{HOME}list/{n}", f'<img src="/works/{n}.jpg"><img src="/works/same.jpg">{link}')


@in_browser
async def test_the_next_pages_are_followed_and_each_picture_is_told_once(reach: Reach, sites: Websites) -> None:
    chain(sites, 4)
    found = await gather(reach, replace(ASK, pages=(HOME + "list/0",)))
    assert files(found) == ["0.jpg", "same.jpg", "1.jpg", "2.jpg", "3.jpg"]
    assert [work.rank for work in found] == [0, 1, 2, 3, 4]
    assert found[2].page_url == HOME + "list/1"


@in_browser
async def test_a_circle_of_pages_comes_to_an_end(reach: Reach, sites: Websites) -> None:
    chain(sites, 2, '<a rel="next" href="/list/0">more</a>')
    assert len(await gather(reach, replace(ASK, pages=(HOME + "list/0",)))) == 3


@in_browser
async def test_pages_without_end_are_left_after_some(
    reach: Reach, sites: Websites, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scraper.sources.webpage.MOST_PAGES", 3)
    chain(sites, 10)
    assert len(await gather(reach, replace(ASK, pages=(HOME + "list/0",)))) == 4


@in_browser
async def test_another_site_is_not_followed(reach: Reach, sites: Websites) -> None:
    sites.add("http://other.example/", '<img src="/evil.jpg">')
    found = await found_on(reach, sites, '<img src="/1.jpg"><link rel="next" href="http://other.example/">')
    assert files(found) == ["1.jpg"] and sites.times("http://other.example/") == 0


@in_browser
async def test_no_page_is_opened_before_its_pictures_are_wanted(reach: Reach, sites: Websites) -> None:
    chain(sites, 4)
    before = sites.times(HOME + "list/1")
    search = WebPage().find(replace(ASK, pages=(HOME + "list/0",)), reach)
    assert files([await anext(search), await anext(search)]) == ["0.jpg", "same.jpg"]
    await search.aclose()  # type: ignore[attr-defined]
    assert sites.times(HOME + "list/1") == before


# --- what goes wrong -------------------------------------------------------------------------------------------------


async def test_it_is_in_the_registry_under_its_name() -> None:
    assert SOURCES["webpage"] is WebPage and not WebPage.local


@in_browser
async def test_without_a_page_it_has_nothing_to_do(reach: Reach) -> None:
    with pytest.raises(ConfigError, match="--page: .*needs the address of a page"):
        await gather(reach, ArtistQuery("Claude Monet"))


@in_browser
async def test_a_page_without_pictures_is_told_so(reach: Reach, sites: Websites) -> None:
    with pytest.raises(NotFound, match="webpage: nothing found for 'Claude Monet'"):
        await found_on(reach, sites, "<p>Closed for the winter</p>")


@in_browser
async def test_one_bad_page_does_not_hide_the_others_and_is_told_in_the_end(reach: Reach, sites: Websites) -> None:
    sites.add(HOME + "good", '<img src="/1.jpg">')
    found = []
    with pytest.raises(FetchError, match="absent: answered 404") as caught:
        query = replace(ASK, pages=(HOME + "absent", HOME + "good", "file:///etc/passwd"))
        async for work in WebPage().find(query, reach):
            found.append(work)
    assert files(found) == ["1.jpg"]
    assert caught.value.__notes__ == ["refused file:///etc/passwd: only http and https addresses are visited."]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1/", "http://absent.example/", "javascript:1"])
@in_browser
async def test_a_page_that_must_not_be_visited_is_refused(reach: Reach, url: str) -> None:
    with pytest.raises(Refused):
        await gather(reach, replace(ASK, pages=(url,)))


@in_browser
async def test_a_page_that_robots_txt_disallows_is_not_read(reach: Reach, sites: Websites) -> None:
    sites.add("http://other.example/robots.txt", "User-agent: *\nDisallow: /private")
    with pytest.raises(Blocked, match="robots.txt disallows /private"):
        await gather(reach, replace(ASK, pages=("http://other.example/private",)))


@pytest.mark.parametrize(
    "answer",
    [
        Answer('<meta name="robots" content="noai"><img src="/1.jpg">'),
        Answer('<meta name="robots" content="index, noimageindex"><img src="/1.jpg">'),
        Answer('<img src="/1.jpg">', headers={"X-Robots-Tag": "noimageai"}),
    ],
)
@in_browser
async def test_a_page_that_opts_out_is_left_alone(reach: Reach, sites: Websites, answer: Answer) -> None:
    sites.add(HOME, answer)
    with pytest.raises(OptedOut, match="museum.example: asks not to have http://museum.example/ collected"):
        await gather(reach)


@in_browser
async def test_a_page_kept_out_of_search_engines_only_is_read(reach: Reach, sites: Websites) -> None:
    found = await found_on(reach, sites, '<meta name="robots" content="noindex, nofollow"><img src="/1.jpg">')
    assert files(found) == ["1.jpg"]


@in_browser
async def test_a_dead_browser_ends_the_search_at_once(sites: Websites, tmp_path: Any) -> None:
    async with open_reach(settings(browser=tmp_path / "absent"), sites.stand_in) as reach:
        with pytest.raises(BrowserError):
            await gather(reach, replace(ASK, pages=(HOME, HOME + "other")))


@in_browser
async def test_two_searches_share_one_browser(reach: Reach, sites: Websites) -> None:
    sites.add(HOME + "a", '<img src="/1.jpg">')
    sites.add(HOME + "b", '<img src="/2.jpg">')
    both = (gather(reach, replace(ASK, pages=(HOME + page,))) for page in "ab")
    assert [files(found) for found in await asyncio.gather(*both)] == [["1.jpg"], ["2.jpg"]]
