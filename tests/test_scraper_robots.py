"""What is read out of a robots.txt, and how often it is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import Blocked, FetchError, Refused
from scraper.robots import LONGEST, Robots, Rules, read_rules

HOME = "http://museum.example"


def refusal(text: str, path: str) -> str | None:
    return read_rules(200, text.encode()).refusal(HOME + path)


@pytest.mark.parametrize(
    ("text", "allowed", "denied"),
    [
        ("", ["/", "/art/1.jpg"], []),
        ("User-agent: *\nDisallow:", ["/"], []),
        ("User-agent: *\nDisallow: /", [], ["/", "/art"]),
        ("User-agent: *\nDisallow: /private", ["/", "/art"], ["/private", "/private/x.jpg"]),
        ("User-agent: *\nDisallow: /\nAllow: /art/", ["/art/1"], ["/", "/artless"]),
        ("User-agent: *\nDisallow: /*.jpg$", ["/a.jpg?x", "/a.png"], ["/a.jpg", "/b/c.jpg"]),
        ("User-agent: semantic-gallery\nDisallow: /\n\nUser-agent: *\nDisallow:", [], ["/art"]),
        ("User-agent: semantic-gallery\nDisallow:\n\nUser-agent: *\nDisallow: /", ["/art"], []),
        ("User-agent: Googlebot\nDisallow: /", ["/art"], []),
        ("\ufeffUser-agent: *\r\nDisallow: /private\r\n", ["/art"], ["/private"]),
        ("<html>not found</html>", ["/art"], []),
    ],
)
def test_the_rules_are_those_of_the_standard(text: str, allowed: list[str], denied: list[str]) -> None:
    assert [path for path in allowed if refusal(text, path)] == []
    assert [path for path in denied if not refusal(text, path)] == []


def test_a_refusal_names_the_file_and_the_path() -> None:
    assert refusal("User-agent: *\nDisallow: /search", "/search?q=Monet") == "robots.txt disallows /search"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_without_a_file_everything_is_allowed(status: int) -> None:
    assert read_rules(status, b"User-agent: *\nDisallow: /").refusal(HOME) is None


@pytest.mark.parametrize("status", [301, 429, 500, 502, 503])
def test_a_file_that_cannot_be_had_now_allows_nothing(status: int) -> None:
    assert read_rules(status, b"").refusal(HOME) == f"robots.txt could not be read (answered {status})"


def test_only_the_first_500_kb_count() -> None:
    padding = "#" + "x" * 98 + "\n"
    rules = "User-agent: *\nDisallow: /early\n" + padding * (LONGEST // 100) + "Disallow: /late\n"
    assert refusal(rules, "/early") and not refusal(rules, "/late")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0),
        ("User-agent: *\nCrawl-delay: 2.5", 2.5),
        ("User-agent: semantic-gallery\nCrawl-delay: 7\n\nUser-agent: *\nCrawl-delay: 1", 7),
        ("User-agent: *\nRequest-rate: 1/10", 10),
        ("User-agent: *\nCrawl-delay: soon", 0),
    ],
)
def test_the_pace_that_a_site_asks_for(text: str, seconds: float) -> None:
    assert read_rules(200, text.encode()).seconds_apart == seconds


@given(st.binary(max_size=300))
def test_no_file_is_so_odd_that_it_cannot_be_read(body: bytes) -> None:
    rules = read_rules(200, body)
    assert rules.seconds_apart >= 0
    rules.refusal(HOME + "/art")


class Site:
    def __init__(self, *answers: tuple[int, bytes] | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.now = 0.0
        self.robots = Robots(self.fetch, lambda: self.now)

    async def fetch(self, url: str) -> tuple[int, bytes]:
        self.asked.append(url)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_a_file_is_read_once_a_day_for_each_origin() -> None:
    site = Site((200, b"User-agent: *\nDisallow: /x"))
    for url in ("http://museum.example/a", "http://museum.example/b?c", "https://museum.example/a"):
        assert (await site.robots.rules(url)).refusal(url) is None
    assert site.asked == ["http://museum.example/robots.txt", "https://museum.example/robots.txt"]
    site.now += 24 * 3600 + 1
    await site.robots.rules("http://museum.example/a")
    assert len(site.asked) == 3


async def test_a_failure_disallows_and_says_why() -> None:
    site = Site(FetchError("http://museum.example/robots.txt", "the server does not answer in time"))
    rules = await site.robots.rules(HOME)
    assert rules == Rules(unreadable="the server does not answer in time")


async def test_a_failure_is_not_remembered_for_a_day() -> None:
    site = Site((503, b""), (200, b""))
    assert (await site.robots.rules(HOME)).refusal(HOME)
    assert (await site.robots.rules(HOME)).refusal(HOME)
    site.now += 61
    assert (await site.robots.rules(HOME)).refusal(HOME) is None
    assert len(site.asked) == 2


@pytest.mark.parametrize("error", [Refused("x", "not a public address."), Blocked("museum.example", "given up")])
async def test_a_refusal_of_the_guard_is_no_answer_of_the_site(error: Exception) -> None:
    with pytest.raises(type(error)):
        await Site(error).robots.rules(HOME)
