"""How a listing can be narrowed: the values its works have, with how many works each would leave."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from flask import request

from gallery.browse.reading import LONGEST_VALUE, Choice
from gallery.catalogue import store
from gallery.clusters.shelf import known_clusters
from gallery.survey import Group, surveyor
from gallery.wording import licence_name
from indexer.store.model import Filters

MOST = 8
# Name in the address, field of the store, heading.
FIELDS = (
    ("artist", "artist_slug", "Artist"),
    ("movement", "movement", "Movement"),
    ("cluster", "cluster", "Theme"),
    ("licence", "licence", "Rights"),
    ("seen", "seen_words", "The network sees"),
    ("tag", "tags", "Tag"),
    ("source", "source", "Source"),
)


@dataclass(frozen=True, slots=True)
class Option:
    """One way to narrow a listing, or back: the arguments of its address."""

    label: str
    count: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Facet:
    """One thing works differ in; `chosen` leads back when the listing is narrowed by it."""

    label: str
    chosen: Option | None
    options: tuple[Option, ...]


def facets_of(asked: Choice, total: int, filters: Filters | None = None, fixed: Sequence[str] = ()) -> list[Facet]:
    """Return the ways to narrow what was found; those that would leave everything are left out.

    `filters` say which works a listing has, where its page adds to what was asked for; by what is `fixed`
    there (names in `FIELDS`) it is not narrowed.
    """
    found = _all(asked, total, filters or asked.filters(), fixed)
    return [facet for facet in found if facet.chosen or (total and len(facet.options) > 1)]


def facets_if_asked(asked: Choice, total: int, filters: Filters, fixed: Sequence[str] = ()) -> list[Facet] | None:
    """Return `facets_of` on pages that are for looking first: None unless the visitor narrows them or wants to.

    Each facet is a question to the store, which together take longer than such a page.
    """
    return facets_of(asked, total, filters, fixed) if asked.any or "narrow" in request.args else None


def _all(asked: Choice, total: int, filters: Filters, fixed: Sequence[str]) -> Iterator[Facet]:
    known = surveyor().latest()
    artists = known.artists if known else {}
    for name, field, label in FIELDS:
        if name in fixed:
            continue
        value: str = getattr(asked, name)
        if value:
            back = Option(_named(name, value, artists), total, asked._replace(**{name: ""}).values())
            yield Facet(label, back, ())
        elif total:
            found = store().facets(field, filters, limit=MOST)
            options = [
                Option(_named(name, each.value, artists), each.count, asked.values(**{name: each.value}))
                for each in found[:MOST]
                if each.value.isprintable() and len(each.value) <= LONGEST_VALUE
            ]
            yield Facet(label, None, tuple(options))
    yield from _given(asked, total, filters)
    if total and not asked.since and not asked.until:
        yield Facet("Century", None, tuple(_centuries(asked, filters, artists)))


def _given(asked: Choice, total: int, filters: Filters) -> Iterator[Facet]:
    """Yield the sets of curators' own, each with its classes."""
    if asked.given:
        name, _, label = asked.given.partition(": ")
        yield Facet(name, Option(label, total, asked._replace(given="").values()), ())
        return
    options: dict[str, list[Option]] = {}
    for each in store().facets("given_words", filters) if total else ():
        name, _, label = each.value.partition(": ")
        options.setdefault(name, []).append(Option(label, each.count, asked.values(given=each.value)))
    for name, found in sorted(options.items()):
        yield Facet(name, None, tuple(found[:MOST]))


def _centuries(asked: Choice, filters: Filters, artists: Mapping[str, Group]) -> Iterator[Option]:
    # Years are no keyword that the store could count: those that there are, are counted one by one.
    for century in sorted({decade // 100 for group in artists.values() for decade in group.decades})[-MOST:]:
        first, last = century * 100, century * 100 + 99
        count = store().page(replace(filters, years=(first, last)), size=1).total
        if count:
            yield Option(f"{first}–{last}", count, asked.values(**{"from": str(first), "to": str(last)}))


def _named(name: str, value: str, artists: Mapping[str, Group]) -> str:
    if name == "artist":
        return artists[value].name if value in artists else value
    if name == "cluster":
        theme = known_clusters().themes.get(int(value)) if value.isdecimal() else None
        return theme.title if theme else f"Cluster {value}"
    return licence_name(value) if name == "licence" else value
