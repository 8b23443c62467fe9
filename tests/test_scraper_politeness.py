"""Manners towards hosts, with a clock that the tests move."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from scraper.errors import Blocked, StorageError
from scraper.guard import Guard
from scraper.manners import Pace
from scraper.politeness import GIVE_UP_AFTER, LONGEST_WAIT, Politeness
from scraper.quota import DAY, Quota
from scraper.stand_in import StandIn
from scraper.web import _paces as own_paces

ROOT = Path(__file__).parents[1]


class Clock:
    """A clock that stands still until somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def manners(clock: Clock) -> Politeness:
    return Politeness(1000.0, 2, first_pause=2.0, clock=clock, sleep=clock.sleep)


async def take(manners: Politeness, host: str = "museum.example") -> None:
    async with manners.turn(host):
        pass


async def test_a_host_that_does_not_mind_is_not_waited_for(manners: Politeness, clock: Clock) -> None:
    for _ in range(3):
        await take(manners)
        manners.accepted("museum.example")
    assert clock.slept == []


async def test_each_refusal_doubles_the_pause_and_an_answer_ends_it(manners: Politeness, clock: Clock) -> None:
    for _ in range(3):
        manners.refused("museum.example")
        await take(manners)
    assert clock.slept == [2.0, 4.0, 8.0]
    manners.accepted("museum.example")
    manners.refused("museum.example")
    await take(manners)
    assert clock.slept[-1] == 2.0


async def test_the_hosts_own_wish_counts_before_ours(manners: Politeness, clock: Clock) -> None:
    manners.refused("museum.example", 30.0)
    await take(manners)
    assert clock.slept == [30.0]


async def test_no_pause_is_longer_than_the_longest(manners: Politeness, clock: Clock) -> None:
    manners.refused("museum.example", 3600.0)
    await take(manners)
    assert clock.slept == [LONGEST_WAIT]


async def test_a_shorter_pause_does_not_cut_a_longer_one(manners: Politeness, clock: Clock) -> None:
    manners.refused("museum.example", 30.0)
    manners.refused("museum.example", 1.0)
    await take(manners)
    assert clock.slept == [30.0]


async def test_one_host_does_not_suffer_for_another(manners: Politeness, clock: Clock) -> None:
    for _ in range(GIVE_UP_AFTER):
        manners.refused("museum.example")
    await take(manners, "other.example")
    assert clock.slept == []


@pytest.mark.parametrize("note", ["refused", "failed"])
async def test_a_host_that_refuses_or_fails_five_times_in_a_row_is_given_up(manners: Politeness, note: str) -> None:
    for _ in range(GIVE_UP_AFTER - 1):
        getattr(manners, note)("museum.example")
    await take(manners)
    getattr(manners, note)("museum.example")
    with pytest.raises(Blocked) as caught:
        await take(manners)
    assert str(caught.value).startswith("museum.example: refused or failed 5 requests in a row - stopped")
    assert caught.value.exit_code == 5


async def test_an_answer_in_between_starts_the_count_anew(manners: Politeness) -> None:
    for _ in range(3 * GIVE_UP_AFTER):
        manners.failed("museum.example")
        manners.accepted("museum.example")
    await take(manners)


async def test_no_more_connections_than_allowed_at_a_time(manners: Politeness) -> None:
    now, most = 0, 0

    async def visit() -> None:
        nonlocal now, most
        async with manners.turn("museum.example"):
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.005)
            now -= 1

    await asyncio.gather(*(visit() for _ in range(8)))
    assert most == 2


async def test_turns_come_no_faster_than_the_pace() -> None:
    loop = asyncio.get_running_loop()
    manners = Politeness(50.0, 4)
    began = loop.time()
    for _ in range(6):
        await take(manners)
    # Six turns are five gaps of 1/50 s; how much longer they take is the machine's affair.
    assert loop.time() - began >= 5 / 50 * 0.9


async def test_a_site_may_ask_for_a_slower_pace_but_not_for_a_faster_one() -> None:
    loop = asyncio.get_running_loop()
    manners = Politeness(1000.0, 4)
    manners.slow_down("museum.example", 0.05)
    manners.slow_down("museum.example", 0.001)
    began = loop.time()
    for _ in range(3):
        await take(manners)
    assert loop.time() - began >= 2 * 0.05 * 0.9


async def test_a_host_with_a_pace_of_its_own_is_asked_no_faster_than_that() -> None:
    paces = {"slow.example": Pace(per_second=20, connections=2)}
    manners = Politeness(1_000_000, 8, paces=paces)
    loop, at_once, most = asyncio.get_running_loop(), 0, 0

    async def ask() -> None:
        nonlocal at_once, most
        async with manners.turn("slow.example"):
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.08)
            at_once -= 1

    began = loop.time()
    await asyncio.gather(*[ask() for _ in range(5)])
    # The first is free, the others are a twentieth of a second apart.
    assert loop.time() - began >= 4 / 20
    assert most == 2


async def test_a_pace_never_makes_anybody_faster_than_the_settings() -> None:
    manners = Politeness(20, 1, paces={"quick.example": Pace(per_second=1000, connections=50)})
    began = asyncio.get_running_loop().time()
    for _ in range(4):
        async with manners.turn("quick.example"):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01), manners.turn("quick.example"):
                    raise AssertionError("two at a time")
    assert asyncio.get_running_loop().time() - began >= 3 / 20


async def test_what_a_host_allows_in_a_minute_is_not_exceeded() -> None:
    manners = Politeness(1_000_000, 8, paces={"counting.example": Pace(per_minute=3)})
    for _ in range(3):
        async with manners.turn("counting.example"):
            pass
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2), manners.turn("counting.example"):
            raise AssertionError("a fourth within the minute")


def test_what_a_host_grants_a_day_is_counted_over_runs(tmp_path: Path) -> None:
    clock = Clock()
    for run in range(3):
        quota = Quota(tmp_path / "asked", "counting.example", 4, clock)
        for _ in range(2 if run < 2 else 0):
            quota.take()
            clock.now += 600
    with pytest.raises(Blocked, match="4 times within a day.* from 02 Jan 00:16 UTC"):
        quota.take()
    # A day after the first request there is room for one more, and after the others too; what is unreadable is none.
    clock.now = 1000 + DAY
    quota.take()
    with pytest.raises(Blocked):
        quota.take()
    (tmp_path / "asked" / "counting.example").write_text("strange\n\x00\n-5\n")
    quota.take()
    assert (tmp_path / "asked" / "counting.example").read_text() == "87400\n"


@pytest.mark.parametrize("part", [0.0, 0.4, 0.6, 0.999])
def test_requests_within_one_second_are_counted(part: float, tmp_path: Path) -> None:
    clock = Clock()
    clock.now += part
    quota = Quota(tmp_path, "counting.example", 2, clock)
    quota.take()
    quota.take()
    with pytest.raises(Blocked):
        quota.take()


def test_two_processes_share_what_is_granted(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\nfrom scraper.quota import Quota\nfrom scraper.errors import Blocked\n"
        "quota = Quota(pathlib.Path(sys.argv[1]), 'a.example', 100)\ntaken = 0\n"
        "try:\n    while True:\n        quota.take()\n        taken += 1\nexcept Blocked:\n    print(taken)\n"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", code, tmp_path], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert sum(int(run.communicate(timeout=60)[0]) for run in runs) == 100


async def test_a_host_that_has_been_asked_enough_today_is_not_asked(tmp_path: Path) -> None:
    paces = {"counting.example": Pace(per_day=2)}
    for run, granted in enumerate((2, 0)):
        manners = Politeness(1_000_000, 8, paces=paces, asked=tmp_path)
        await take(manners, "other.example")
        for _ in range(granted):
            await take(manners, "counting.example")
        with pytest.raises(Blocked, match="other sources are not concerned"):
            await take(manners, "counting.example")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["counting.example", "counting.example.lock"], run


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "asked").write_text("a file")
    with pytest.raises(StorageError):
        Quota(tmp_path / "asked", "a.example", 2).take()


def test_stand_ins_are_spared_connections_and_not_time() -> None:
    paces = {"met.example": Pace(per_second=1, per_minute=20, connections=2)}
    assert own_paces(paces, Guard()) == paces
    assert own_paces(paces, Guard(StandIn({}))) == {"met.example": Pace(connections=2)}
