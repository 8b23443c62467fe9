"""The museum's catalogue: every artist there is a module for, each with works that know their own names."""

import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from functools import cache

from gallery.museum import artists as modules
from gallery.museum.model import Artist, Work


@cache
def all_artists() -> tuple[Artist, ...]:
    """Return the artists by name; a new one is a new module in `gallery.museum.artists`."""
    names = [module.name for module in pkgutil.iter_modules(modules.__path__)]
    found: Iterable[Artist] = (importlib.import_module(f"{modules.__name__}.{name}").ARTIST for name in names)
    return tuple(sorted(found, key=lambda artist: artist.name))


def all_works(artists: Sequence[Artist]) -> list[Work]:
    """Return the works of these artists."""
    return [work for artist in artists for work in artist.works]
