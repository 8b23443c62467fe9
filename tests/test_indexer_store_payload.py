"""What is stored of an artwork beside its own fields, and what a change of fields writes."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_samples import artwork

from indexer.store.conditions import EVERYTHING, AnyOf, Begins, Between, Where, where
from indexer.store.model import Artwork, Filters, artwork_id
from indexer.store.payload import changed, is_id, order_of, payload_of

SHA = st.binary(min_size=32, max_size=32).map(bytes.hex)
TIME = st.floats(0, 8_000_000_000)


@given(SHA)
def test_ids_are_uuids_of_the_hash(sha256: str) -> None:
    assert is_id(artwork_id(sha256))
    assert artwork_id(sha256).replace("-", "") == sha256[:32]


@pytest.mark.parametrize(
    "text", ["", "x", "0" * 32, "0" * 36, f"{artwork_id('0' * 64)}\n", artwork_id("A" * 64).upper()]
)
def test_other_texts_are_no_ids(text: str) -> None:
    assert not is_id(text)


@given(SHA, SHA, TIME, TIME)
def test_order_is_by_time_then_by_falling_id(first: str, second: str, early: float, late: float) -> None:
    one, other = artwork(0, sha256=first, added_at=early), artwork(1, sha256=second, added_at=late)
    a, b = order_of(one), order_of(other)
    assert 0 <= a < 2**63
    if int(early * 1000) != int(late * 1000):
        assert (a < b) == (early < late)
    elif first[:5] != second[:5]:
        assert (a > b) == (one.id < other.id)


def test_a_payload_is_json_and_gives_the_artwork_back() -> None:
    work = artwork(5, title="Ж \u2028 \x00", tags=("a", "b"), year=-44)
    payload = json.loads(json.dumps(payload_of(work)))
    assert Artwork.from_payload(payload) == work
    assert Artwork.from_payload(payload | {"shelf": "c1", "future": [1, 2]}) == work
    assert None not in payload.values()


@pytest.mark.parametrize(
    ("values", "writes"),
    [
        ({"shelf": "c1"}, {"shelf": "c1"}),
        ({"shelf": None}, {"shelf": None}),
        ({}, {}),
    ],
)
def test_fields_of_others_are_written_as_they_are(values: dict[str, Any], writes: dict[str, Any]) -> None:
    assert changed(payload_of(artwork(1)), values) == writes


@pytest.mark.parametrize(
    "values", [{"title": "New"}, {"tags": ("x",)}, {"artist": "B", "year": None}, {"added_at": 5.0}]
)
def test_a_changed_payload_is_that_of_the_changed_artwork(values: dict[str, Any]) -> None:
    work = artwork(4)
    payload = payload_of(work)
    payload |= changed(payload, values)
    payload = {name: value for name, value in payload.items() if value is not None}
    assert payload == payload_of(replace(work, **values))


def test_filters_become_conditions() -> None:
    assert where(Filters()) == where(Filters(words="  ")) == where(Filters(years=(None, None))) == EVERYTHING
    filters = Filters("a", "b", "m", (1800, None), "l", "Old Élan")
    assert where(filters) == Where(
        (
            AnyOf("artist_slug", ["a"]),
            AnyOf("movement", ["m"]),
            AnyOf("licence", ["l"]),
            Between("year", 1800, None),
            Begins("words", "old"),
            Begins("words", "elan"),
        ),
        (AnyOf("artist_slug", ["b"]),),
    )
