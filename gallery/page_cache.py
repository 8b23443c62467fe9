"""Pages kept for some seconds in front of the site, so that many visitors at once cost little more than a few.

For the one process that holds the collection. Whatever is sent to it and taken (a correction, a takedown) empties what
is kept, so that people see what they have done and nobody sees what was removed; what jobs add is seen a little later.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from werkzeug.http import parse_etags

from gallery.packing import takes_gzip

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SECONDS = 10.0
"""How much older than the collection a page may be."""

CHANGES_NOTHING = "gallery.changes_nothing"
"""Set in the environment of a request that is sent and yet only asks."""

MOST_BYTES = 32 * 2**20
_LARGEST = 2**20
# What a page depends on besides its address, where proxies are believed.
_HEADERS = ("HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_PREFIX", "HTTP_ACCEPT")
# Whoever sends these may be shown something else than everybody.
_PERSONAL = ("HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_RANGE")
_READING = ("GET", "HEAD", "OPTIONS")
_OF_BODIES = ("content-type", "content-length", "content-encoding")

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Page:
    status: str
    headers: Headers
    body: bytes
    until: float
    tag: str


class PageCache:
    """The site as a WSGI application that answers from what it keeps; threads share it."""

    def __init__(self, app: "WSGIApplication", *, seconds: float = SECONDS, most_bytes: int = MOST_BYTES) -> None:
        self._app, self._seconds, self._most = app, seconds, most_bytes
        self._lock = Lock()
        self._pages: OrderedDict[tuple[str, ...], _Page] = OrderedDict()
        self._bytes = 0
        self._generation = 0

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        if environ["REQUEST_METHOD"] not in _READING:
            return self._sent(environ, start_response)
        if environ["REQUEST_METHOD"] != "GET" or any(name in environ for name in _PERSONAL):
            return self._app(environ, start_response)
        key = _key(environ)
        page = self._kept(key)
        return _shown(page, environ, start_response) if page else self._asked(key, environ, start_response)

    def _sent(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer what may change something; what is refused, or only asks, does not."""
        told: list[str] = []

        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            told.append(status)
            return start_response(status, headers, exc_info)

        try:
            return self._app(environ, start)
        finally:
            if not environ.get(CHANGES_NOTHING) and not (told and told[-1].startswith("4")):
                self.forget()

    def forget(self) -> None:
        """Empty it; a page that is being made meanwhile is not kept either."""
        with self._lock:
            self._pages.clear()
            self._bytes = 0
            self._generation += 1

    def _kept(self, key: tuple[str, ...]) -> _Page | None:
        with self._lock:
            page = self._pages.get(key)
            return page if page and time.monotonic() < page.until else None

    def _asked(
        self, key: tuple[str, ...], environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        told: list[tuple[str, Headers]] = []
        began, until = self._generation, time.monotonic() + self._seconds

        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            told.append((status, headers))
            return start_response(status, headers, exc_info)

        answer = self._app(environ, start)
        if len(told) != 1 or not _is_for_all(*told[0]):
            return answer
        try:
            body = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        self._keep(key, _Page(*told[0], body, until, _header(told[0][1], "etag")), began)
        return [body]

    def _keep(self, key: tuple[str, ...], page: _Page, generation: int) -> None:
        with self._lock:
            if generation != self._generation:
                return
            if before := self._pages.pop(key, None):
                self._bytes -= len(before.body)
            self._pages[key] = page
            self._bytes += len(page.body)
            while self._bytes > self._most:
                _, oldest = self._pages.popitem(last=False)
                self._bytes -= len(oldest.body)


def _key(environ: "WSGIEnvironment") -> tuple[str, ...]:
    address = (environ["wsgi.url_scheme"], environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""))
    return (*address, str(takes_gzip(environ)), *(environ.get(name, "") for name in _HEADERS))


def _is_for_all(status: str, headers: Headers) -> bool:
    """Tell whether an answer is a page that everybody gets alike, and not too large to be kept."""
    length = _header(headers, "content-length")
    return (
        status.startswith("200 ")
        and _header(headers, "content-type").startswith("text/html")
        and _header(headers, "cache-control") == "no-cache"
        and not _header(headers, "set-cookie")
        and length.isdigit()
        and int(length) <= _LARGEST
    )


def _shown(page: _Page, environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
    tags = parse_etags(environ.get("HTTP_IF_NONE_MATCH"))
    if page.tag and tags.contains_raw(page.tag):
        start_response("304 NOT MODIFIED", [each for each in page.headers if each[0].lower() not in _OF_BODIES])
        return []
    start_response(page.status, page.headers)
    return [page.body]


def _header(headers: Headers, name: str) -> str:
    return next((value for each, value in headers if each.lower() == name), "")
