"""How a listing can be narrowed: what was chosen, and the values its works have, with how many each would leave."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from flask import abort, request

from gallery.browse.reading import LONGEST_VALUE, Choice
from gallery.catalogue import store
from gallery.clusters.reading import Theme
from gallery.clusters.shelf import known_clusters
from gallery.survey import Group, surveyor
from gallery.wording import licence_name
from indexer.store.model import Filters

MOST, MOST_OF_ONE = 8, 200
# A listing that is seen at one glance needs no narrowing.
GLANCE = 12
# Narrowing waits so many seconds for the first survey, which knows artists' names and which centuries there are.
PATIENCE = 2.0


class Field(NamedTuple):
    """What works differ in: its name in the address, the store's field, and the heading."""

    name: str
    stored: str
    label: str


FIELDS = (
    Field("artist", "artist_slug", "Artist"),
    Field("movement", "movement", "Movement"),
    Field("century", "year", "Century"),
    Field("cluster", "cluster", "Theme"),
    Field("tag", "tags", "Tag"),
    Field("licence", "licence", "Rights"),
    Field("source", "source", "Source"),
    Field("seen", "seen_words", "The network sees"),
)
OPENED = frozenset(field.name for field in FIELDS if field.name != "century")


@dataclass(frozen=True, slots=True)
class Option:
    """A value to narrow a listing by: with how many works it would leave, and the arguments of that address."""

    value: str
    label: str
    count: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Facet:
    """One thing the works of a listing differ in; there is `more` than the options where only the first are shown."""

    name: str
    label: str
    options: tuple[Option, ...]
    more: bool = False


class Chip(NamedTuple):
    """Something that was chosen, and the arguments of the address without it."""

    label: str
    value: str
    without: Mapping[str, str]
    name: str


@dataclass(frozen=True, slots=True)
class Narrowing:
    """How a page's listing was narrowed, and how it can be further: None where nobody has asked to."""

    chosen: Sequence[Chip]
    facets: Sequence[Facet] | None
    asked: Choice
    open: bool


def narrowing(asked: Choice, filters: Filters, total: int | None = None, fixed: Sequence[str] = ()) -> Narrowing | None:
    """Return how a listing is narrowed; None where it is too short for that.

    `filters` say which works it has, where its page adds to what was asked for; by what is `fixed` there (names in
    `FIELDS`) it is not narrowed. Without a `total`, works are counted. Each facet is a question to the store, which
    together take longer than a page that is for looking first: they are asked once it is narrowed, or wants to be.
    """
    wanted = request.args.get("narrow", "")
    if wanted not in ("", "1", *OPENED):
        abort(400, "'narrow' must be 1 or one of: " + ", ".join(sorted(OPENED)) + ".")
    if not asked.any and not wanted:
        return None if total is not None and total <= GLANCE else Narrowing((), None, asked, open=False)
    if total is None:
        total = store().count(filters)
    shown = tuple(facets_of(asked, total, filters, fixed, wanted))
    return Narrowing(tuple(chips(asked)), shown, asked, open=bool(wanted))


def facets_of(
    asked: Choice, total: int, filters: Filters, fixed: Sequence[str] = (), whole: str = ""
) -> Iterator[Facet]:
    """Yield what `total` works differ in, the most frequent values first, of `whole` more than a few.

    What was chosen is left out, as is what would leave every work there is.
    """
    known = surveyor().latest(PATIENCE)
    artists = known.artists if known else {}
    for field in FIELDS if total else ():
        if field.name in fixed or asked.has(field.name):
            continue
        most = MOST_OF_ONE if field.name == whole else MOST
        century = field.name == "century"
        found = list(_centuries(asked, filters, artists) if century else _values(asked, field, filters, artists, most))
        if any(option.count < total for option in found):
            yield Facet(field.name, field.label, tuple(found[:most]), len(found) > most)
    if total and not asked.given:
        yield from _given(asked, total, filters)


def chips(asked: Choice) -> Iterator[Chip]:
    """Yield what was chosen, in words, each with the way back."""
    known = surveyor().latest()
    artists = known.artists if known else {}
    if asked.words:
        yield Chip("Words", asked.words, asked._replace(words="").values(), "words")
    for field in FIELDS:
        value = _span(asked) if field.name == "century" else getattr(asked, field.name)
        if value:
            label = "Years" if field.name == "century" else field.label
            yield Chip(label, _named(field.name, value, artists), asked.without(field.name).values(), field.name)
    if asked.given:
        name, _, label = asked.given.partition(": ")
        yield Chip(name, label, asked.without("given").values(), "given")


def _values(asked: Choice, field: Field, filters: Filters, artists: Mapping[str, Group], most: int) -> Iterator[Option]:
    for each in store().facets(field.stored, filters, limit=most + 1):
        # A value that no address may hold can be read on its works' pages, but not asked for.
        if each.value.isprintable() and len(each.value) <= LONGEST_VALUE and not _set_aside(field.name, each.value):
            narrower = asked.values(**{field.name: each.value})
            yield Option(each.value, _named(field.name, each.value, artists), each.count, narrower)


def _given(asked: Choice, total: int, filters: Filters) -> Iterator[Facet]:
    """Yield the sets of curators' own, each with its classes."""
    options: dict[str, list[Option]] = {}
    for each in store().facets("given_words", filters):
        name, _, label = each.value.partition(": ")
        options.setdefault(name, []).append(Option(each.value, label, each.count, asked.values(given=each.value)))
    for name, found in sorted(options.items()):
        if any(option.count < total for option in found):
            yield Facet("given", name, tuple(found[:MOST]))


def _centuries(asked: Choice, filters: Filters, artists: Mapping[str, Group]) -> Iterator[Option]:
    # Years are no keyword that the store could count: those centuries that there are, are counted one by one.
    for century in sorted({decade // 100 for group in artists.values() for decade in group.decades})[-MOST:]:
        first, last = century * 100, century * 100 + 99
        count = store().count(replace(filters, years=(first, last)))
        if count:
            narrower = asked.values(**{"from": str(first), "to": str(last)})
            yield Option(f"{first}-{last}", f"{first}–{last}", count, narrower)


def _span(asked: Choice) -> str:
    if asked.since and asked.until:
        return f"{asked.since}–{asked.until}"
    return f"from {asked.since}" if asked.since else f"to {asked.until}" if asked.until else ""


def _named(name: str, value: str, artists: Mapping[str, Group]) -> str:
    if name == "artist":
        return artists[value].name if value in artists else value
    if name == "cluster":
        theme = _theme(value)
        return theme.title if theme else f"Cluster {value}"
    return licence_name(value) if name == "licence" else value


def _set_aside(name: str, value: str) -> bool:
    """Tell whether it is a cluster that curators called no theme."""
    theme = _theme(value) if name == "cluster" else None
    return theme is not None and not theme.theme


def _theme(cluster: str) -> Theme | None:
    return known_clusters().themes.get(int(cluster)) if cluster.isdecimal() else None
