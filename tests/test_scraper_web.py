"""Fetching through the real guard, from servers on loopback that misbehave in every way they can."""

import asyncio
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from visiting import HOME, PICTURE, QUICK, settings, web_to
from websites import Answer, Asked, Websites, jpeg, picture

from scraper.errors import Blocked, ConfigError, FetchError, Unavailable
from scraper.fetched import FetchLimits
from scraper.guard import Guard
from scraper.stand_in import StandIn
from scraper.web import Web


@pytest.fixture
def sites() -> Iterator[Websites]:
    with Websites("museum.example", "images.example") as sites:
        yield sites


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
