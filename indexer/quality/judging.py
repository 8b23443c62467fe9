"""From numbers to findings: what is too blurred, too dark, framed, and how sure that is.

An alarm is right nine times in ten or more, a note is worth a look. The thresholds were set on 2,400 paintings and
drawings of 224 pixels and 470 of about 1,000, as they are and damaged by us in each of these ways; the README has the
figures.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from indexer.cropping import WHOLE, Box
from indexer.quality.measuring import Measures

Kind = Literal["border", "frame", "blurry", "dark", "bright", "flat", "text", "not-art", "shape", "greyscale"]
KINDS: tuple[Kind, ...] = get_args(Kind)

BLURRY, SOFT = 0.75, 0.70
DARK, PALE, BURNT, BURNT_PERHAPS = 85, 145, 0.45, 0.2
FLAT, PLAIN = 30, 2.5
GREY = 4
ENDS, FRAMED, UNLIKE = 0.6, 0.8, 25
LETTERED, LETTERED_PERHAPS = 0.24, 0.16
SMALL, LONG = 10, 4.0
STRANGE, STRANGE_PERHAPS = 4.0, 3.0
STRANGE_AND_PAPER, PAPER = 2.0, 0.15

_DRAWN = (
    *("draw", "print", "etch", "engrav", "litho", "woodcut", "wood block", "woodblock", "aquatint", "mezzotint"),
    *("ink", "pencil", "chalk", "charcoal", "graphite", "crayon", "photo", "sketch", "drypoint", "silverpoint"),
)
_PAINTED = ("oil", "acryl", "tempera", "canvas", "gouache", "watercolo", "fresco", "pastel", "paint")


@dataclass(frozen=True, slots=True)
class Found:
    """A finding: how severe it is, 0 to 1, the reason, whether it is a note only, and the part it is about, if any."""

    sha256: str
    kind: Kind
    severity: float
    reason: str
    note: bool = False
    box: Box | None = None


def judge(sha256: str, measures: Measures, *, medium: str, typical: float) -> Iterator[Found]:
    """Yield what is wrong with one picture; `medium` is what is said of it, `typical` how many pixels others have."""
    yield from _edges(sha256, measures)
    if measures.blur > SOFT:
        said = f"Blurred: fine detail is missing (softness {measures.blur:.2f}; sharp pictures stay below {SOFT})."
        yield Found(sha256, "blurry", _over(measures.blur, SOFT, 1.0), said, measures.blur <= BLURRY)
    yield from _light(sha256, measures)
    if measures.colour <= GREY:
        yield _greyscale(sha256, medium.casefold())
    if measures.line_share > LETTERED_PERHAPS:
        said = f"Something like a line of letters over {_percent(measures.line_share)} of the width."
        note = measures.line_share <= LETTERED
        yield Found(sha256, "text", _over(measures.line_share, 0.0, 1.0), said, note, measures.line)
    yield from _shape(sha256, measures, typical)


def judge_standing(sha256: str, artist: str, strangeness: float, seen: tuple[str, float]) -> Found | None:
    """Return what a work's place among its artist's and the network's first guesses say against it, if anything."""
    thing, paper = seen
    of_paper = paper >= PAPER and strangeness >= STRANGE_AND_PAPER
    said = f"Unlike the other works of {artist[:80]} ({strangeness:.1f} deviations)"
    if of_paper:
        said += f", and it looks like a {thing} ({_percent(paper)}). Perhaps a book cover, a screenshot or a room."
    elif strangeness >= STRANGE_PERHAPS:
        said += ". Perhaps a photograph, or the work of somebody else."
    else:
        return None
    return Found(sha256, "not-art", _over(strangeness, 0.0, 12.0), said, not of_paper and strangeness < STRANGE)


def _edges(sha256: str, measures: Measures) -> Iterator[Found]:
    if measures.border != WHOLE and measures.border_end >= ENDS:
        cut = 1 - _area(measures.border)
        said = f"A border of one colour, {_percent(cut)} of the picture."
        yield Found(sha256, "border", min(1.0, 0.2 + cut), said, False, measures.border)
    elif measures.frame != WHOLE and measures.frame_run >= FRAMED:
        cut = 1 - _area(measures.frame)
        note = measures.frame_unlike < UNLIKE
        edge = f"a straight edge along {_percent(measures.frame_run)} of each side"
        said = f"A frame or mount around it, {_percent(cut)} of the picture: {edge}."
        if note:
            said = f"A line or mount around it, {edge}. It may be part of the work."
        yield Found(sha256, "frame", min(1.0, 0.2 + cut), said, note, measures.frame)


def _light(sha256: str, measures: Measures) -> Iterator[Found]:
    span = measures.lightest - measures.darkest
    if measures.lightest <= DARK:
        said = f"Very dark: 95 % of it is at most {_percent(measures.lightest / 255)} as light as white."
        yield Found(sha256, "dark", 1 - measures.lightest / 255, said)
    elif measures.white >= BURNT_PERHAPS:
        said = f"Blown out: {_percent(measures.white)} of it is plain white."
        yield Found(sha256, "bright", measures.white, said, measures.white < BURNT)
    elif span <= FLAT or measures.information < PLAIN:
        said = f"Hardly anything to see: its levels lie within {span} of 255 ({measures.information:.1f} bits)."
        yield Found(sha256, "flat", 1 - measures.information / 8, said)
    elif measures.darkest >= PALE:
        said = f"Washed out: nothing in it is darker than {_percent(measures.darkest / 255)} of white."
        yield Found(sha256, "bright", measures.darkest / 255, said)


def _greyscale(sha256: str, medium: str) -> Found:
    drawn = next((word for word in _DRAWN if word in medium), None)
    painted = drawn is None and any(word in medium for word in _PAINTED)
    said = "No colour at all, though it is said to be painted: perhaps a black-and-white photograph of it."
    if not painted:
        said = "No colour at all, which is usual for drawings, prints and photographs."
    return Found(sha256, "greyscale", 0.5 if painted else 0.1, said, not painted)


def _shape(sha256: str, measures: Measures, typical: float) -> Iterator[Found]:
    area, sides = measures.width * measures.height, (measures.width, measures.height)
    size = f"{measures.width} × {measures.height} pixels"
    if area * SMALL < typical:
        said = f"Very small: {size}, less than a tenth of what others have."
        yield Found(sha256, "shape", 1 - area / typical, said)
    elif max(sides) > LONG * min(sides):
        said = f"An odd shape: {size}, one side {max(sides) / min(sides):.1f} times the other."
        yield Found(sha256, "shape", _over(min(sides) / max(sides), 1 / LONG, 0.0), said, True)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.1f} %"


def _area(box: Box) -> float:
    left, top, right, bottom = box
    return (right - left) * (bottom - top)


def _over(value: float, least: float, most: float) -> float:
    """Return how far a value is on its way from `least` to `most`, 0 to 1."""
    return min(1.0, max(0.0, (value - least) / (most - least)))
