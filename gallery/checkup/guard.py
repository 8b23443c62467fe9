"""The guard: does it refuse what is not public, and does nothing of ours reach a private address through it?"""

import asyncio
from collections.abc import Iterator
from typing import NoReturn
from urllib.parse import urlsplit

from gallery.checkup.finding import Case, Finding, fault, ok
from scraper.addresses import verdict
from scraper.guard import Guard

PRIVATE = (
    *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
    *("::1", "::", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
)
PUBLIC = ("1.1.1.1", "93.184.216.34", "2606:4700:4700::1111")
TARGETS = ("127.0.0.1", "[::1]", "localhost", "169.254.169.254")
REMEDY = "Scrape nothing until this is mended: reinstall the software, and report it if that does not help."


def look(case: Case) -> Iterator[Finding]:
    """Ask the guard about known addresses, then send it requests for private ones and see that none is dialled."""
    let_through = [address for address in PRIVATE if verdict(address) is None]
    held_back = [address for address in PUBLIC if verdict(address) is not None]
    dialled, refused = asyncio.run(_try())
    if let_through or dialled:
        yield fault("private addresses are let through: " + ", ".join(let_through + dialled), REMEDY)
    if held_back or not refused:
        yield fault("the guard refuses what it should not, or says so wrongly", REMEDY)
    if not (let_through or dialled or held_back) and refused:
        yield ok(f"{len(PRIVATE)} private addresses refused, and no request for one got through")


async def _try() -> tuple[list[str], bool]:
    """Return the addresses that a guard dialled for private targets, and whether it answered each with 403."""
    dialled: list[str] = []

    async def connect(address: str, port: int) -> NoReturn:
        dialled.append(address)
        raise ConnectionRefusedError

    async with Guard(connect=connect) as guard:
        proxy = urlsplit(guard.url)
        answers = [await _ask(proxy.hostname or "", proxy.port or 0, line) for line in _requests()]
    return dialled, all(answer.split(b" ")[1:2] == [b"403"] for answer in answers)


def _requests() -> Iterator[bytes]:
    for target in TARGETS:
        yield f"CONNECT {target}:443 HTTP/1.1\r\nHost: {target}:443\r\n\r\n".encode()
        yield f"GET http://{target}/ HTTP/1.1\r\nHost: {target}\r\n\r\n".encode()


async def _ask(host: str, port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(request)
    try:
        return await reader.readline()
    finally:
        writer.close()
        await writer.wait_closed()
