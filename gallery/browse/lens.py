"""Which lens, or mix of them, a visitor wants works to be compared by, and the works that are alike by it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask import Flask, abort, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from gallery.catalogue import store
from gallery.lenses import SUBJECT, lenses
from indexer.errors import NoVector, UnknownLens
from indexer.lenses.names import ABOUT, SHOWN, BadLens, lens_text, parse_lens
from indexer.likeness import Scale
from indexer.store.model import Asked, Filters, Neighbours

LONGEST = 120


class Choice(NamedTuple):
    """One lens on the row to choose from: its name, what it is about, its share of a mix in percent, and its weight."""

    name: str
    about: str
    percent: int
    weight: int


@dataclass(frozen=True, slots=True)
class Lens:
    """What works are compared by (lens -> weight); `named` in the address, or the usual; None where works have but one.

    `without` tells that the work has no vector in the lens that was asked for, and was compared by subject instead.
    """

    weights: Mapping[str, int]
    named: bool
    offered: bool
    without: bool = False

    @property
    def text(self) -> str:
        """Return it as it stands in an address."""
        return lens_text(self.weights)

    @property
    def values(self) -> dict[str, str]:
        """Return what an address needs to ask for the same again."""
        return {"lens": self.text} if self.named else {}

    @property
    def mixed(self) -> bool:
        """Whether it is several lenses."""
        return len(self.weights) > 1

    @property
    def scale(self) -> Scale | None:
        """What cosines by it mean here, as far as that is known."""
        return lenses().scale(self.weights)

    @property
    def choices(self) -> list[Choice]:
        """Return every lens, in order."""
        total = sum(self.weights.values())
        weights = {lens: self.weights.get(lens, 0) for lens in SHOWN}
        return [
            Choice(name, ABOUT[lens], round(100 * weights[lens] / total), weights[lens]) for lens, name in SHOWN.items()
        ]

    @property
    def names(self) -> str:
        """Return which lenses it is of, such as "subject and style"."""
        return " and ".join(SHOWN[lens] for lens in SHOWN if self.weights.get(lens))

    @property
    def words(self) -> str:
        """Return it as people read it, such as "subject 30 %, style 70 %"."""
        there = [choice for choice in self.choices if choice.weight]
        return ", ".join(f"{each.name} {each.percent} %" for each in there) if self.mixed else there[0].name


def usual_lens() -> Lens:
    """Return what works are compared by when nothing is asked for."""
    shelf = lenses()
    return Lens(shelf.usual(), named=False, offered=shelf.measured() is not None)


def lens_asked(usual: Mapping[str, int] | None = None) -> Lens:
    """Return the lens of the current request, or the usual one; answer 400 if it is none, 404 if works lack it."""
    text = request.args.get("lens")
    if text is None:
        found = usual_lens()
        return found if usual is None else Lens(usual, named=False, offered=found.offered)
    return lens_of(text)


def lens_of(text: str) -> Lens:
    """Return the lens of a text, as it stands in an address; answer as `lens_asked` does."""
    try:
        weights = parse_lens(text)
    except BadLens as error:
        abort(400, f"“{text[:LONGEST]}” cannot be used as 'lens': {error}.")
    measured = lenses().measured()
    if not weights.keys() <= (measured.lenses if measured else SUBJECT.keys()):
        abort(404, "The works here can only be compared by subject so far.")
    return Lens(weights, named=True, offered=measured is not None)


def mix_sent(values: MultiDict[str, str] | None = None) -> str | None:
    """Return the mix that a form's fields ask for, one for each lens; None if it was not sent."""
    fields = request.args if values is None else values
    there = [name for name in SHOWN.values() if name in fields]
    return ",".join(f"{name}:{fields[name].strip() or 0}" for name in there) or None


def to_mix(**values: Any) -> Response | None:
    """Lead a request with a form's fields to the address that can be shared; None for any other.

    `values` are those of the page beside the arguments of its address.
    """
    if "lens" in request.args or (text := mix_sent()) is None:
        return None
    lens = lens_of(text)
    kept = {name: found for name, found in request.args.lists() if name not in (*SHOWN.values(), "page")}
    assert request.endpoint is not None
    return redirect(url_for(request.endpoint, **kept | values, lens=lens.text), 303)


def alike(query: Asked, filters: Filters, lens: Lens, **more: Any) -> tuple[Neighbours, Lens]:
    """Return the works that are most like another by a lens, and the lens they were found by.

    A work that has no vector in it yet is compared by its subject, as are all while lenses are made anew.
    """
    try:
        return store().similar(query, filters, lens=lens.weights, **more), lens
    except (NoVector, UnknownLens):
        fallen = Lens(SUBJECT, named=False, offered=lens.offered, without=lens.named)
        return store().similar(query, filters, **more), fallen


def init_app(app: Flask) -> None:
    """Give templates the usual lens."""
    app.add_template_global(usual_lens)
