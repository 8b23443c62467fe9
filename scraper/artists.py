"""Whether a work that states its artist is by the artist who is wanted."""

import re
import unicodedata

from scraper.model import ArtistMatch, ArtistQuery

# A name after one of these is the model for the work, not its hand.
_NOT_THE_HAND = re.compile(
    r"\b(after|attributed to|circle of|copy|follower of|imitator of|manner of|school of|style of|studio of|"
    r"workshop of|possibly|formerly)\b"
)
_LONGEST_PARTICLE = 3  # "van", "de", "del"
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\b\d{3,4}\b")


def match_artist(query: ArtistQuery, stated: str | None) -> ArtistMatch:
    """Compare a stated name with the wanted one.

    `exact` and `alias` are the same name whatever its accents, case, order ("Monet, Claude") and dates; `weak` is a
    surname, initials with the surname, one hand of several, or a work after or attributed to the artist; `none` is
    somebody else.
    """
    if not stated:
        return "not-stated"
    text = _folded(stated)
    doubtful = _NOT_THE_HAND.search(text) is not None
    said = _words(_NOT_THE_HAND.sub(" ", text))
    if not said:
        return "not-stated"
    if not doubtful and said == _words(_folded(query.artist)):
        return "exact"
    names = [_words(_folded(name)) for name in (query.artist, *query.aliases)]
    if not doubtful and said in names:
        return "alias"
    return "weak" if any(_alike(said, name) for name in names) else "none"


def _folded(name: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return _BRACKETS.sub(" ", plain.casefold())


def _words(folded: str) -> tuple[str, ...]:
    surname, comma, rest = folded.partition(",")
    # "Monet, Claude" but not "Rembrandt, Lievens and others".
    if comma and "," not in rest:
        folded = f"{rest} {surname}"
    return tuple(re.sub(r"[\W_]+", " ", folded).split())


def _alike(said: tuple[str, ...], name: tuple[str, ...]) -> bool:
    if len(said) == 1 and len(said[0]) > _LONGEST_PARTICLE:
        return said[0] in name
    if not name or not set(said) & {name[-1]}:
        return False
    if len(said) > len(name):
        return set(name) <= set(said)
    before = zip(said[:-1], name[-len(said) : -1], strict=False)
    return said[-1] == name[-1] and all(a == b or (len(a) == 1 and b.startswith(a)) for a, b in before)
