"""Fetching where it may not be done: redirects that lead astray, robots.txt, and wishes told with pictures."""

from collections.abc import Iterator

import pytest
from visiting import HOME, PICTURE, QUICK, settings, web_to
from websites import Answer, Websites, jpeg, picture

from scraper.errors import Blocked, FetchError, OptedOut, Refused
from scraper.guard import Guard
from scraper.web import Web


@pytest.fixture
def sites() -> Iterator[Websites]:
    with Websites("museum.example", "images.example") as sites:
        yield sites


def chain(sites: Websites, length: int) -> None:
    for step in range(length):
        sites.add(f"{HOME}{step}", Answer(status=302, headers={"Location": f"/{step + 1}"}))
    sites.add(f"{HOME}{length}", "the end")


async def test_five_redirects_are_followed(sites: Websites) -> None:
    chain(sites, 5)
    async with web_to(sites) as web:
        got = await web.get_text(HOME + "0")
    assert (got.content, got.url, got.final_url) == (b"the end", HOME + "0", HOME + "5")


async def test_the_sixth_is_not(sites: Websites) -> None:
    chain(sites, 6)
    async with web_to(sites) as web:
        with pytest.raises(FetchError, match="redirected more than 5 times"):
            await web.get_text(HOME + "0")
    assert sites.times(HOME + "6") == 0


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("file:///etc/hostname", "only http and https"),
        ("data:image/png;base64,AAAA", "only http and https"),
        ("javascript:alert(1)", "only http and https"),
        ("http://127.0.0.1/", "not a public address"),
        ("http://169.254.169.254/latest/meta-data/", "not a public address"),
        ("http://[::ffff:10.0.0.1]/", "not a public address"),
        ("http://museum.example:6379/", "only ports 80 and 443"),
        ("http://user:pw@images.example/", "a user name"),
        ("//localhost/x", "offline"),
        ("http://[", "not a web address"),
        ("https://elsewhere.example/x", "offline"),
    ],
)
async def test_a_redirect_is_checked_as_the_first_address_was(sites: Websites, location: str, reason: str) -> None:
    sites.add(PICTURE, Answer(status=301, headers={"Location": "/2.jpg"}))
    sites.add(HOME + "2.jpg", Answer(status=307, headers={"Location": location}))
    async with web_to(sites) as web:
        with pytest.raises(Refused, match=reason):
            await web.get_picture(PICTURE)
    assert sites.times(PICTURE) == 1


async def test_a_redirect_to_a_host_whose_robots_txt_says_no_is_not_followed(sites: Websites) -> None:
    sites.add("http://images.example/robots.txt", "User-agent: *\nDisallow: /")
    sites.add(PICTURE, Answer(status=302, headers={"Location": "http://images.example/1.jpg"}))
    async with web_to(sites) as web:
        with pytest.raises(Blocked, match=r"images.example: robots.txt disallows /1.jpg"):
            await web.get_picture(PICTURE)
    assert sites.times("http://images.example/1.jpg") == 0


@pytest.mark.parametrize("robots", ["ignore", "obey"])
@pytest.mark.parametrize("url", ["http://evil.example/x.jpg", "https://evil.example/x.jpg"])
async def test_a_name_that_leads_into_a_private_network_is_refused_by_the_guard(url: str, robots: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["10.0.0.5"]

    ours = settings(contact="me@example.org", robots=robots)
    async with Guard(resolve=resolve) as guard, Web(ours, guard, QUICK) as web:
        with pytest.raises(Refused) as caught:
            await web.get_picture(url)
    assert str(caught.value) == f"refused {url}: not a public address."


async def test_a_name_that_does_not_exist_is_a_network_failure(sites: Websites) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    async with Guard(resolve=resolve) as guard, Web(settings(contact="me@example.org"), guard, QUICK) as web:
        for url in ("https://absent.example/", "http://other-absent.example/"):
            with pytest.raises(FetchError, match="no such host"):
                await web.get_text(url, robots="api")


async def test_robots_txt_is_asked_once_and_obeyed(sites: Websites) -> None:
    sites.add(HOME + "robots.txt", "User-agent: *\nDisallow: /private/")
    sites.add(PICTURE, picture())
    async with web_to(sites) as web:
        assert await web.allowed(PICTURE) == "allowed"
        await web.get_picture(PICTURE)
        for action in (web.get_picture, web.get_text, web.allowed):
            with pytest.raises(Blocked, match="museum.example: robots.txt disallows /private/1.jpg .*Ask its owner"):
                await action(HOME + "private/1.jpg")
    assert sites.times(HOME + "robots.txt") == 1 and sites.times(HOME + "private/1.jpg") == 0


async def test_an_owner_may_decide_otherwise(sites: Websites) -> None:
    sites.add(HOME + "robots.txt", "User-agent: *\nDisallow: /")
    sites.add(PICTURE, picture())
    async with web_to(sites, robots="ignore") as web:
        assert (await web.get_picture(PICTURE)).robots == "ignored-by-config"
    assert sites.times(HOME + "robots.txt") == 0


async def test_an_api_is_not_a_crawl(sites: Websites) -> None:
    sites.add(HOME + "robots.txt", "User-agent: *\nDisallow: /")
    sites.add(HOME + "api", Answer('{"works": [1, 2]}', type="application/json"))
    async with web_to(sites) as web:
        assert await web.get_json(HOME + "api", params={"q": "a&b ü"}, robots="api") == {"works": [1, 2]}
        assert (await web.get_text(HOME + "api?x=1", params={"y": "2"}, robots="api")).robots == "not-asked-api"
    assert [asked.query for asked in sites.asked] == ["q=a%26b+%C3%BC", "x=1&y=2"]


@pytest.mark.parametrize("body", ["", "<html>", '{"a": ', "[" * 100_000])
async def test_what_is_not_json_is_an_error(sites: Websites, body: str) -> None:
    sites.add(HOME, body)
    async with web_to(sites) as web:
        with pytest.raises(FetchError, match="the answer is not JSON"):
            await web.get_json(HOME)


async def test_a_robots_txt_that_fails_allows_nothing(sites: Websites) -> None:
    sites.add(HOME + "robots.txt", Answer(status=500))
    sites.add(PICTURE, picture())
    async with web_to(sites) as web:
        with pytest.raises(Blocked, match=r"robots.txt could not be read \(answered 500\)"):
            await web.get_picture(PICTURE)
    assert sites.times(PICTURE) == 0


async def test_a_robots_txt_without_end_is_read_as_far_as_it_counts(sites: Websites) -> None:
    def endless() -> Iterator[bytes]:
        yield b"User-agent: *\nDisallow: /private\n"
        yield from sites.drip(b"# padding\n" * 10_000, 0.001)

    sites.add(HOME + "robots.txt", lambda asked: Answer(endless(), type="text/plain"))
    sites.add(PICTURE, picture())
    async with web_to(sites) as web:
        assert (await web.get_picture(PICTURE)).status == 200
        with pytest.raises(Blocked):
            await web.allowed(HOME + "private")


async def test_a_robots_txt_may_lie_elsewhere(sites: Websites) -> None:
    sites.add(HOME + "robots.txt", Answer(status=301, headers={"Location": "http://images.example/rules"}))
    sites.add("http://images.example/rules", "User-agent: *\nDisallow: /private")
    async with web_to(sites) as web:
        with pytest.raises(Blocked):
            await web.allowed(HOME + "private")


async def test_a_site_that_asks_for_very_long_gaps_is_not_visited(sites: Websites) -> None:
    sites.add(HOME + "robots.txt", "User-agent: *\nCrawl-delay: 86400")
    async with web_to(sites) as web:
        with pytest.raises(Blocked, match="asks for 86,400 s between two requests"):
            await web.allowed(HOME)


@pytest.mark.parametrize("wish", ["noai", "noimageai", "noindex", "none", "noarchive, NOAI", "semantic-gallery: noai"])
async def test_a_picture_that_opts_out_is_left_alone(sites: Websites, wish: str) -> None:
    sites.add(PICTURE, Answer(sites.drip(jpeg()), type="image/jpeg", headers={"X-Robots-Tag": wish}))
    async with web_to(sites) as web:
        with pytest.raises(OptedOut, match=f"museum.example: asks not to have {PICTURE} collected") as caught:
            await web.get_picture(PICTURE)
    assert "X-Robots-Tag" in caught.value.asked and isinstance(caught.value, Blocked)


async def test_other_wishes_are_told_to_whoever_asks(sites: Websites) -> None:
    headers = {"X-Robots-Tag": "googlebot: noindex, noai", "TDM-Reservation": "1"}
    sites.add(PICTURE, Answer(jpeg(), type="image/jpeg", headers=headers))
    async with web_to(sites, opt_outs="ignore") as web:
        assert (await web.get_picture(PICTURE)).opt_outs == ("tdm-reservation",)


@pytest.mark.parametrize("referer", ["http://[", "museum page 7", "file:///home/me/art.csv"])
async def test_a_referer_that_is_no_web_address_is_left_out(sites: Websites, referer: str) -> None:
    sites.add(PICTURE, picture())
    async with web_to(sites) as web:
        await web.get_picture(PICTURE, referer=referer)
    assert "referer" not in sites.asked[-1].headers
