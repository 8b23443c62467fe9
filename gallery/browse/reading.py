"""Reading what a visitor asked for: page numbers and filters, refused with 400 when they make no sense."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, TypeVar

from flask import abort, request

from gallery.survey import LATE, Group
from indexer.portraits.model import Portraits
from indexer.store.model import FacetCount, Filters

MOST_PAGES = 100_000
ORDERS = {"name": "Name", "count": "Works", "time": "Time", "typical": "Most typical"}
LONGEST_WORDS = 200
LONGEST_VALUE = 300

_Value = TypeVar("_Value", bound=str)


class Choice(NamedTuple):
    """What the filter form holds, as texts to show again."""

    words: str = ""
    movement: str = ""
    since: str = ""
    until: str = ""
    licence: str = ""
    seen: str = ""
    artist: str = ""
    cluster: str = ""
    given: str = ""
    tag: str = ""
    source: str = ""

    @property
    def any(self) -> bool:
        """Whether anything was asked for."""
        return any(self)

    @property
    def narrowed(self) -> bool:
        """Whether a filter beyond the words is set."""
        return any(self[1:])

    def has(self, name: str) -> bool:
        """Tell whether something was chosen under a name; for `century`, any years."""
        return bool(self.since or self.until) if name == "century" else bool(getattr(self, name))

    def without(self, *names: str) -> "Choice":
        """Return the same with nothing under these names; for `century`, without years."""
        fields = [each for name in names for each in (("since", "until") if name == "century" else (name,))]
        return self._replace(**dict.fromkeys(fields, ""))

    def values(self, **more: str) -> dict[str, str]:
        """Return what was asked for as arguments of an address, with `more` of them."""
        asked = {
            "q": self.words,
            "movement": self.movement,
            "from": self.since,
            "to": self.until,
            "licence": self.licence,
            "seen": self.seen,
            "artist": self.artist,
            "cluster": self.cluster,
            "given": self.given,
            "tag": self.tag,
            "source": self.source,
        }
        return {name: value for name, value in (asked | more).items() if value}

    def filters(self, artist: str | None = None, cluster: str | None = None) -> Filters:
        """Return the same as the store understands it."""
        since, until = _year("from", self.since), _year("to", self.until)
        if since is not None and until is not None and since > until:
            abort(400, f"No year lies between {since} and {until}: the first is later than the last.")
        return Filters(
            artist=artist or self.artist or None,
            movement=self.movement or None,
            years=None if since is None and until is None else (since, until),
            licence=self.licence or None,
            words=self.words or None,
            cluster=cluster or self.cluster or None,
            seen=self.seen or None,
            given=self.given or None,
            tag=self.tag or None,
            source=self.source or None,
        )


def choice(sent: Mapping[str, str] | None = None) -> Choice:
    """Return the filters of the current request: of its address, or of what a form has sent."""
    return Choice(
        words=_text("q", LONGEST_WORDS, sent),
        movement=value_of("movement", sent),
        since=_text("from", 6, sent),
        until=_text("to", 6, sent),
        licence=value_of("licence", sent),
        seen=value_of("seen", sent),
        artist=value_of("artist", sent),
        cluster=_text("cluster", 12, sent),
        given=value_of("given", sent),
        tag=value_of("tag", sent),
        source=value_of("source", sent),
    )


def value_of(name: str, sent: Mapping[str, str] | None = None) -> str:
    """Return a value asked for under a name, "" if none is; answer 400 if it could be none."""
    return _text(name, LONGEST_VALUE, sent)


def page_number() -> int:
    """Return the page asked for, 1 if none is named."""
    text = request.args.get("page", "1")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_PAGES and len(text) <= 9):
        abort(400, "The page must be a number from 1 upwards.")
    return int(text)


def whole(name: str, usual: int, least: int, most: int) -> int:
    """Return a number asked for, or the usual one; answer 400 if it is none within the bounds."""
    text = request.args.get(name, str(usual))
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and least <= int(text) <= most):
        abort(400, f"{name!r} must be a number from {least} to {most}.")
    return int(text)


def known_or_400(asked: str | None, known: Collection[_Value], what: str) -> _Value:
    """Return which of the values that are known was asked for; else answer 400 with `what` and these."""
    found = next((each for each in known if each == asked), None)
    if found is None:
        abort(400, f"{what} one of: {', '.join(known)}.")
    return found


def order_asked() -> str:
    """Return how a list is to be sorted, by name if nothing is said."""
    return known_or_400(request.args.get("sort", "name"), ORDERS, "The list can be sorted by")


def in_order(
    counts: Sequence[FacetCount], order: str, groups: Mapping[str, Group], known: Portraits | None = None
) -> list[FacetCount]:
    """Return artists or movements by name (as given), count, first decade, or the most typical of them all first.

    Those of which that is not known come last, by name.
    """
    if order == "count":
        return sorted(counts, key=lambda facet: -facet.count)
    if order == "time":
        return sorted(counts, key=lambda facet: groups[facet.value].begins if facet.value in groups else LATE)
    if order == "typical" and known:
        scores = known.typical([facet.value for facet in counts])
        return sorted(counts, key=lambda facet: -scores.get(facet.value, -2.0))
    return list(counts)


def score_of(name: str, usual: float) -> float:
    """Return a likeness asked for, -1 to 1, or the usual one."""
    text = request.args.get(name)
    if text is None:
        return usual
    try:
        score = float(text) if text.isascii() and len(text) <= 8 else float("nan")
    except ValueError:
        score = float("nan")
    if not -1 <= score <= 1:
        abort(400, f"{name!r} must be a likeness between -1 and 1, such as {usual}.")
    return score


def _text(name: str, longest: int, sent: Mapping[str, str] | None = None) -> str:
    text = (request.args if sent is None else sent).get(name, "").strip()
    if len(text) > longest:
        abort(400, f"{name!r} is too long: {longest} characters at most.")
    if not text.isprintable():
        abort(400, f"{name!r} contains characters that cannot be searched for.")
    return text


def _year(name: str, text: str) -> int | None:
    if not text:
        return None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        abort(400, f"{name!r} must be a year, such as 1890.")
    return int(text)
