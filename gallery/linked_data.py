"""What a page says of a work to machines: schema.org as JSON-LD, after what search engines ask for pictures.

A data block is never run, so `script-src` has no bearing on it; Flask's `tojson` writes `<`, `>` and `&` as
escapes, so that no title can end it.
"""

from typing import Any

from flask import Flask

from gallery.addresses import absolute, page_of, site_url
from gallery.pictures import shown
from gallery.wording import rights
from indexer.store.model import Artwork
from scraper.facts import web_link

Node = dict[str, Any]


def artwork_data(work: Artwork) -> Node:
    """Return a work as a schema.org VisualArtwork with its ImageObject; what is not known is left out."""
    artist = {
        "@type": "Person",
        "name": work.artist,
        "url": absolute("artists.show", slug=work.artist_slug),
    }
    return known(
        {
            "@context": "https://schema.org",
            "@type": "VisualArtwork",
            "@id": page_of(work),
            "url": page_of(work),
            "name": work.title,
            "creator": artist,
            "dateCreated": f"{work.year:04}" if work.year is not None and work.year >= 0 else None,
            "artMedium": work.medium,
            "genre": work.movement,
            "keywords": ", ".join(work.keywords),
            "creditText": work.credit,
            "sameAs": web_link(work.page_url),
            "image": image_data(work, artist),
        }
    )


def image_data(work: Artwork, artist: Node) -> Node:
    """Return a work's picture as a schema.org ImageObject with its rights."""
    picture, licence = shown(work), rights(work)
    return known(
        {
            "@type": "ImageObject",
            "contentUrl": site_url() + picture.largest,
            "thumbnailUrl": site_url() + picture.src,
            "encodingFormat": "image/webp",
            "width": picture.width,
            "height": picture.height,
            "creator": artist,
            "license": licence.url,
            "acquireLicensePage": web_link(work.page_url) or page_of(work),
            "creditText": work.credit,
            "copyrightNotice": work.holder,
        }
    )


def known(node: Node) -> Node:
    """Return a node without what is empty."""
    return {name: value for name, value in node.items() if value not in (None, "", [], {})}


def described(work: Artwork) -> str:
    """Return one sentence about a work, for previews of a link to it."""
    facts = [work.artist, str(work.year) if work.year is not None else "", work.movement or "", rights(work).label]
    return ". ".join(fact for fact in facts if fact) + "."


def init_app(app: Flask) -> None:
    """Give these to the templates."""
    app.add_template_global(artwork_data)
    app.add_template_global(described)
