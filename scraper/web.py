"""Fetching over HTTP: one client, through the guard only, with limits on everything a server can do."""

import asyncio
import json
import logging
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urljoin, urlsplit

import httpx2
import stamina

from scraper.addresses import checked_url
from scraper.errors import Blocked, ConfigError, FetchError, OptedOut, Refused, Unavailable
from scraper.fetched import Fetched, FetchLimits, gathered, opt_outs
from scraper.guard import OWN_WORDS, Guard
from scraper.manners import Asking, Pace
from scraper.model import RobotsAnswer
from scraper.politeness import LONGEST_WAIT, Politeness
from scraper.reservations import PLACE, Reservations
from scraper.robots import LONGEST as ROBOTS_BYTES
from scraper.robots import Robots
from scraper.settings import ScraperSettings

_BUSY = {429, 500, 502, 503, 504}
_FORBIDDEN = {401, 403, 451}
_MOVED = {301, 302, 303, 307, 308}
_PICTURE_OPT_OUTS = {"noai", "noimageai", "noindex", "noimageindex", "none", "tdm-reservation"}

# stamina tells each retry to its logger; without a handler of its own that would land on stderr.
logging.getLogger("stamina").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class _Ask:
    """One kind of request: its headers, and how much of what it takes."""

    headers: Mapping[str, str]
    cap: int
    cap_name: str
    picture: bool = False
    cut: bool = False
    """Whether a body beyond the cap is cut there instead of refused."""


class Web:
    """The HTTP client of one run: polite, bounded, without cookies, and blind to what is not public.

    Every method raises `Refused` for an address that must not be visited, `Blocked` when the site says
    no, `Unavailable` when it fails after all tries, and `FetchError` when another try would not help.
    """

    def __init__(
        self,
        settings: ScraperSettings,
        guard: Guard,
        limits: FetchLimits | None = None,
        paces: Mapping[str, Pace] | None = None,
    ) -> None:
        self._settings, self._guard = settings, guard
        # A stand-in of ours need not be spared, and is not waited for as long.
        self._limits = limits or FetchLimits(first_pause=2.0 if guard.stand_in is None else 0.2)
        self._politeness = Politeness(
            settings.per_second,
            settings.connections,
            first_pause=self._limits.first_pause,
            paces=_paces(paces or {}, guard),
            asked=settings.data_dir / "asked",
        )
        self._robots = Robots(self._fetch_robots)
        self._reservations = Reservations(self._fetch_robots)
        self._client: httpx2.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        _check_contact(self._settings.contact, needed=self._guard.stand_in is None)
        limits = self._limits
        self._client = httpx2.AsyncClient(
            proxy=self._guard.url,
            trust_env=False,
            http2=False,
            verify=_trusted(self._guard),
            headers={"User-Agent": self._settings.user_agent},
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx2.Timeout(limits.connect, read=limits.read),
            limits=httpx2.Limits(max_connections=32, keepalive_expiry=10),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._client is not None
        await self._client.aclose()

    @property
    def user_agent(self) -> str:
        """Who we say we are, for sites that ask for it in a header of their own."""
        return self._settings.user_agent

    @property
    def heeds_opt_outs(self) -> bool:
        """Whether what headers and pages ask to be left out is left out."""
        return self._settings.opt_outs == "obey"

    async def get_picture(self, url: str, *, referer: str | None = None) -> Fetched:
        """Fetch a picture's bytes, whatever they turn out to be; raises `OptedOut` when a header asks us not to."""
        # A compressed picture gains nothing and may hide a thousand times its size.
        headers = {"Accept": "image/*,*/*;q=0.5", "Accept-Encoding": "identity"}
        if referer is not None:
            # Where a picture is said to stand may be any text; only an address is passed on.
            with suppress(Refused):
                headers["Referer"] = checked_url(referer)
        cap = self._settings.max_image_mb * 2**20
        ask = _Ask(headers, cap, f"{self._settings.max_image_mb} MB (GALLERY_MAX_IMAGE_MB)", picture=True)
        return await self._get(checked_url(url), ask, "obey")

    async def get_text(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        robots: Asking = "obey",
    ) -> Fetched:
        """Fetch a page or document of 10 MB at most, after decompression."""
        if params:
            url += ("&" if urlsplit(url).query else "?") + urlencode(params)
        ask = _Ask({"Accept-Encoding": "gzip, deflate", **(headers or {})}, self._limits.text_bytes, "10 MB")
        return await self._get(checked_url(url), ask, robots)

    async def get_json(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        robots: Asking = "obey",
    ) -> Any:
        """Fetch a JSON document and return what it holds."""
        wanted = {"Accept": "application/json", **(headers or {})}
        fetched = await self.get_text(url, params=params, headers=wanted, robots=robots)
        try:
            return json.loads(fetched.content)
        except (ValueError, RecursionError) as error:
            raise FetchError(fetched.final_url, "the answer is not JSON", fetched.status) from error

    async def allowed(self, url: str) -> RobotsAnswer:
        """Return on what ground `url` may be fetched; raises `Blocked` when robots.txt says no."""
        return await self._permission(checked_url(url), "obey")

    @asynccontextmanager
    async def turn(self, url: str) -> AsyncIterator[None]:
        """Wait until the host of `url` may be asked once more, for whoever asks by other means."""
        async with self._politeness.turn(_host(url)):
            yield

    async def _permission(self, url: str, asking: Asking) -> RobotsAnswer:
        if asking == "api":
            return "not-asked-api"
        if self._settings.robots == "ignore":
            return "ignored-by-config"
        host = _host(url)
        try:
            rules = await self._robots.rules(url)
        except Refused as refused:
            raise Refused(url, refused.reason) from refused
        if refusal := rules.refusal(url):
            raise Blocked(host, refusal, "Ask its owner for leave, or use another source.")
        if rules.seconds_apart > LONGEST_WAIT:
            raise Blocked(host, f"robots.txt asks for {rules.seconds_apart:,.0f} s between two requests")
        self._politeness.slow_down(host, rules.seconds_apart)
        return "allowed"

    async def _get(self, url: str, ask: _Ask, asking: Asking) -> Fetched:
        wait, tries = self._limits.first_pause / 4, self._limits.tries
        retry = stamina.retry_context(_again, tries, None, wait_initial=wait, wait_max=8, wait_jitter=wait)
        try:
            async for attempt in retry:
                with attempt:
                    fetched = await self._follow(url, ask, asking)
                    self.judge(fetched.final_url, fetched.status, fetched.headers)
        except Unavailable as error:
            self._politeness.failed(_host(error.url))
            raise
        return fetched

    async def _follow(self, url: str, ask: _Ask, asking: Asking) -> Fetched:
        """Go where redirects lead, each step checked as the first one was."""
        at = url
        for _ in range(self._limits.redirects + 1):
            robots = await self._permission(at, asking)
            reserved = ask.picture and await self._reserved(at)
            async with self._politeness.turn(_host(at)):
                fetched = await self._exchange(url, at, ask, robots)
            fetched = replace(fetched, reserved=reserved)
            if fetched.status not in _MOVED or "location" not in fetched.headers:
                return fetched
            at = checked_url(_joined(at, fetched.headers["location"]))
        raise FetchError(url, f"redirected more than {self._limits.redirects} times")

    async def _exchange(self, url: str, at: str, ask: _Ask, robots: RobotsAnswer) -> Fetched:
        """Send one request and take in one answer; all that can go wrong on the way comes out as our errors."""
        assert self._client is not None
        try:
            async with (
                asyncio.timeout(self._limits.total),
                self._client.stream("GET", at, headers=dict(ask.headers)) as answer,
            ):
                headers = gathered(answer.headers.multi_items())
                if words := headers.get(OWN_WORDS):
                    raise said_by_guard(at, answer.status_code, words)
                body = b""
                if answer.status_code == HTTPStatus.OK:
                    _check_headers(at, headers, ask)
                    self._heed(at, headers, ask)
                    body = await self._body(at, answer, ask)
        except TimeoutError as error:
            raise Unavailable(at, f"not complete after {self._limits.total:.0f} s") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise _translated(at, error) from error
        return Fetched(url, at, answer.status_code, headers.get("content-type"), body, robots, headers)

    async def _reserved(self, url: str) -> bool:
        """Return whether its site reserves a picture; raises `OptedOut` if it does and that is heeded."""
        try:
            reserved = await self._reservations.reserved(url)
        except Refused as refused:
            raise Refused(url, refused.reason) from refused
        if reserved and self.heeds_opt_outs:
            raise OptedOut(url, _host(url), f"tdm-reservation in {PLACE}")
        return reserved

    def _heed(self, url: str, headers: Mapping[str, str], ask: _Ask) -> None:
        if ask.picture and self.heeds_opt_outs and (asked := sorted(_PICTURE_OPT_OUTS & set(opt_outs(headers)))):
            name = "a header" if asked == ["tdm-reservation"] else "X-Robots-Tag"
            raise OptedOut(url, _host(url), f"{name}: {', '.join(asked)}")

    async def _body(self, url: str, answer: httpx2.Response, ask: _Ask) -> bytes:
        loop, limits, body = asyncio.get_running_loop(), self._limits, bytearray()
        began = loop.time()
        async for piece in answer.aiter_raw() if ask.picture else answer.aiter_bytes():
            body += piece
            if len(body) > ask.cap:
                if ask.cut:
                    break
                raise FetchError(url, f"larger than {ask.cap_name}", answer.status_code)
            took = loop.time() - began
            if took > limits.grace and len(body) < took * limits.floor:
                raise Unavailable(url, f"too slow, {len(body):,} bytes in {took:.0f} s")
        return bytes(body[: ask.cap])

    def judge(self, url: str, status: int, headers: Mapping[str, str]) -> None:
        """Raise unless an answer's status is 200, and let the host's next turn depend on it."""
        host, said = _host(url), f"answered {status} {_phrase(status)}".rstrip()
        after = _retry_after(headers)
        if status in _FORBIDDEN:
            self._politeness.refused(host, after)
            raise Blocked(host, said)
        if status in _BUSY:
            if status == HTTPStatus.TOO_MANY_REQUESTS:
                self._politeness.refused(host, after)
            if after is not None and after > LONGEST_WAIT:
                raise Blocked(host, f"{said} and asks us to wait {after:,.0f} s", "Run it again after that time.")
            raise Unavailable(url, said, status, after)
        if headers.get("mediawiki-api-error") == "maxlag":
            # Wikimedia's way to say 503 with a status of 200: its databases lag behind.
            raise Unavailable(url, "asks to come back later (maxlag)", status, after)
        self._politeness.accepted(host)
        if status != HTTPStatus.OK:
            raise FetchError(url, said, status)

    async def _fetch_robots(self, url: str) -> tuple[int, bytes]:
        ask = _Ask({"Accept": "text/plain,*/*;q=0.5", "Accept-Encoding": "gzip"}, ROBOTS_BYTES, "500 KB", cut=True)
        fetched = await self._follow(url, ask, "api")
        return fetched.status, fetched.content


def _paces(paces: Mapping[str, Pace], guard: Guard) -> Mapping[str, Pace]:
    """Return how fast each host may be asked; a stand-in of ours need not be spared, and is not that host."""
    if guard.stand_in is None:
        return paces
    return {host: Pace(connections=pace.connections) for host, pace in paces.items()}


def said_by_guard(url: str, status: int, words: str) -> Refused | Unavailable:
    """Return the error that an answer of the guard itself stands for."""
    return Refused(url, words) if status == HTTPStatus.FORBIDDEN else Unavailable(url, words)


def _translated(url: str, error: Exception) -> FetchError | Refused:
    """Return our error for one of the client's."""
    if isinstance(error, httpx2.ProxyError):
        # The guard's own status line: see scraper/guard.py.
        status, _, reason = str(error).partition(" ")
        return said_by_guard(url, int(status) if status.isdigit() else 0, reason)
    if isinstance(error, httpx2.TimeoutException):
        return Unavailable(url, "the server does not answer in time")
    if isinstance(error, httpx2.DecodingError | httpx2.InvalidURL):
        return FetchError(url, f"the answer cannot be read ({error})")
    return Unavailable(url, f"the connection failed ({str(error) or type(error).__name__})")


def _check_contact(contact: str, *, needed: bool) -> None:
    remedy = "Set it to an e-mail address or a page about you."
    if needed and not contact:
        raise ConfigError(
            "GALLERY_CONTACT", "is not set, and sites must be able to reach whoever collects from them", remedy
        )
    if not (contact.isascii() and contact.isprintable()) and contact:
        raise ConfigError("GALLERY_CONTACT", "is not plain ASCII on one line, and no header can carry it", remedy)


def _again(error: Exception) -> bool | float:
    """Say whether a request is sent again, and after how many seconds if the server has named them."""
    if not isinstance(error, Unavailable):
        return False
    return True if error.after is None else error.after


def _trusted(guard: Guard) -> ssl.SSLContext | bool:
    if guard.stand_in is None or guard.stand_in.ca is None:
        return True
    return ssl.create_default_context(cafile=guard.stand_in.ca)


def _check_headers(url: str, headers: Mapping[str, str], ask: _Ask) -> None:
    announced = headers.get("content-length", "")
    if announced.isdigit() and int(announced) > ask.cap and not ask.cut:
        raise FetchError(url, f"{int(announced):,} bytes announced, more than {ask.cap_name}")
    if not ask.picture:
        return
    if headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise FetchError(url, "a compressed answer was not asked for")


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return location  # As malformed as it is, it will be refused by name.


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds in a Retry-After header, None when there is none that makes sense."""
    said = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", said):
        return float(said)
    try:
        when = parsedate_to_datetime(said)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max((when - datetime.now(UTC)).total_seconds(), 0.0)
