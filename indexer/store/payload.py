"""The payload of a point: the artwork's fields, and what only the engine needs beside them."""

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from indexer.store.conditions import ORDER, WORDS
from indexer.store.model import Artwork
from indexer.store.words import sound, words_of

Payload = dict[str, Any]

# What pages filter by, count and sort by; made before the first upload, for an engine is slow to make them later.
# Each costs the embedded engine 4 MB of memory; collections there are get what is added here when next opened
# (embedded) or prepared (on a server).
KEYWORDS = ("artist_slug", "movement", "licence", "tags", "source", "cluster", "seen_words", "given_words")
PREFIXES = (WORDS,)
NUMBERS = ("year", ORDER)

# Of the points a filter leaves, so many are compared one by one: exact, and with 2,048 halves a point about
# as fast as the graph, which found only 4 in 10 of the true neighbours where a filter left 12 % of 20,000.
EXACT_UP_TO = 10_000

OWN = tuple(field.name for field in fields(Artwork))
REQUIRED = tuple(field.name for field in fields(Artwork) if field.default is MISSING)
DERIVED = (WORDS, ORDER)

STATISTICS = "statistics"
"""The field that says which statistics made a work's vectors of all lenses but the first."""

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ORDER_BITS = 20


def is_id(text: str) -> bool:
    """Tell whether this could be an artwork's id at all: a UUID as we write it."""
    return _ID.fullmatch(text) is not None


def payload_of(artwork: Artwork) -> Payload:
    """Return everything the engine keeps of an artwork."""
    plain = {
        name: [sound(each) for each in value] if isinstance(value, list) else sound(value)
        for name, value in artwork.to_payload().items()
    }
    return plain | derived(artwork)


def derived(artwork: Artwork) -> Payload:
    """Return the fields made from others: the words it is found by and its place among the newest."""
    return {
        WORDS: words_of([artwork.title, artwork.artist, *artwork.tags, *(name for _, name, *_ in artwork.given)]),
        ORDER: order_of(artwork),
    }


def order_of(artwork: Artwork) -> int:
    """Return a number that grows with `added_at`; among works of one millisecond the smaller id has the larger.

    An engine sorts by one field and leaves ties in no order; the id's first bits break them, so that
    paging shows each work once. Fits 63 bits until the year 2248.
    """
    milliseconds = max(0, int(artwork.added_at * 1000))
    bits = (1 << _ORDER_BITS) - 1 - (int(artwork.sha256[:8], 16) >> 32 - _ORDER_BITS)
    return milliseconds << _ORDER_BITS | bits


def changed(payload: Payload, values: Mapping[str, Any]) -> Payload:
    """Return what to write so that `payload` has `values`; a value of None takes the field away.

    Raise ValueError for a field that identifies the artwork or is made from others, and for None where
    an artwork must have something.
    """
    fixed = {"sha256", *DERIVED} & set(values)
    fixed |= {name for name in REQUIRED if name in values and values[name] is None}
    if fixed:
        raise ValueError(f"cannot be set so: {', '.join(sorted(fixed))}")
    if not set(values) & set(OWN):
        return dict(values)
    artwork = Artwork.from_payload({k: v for k, v in (payload | dict(values)).items() if v is not None})
    plain = payload_of(artwork)
    return {name: plain.get(name, value) for name, value in values.items()} | derived(artwork)
