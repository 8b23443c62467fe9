"""The museum's pages: six kinds, as unlike one another as the pages of real galleries are.

lazy      pictures come when they are scrolled to (IntersectionObserver, data-src); facts in microdata
srcset    several widths of each picture; a few works to a page, with rel=next; facts in definition lists
picture   <picture> with WebP beside the original's format; facts in JSON-LD
endless   a script asks for the next works when the end comes near; facts in telling classes
linked    thumbnails that lead to the originals; facts in JSON-LD
backdrop  pictures are backgrounds of links to them; facts in telling classes
"""

from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gallery.assets import TEMPLATES
from gallery.museum.model import INSTITUTION, Artist, Work

WIDTHS = (320, 640, 960)
"""Widths in pixels that a picture can be had in, beside its own."""

PAGED = ("srcset", "endless")


def environment() -> Environment:
    """Return the templates, with what they need to know."""
    pages = Environment(
        loader=FileSystemLoader(TEMPLATES / "museum"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.globals.update(
        original=original, sized=sized, srcset=srcset, linked_data=linked_data, institution=INSTITUTION
    )
    return pages


def original(work: Work) -> str:
    """Return the address of the picture itself."""
    return f"/media/{work.artist.slug}/{work.file}"


def sized(work: Work, width: int, suffix: str = "jpg") -> str:
    """Return the address of the picture in one of `WIDTHS`."""
    return f"/media/{work.artist.slug}/{width}/{work.file.rpartition('.')[0]}.{suffix}"


def srcset(work: Work, suffix: str = "jpg", *, whole: bool = True) -> str:
    """Return every width of the picture, its own among them unless told otherwise."""
    sizes = [f"{sized(work, width, suffix)} {width}w" for width in WIDTHS if width < work.size[0]]
    return ", ".join([*sizes, f"{original(work)} {work.size[0]}w"] if whole else sizes)


def linked_data(artist: Artist, works: Sequence[Work]) -> dict[str, Any]:
    """Return what JSON-LD says of an artist's page."""
    return {
        "@context": "https://schema.org",
        "@type": "CollectionPage",
        "name": artist.name,
        "about": {
            "@type": "Person",
            "@id": f"#{artist.slug}",
            "name": artist.name,
            "birthDate": str(artist.born),
            "deathDate": str(artist.died),
            "image": "/assets/curator-avatar.png",
        },
        "mainEntity": {
            "@type": "ItemList",
            "numberOfItems": len(works),
            "itemListElement": [
                {"@type": "ListItem", "position": at, "item": _described(work)} for at, work in enumerate(works, 1)
            ],
        },
    }


def _described(work: Work) -> dict[str, Any]:
    artist, terms = work.artist, work.artist.terms
    width, height = work.size
    said = {
        "@type": "VisualArtwork",
        "name": work.title,
        "creator": {"@id": f"#{artist.slug}"},
        "dateCreated": str(work.year),
        "artMedium": artist.medium,
        "genre": artist.movement,
        "keywords": list(artist.tags),
        "provider": {"@type": "Museum", "name": INSTITUTION},
        "license": terms.url,
        "creditText": terms.credit,
        "image": {
            "@type": "ImageObject",
            "contentUrl": original(work),
            "thumbnailUrl": sized(work, WIDTHS[0]),
            "width": width,
            "height": height,
        },
    }
    return {name: value for name, value in said.items() if value}
