"""The list of artists: which of them, by movement, century, country or letter, and what it can be narrowed by."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from flask import abort, request

from gallery.artist_facts import countries, facts_of_all
from gallery.browse.facets import Chip, Facet, Narrowing, Option
from gallery.browse.reading import Choice, value_of
from gallery.catalogue import store
from gallery.holdings.facts import ArtistFacts
from gallery.survey import Group
from indexer.store.model import FacetCount, Filters

MOST_ARTISTS = 10_000
NOT_STATED = "not stated"
EARLIEST, LATEST = -3000, 2100
LABELS = {"movement": "Movement", "century": "Century", "country": "Country"}


class Wanted(NamedTuple):
    """Which artists were asked for: of a movement, a century (its first year), a country, a first letter."""

    movement: str
    century: str
    country: str
    letter: str

    def values(self, **more: str | None) -> dict[str, str]:
        """Return it as arguments of an address, with `more` of them."""
        return {name: value for name, value in (self._asdict() | more).items() if value}

    @property
    def narrowed(self) -> bool:
        """Whether anything but a letter was asked for."""
        return any(self[:3])


def wanted() -> Wanted:
    """Return which artists the current request asks for; answer 400 where that makes no sense."""
    century = request.args.get("century", "")
    if century:
        digits = century.removeprefix("-")
        there = digits.isascii() and digits.isdigit() and len(digits) <= 4
        if not (there and int(century) % 100 == 0 and EARLIEST <= int(century) <= LATEST):
            abort(400, "'century' must be the first year of one, such as 1800.")
    return Wanted(value_of("movement"), century, value_of("country"), request.args.get("letter", ""))


def listed(asked: Wanted) -> list[FacetCount]:
    """Return the artists who have works of that movement and century, with how many, of that country, by slug."""
    first = int(asked.century) if asked.century else None
    years = None if first is None else (first, first + 99)
    counts = store().facets("artist_slug", Filters(movement=asked.movement or None, years=years), limit=MOST_ARTISTS)
    if asked.country:
        facts = facts_of_all()
        counts = [each for each in counts if asked.country in _countries(each.value, facts)]
    return sorted(counts, key=lambda facet: facet.value)


def roster_narrowing(asked: Wanted, artists: Sequence[str], known: Mapping[str, Group]) -> Narrowing:
    """Return how the list was narrowed, and how it can be further, with how many artists each value would leave."""
    chosen = [
        Chip(label, _worded(name, value), asked._replace(**{name: ""}).values(), name)
        for name, label in LABELS.items()
        if (value := getattr(asked, name))
    ]
    return Narrowing(chosen, tuple(_facets(asked, artists, known)), Choice(), open="narrow" in request.args)


def stating_country(artists: Iterable[str]) -> int:
    """Return of how many artists a country is stated."""
    facts = facts_of_all()
    return sum(bool(countries(facts.get(slug))) for slug in artists)


def _facets(asked: Wanted, artists: Sequence[str], known: Mapping[str, Group]) -> Iterator[Facet]:
    facts = facts_of_all()
    has: dict[str, Callable[[str], Iterable[str]]] = {
        "movement": lambda slug: known[slug].movements if slug in known else (),
        "century": lambda slug: map(str, known[slug].centuries) if slug in known else (),
        "country": lambda slug: _countries(slug, facts),
    }
    for name, label in LABELS.items():
        if getattr(asked, name):
            continue
        counts = Counter(value for slug in artists for value in has[name](slug))
        # Where no country is stated of anybody, there is nothing to choose from.
        if name == "country" and counts.keys() <= {NOT_STATED}:
            continue
        order = sorted(counts, key=int) if name == "century" else sorted(counts, key=lambda each: (-counts[each], each))
        options = [Option(each, _worded(name, each), counts[each], asked.values(**{name: each})) for each in order]
        if any(option.count < len(artists) for option in options):
            yield Facet(name, label, tuple(options))


def _countries(slug: str, facts: Mapping[str, ArtistFacts]) -> tuple[str, ...]:
    return countries(facts.get(slug)) or (NOT_STATED,)


def _worded(name: str, value: str) -> str:
    if name == "century":
        return f"{value}–{int(value) + 99}"
    return "Not stated" if value == NOT_STATED else value
