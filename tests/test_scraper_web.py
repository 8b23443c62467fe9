"""Fetching through the real guard, from servers on loopback that misbehave in every way they can."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from websites import Answer, Asked, Websites, jpeg, picture

from scraper.errors import Blocked, ConfigError, FetchError, OptedOut, Refused, Unavailable
from scraper.fetched import FetchLimits
from scraper.guard import Guard
from scraper.settings import ScraperSettings
from scraper.stand_in import StandIn
from scraper.web import Web

HOME = "http://museum.example/"
PICTURE = "http://museum.example/1.jpg"
QUICK = FetchLimits(connect=2, read=0.4, total=2, grace=0.3, floor=10_000, first_pause=0.01)


@pytest.fixture
def sites() -> Iterator[Websites]:
    with Websites("museum.example", "images.example") as sites:
        yield sites


def settings(**changes: Any) -> ScraperSettings:
    return ScraperSettings(_env_file=None, **{"per_second": 1000.0, "connections": 8, "max_image_mb": 1, **changes})


@asynccontextmanager
async def web_to(sites: Websites, limits: FetchLimits = QUICK, **changes: Any) -> AsyncIterator[Web]:
    async with Guard(sites.stand_in) as guard, Web(settings(**changes), guard, limits) as web:
        yield web


# --- who we are ------------------------------------------------------------------------------------------------------


async def test_a_picture_comes_with_its_bytes_and_where_it_came_from(sites: Websites) -> None:
    sites.add(PICTURE, picture(7))
    async with web_to(sites, contact="me@example.org") as web:
        got = await web.get_picture(PICTURE + "#top", referer=HOME)
    assert (got.content, got.status, got.content_type) == (jpeg(7), 200, "image/jpeg")
    assert (got.url, got.final_url, got.robots) == (PICTURE, PICTURE, "allowed")
    assert [asked.url for asked in sites.asked] == [HOME + "robots.txt", HOME + ".well-known/tdmrep.json", PICTURE]
    headers = sites.asked[-1].headers
    assert headers["user-agent"].startswith("semantic-gallery/") and "me@example.org" in headers["user-agent"]
    assert headers["accept-encoding"] == "identity" and headers["referer"] == HOME


async def test_no_cookie_is_kept_or_sent(sites: Websites) -> None:
    sites.add(HOME, Answer("x", headers={"Set-Cookie": "id=7; Path=/"}))
    async with web_to(sites) as web:
        await web.get_text(HOME)
        await web.get_text(HOME)
    assert sites.times(HOME) == 2
    assert not any("cookie" in asked.headers for asked in sites.asked)


async def test_real_sites_are_not_visited_without_a_contact() -> None:
    async with Guard() as guard:
        with pytest.raises(ConfigError, match="GALLERY_CONTACT: is not set.* Set it to an e-mail address"):
            await Web(settings(contact=""), guard).__aenter__()
        async with Web(settings(contact="me@example.org"), guard):
            pass


@pytest.mark.parametrize("contact", ["me@example.org\r\nX-Evil: 1", "Jörg", "\x1b[31m"])
async def test_a_contact_that_no_header_can_carry_is_an_error(contact: str) -> None:
    async with Guard() as guard:
        with pytest.raises(ConfigError, match="GALLERY_CONTACT: .*plain ASCII"):
            await Web(settings(contact=contact), guard).__aenter__()


async def test_the_environment_has_no_say_in_the_way_taken(sites: Websites, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "*")
    sites.add(HOME, "x")
    async with web_to(sites) as web:
        assert (await web.get_text(HOME)).content == b"x"


async def test_a_stand_in_speaks_tls_under_its_own_authority(sites: Websites) -> None:
    sites.add("https://museum.example/", "safe")
    async with web_to(sites) as web:
        assert (await web.get_text("https://museum.example/")).content == b"safe"


async def test_a_certificate_that_nobody_vouches_for_is_not_accepted(sites: Websites) -> None:
    with Websites("another.example") as others:
        async with Guard(StandIn(sites.stand_in.hosts, others.ca)) as guard, Web(settings(), guard, QUICK) as web:
            with pytest.raises(Unavailable, match="connection failed .*certificate"):
                await web.get_text("https://museum.example/", robots="api")
    assert sites.asked == []


# --- how much and how long -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("announced", [str(10 * 2**30), str(2**20 + 1), "9" * 20])
async def test_a_picture_announced_as_too_large_is_not_begun(sites: Websites, announced: str) -> None:
    sites.add(PICTURE, Answer(sites.drip(b"x" * 1000), type="image/jpeg", headers={"Content-Length": announced}))
    async with web_to(sites) as web:
        with pytest.raises(FetchError, match=r"more than 1 MB \(GALLERY_MAX_IMAGE_MB\)"):
            await web.get_picture(PICTURE)


async def test_a_picture_without_end_is_left_at_the_limit(sites: Websites) -> None:
    sites.add(PICTURE, Answer(sites.drip(b"x" * 100_000, 0.001), type="image/jpeg"))
    async with web_to(sites) as web:
        with pytest.raises(FetchError, match="larger than 1 MB") as caught:
            await web.get_picture(PICTURE)
    assert not isinstance(caught.value, Unavailable) and sites.times(PICTURE) == 1


async def test_a_compressed_picture_is_not_unpacked(sites: Websites) -> None:
    sites.add(PICTURE, Answer(gzip.compress(bytes(2**20)), type="image/jpeg", headers={"Content-Encoding": "gzip"}))
    async with web_to(sites) as web:
        with pytest.raises(FetchError, match="a compressed answer was not asked for"):
            await web.get_picture(PICTURE)


async def test_a_gzip_bomb_is_unpacked_no_further_than_the_limit(sites: Websites) -> None:
    bomb = gzip.compress(bytes(100 * 2**20), 9)
    sites.add(HOME, Answer(bomb, headers={"Content-Encoding": "gzip"}))
    async with web_to(sites) as web:
        with pytest.raises(FetchError, match="larger than 10 MB"):
            await web.get_text(HOME)


async def test_text_may_come_compressed(sites: Websites) -> None:
    sites.add(HOME, Answer(gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"}))
    async with web_to(sites) as web:
        assert (await web.get_text(HOME)).content == b"hello"


async def test_text_that_is_not_what_its_encoding_says_is_an_error(sites: Websites) -> None:
    sites.add(HOME, Answer(b"hello", headers={"Content-Encoding": "gzip"}))
    async with web_to(sites) as web:
        with pytest.raises(FetchError, match="the answer cannot be read"):
            await web.get_text(HOME)


async def test_a_drip_does_not_hold_a_connection(sites: Websites) -> None:
    sites.add(PICTURE, lambda asked: Answer(sites.drip(b"x", 0.02), type="image/jpeg"))
    async with web_to(sites) as web:
        with pytest.raises(Unavailable, match="too slow"):
            await web.get_picture(PICTURE)


async def test_a_steady_stream_ends_with_the_time_for_one_file(sites: Websites) -> None:
    sites.add(PICTURE, Answer(sites.drip(b"x" * 1000, 0.02), type="image/jpeg"))
    limits = FetchLimits(total=0.5, floor=0, tries=1)
    async with web_to(sites, limits) as web:
        with pytest.raises(Unavailable, match="not complete after 0.5 s|not complete after 0 s"):
            await web.get_picture(PICTURE)


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "1000"}])
async def test_a_server_that_falls_silent_is_given_up(sites: Websites, headers: dict[str, str]) -> None:
    sites.add(PICTURE, lambda asked: Answer(sites.hang(), type="image/jpeg", headers=headers))
    async with web_to(sites) as web:
        with pytest.raises(Unavailable, match="the server does not answer in time"):
            await web.get_picture(PICTURE)
    assert sites.times(PICTURE) == QUICK.tries


async def test_a_server_that_never_answers_is_given_up(sites: Websites) -> None:
    def silent(asked: Asked) -> Answer:
        sites.closing.wait()
        return Answer()

    sites.add(PICTURE, silent)
    async with web_to(sites) as web:
        with pytest.raises(Unavailable, match="the server does not answer in time"):
            await web.get_picture(PICTURE)


async def test_an_answer_that_breaks_off_is_asked_for_again(sites: Websites) -> None:
    def say(asked: Asked) -> Answer:
        whole = jpeg(3)
        body = whole if sites.times(PICTURE) == 3 else whole[:100]
        return Answer(iter([body]), type="image/jpeg", headers={"Content-Length": str(len(whole))})

    sites.add(PICTURE, say)
    async with web_to(sites) as web:
        assert (await web.get_picture(PICTURE)).content == jpeg(3)
    assert sites.times(PICTURE) == 3


async def test_the_content_type_is_told_but_not_believed(sites: Websites) -> None:
    sites.add(PICTURE, Answer(b"<html>", type="image/jpeg"))
    sites.add(HOME, Answer(jpeg(), type="text/html"))
    async with web_to(sites) as web:
        assert (await web.get_picture(PICTURE)).content_type == "image/jpeg"
        assert (await web.get_picture(HOME)).content == jpeg()


# --- redirects -------------------------------------------------------------------------------------------------------


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


# --- what servers answer ---------------------------------------------------------------------------------------------


def then_fine(sites: Websites, url: str, *answers: Answer) -> None:
    """Let an address give the answers in turn, and a picture after them."""
    sites.add(url, lambda asked: [*answers, picture()][min(sites.times(url) - 1, len(answers))])


@pytest.mark.parametrize("status", [404, 410, 400, 418, 206, 204, 304, 999])
async def test_a_final_answer_is_not_asked_for_again(sites: Websites, status: int) -> None:
    sites.add(PICTURE, Answer(status=status))
    async with web_to(sites) as web:
        with pytest.raises(FetchError, match=f"{PICTURE}: answered {status}") as caught:
            await web.get_picture(PICTURE)
    assert caught.value.status == status and not isinstance(caught.value, Unavailable)
    assert sites.times(PICTURE) == 1


@pytest.mark.parametrize("status", [401, 403, 451])
async def test_a_refusal_is_not_asked_for_again(sites: Websites, status: int) -> None:
    sites.add(PICTURE, Answer(status=status))
    async with web_to(sites) as web:
        with pytest.raises(Blocked, match=f"museum.example: answered {status} .* - stopped, nothing retried") as caught:
            await web.get_picture(PICTURE)
    assert caught.value.exit_code == 5 and sites.times(PICTURE) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_busy_server_is_asked_again(sites: Websites, status: int) -> None:
    then_fine(sites, PICTURE, Answer(status=status), Answer(status=status))
    async with web_to(sites) as web:
        assert (await web.get_picture(PICTURE)).status == 200
    assert sites.times(PICTURE) == 3


async def test_a_server_that_stays_busy_is_left_after_three_tries(sites: Websites) -> None:
    sites.add(PICTURE, Answer(status=503))
    async with web_to(sites) as web:
        with pytest.raises(Unavailable, match="answered 503 Service Unavailable") as caught:
            await web.get_picture(PICTURE)
    assert caught.value.exit_code == 6 and sites.times(PICTURE) == 3


@pytest.mark.parametrize("status", [429, 503])
async def test_the_servers_own_wait_is_kept(sites: Websites, status: int) -> None:
    then_fine(sites, PICTURE, Answer(status=status, headers={"Retry-After": "1"}))
    times: list[float] = []
    then = sites._says[PICTURE]
    assert callable(then)
    sites.add(PICTURE, lambda asked: times.append(datetime.now(UTC).timestamp()) or then(asked))
    async with web_to(sites) as web:
        await web.get_picture(PICTURE)
    assert len(times) == 2 and times[1] - times[0] >= 1


@pytest.mark.parametrize("status", [429, 503])
async def test_a_server_that_asks_for_a_long_wait_is_left_for_this_run(sites: Websites, status: int) -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    for wish, said in (("3600", "asks us to wait 3,600 s"), (when, "asks us to wait 7,")):
        sites.add(PICTURE, Answer(status=status, headers={"Retry-After": wish}))
        async with web_to(sites) as web:
            with pytest.raises(Blocked, match=f"museum.example: answered {status} .*{said}.*Run it again after"):
                await web.get_picture(PICTURE)
    assert sites.times(PICTURE) == 2


@pytest.mark.parametrize("wish", ["soon", "-1", "", "1e9", "9" * 50, "Mon, 99 Foo 2026"])
async def test_a_wish_that_makes_no_sense_is_none(sites: Websites, wish: str) -> None:
    then_fine(sites, PICTURE, Answer(status=503, headers={"Retry-After": wish}))
    async with web_to(sites) as web:
        assert (await web.get_picture(PICTURE)).status == 200


async def test_a_host_that_refuses_five_times_in_a_row_is_asked_no_more(sites: Websites) -> None:
    sites.add("http://images.example/1.jpg", picture())
    async with web_to(sites) as web:
        for number in range(8):
            sites.add(f"{HOME}{number}.jpg", Answer(status=403))
            with pytest.raises(Blocked):
                await web.get_picture(f"{HOME}{number}.jpg")
        assert (await web.get_picture("http://images.example/1.jpg")).status == 200
    assert sum(asked.url.startswith(HOME) and asked.url.endswith(".jpg") for asked in sites.asked) == 5


async def test_what_is_no_http_is_a_failed_connection() -> None:
    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(garbage, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    stand_in = StandIn({"museum.example:80": ("127.0.0.1", port), "museum.example:443": ("127.0.0.1", port)})
    async with server, Guard(stand_in) as guard, Web(settings(), guard, QUICK) as web:
        for url in (HOME, "https://museum.example/"):
            with pytest.raises(Unavailable):
                await web.get_text(url, robots="api")


# --- whether we may --------------------------------------------------------------------------------------------------


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
