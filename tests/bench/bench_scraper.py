"""Collecting: its speed against a bare loop of its client, the memory of all its processes, and what a kill leaves.

The bare loop fetches and writes files, nothing else. Three galleries: paintings from a server as far away as servers
are; the same without any way to go; and one as the tests have it, drawings with a new connection for each. Where there
is no way to go the processors are the limit, and what must be done with each picture shows: what going through the
guard and decoding take by themselves is measured beside it.
"""

import asyncio
import ctypes
import io
import os
import random
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psutil
import pytest
from fakeweb import drawing
from PIL import Image
from test_scraper_run import Listing
from websites import Answer, Websites, _Handler

from scraper.guard import Guard
from scraper.model import ArtistQuery
from scraper.pictures import inspect
from scraper.run import scrape
from scraper.settings import ScraperSettings
from scraper.stand_in import StandIn, read_stand_in

PICTURES, MOST_TIMES, MOST_MEMORY_MB, KILLS, ROUNDS = 300, 1.5, 700, 20, 5
# What a server on another continent would do to each answer on the way, and a little less than that.
LATENCY = 0.02
# What is there, how far away it is, and how many times a bare loop's time collecting may take.
GALLERIES = [("paintings", LATENCY, MOST_TIMES), ("paintings", 0.0, None), ("drawings", 0.0, None)]
HOST = "gallery.example"
GALLERY = Path(sys.executable).parent / "gallery"
TESTS = Path(__file__).parents[1]
PAINTINGS = TESTS.parents[1] / "shared" / "art" / "hires"
PR_SET_CHILD_SUBREAPER = 36


def photograph(seed: int, size: tuple[int, int] = (1200, 900)) -> bytes:
    """Make noise that compresses to about 280 KB, as a photograph of a painting does."""
    chance = random.Random(seed)
    coarse = Image.frombytes("RGB", (100, 75), chance.randbytes(100 * 75 * 3))
    out = io.BytesIO()
    coarse.resize(size, Image.Resampling.BICUBIC).save(out, "JPEG", quality=92)
    return out.getvalue()


def paintings() -> list[bytes]:
    """Return real paintings of about 1,000 pixels where they are at hand, else what is like them."""
    found = [content for path in sorted(PAINTINGS.rglob("*.jpg")) if is_whole(content := path.read_bytes())]
    return list(dict.fromkeys(found))[:PICTURES] if found else [photograph(at) for at in range(PICTURES)]


def is_whole(content: bytes) -> bool:
    with Image.open(io.BytesIO(content)) as image:
        return min(image.size) >= 200 and max(image.size) < 6 * min(image.size)


def build(sites: Websites, kind: str, latency: float) -> None:
    pictures = [drawing(at) for at in range(PICTURES)] if kind == "drawings" else paintings()

    def late(content: bytes) -> object:
        def say(asked: object) -> Answer:
            if latency:
                time.sleep(latency)
            return Answer(content, type="image/jpeg")

        return say

    for at, content in enumerate(pictures):
        sites.add(f"https://{HOST}/{at}.jpg", late(content))  # type: ignore[arg-type]
    lazy = "".join(
        f'<figure><img loading=lazy width=600 height=450 src="/{at}.jpg"><figcaption>Work {at}</figcaption></figure>'
        for at in range(PICTURES)
    )
    sites.add(f"https://{HOST}/", f"<html><body>{lazy}</body></html>")


def serve() -> None:
    """Be the gallery in a process of its own, so that it takes no time from those it is asked by."""
    kind, latency = sys.argv[1], float(sys.argv[2])
    if kind != "drawings":
        # Connections stay open, and nothing waits for a packet to fill, as with servers of the real world.
        _Handler.protocol_version, _Handler.disable_nagle_algorithm = "HTTP/1.1", True
    with Websites(HOST) as sites:
        build(sites, kind, latency)
        print(sites.write_map(), flush=True)
        sys.stdin.read()


@contextmanager
def gallery(latency: float = LATENCY, kind: str = "paintings") -> Iterator[tuple[Path, StandIn]]:
    code = "import bench_scraper; bench_scraper.serve()"
    path = os.pathsep.join([str(TESTS.parent), str(TESTS), str(TESTS / "bench")])
    server = subprocess.Popen(
        [sys.executable, "-c", code, kind, str(latency)],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        assert server.stdout and server.stdin
        place = Path(server.stdout.readline().strip())
        os.environ["GALLERY_STAND_IN"] = str(place)
        stand_in = read_stand_in()
        del os.environ["GALLERY_STAND_IN"]
        assert stand_in
        yield place, stand_in
        server.stdin.close()


async def bare_loop(folder: Path, stand_in: StandIn, connections: int, proxy: str | None = None) -> float:
    """Fetch everything and write it down, with nothing around it: no robots.txt, no decoding, no records."""
    address, port = stand_in.hosts[f"{HOST}:443"]
    origin = f"https://{HOST}" if proxy else f"https://{address}:{port}"
    trusted = ssl.create_default_context(cafile=stand_in.ca)
    trusted.check_hostname = False
    folder.mkdir(parents=True, exist_ok=True)
    free = asyncio.Semaphore(connections)
    async with httpx2.AsyncClient(verify=trusted, trust_env=False, headers={"Host": HOST}, proxy=proxy) as client:

        async def one(at: int) -> None:
            async with free:
                answer = await client.get(f"{origin}/{at}.jpg")
                assert answer.status_code == 200
                (folder / f"{at}.jpg").write_bytes(answer.content)

        began = time.perf_counter()
        await asyncio.gather(*map(one, range(PICTURES)))
        return time.perf_counter() - began


async def guarded_loop(folder: Path, stand_in: StandIn, connections: int) -> float:
    async with Guard(stand_in) as guard:
        return await bare_loop(folder, stand_in, connections, guard.url)


def decoding(folder: Path) -> float:
    """Return the seconds that decoding takes by itself, on one processor."""
    contents = [path.read_bytes() for path in folder.glob("*.jpg")]
    began = time.process_time()
    for content in contents:
        inspect(content, max_pixels=10**8, min_side=1)
    return time.process_time() - began


def collecting(folder: Path, stand_in: StandIn, connections: int) -> float:
    settings = ScraperSettings(data_dir=folder, per_second=1e6, connections=connections, keep_free_gb=0)
    query = ArtistQuery("Claude Monet", limit=PICTURES)
    listing = Listing(*[f"https://{HOST}/{at}.jpg" for at in range(PICTURES)])
    began = time.perf_counter()
    outcome = asyncio.run(scrape(query, [listing], settings, stand_in=stand_in))
    took = time.perf_counter() - began
    # Among real paintings there are some in two sizes.
    assert outcome.counts["new"] + outcome.counts["duplicate"] == PICTURES, outcome
    return took


@pytest.mark.parametrize(("kind", "latency", "most"), GALLERIES)
def test_collecting_takes_little_longer_than_fetching(
    kind: str, latency: float, most: float | None, tmp_path: Path
) -> None:
    rounds = []
    with gallery(latency, kind) as (_, stand_in):
        for turn in range(ROUNDS):
            # By turns, so that the machine treats all alike.
            bare = asyncio.run(bare_loop(tmp_path / "bare", stand_in, 2))
            guarded = asyncio.run(guarded_loop(tmp_path / "guarded", stand_in, 2))
            rounds.append((collecting(tmp_path / str(turn), stand_in, 2), guarded, bare))
    ours, guarded, bare = map(min, zip(*rounds, strict=True))
    print(f"\n{PICTURES} {kind}, 2 connections, {latency * 1000:.0f} ms away, best of {ROUNDS}:")
    print(f"bare {bare:.2f} s, through the guard {guarded:.2f} s, decoding alone {decoding(tmp_path / 'bare'):.2f} s")
    print(f"ours {ours:.2f} s, ratio {ours / bare:.2f} (at most {most})")
    assert most is None or ours <= most * bare


def command(folder: Path, place: Path) -> subprocess.Popen[bytes]:
    settings = {"GALLERY_DATA_DIR": str(folder), "GALLERY_PER_SECOND": "1000", "GALLERY_STAND_IN": str(place)}
    return subprocess.Popen(
        [GALLERY, "scrape", "Claude Monet", "--page", f"https://{HOST}/", "--limit", str(PICTURES)],
        env={**os.environ, **settings, "GALLERY_KEEP_FREE_GB": "0"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def tree(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def memory_mb(processes: list[psutil.Process]) -> float:
    total = 0.0
    for each in processes:
        try:
            total += each.memory_full_info().pss / 1e6
        except psutil.Error:
            continue
    return total


def test_browser_driver_and_process_together_stay_small(tmp_path: Path) -> None:
    with gallery(0.0) as (place, _):
        run = command(tmp_path / "data", place)
        process, most = psutil.Process(run.pid), 0.0
        while run.poll() is None:
            most = max(most, memory_mb(tree(process)))
            time.sleep(0.1)
    assert run.returncode == 0
    print(f"\npeak of browser, driver, decoder and our process {most:.0f} MB PSS (at most {MOST_MEMORY_MB})")
    assert most < MOST_MEMORY_MB


@pytest.fixture
def reaper() -> Iterator[psutil.Process]:
    """Let orphans come to this process instead of the system's first, to see what becomes of them."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    yield psutil.Process()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0)


def test_nothing_is_left_of_a_run_that_is_killed(reaper: psutil.Process, tmp_path: Path) -> None:
    chance = random.Random(1)
    with gallery() as (place, _):
        ours = {reaper.pid, *(child.pid for child in reaper.children(recursive=True))}
        longest, seen = 0.0, 0
        for turn in range(KILLS):
            run = command(tmp_path / "data", place)
            time.sleep(chance.uniform(0.5, 5))
            family = [each for each in tree(psutil.Process(run.pid)) if each.pid != run.pid]
            seen = max(seen, len(family))
            kill(run, family, turn)
            gone_after = wait_until_gone(reaper, run, ours)
            longest = max(longest, gone_after)
    print(f"\n{KILLS} kills of up to {seen + 1} processes: all gone after {longest:.1f} s at most, no zombie")
    assert seen >= 5
    # And what was collected meanwhile is whole.
    with gallery(0.0) as (place, _):
        assert command(tmp_path / "data", place).wait(120) == 0


def kill(run: subprocess.Popen[bytes], family: list[psutil.Process], turn: int) -> None:
    """End a run in one of four ways: at once, politely, in its whole session, or by taking its driver away."""
    way = turn % 4
    if way == 0:
        run.kill()
    elif way == 1:
        run.terminate()
    elif way == 2:
        os.killpg(run.pid, signal.SIGKILL)
    else:
        for each in family:
            try:
                if "node" in each.name():
                    each.kill()
            except psutil.NoSuchProcess:
                continue
        run.send_signal(signal.SIGINT)


def wait_until_gone(reaper: psutil.Process, run: subprocess.Popen[bytes], ours: set[int]) -> float:
    began = time.perf_counter()
    run.wait(60)
    while time.perf_counter() - began < 60:
        left = [child for child in reaper.children(recursive=True) if child.pid not in ours]
        if not left:
            return time.perf_counter() - began
        for child in left:
            try:
                # Orphans are ours to reap, as they would be the first process's.
                os.waitpid(child.pid, os.WNOHANG)
            except ChildProcessError:
                continue
        time.sleep(0.1)
    raise AssertionError(f"left after a minute: {[child.name() for child in left]}")
