"""The guard: a proxy on loopback that stands between every client of ours and the network.

Browser and HTTP client reach the world through it alone. It looks a name up once, refuses when any of
the answers is not public, and dials the very address it has checked, so that no redirect, script or
second answer of the name service leads into a private network. With a stand-in map it reaches the
map's hosts and nothing else.
"""

import asyncio
import re
import socket
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from scraper.addresses import NOT_PUBLIC, PORTS, plain_host, verdict
from scraper.errors import Refused
from scraper.stand_in import StandIn

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Connect = Callable[[str, int], Awaitable[Streams]]

OWN_WORDS = "x-guard-says"
"""Header that marks the guard's own answer to a plain http request; taken out of what servers answer."""

_CHUNK = 65_536
_REMEMBERED = 1_000
_REQUEST_LINE = re.compile(rb"([A-Z]{3,10}) (\S{1,8192}) HTTP/1\.[01]")
_ABSOLUTE = re.compile(r"http://([^/?#@\\]+)([/?].*)?", re.IGNORECASE)
_PER_HOP = re.compile(rb"(connection|keep-alive|proxy-[a-z-]*|upgrade|te|expect|x-guard-says)\s*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """How long and how much one connection may take: seconds, bytes both ways, connections at a time."""

    head: float = 10
    lookup: float = 10
    dial: float = 15
    idle: float = 60
    bytes: int = 512 * 2**20
    connections: int = 64


@dataclass(frozen=True, slots=True)
class _Request:
    host: str
    port: int
    head: bytes | None
    """What the server is sent first; None for a tunnel."""


class _Answer(Exception):
    """Ends a request with a status line of our own."""

    def __init__(self, status: int, reason: str) -> None:
        self.status, self.reason = status, reason
        super().__init__(reason)


async def resolve(host: str, port: int) -> list[str]:
    """Return every address the name service gives for a host; raises OSError when there is none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Guard:
    """The guard while it runs: `url` is what clients take for their proxy, `refused` how often it said no."""

    def __init__(
        self,
        stand_in: StandIn | None = None,
        *,
        resolve: Resolve = resolve,
        connect: Connect = asyncio.open_connection,
        limits: GuardLimits | None = None,
    ) -> None:
        self.stand_in = stand_in
        self.refused = 0
        self._resolve, self._connect = resolve, connect
        self._limits = limits or GuardLimits()
        self._slots = asyncio.Semaphore(self._limits.connections)
        self._refusals: deque[Refused] = deque(maxlen=_REMEMBERED)
        self._running: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_CHUNK)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """The proxy's address, for clients of this process and their children."""
        assert self._server is not None, "the guard is not running"
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def refusals(self) -> Sequence[Refused]:
        """The latest refusals, oldest first; none of them says what lies at the refused address."""
        return tuple(self._refusals)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with self._slots:
                request = await self._read_request(reader)
                upstream = await self._dial(await self._addresses(request))
                try:
                    await self._relay(request, (reader, writer), upstream)
                finally:
                    await _close(upstream[1])
        except _Answer as answer:
            writer.write(_status(answer))
        except (OSError, asyncio.IncompleteReadError):
            pass  # One of the two ends is gone; the other sees its connection close.
        finally:
            await _close(writer)

    async def _read_request(self, reader: asyncio.StreamReader) -> _Request:
        try:
            async with asyncio.timeout(self._limits.head):
                head = await reader.readuntil(b"\r\n\r\n")
        except (TimeoutError, asyncio.LimitOverrunError):
            raise _Answer(400, "not a request") from None
        return _parse(head)

    async def _addresses(self, request: _Request) -> list[tuple[str, int]]:
        """Return where the request may be sent: the checked addresses of its host."""
        host, port = request.host, request.port
        if port not in PORTS.values():
            raise self._refuse(request, "only ports 80 and 443 are visited.")
        if self.stand_in is not None:
            target = self.stand_in.hosts.get(f"{host}:{port}")
            if target is None:
                raise self._refuse(request, "offline, only the hosts of the stand-in map can be reached.")
            return [target]
        try:
            async with asyncio.timeout(self._limits.lookup):
                found = await self._resolve(host.strip("[]"), port)
        except (OSError, UnicodeError):  # TimeoutError is an OSError.
            raise _Answer(502, "no such host") from None
        if not found:
            raise _Answer(502, "no such host")
        if any(verdict(address) is not None for address in found):
            raise self._refuse(request, NOT_PUBLIC)
        return [(address, port) for address in found]

    async def _dial(self, addresses: Sequence[tuple[str, int]]) -> Streams:
        try:
            async with asyncio.timeout(self._limits.dial):
                for address, port in addresses[:-1]:
                    try:
                        return await self._connect(address, port)
                    except OSError:
                        continue
                return await self._connect(*addresses[-1])
        except TimeoutError:
            raise _Answer(504, "the server does not answer") from None
        except OSError:
            raise _Answer(502, "the server cannot be reached") from None

    def _refuse(self, request: _Request, reason: str) -> _Answer:
        self.refused += 1
        self._refusals.append(Refused(f"{request.host}:{request.port}", reason))
        return _Answer(403, reason)

    async def _relay(self, request: _Request, client: Streams, upstream: Streams) -> None:
        """Carry bytes both ways until one end closes, nothing moves for too long, or too much has."""
        loop, limits, carried = asyncio.get_running_loop(), self._limits, 0
        try:
            async with asyncio.timeout(limits.idle) as patience:

                def count(size: int) -> None:
                    nonlocal carried
                    carried += size
                    if carried > limits.bytes:
                        self._refuse(request, f"more than {limits.bytes:,} bytes over one connection.")
                        raise ConnectionAbortedError
                    patience.reschedule(loop.time() + limits.idle)

                if request.head is None:
                    client[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    upstream[1].write(request.head)
                answer = _carry_answer if request.head is not None else _carry
                await _first_of(_carry(client[0], upstream[1], count), answer(upstream[0], client[1], count))
        except TimeoutError:
            return


def _parse(head: bytes) -> _Request:
    line, _, rest = head.partition(b"\r\n")
    found = _REQUEST_LINE.fullmatch(line)
    if found is None:
        raise _Answer(400, "not a request")
    method, target = found[1], found[2].decode("latin-1")
    if method == b"CONNECT":
        return _Request(*_authority(target, None), head=None)
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None:
        raise _Answer(400, "not a request to a proxy")
    host, port = _authority(absolute[1], PORTS["http"])
    path = (absolute[2] or "/").encode("latin-1")
    path = path if path.startswith(b"/") else b"/" + path
    return _Request(host, port, method + b" " + path + b" HTTP/1.1\r\n" + _for_one_request(rest))


def _authority(text: str, default_port: int | None) -> tuple[str, int]:
    found = re.fullmatch(r"(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?", text)
    host = plain_host(found[1]) if found else None
    port = int(found[2]) if found and found[2] else default_port
    if host is None or port is None:
        raise _Answer(400, "not a host and port")
    return host, port


def _for_one_request(lines: bytes) -> bytes:
    """Return header lines for a connection that carries this one exchange only.

    A client that kept it open would send its next request, perhaps for another host, to this server.
    """
    kept = [line for line in lines.split(b"\r\n") if line and not _PER_HOP.match(line)]
    return b"\r\n".join([*kept, b"Connection: close", b"", b""])


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: Callable[[int], None]) -> None:
    while chunk := await reader.read(_CHUNK):
        count(len(chunk))
        writer.write(chunk)
        await writer.drain()


async def _carry_answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: Callable[[int], None]
) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        while head.split(b" ", 2)[1:2] == [b"100"]:
            head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        writer.write(_status(_Answer(502, "the server gave no proper answer")))
        return
    line, _, rest = head.partition(b"\r\n")
    writer.write(line + b"\r\n" + _for_one_request(rest))
    await _carry(reader, writer, count)


async def _first_of(*directions: Awaitable[None]) -> None:
    """Run both directions until the first ends, then stop the other."""
    tasks = [asyncio.ensure_future(direction) for direction in directions]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def _status(answer: _Answer) -> bytes:
    words = f"{answer.status} {answer.reason}\r\n{OWN_WORDS}: {answer.reason}"
    head = f"HTTP/1.1 {words}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    return head.encode("ascii")


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        await writer.wait_closed()
    except OSError:
        pass  # Already gone, which is what was wanted.
