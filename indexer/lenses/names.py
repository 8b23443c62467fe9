"""What lenses are called where people see them, and mixes of them as they stand in an address."""

from collections.abc import Iterable, Mapping

from indexer.store.model import COMPOSITION, CONTENT, PALETTE, STYLE

SHOWN = {CONTENT: "subject", STYLE: "style", PALETTE: "palette", COMPOSITION: "composition"}
"""Lenses in the order in which pages list them, with their names there."""

ABOUT = {
    CONTENT: "What is in the picture",
    STYLE: "How it is painted: brushwork and tone",
    PALETTE: "Which colours it has",
    COMPOSITION: "Where things are in it",
}

_STORED = {shown: lens for lens, shown in SHOWN.items()}
_MOST = 100


class BadLens(ValueError):
    """A text that names no lens and no mix of lenses."""


def known_lenses(widths: Iterable[str]) -> tuple[str, ...]:
    """Return the lenses a collection has, in their order, with those unknown to us at the end."""
    there = set(widths)
    return (*(lens for lens in SHOWN if lens in there), *sorted(there - SHOWN.keys()))


def parse_lens(text: str) -> dict[str, int]:
    """Return the weight of each lens in a text such as `style` or `subject:30,style:70`; raise `BadLens`."""
    weights: dict[str, int] = {}
    for part in text.split(","):
        name, colon, number = part.strip().partition(":")
        lens = _STORED.get(name, name)
        if lens not in SHOWN:
            raise BadLens(f"there is no lens {name[:40]!r}, only: {', '.join(SHOWN.values())}")
        if lens in weights:
            raise BadLens(f"the lens {name!r} is there twice")
        if colon and not (number.isascii() and number.isdigit() and len(number) <= 3 and int(number) <= _MOST):
            raise BadLens(f"{number[:40]!r} is not a weight from 0 to {_MOST}")
        weights[lens] = int(number) if colon else _MOST
    weights = {lens: weights[lens] for lens in SHOWN if weights.get(lens)}
    if not weights:
        raise BadLens("a mix needs one weight above 0")
    return weights


def lens_text(weights: Mapping[str, int]) -> str:
    """Return weights as they stand in an address: the shortest text that `parse_lens` reads so."""
    there = [(SHOWN.get(lens, lens), weight) for lens, weight in weights.items() if weight]
    if len(there) == 1:
        return there[0][0]
    return ",".join(f"{shown}:{weight}" for shown, weight in there)
