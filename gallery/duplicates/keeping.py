"""Which of several works that are the same stands for them, why in words, and what it takes over from the others."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gallery.models.duplicates import Verdict
from indexer.store.model import Artwork

_TAKEN: tuple[str, ...] = ("year", "movement", "medium", "institution", "credit")
_OF_THE_FILE = ("licence", "licence_url", "holder")
_LARGER = 1.1
# Where works come from by their makers' or keepers' own hand, as sources are called.
_MUSEUMS = ("met", "rijksmuseum", "cleveland", "artic", "commons")


class Suggestion(NamedTuple):
    """The work that should stand for all, and the reasons in words, the weightiest first."""

    work: Artwork
    reasons: tuple[str, ...]


def suggest(works: Sequence[Artwork]) -> Suggestion:
    """Return the work to keep: the largest, or of several about as large the one that is better documented."""
    largest = max(work.width * work.height for work in works)
    about = [work for work in works if work.width * work.height * _LARGER >= largest]
    keeper = max(about, key=lambda work: (_merit(work), work.width * work.height, work.sha256))
    others = [work for work in works if work.sha256 != keeper.sha256]
    return Suggestion(keeper, _reasons(keeper, others) or ("it came first in order, for they are equally good",))


def taken_over(keeper: Artwork, other: Artwork, verdict: Verdict) -> dict[str, Any]:
    """Return what the keeper takes over: facts that it lacks, more tags, and of the same file also its licence."""
    taken = {
        name: getattr(other, name)
        for name in _TAKEN
        if getattr(keeper, name) in (None, "") and getattr(other, name) not in (None, "")
    }
    tags = [tag for tag in other.tags if tag not in keeper.tags]
    if tags:
        taken["tags"] = [*keeper.tags, *tags]
    # Another photograph of the same work may be under another licence.
    if verdict == "same-file" and keeper.licence == "unknown" and other.licence != "unknown":
        taken |= {name: getattr(other, name) for name in _OF_THE_FILE if getattr(other, name) is not None}
    return taken


def merged(keeper: Artwork, others: Sequence[Artwork], verdict: Verdict) -> list[dict[str, Any]]:
    """Return what the keeper takes over from each of the others, in their order; nothing is taken twice."""
    taken: list[dict[str, Any]] = []
    for other in others:
        taken.append(taken_over(keeper, other, verdict))
        keeper = with_fields(keeper, taken[-1])
    return taken


def with_fields(work: Artwork, fields: Mapping[str, Any]) -> Artwork:
    """Return a work with other facts."""
    return Artwork.from_payload(work.to_payload() | dict(fields))


def _merit(work: Artwork) -> tuple[bool, bool, int]:
    known = sum(getattr(work, name) not in (None, "") for name in _TAKEN)
    return (work.source in _MUSEUMS, work.licence != "unknown", known)


def _reasons(keeper: Artwork, others: Sequence[Artwork]) -> tuple[str, ...]:
    size = keeper.width * keeper.height
    second = max(other.width * other.height for other in others)
    said = []
    if size > second:
        said.append(
            f"it is the largest ({size / second:.1f} times the pixels)"
            if size > second * _LARGER
            else "it is the largest, by a little"
        )
    if keeper.source in _MUSEUMS and not any(other.source in _MUSEUMS for other in others):
        said.append(f"it comes from a museum's own source ({keeper.source})")
    if keeper.licence != "unknown" and any(other.licence == "unknown" for other in others):
        said.append("its licence is known")
    if _merit(keeper)[2] > max(_merit(other)[2] for other in others):
        said.append("more is known of it")
    if keeper.added_at < min(other.added_at for other in others):
        said.append("it came first")
    return tuple(said)
