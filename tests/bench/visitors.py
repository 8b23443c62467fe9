"""Visitors of a gallery: `python visitors.py PORT RATE SECONDS SEED`, the paths by kind as JSON on stdin.

An open loop: requests go out by the clock, whether or not earlier ones have been answered, and what each has to wait
for a free connection counts as its time. Prints a JSON object: times in ms by kind, and whatever was no 200.
"""

import asyncio
import json
import random
import sys
import time

KINDS = {
    "home": 10,
    "artists": 5,
    "artist": 10,
    "artwork": 25,
    "search": 10,
    "clusters": 5,
    "cluster": 5,
    "picture": 30,
}
"""What a hundred visitors ask for."""

_PATIENCE = 30.0
_MOST_CONNECTIONS = 64

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Crowd:
    """Connections that are kept, and what came of the requests."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.idle: list[Connection] = []
        self.places = asyncio.Semaphore(_MOST_CONNECTIONS)
        self.times: dict[str, list[float]] = {kind: [] for kind in KINDS}
        self.errors: list[str] = []

    async def visit(self, kind: str, path: str, due: float) -> None:
        """Ask for a path and note how long it took since it was due."""
        try:
            async with asyncio.timeout(_PATIENCE), self.places:
                status = await self.ask(path)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            self.errors.append(f"{path}: {type(error).__name__}")
            return
        if status != 200:
            self.errors.append(f"{path}: {status}")
        self.times[kind].append((time.perf_counter() - due) * 1000)

    async def ask(self, path: str) -> int:
        """Return the status of an answer that has been read to its end."""
        reader, writer = self.idle.pop() if self.idle else await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("\r\ncontent-length:")[2].partition("\r\n")[0])
        await reader.readexactly(length)
        if "\r\nconnection: close" in head:
            writer.close()
        else:
            self.idle.append((reader, writer))
        return int(head.split()[1])


async def main(port: int, rate: float, seconds: float, seed: int, paths: dict[str, list[str]]) -> None:
    """Send visitors for a while and print what they met."""
    chance, crowd = random.Random(seed), Crowd(port)
    kinds = chance.choices(list(KINDS), list(KINDS.values()), k=round(rate * seconds))
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, kind in enumerate(kinds):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(crowd.visit(kind, chance.choice(paths[kind]), due))
    print(json.dumps({"times": crowd.times, "errors": crowd.errors, "seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    port, rate, seconds, seed = sys.argv[1:]
    asyncio.run(main(int(port), float(rate), float(seconds), int(seed), json.load(sys.stdin)))
