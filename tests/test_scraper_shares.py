"""How a limit, room in memory and places are shared between sources and pictures."""

import asyncio
from collections.abc import Sequence

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from scraper.outcome import Outcome
from scraper.shares import Place, Room, Shares


@examples(max_examples=60, deadline=None)
@given(
    limit=st.integers(1, 40),
    there=st.lists(st.lists(st.booleans(), max_size=30), min_size=1, max_size=4),
)
def test_shares_never_exceed_the_limit_and_leave_nothing_lying(limit: int, there: list[list[bool]]) -> None:
    """`there` says for each source which of its pictures can be kept."""
    kept = asyncio.run(share_out(limit, there))
    possible = [sum(each) for each in there]
    assert sum(kept) == min(limit, sum(possible))
    fair = limit // len(there)
    assert all(got >= min(fair, could) for got, could in zip(kept, possible, strict=True))


async def share_out(limit: int, there: Sequence[Sequence[bool]]) -> list[int]:
    shares = Shares(limit, [str(number) for number in range(len(there))])
    kept = [0] * len(there)

    async def one(number: int, good: bool) -> None:
        await asyncio.sleep(0)
        kept[number] += good
        await shares.settle(str(number), kept=good)

    async def source(number: int) -> None:
        tasks = []
        for good in there[number]:
            if not await shares.take(str(number)):
                break
            tasks.append(asyncio.create_task(one(number, good)))
        await shares.end(str(number))
        await asyncio.gather(*tasks)

    await asyncio.wait_for(asyncio.gather(*map(source, range(len(there)))), 20)
    return kept


async def test_room_is_bounded_and_one_large_thing_gets_it_alone() -> None:
    room = Room(10)
    at_once, most = 0, 0

    async def use(amount: int) -> None:
        nonlocal at_once, most
        await room.take(amount)
        at_once += amount
        most = max(most, at_once if amount <= 10 else 0)
        assert amount <= 10 or at_once == amount
        await asyncio.sleep(0)
        at_once -= amount
        await room.give_back(amount)

    await asyncio.wait_for(asyncio.gather(*[use(amount) for amount in (4, 4, 4, 25, 10, 1, 9)]), 10)
    assert (at_once, most) == (0, 10)


async def test_places_shrink_and_grow_without_waiting_for_each_other() -> None:
    room = Room(12)
    places = [Place(room, 6, least=2) for _ in range(5)]

    async def use(place: Place) -> None:
        await place.take()
        await place.shrink(1)
        await asyncio.sleep(0)
        # Another address of the same work may give more than this one did: all want all of theirs again.
        await place.take()
        await place.take()
        await place.shrink(5)
        await place.give_back()

    await asyncio.wait_for(asyncio.gather(*map(use, places)), 10)
    await asyncio.wait_for(room.take(12), 1)
    small = Place(Room(12), 1, least=2)
    await small.take()
    await small.give_back()
    await small.give_back()


def test_an_outcome_counts_what_it_is_told() -> None:
    outcome = Outcome()
    assert (outcome.kept, outcome.exit_code) == (0, 3)
