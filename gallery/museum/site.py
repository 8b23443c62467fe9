"""The museum's web site on this machine, reached under its own name through the guard's stand-in map."""

import json
import re
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from PIL import Image

from gallery.museum import furniture
from gallery.museum.atelier import file_of
from gallery.museum.model import Artist, Work
from gallery.museum.pages import PAGED, WIDTHS, environment, original, sized
from scraper.stand_in import StandIn

HOST = "museum.example"
TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the site answers."""

    content: bytes
    content_type: str
    status: int = 200


NOTHING = Answer(b"<!doctype html><title>Not here</title><h1>Not here</h1>", HTML, 404)


@dataclass(frozen=True)
class Museum:
    """The site as a function from addresses to answers; some artists' works stand `per_page` to a page."""

    folder: Path
    artists: tuple[Artist, ...]
    per_page: int = 8

    def answer(self, target: str) -> Answer:
        """Answer a GET for a path with its query."""
        parts = urlsplit(target)
        for pattern, respond in _ROUTES:
            if found := pattern.fullmatch(parts.path):
                asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
                return respond(self, asked, **found.groupdict())
        return NOTHING

    @cached_property
    def _by_slug(self) -> dict[str, Artist]:
        return {artist.slug: artist for artist in self.artists}

    @cached_property
    def _media(self) -> dict[str, Work]:
        return {original(work): work for artist in self.artists for work in artist.works}

    @cached_property
    def _sized(self) -> dict[str, tuple[Work, int, str]]:
        return {
            sized(work, width, suffix): (work, width, suffix)
            for work in self._media.values()
            for width in WIDTHS
            for suffix in ("jpg", "webp")
        }

    @cached_property
    def _pages(self) -> Any:
        return environment()

    def _render(self, template: str, **values: Any) -> Answer:
        text: str = self._pages.get_template(template).render(artists=self.artists, **values)
        return Answer(text.encode(), HTML)

    def home(self, asked: dict[str, str]) -> Answer:
        """Answer with every artist."""
        return self._render("index.html")

    def artist(self, asked: dict[str, str], slug: str) -> Answer:
        """Answer with an artist's page, in the artist's own kind."""
        if (artist := self._by_slug.get(slug)) is None:
            return NOTHING
        works, number, last = self._page(artist, asked)
        values = {"artist": artist, "works": works, "number": number, "last": last}
        return self._render(f"{artist.layout}.html", **values) if works else NOTHING

    def more(self, asked: dict[str, str], slug: str) -> Answer:
        """Answer a script with further works of an artist."""
        if (artist := self._by_slug.get(slug)) is None:
            return NOTHING
        works, number, last = self._page(artist, asked)
        said = {"html": [self._card(work) for work in works], "next": number + 1 if number < last else None}
        return Answer(json.dumps(said).encode(), "application/json")

    def _card(self, work: Work) -> str:
        text: str = self._pages.get_template("card.html").render(work=work)
        return text

    def _page(self, artist: Artist, asked: dict[str, str]) -> tuple[Sequence[Work], int, int]:
        works = artist.works
        if artist.layout not in PAGED:
            return works, 1, 1
        text = asked.get("page", "1")
        number = int(text) if re.fullmatch("[1-9][0-9]{0,3}", text) else 1
        return works[(number - 1) * self.per_page : number * self.per_page], number, -(-len(works) // self.per_page)

    def media(self, asked: dict[str, str], path: str) -> Answer:
        """Answer with a picture as it is, or in one of the usual widths."""
        try:
            if (work := self._media.get(path)) is not None:
                return Answer(file_of(self.folder, work).read_bytes(), TYPES[work.artist.suffix])
            if (small := self._sized.get(path)) is not None:
                work, width, suffix = small
                return Answer(_shrunk(file_of(self.folder, work), width, suffix), TYPES[suffix])
        except FileNotFoundError:
            pass  # not drawn yet
        return NOTHING

    def asset(self, asked: dict[str, str], name: str) -> Answer:
        """Answer with what decorates the site and is no artwork."""
        thing = furniture.made(name)
        return Answer(*thing) if thing else NOTHING

    def robots(self, asked: dict[str, str]) -> Answer:
        """Answer with what robots may do."""
        text = f"User-agent: *\nDisallow: /staff/\n\nSitemap: http://{HOST}/sitemap.xml\n"
        return Answer(text.encode(), "text/plain; charset=utf-8")

    def sitemap(self, asked: dict[str, str]) -> Answer:
        """Answer with the addresses of the artists' pages."""
        places = "".join(f"<url><loc>{page_of(artist)}</loc></url>" for artist in self.artists)
        text = f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>'
        return Answer(text.encode(), "application/xml")


_ROUTES: list[tuple[re.Pattern[str], Callable[..., Answer]]] = [
    (re.compile("/"), Museum.home),
    (re.compile("/artists/(?P<slug>[a-z-]+)"), Museum.artist),
    (re.compile("/api/artists/(?P<slug>[a-z-]+)"), Museum.more),
    (re.compile("(?P<path>/media/.+)"), Museum.media),
    (re.compile("/assets/(?P<name>[a-z.-]+)"), Museum.asset),
    (re.compile(r"/robots\.txt"), Museum.robots),
    (re.compile(r"/sitemap\.xml"), Museum.sitemap),
]


def page_of(artist: Artist) -> str:
    """Return the address of an artist's page, by the museum's own name."""
    return f"http://{HOST}/artists/{artist.slug}"


@lru_cache(maxsize=128)
def _shrunk(path: Path, width: int, suffix: str) -> bytes:
    with Image.open(path) as image:
        small = image.convert("RGB")
    small.thumbnail((width, width * 4), reducing_gap=2.0)
    content = BytesIO()
    small.save(content, "WEBP" if suffix == "webp" else "JPEG", quality=80)
    return content.getvalue()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of visitors who left before the answer came."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class OpenMuseum:
    """The site while it is open, on a free port of this machine."""

    def __init__(self, museum: Museum) -> None:
        handler = type("Handler", (_Handler,), {"museum": museum})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="museum", daemon=True)

    @property
    def url(self) -> str:
        """The address to type into a browser on this machine."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def stand_in(self) -> StandIn:
        """The map that leads the museum's name here, and every other name nowhere."""
        return StandIn({f"{HOST}:80": ("127.0.0.1", self._server.server_port)})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    museum: Museum
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "museum", ""
    timeout = 30

    def do_GET(self) -> None:  # noqa: N802, D102
        self._send(self.museum.answer(self.path))

    def do_HEAD(self) -> None:  # noqa: N802, D102
        self._send(self.museum.answer(self.path))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep silent: the demo shows what happens in its own way."""
