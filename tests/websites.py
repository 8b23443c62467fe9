"""Web sites for the tests: one server on loopback that plays any number of hosts, with and without TLS.

    with Websites("museum.example", "images.example") as sites:
        sites.add("http://museum.example/", "<img src=...>")
        async with open_reach(settings, sites.stand_in) as reach: ...

A path that was never added answers 404, and so does every robots.txt that was not.
"""

import json
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import trustme
from PIL import Image

from scraper.stand_in import StandIn


@dataclass(frozen=True)
class Asked:
    """One request that came in; header names are in lower case."""

    url: str
    headers: Mapping[str, str]

    @property
    def query(self) -> str:
        return urlsplit(self.url).query


@dataclass(frozen=True)
class Answer:
    """What is sent: bytes at once, or pieces that come when their iterator yields them."""

    body: bytes | str | Iterable[bytes] = b""
    status: int = 200
    type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


Says = Answer | bytes | str | Callable[[Asked], Answer]


class Websites:
    """The hosts while they stand; `asked` is every request so far, `stand_in` the way to them."""

    def __init__(self, *hosts: str) -> None:
        self.hosts = hosts
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        self._says: dict[str, Says] = {}
        self._folder = TemporaryDirectory(prefix="websites-")
        self.ca = Path(self._folder.name) / "ca.pem"
        authority, certificate = _certificate(hosts)
        authority.cert_pem.write_to_path(self.ca)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        self._servers = {scheme: _Server(self, scheme) for scheme in ("http", "https")}
        # The handshake is left to each request's own thread, so that nobody waits for a slow one.
        secure = self._servers["https"]
        secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)

    def __enter__(self) -> Self:
        for server in self._servers.values():
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        for server in self._servers.values():
            server.shutdown()
            server.server_close()
        self._folder.cleanup()

    @property
    def stand_in(self) -> StandIn:
        ports = {80: self.port("http"), 443: self.port("https")}
        return StandIn(
            {f"{host}:{port}": ("127.0.0.1", real) for host in self.hosts for port, real in ports.items()}, self.ca
        )

    def port(self, scheme: str = "http") -> int:
        """The real port on 127.0.0.1, for whoever goes there directly."""
        return int(self._servers[scheme].server_address[1])

    def write_map(self) -> Path:
        """Write the stand-in map to a file, for GALLERY_STAND_IN of another process."""
        hosts = {name: f"{address}:{port}" for name, (address, port) in self.stand_in.hosts.items()}
        path = self.ca.with_name("map.json")
        path.write_text(json.dumps({"ca": self.ca.name, "hosts": hosts}))
        return path

    def add(self, url: str, says: Says) -> None:
        """Let an address (without query) answer; what takes an `Asked` decides for each request."""
        self._says[url] = says

    def times(self, url: str) -> int:
        """How often an address was asked for, whatever the query."""
        return sum(asked.url.partition("?")[0] == url for asked in self.asked)

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        says = self._says.get(asked.url.partition("?")[0], Answer("not here", 404))
        if isinstance(says, bytes | str):
            says = Answer(says)
        return says(asked) if callable(says) else says

    def drip(self, piece: bytes = b"x", seconds: float = 0.05) -> Iterator[bytes]:
        """Yield a piece now and then until the sites close."""
        while not self.closing.wait(seconds):
            yield piece

    def hang(self) -> Iterator[bytes]:
        """Yield nothing until the sites close."""
        self.closing.wait()
        yield from ()


@cache
def _certificate(hosts: tuple[str, ...]) -> tuple[trustme.CA, trustme.LeafCert]:
    # Keys take a while to make; the same hosts may well have the same ones all day.
    authority = trustme.CA()
    return authority, authority.issue_cert(*hosts)


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, sites: Websites, scheme: str) -> None:
        self.sites, self.scheme = sites, scheme
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: that the other side hangs up is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        sites = self.server.sites
        host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = sites.answer(Asked(f"{self.server.scheme}://{host}{self.path}", headers))
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        self.send_response(answer.status)
        lines = {"Content-Type": answer.type}
        if isinstance(body, bytes):
            lines["Content-Length"] = str(len(body))
        for name, value in {**lines, **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.flush()
        for piece in [body] if isinstance(body, bytes) else body:
            self.wfile.write(piece)
            self.wfile.flush()

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def jpeg(shade: int = 128, size: tuple[int, int] = (640, 480)) -> bytes:
    """Return a JPEG of one colour, a different file for each shade."""
    out = BytesIO()
    Image.new("RGB", size, (shade % 256, shade * 7 % 256, shade * 13 % 256)).save(out, "JPEG")
    return out.getvalue()


def picture(shade: int = 128, size: tuple[int, int] = (640, 480)) -> Answer:
    return Answer(jpeg(shade, size), type="image/jpeg")
