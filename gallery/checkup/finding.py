"""What is looked at, and what was found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gallery.settings import GallerySettings
from scraper.settings import ScraperSettings

Verdict = Literal["ok", "note", "fault"]


@dataclass(frozen=True, slots=True)
class Case:
    """The settings to look at; with `install`, which is told what goes on, a browser is got where none is found."""

    scraper: ScraperSettings
    gallery: GallerySettings
    install: Callable[[str], None] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's: a fact and, unless all is well, what to do about it.

    A note is worth knowing and may be as intended; a fault keeps something from working.
    """

    verdict: Verdict
    fact: str
    remedy: str = ""


def ok(fact: str) -> Finding:
    """Return a finding that asks for nothing."""
    return Finding("ok", fact)


def note(fact: str, remedy: str) -> Finding:
    """Return a finding that leaves all working."""
    return Finding("note", fact, remedy)


def fault(fact: str, remedy: str) -> Finding:
    """Return a finding that must be mended."""
    return Finding("fault", fact, remedy)
