"""The guard, spoken to as a client speaks to a proxy. No test dials anything but loopback."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from scraper.guard import Guard, GuardLimits, Streams, resolve
from scraper.stand_in import StandIn

PUBLIC, PRIVATE = "93.184.215.14", "10.0.0.5"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Names:
    """A name service: each name's answers in turn, the last one for ever; `asked` is what was looked up."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        turns = self.answers[host.partition(".")[0]]
        return turns.pop(0) if len(turns) > 1 else turns[0]


class Dials:
    """Connects every address to one server on loopback; `dialled` is where the guard meant to go."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.dialled: list[tuple[str, int]] = []

    async def __call__(self, address: str, port: int) -> Streams:
        self.dialled.append((address, port))
        return await asyncio.open_connection("127.0.0.1", self.port)


@asynccontextmanager
async def server(serve: Serve) -> AsyncIterator[int]:
    """A server on loopback; yields its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    running = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield running.sockets[0].getsockname()[1]
    finally:
        running.close()
        await running.wait_closed()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65536):
        writer.write(chunk)
        await writer.drain()


async def nobody(address: str, port: int) -> Streams:
    raise AssertionError(f"dialled {address}:{port}")


async def say(guard: Guard, *words: bytes, wait: float = 10) -> bytes:
    """Send words to the guard and return all it answers until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(guard.url.rpartition(":")[2]))
    try:
        async with asyncio.timeout(wait):
            for word in words:
                writer.write(word)
            return await reader.read()
    finally:
        writer.close()


def connect_to(host: str) -> bytes:
    return f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def get(url: str, *lines: str) -> bytes:
    return "\r\n".join([f"GET {url} HTTP/1.1", *lines, "", ""]).encode()


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answers",
    [
        [PRIVATE],
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:10.0.0.5"],
        ["64:ff9b::a00:5"],
        ["fe80::1%eth0"],
        [PUBLIC, PRIVATE],
        [PUBLIC, "::1"],
        ["nonsense"],
    ],
)
async def test_a_name_with_any_answer_that_is_not_public_is_refused_and_nothing_dialled(answers: list[str]) -> None:
    async with Guard(resolve=Names(evil=[answers]), connect=nobody) as guard:
        for request in (connect_to("evil.example:443"), get("http://evil.example/")):
            assert (await say(guard, request)).startswith(b"HTTP/1.1 403 not a public address.")
        assert [str(refusal) for refusal in guard.refusals] == [
            "refused evil.example:443: not a public address.",
            "refused evil.example:80: not a public address.",
        ]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "127.1", "0x7f.1", "0.0.0.0"])
async def test_every_way_to_write_loopback_is_refused_by_the_real_name_service(host: str) -> None:
    async with Guard(connect=nobody) as guard:
        assert b" 403 " in await say(guard, connect_to(f"{host}:80"))


@pytest.mark.parametrize("port", [1, 22, 25, 79, 81, 3128, 6379, 8000, 65535])
async def test_only_the_ports_of_the_web_are_visited(port: int) -> None:
    async with Guard(resolve=Names(), connect=nobody) as guard:
        assert (await say(guard, connect_to(f"a.example:{port}"))).startswith(b"HTTP/1.1 403 only ports 80 and 443")
        assert b" 403 only ports" in await say(guard, get(f"http://a.example:{port}/"))


async def test_the_answer_to_a_refused_name_is_the_same_whatever_lies_there() -> None:
    names = Names(a=[["127.0.0.1"]], b=[["10.9.8.7"]], c=[["169.254.169.254"]])
    async with Guard(resolve=names, connect=nobody) as guard:
        said = {await say(guard, connect_to(f"{name}.example:443")) for name in "abc"}
        reasons = {refusal.reason for refusal in guard.refusals}
    assert len(said) == len(reasons) == 1
    assert not any(part in min(said) for part in (b"127", b"10.9", b"169", b"loopback", b"private"))


async def test_the_name_is_looked_up_once_and_the_checked_address_is_dialled() -> None:
    """A name service that answers differently the second time gains nothing."""
    async with server(echo) as port:
        names, dials = Names(evil=[[PUBLIC], [PRIVATE]]), Dials(port)
        async with Guard(resolve=names, connect=dials, limits=GuardLimits(idle=0.2)) as guard:
            assert b"200" in await say(guard, connect_to("evil.example:443"), b"hello")
            assert names.asked == ["evil.example"] and dials.dialled == [(PUBLIC, 443)]
            # And the next connection is checked anew.
            assert b"403" in await say(guard, connect_to("evil.example:443"))
            assert dials.dialled == [(PUBLIC, 443)]


async def test_only_the_latest_refusals_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scraper.guard._REMEMBERED", 5)
    async with Guard(connect=nobody) as guard:
        for port in range(1000, 1020):
            await say(guard, connect_to(f"a.example:{port}"))
        assert [refusal.target for refusal in guard.refusals] == [f"a.example:{port}" for port in range(1015, 1020)]


@pytest.mark.parametrize(
    "request_",
    [
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        b"GET https://a.example/ HTTP/1.1\r\n\r\n",
        b"GET file:///etc/passwd HTTP/1.1\r\n\r\n",
        b"GET http:///x HTTP/1.1\r\n\r\n",
        b"GET http://a.example@10.0.0.5/ HTTP/1.1\r\n\r\n",
        b"GET http://a.example:x/ HTTP/1.1\r\n\r\n",
        b"GET http://a.example HTTP/2\r\n\r\n",
        b"CONNECT a.example HTTP/1.1\r\n\r\n",
        b"CONNECT a.example:443:80 HTTP/1.1\r\n\r\n",
        b"CONNECT :443 HTTP/1.1\r\n\r\n",
        b"CONNECT a.example:99999999 HTTP/1.1\r\n\r\n",
        b"CONNECT a\x00.example:443 HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"X" * 70_000,
        b"GET http://a.example/" + b"x" * 70_000,
    ],
)
async def test_what_is_no_request_to_a_proxy_is_turned_away(request_: bytes) -> None:
    async with Guard(resolve=Names(), connect=nobody) as guard:
        assert (await say(guard, request_)).startswith(b"HTTP/1.1 400 ")


# --- what is let through ---------------------------------------------------------------------------------------------


async def test_a_tunnel_carries_bytes_both_ways() -> None:
    sent = bytes(range(256)) * 4000
    async with server(echo) as port, Guard(resolve=Names(a=[[PUBLIC]]), connect=Dials(port)) as guard:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(guard.url.rpartition(":")[2]))
        writer.write(connect_to("a.example:443"))
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 200 Connection established\r\n\r\n"
        writer.write(sent)
        assert await reader.readexactly(len(sent)) == sent
        writer.close()
        assert guard.refusals == ()


async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    async with server(echo) as port:
        dials = Dials(port)

        async def connect(address: str, number: int) -> Streams:
            if address == PUBLIC:
                raise ConnectionRefusedError
            return await dials(address, number)

        names = Names(a=[[PUBLIC, "1.1.1.1"]])
        async with Guard(resolve=names, connect=connect, limits=GuardLimits(idle=0.1)) as guard:
            assert b"200" in await say(guard, connect_to("a.example:443"))
        assert dials.dialled == [("1.1.1.1", 443)]


async def test_a_plain_request_reaches_the_server_as_one_of_its_own() -> None:
    heard = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        heard.append(await reader.readexactly(4))
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\nKeep-Alive: timeout=60\r\n")
        writer.write(b"X-Guard-Says: by me\r\nX-Other: kept\r\n\r\nok")

    request = (
        b"POST http://a.example/x?y=1 HTTP/1.1\r\nHost: a.example\r\nProxy-Connection: keep-alive\r\n"
        b"Proxy-Authorization: Basic c2VjcmV0\r\nExpect: 100-continue\r\nUpgrade: websocket\r\n"
        b"Content-Length: 4\r\n\r\nbody"
    )
    async with server(serve) as port:
        dials = Dials(port)
        async with Guard(resolve=Names(a=[[PUBLIC]]), connect=dials) as guard:
            answer = await say(guard, request)
    assert dials.dialled == [(PUBLIC, 80)]
    assert heard == [
        b"POST /x?y=1 HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\nConnection: close\r\n\r\n",
        b"body",
    ]
    # The connection ends with the answer, and a server cannot pretend that the guard refused.
    assert answer == b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Other: kept\r\nConnection: close\r\n\r\nok"


@pytest.mark.parametrize(("url", "path"), [("http://a.example", b"/"), ("http://a.example?x=1", b"/?x=1")])
async def test_a_path_is_never_empty(url: str, path: bytes) -> None:
    heard = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async with server(serve) as port, Guard(resolve=Names(a=[[PUBLIC]]), connect=Dials(port)) as guard:
        await say(guard, get(url, "Host: a.example"))
    assert heard[0].startswith(b"GET " + path + b" HTTP/1.1\r\n")


# --- what goes wrong on the other side -------------------------------------------------------------------------------


async def test_a_name_that_does_not_exist_is_said_to_be_none() -> None:
    async def nothing(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    async with Guard(resolve=nothing, connect=nobody) as guard:
        assert (await say(guard, connect_to("a.example:443"))).startswith(b"HTTP/1.1 502 no such host")
        assert guard.refusals == ()


async def test_the_real_name_service_finds_nothing_for_a_name_that_cannot_be() -> None:
    with pytest.raises(OSError):
        await resolve("museum.invalid", 80)


async def test_a_name_service_without_an_answer_is_given_up() -> None:
    async def forever(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(3600)
        return []

    async with Guard(resolve=forever, connect=nobody, limits=GuardLimits(lookup=0.05)) as guard:
        assert b" 502 no such host" in await say(guard, connect_to("a.example:443"))


async def test_a_server_that_cannot_be_reached_is_said_to_be_so() -> None:
    async def closed(address: str, port: int) -> Streams:
        raise ConnectionRefusedError

    async def silent(address: str, port: int) -> Streams:
        await asyncio.sleep(3600)
        raise AssertionError

    names = Names(a=[[PUBLIC]])
    async with Guard(resolve=names, connect=closed) as guard:
        assert b" 502 the server cannot be reached" in await say(guard, connect_to("a.example:443"))
    async with Guard(resolve=names, connect=silent, limits=GuardLimits(dial=0.05)) as guard:
        assert b" 504 the server does not answer" in await say(guard, connect_to("a.example:443"))


async def test_an_answer_that_is_not_http_is_not_passed_on() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n")

    async with server(serve) as port, Guard(resolve=Names(a=[[PUBLIC]]), connect=Dials(port)) as guard:
        answer = await say(guard, get("http://a.example/"))
    assert answer.startswith(b"HTTP/1.1 502 ") and b"OpenSSH" not in answer


async def test_a_client_that_says_nothing_is_not_waited_for() -> None:
    async with Guard(connect=nobody, limits=GuardLimits(head=0.05)) as guard:
        assert b" 400 " in await say(guard, b"CONNECT a.exa")


async def test_a_connection_on_which_nothing_moves_is_closed() -> None:
    async with server(echo) as port:
        async with Guard(resolve=Names(a=[[PUBLIC]]), connect=Dials(port), limits=GuardLimits(idle=0.1)) as guard:
            assert (await say(guard, connect_to("a.example:443"), b"ping")).endswith(b"\r\n\r\nping")


async def test_a_connection_carries_no_more_than_its_share() -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with server(flood) as port:
        limits = GuardLimits(bytes=2**20)
        async with Guard(resolve=Names(a=[[PUBLIC]]), connect=Dials(port), limits=limits) as guard:
            got = await say(guard, connect_to("a.example:443"))
            assert 0 < len(got) <= 2**20 + 65536
            assert "more than 1,048,576 bytes" in guard.refusals[0].reason


async def test_more_connections_than_allowed_wait_for_their_turn() -> None:
    open_now, most = 0, 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.02)
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        open_now -= 1

    async with server(serve) as port:
        limits = GuardLimits(connections=3)
        async with Guard(resolve=Names(a=[[PUBLIC]]), connect=Dials(port), limits=limits) as guard:
            answers = await asyncio.gather(*(say(guard, get("http://a.example/")) for _ in range(20)))
    assert most == 3 and all(b" 204 " in answer for answer in answers)


async def test_closing_the_guard_ends_what_goes_through_it() -> None:
    async with server(echo) as port:
        async with Guard(resolve=Names(a=[[PUBLIC]]), connect=Dials(port)) as guard:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(guard.url.rpartition(":")[2]))
            writer.write(connect_to("a.example:443"))
            await reader.readuntil(b"\r\n\r\n")
        assert await reader.read() == b""
        writer.close()


# --- with a stand-in map ---------------------------------------------------------------------------------------------


async def test_with_a_map_its_hosts_lead_to_this_machine_and_all_else_is_offline() -> None:
    async with server(echo) as port:
        stand_in = StandIn({"museum.example:443": ("127.0.0.1", port)})
        limits = GuardLimits(idle=0.1)
        async with Guard(stand_in, resolve=Names(), limits=limits) as guard:
            assert (await say(guard, connect_to("museum.example:443"), b"ping")).endswith(b"ping")
            assert (await say(guard, connect_to("MUSEUM.example.:443"), b"ping")).endswith(b"ping")
            for other in (
                "museum.example:80",
                "www.museum.example:443",
                "127.0.0.1:80",
                f"127.0.0.1:{port}",
                "1.1.1.1:443",
            ):
                assert b" 403 " in await say(guard, connect_to(other))
            assert "offline" in guard.refusals[0].reason
