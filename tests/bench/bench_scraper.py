"""Collecting: its speed against a bare loop of its client, the memory of all its processes, and what a kill leaves."""

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
from PIL import Image
from test_scraper_run import Listing
from websites import Answer, Websites, _Handler

from scraper.model import ArtistQuery
from scraper.run import scrape
from scraper.settings import ScraperSettings
from scraper.stand_in import StandIn, read_stand_in

PICTURES, MOST_TIMES, MOST_MEMORY_MB, KILLS = 300, 1.5, 700, 20
# What a server on another continent would do to each answer on the way, and a little less than that.
LATENCY = 0.02
HOST = "gallery.example"
GALLERY = Path(sys.executable).parent / "gallery"
TESTS = Path(__file__).parents[1]
PR_SET_CHILD_SUBREAPER = 36


def photograph(seed: int, size: tuple[int, int] = (1200, 900)) -> bytes:
    """Make noise that compresses to about 280 KB, as a photograph of a painting does."""
    chance = random.Random(seed)
    coarse = Image.frombytes("RGB", (100, 75), chance.randbytes(100 * 75 * 3))
    out = io.BytesIO()
    coarse.resize(size, Image.Resampling.BICUBIC).save(out, "JPEG", quality=92)
    return out.getvalue()


def build(sites: Websites, latency: float) -> None:
    def late(content: bytes) -> object:
        def say(asked: object) -> Answer:
            time.sleep(latency)
            return Answer(content, type="image/jpeg")

        return say

    for at in range(PICTURES):
        sites.add(f"https://{HOST}/{at}.jpg", late(photograph(at)))  # type: ignore[arg-type]
    lazy = "".join(
        f'<figure><img loading=lazy width=600 height=450 src="/{at}.jpg"><figcaption>Work {at}</figcaption></figure>'
        for at in range(PICTURES)
    )
    sites.add(f"https://{HOST}/", f"<html><body>{lazy}</body></html>")


def serve() -> None:
    """Be the gallery in a process of its own, so that it takes no time from those it is asked by."""
    _Handler.protocol_version = "HTTP/1.1"
    with Websites(HOST) as sites:
        build(sites, float(sys.argv[1]))
        print(sites.write_map(), flush=True)
        sys.stdin.read()


@contextmanager
def gallery(latency: float = LATENCY) -> Iterator[tuple[Path, StandIn]]:
    code = "import bench_scraper; bench_scraper.serve()"
    path = os.pathsep.join([str(TESTS.parent), str(TESTS), str(TESTS / "bench")])
    server = subprocess.Popen(
        [sys.executable, "-c", code, str(latency)],
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


async def bare_loop(stand_in: StandIn, connections: int) -> float:
    """Fetch everything with nothing around it: no guard, no robots.txt, no decoding, no disk."""
    address, port = stand_in.hosts[f"{HOST}:443"]
    trusted = ssl.create_default_context(cafile=stand_in.ca)
    trusted.check_hostname = False
    free = asyncio.Semaphore(connections)
    async with httpx2.AsyncClient(verify=trusted, trust_env=False, headers={"Host": HOST}) as client:

        async def one(at: int) -> None:
            async with free:
                answer = await client.get(f"https://{address}:{port}/{at}.jpg")
                assert answer.status_code == 200 and len(answer.content) > 100_000

        began = time.perf_counter()
        await asyncio.gather(*map(one, range(PICTURES)))
        return time.perf_counter() - began


def collecting(folder: Path, stand_in: StandIn, connections: int) -> float:
    settings = ScraperSettings(data_dir=folder, per_second=1e6, connections=connections, keep_free_gb=0)
    query = ArtistQuery("Claude Monet", limit=PICTURES)
    listing = Listing(*[f"https://{HOST}/{at}.jpg" for at in range(PICTURES)])
    began = time.perf_counter()
    outcome = asyncio.run(scrape(query, [listing], settings, stand_in=stand_in))
    took = time.perf_counter() - began
    assert outcome.counts["new"] == PICTURES, outcome
    return took


def test_collecting_takes_little_longer_than_fetching(tmp_path: Path) -> None:
    ratios = {}
    for latency in (0.0, LATENCY):
        with gallery(latency) as (_, stand_in):
            rounds = []
            for turn in range(3):
                # By turns, so that the machine treats both alike.
                bare = asyncio.run(bare_loop(stand_in, 2))
                ours = collecting(tmp_path / f"{latency}-{turn}", stand_in, 2)
                rounds.append((ours / bare, bare, ours))
            ratios[latency], bare, ours = min(rounds)
        print(
            f"\n{PICTURES} pictures, 2 connections, {latency * 1000:.0f} ms away: bare {bare:.1f} s, ours {ours:.1f} s"
        )
        print(f"ratio {ratios[latency]:.2f} (at most {MOST_TIMES} at {LATENCY * 1000:.0f} ms)")
    assert ratios[LATENCY] <= MOST_TIMES


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
