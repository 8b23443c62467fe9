"""Which sources a run asks: named ones, those that are on by default, and those the owner has switched on."""

from collections.abc import Iterable

from scraper.errors import ConfigError
from scraper.settings import ScraperSettings
from scraper.sources import SOURCES, Site

ALL_DEFAULT = "all-default"
PAGES = "webpage"
"""The source that looks at pages somebody names, and at nothing else."""


def choose(names: Iterable[str], settings: ScraperSettings, *, with_pages: bool = False) -> list[Site]:
    """Return the sources named, each once; without names those on by default, or the pages alone where there are some.

    Raises `ConfigError` for a name that is none, for a source that is off here, and for missing pages.
    """
    wanted = list(dict.fromkeys(names)) or ([] if with_pages else [ALL_DEFAULT])
    known = SOURCES.sites()
    if ALL_DEFAULT in wanted:
        wanted.remove(ALL_DEFAULT)
        wanted += [name for name, site in known.items() if site.default_on and name != PAGES and name not in wanted]
    if with_pages and PAGES not in wanted:
        wanted.append(PAGES)
    allowed = switched_on(settings)
    for name in wanted:
        _check(name, known, allowed)
    if PAGES in wanted and not with_pages:
        raise ConfigError("--page", "no page was named", "Name at least one with pictures: --page https://...")
    return [known[name]() for name in wanted]


def switched_on(settings: ScraperSettings) -> set[str]:
    """Return the sources that may be used here; raises `ConfigError` when the setting names one that is none."""
    known = SOURCES.sites()
    named = {name.strip() for name in settings.sources_on.split(",") if name.strip()}
    if strange := sorted(named - known.keys()):
        raise ConfigError("GALLERY_SOURCES_ON", f"there is no source {strange[0]!r}", _choices(known))
    return named | {name for name, site in known.items() if site.default_on}


def _check(name: str, known: dict[str, type[Site]], allowed: set[str]) -> None:
    if name in SOURCES and name not in known:
        raise ConfigError("--source", f"{name!r} holds no artists to look for", "Use: gallery import PATH")
    if name not in known:
        raise ConfigError("--source", f"there is no source {name!r}", _choices(known))
    if name not in allowed:
        raise ConfigError(
            "--source",
            f"{name!r} is off here ({known[name].caution or 'its owner has not asked for it'})",
            f"Whoever runs this gallery can switch it on: GALLERY_SOURCES_ON={name}",
        )


def _choices(known: Iterable[str]) -> str:
    return f"Choose from: {', '.join(sorted(known))}."
