"""Settings: names that nobody reads, and settings that are worth a second thought."""

import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from dotenv import dotenv_values

from gallery.checkup.finding import Case, Finding, note, ok
from gallery.settings import GallerySettings
from scraper.settings import PREFIX, ScraperSettings

# Read from the process alone, never from .env: it leads the scraper to made-up hosts.
STAND_IN = "GALLERY_STAND_IN"


def known() -> set[str]:
    """Return the names of all variables that are read."""
    fields = {**ScraperSettings.model_fields, **GallerySettings.model_fields}
    return {PREFIX + name.upper() for name in fields} | {STAND_IN}


def look(case: Case) -> Iterator[Finding]:
    """Look for mistyped names in the environment and in `.env`, and for what should be filled in."""
    file = Path(".env")
    places: dict[str, Mapping[str, object]] = {"the environment": os.environ}
    if file.is_file():
        places[".env"] = dotenv_values(file, interpolate=False)
    strange = [finding for place, names in places.items() for finding in _strangers(place, names)]
    yield from strange
    if not strange:
        where = " and .env" if file.is_file() else "; there is no .env here"
        yield ok(f"every {PREFIX} variable is known (environment{where})")
    if os.environ.get(STAND_IN):
        yield note(
            f"{STAND_IN} is set: the scraper goes to stand-ins for real hosts",
            "Unset it, except for tests or the demo.",
        )
    if not case.scraper.contact:
        yield note(
            "GALLERY_CONTACT is empty",
            "Set it to a page or an e-mail address before scraping real sites, for their owners to reach you.",
        )
    if case.scraper.opt_outs == "ignore":
        yield note("opt-outs are ignored", "Set GALLERY_OPT_OUTS=obey unless the sites' owners agreed.")
    if case.scraper.robots == "ignore":
        yield note("robots.txt is ignored", "Set GALLERY_ROBOTS=obey unless the sites' owners agreed.")


def _strangers(place: str, names: Mapping[str, object]) -> Iterator[Finding]:
    for name in sorted(name for name in names if name.upper().startswith(PREFIX)):
        if name.upper() not in known():
            near = get_close_matches(name.upper().removeprefix(PREFIX), [each.removeprefix(PREFIX) for each in known()])
            advice = f"Did you mean {PREFIX}{near[0]}?" if near else "README.md has the table of those that are."
            yield note(f"{name} in {place} is read by nobody", advice)
