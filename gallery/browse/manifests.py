"""IIIF Presentation 3: a manifest for each artwork and a collection for each artist, for any viewer to open.

Each picture is there as WebP, in the sizes that pages have, and with an image service for viewers that zoom.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response

from gallery.addresses import absolute, page_of, site_url
from gallery.browse.feeds import site_name
from gallery.browse.reading import page_number
from gallery.catalogue import artwork_or_404, within, works_of_or_404
from gallery.for_programs import json_for_all
from gallery.linked_data import known
from gallery.pictures import sizes_of
from gallery.wording import rights
from indexer.store.model import Artwork, Filters
from scraper.facts import web_link

blueprint = Blueprint("manifests", __name__)

CONTEXT = "http://iiif.io/api/presentation/3/context.json"
# The only licences that a manifest may name; they are written with http there.
REGISTERED = ("creativecommons.org/licenses/", "creativecommons.org/publicdomain/", "rightsstatements.org/vocab/")
MANY = 1000

Node = dict[str, Any]


@blueprint.get("/artworks/<uuid:artwork_id>/manifest.json")
def artwork(artwork_id: UUID) -> Response:
    """Describe a work as a IIIF manifest with one canvas."""
    return answer(manifest(artwork_or_404(str(artwork_id))))


@blueprint.get("/artists/<slug>/collection.json")
def artist(slug: str) -> Response:
    """List an artist's works as a IIIF collection, so many on a page."""
    works = within(works_of_or_404(slug, Filters(artist=slug), page_number(), MANY))
    items = [
        {"id": manifest_url(work), "type": "Manifest", "label": none(work.title), "thumbnail": pictures(work)[:1]}
        for work in works.artworks
    ]
    name = works.artworks[0].artist
    here = absolute("manifests.artist", slug=slug, page=works.number if works.number > 1 else None)
    homepage = page_link(absolute("artists.show", slug=slug), f"{name} – {site_name()}")
    collection: Node = {"@context": CONTEXT, "id": here, "type": "Collection", "label": none(name)}
    return answer(collection | {"homepage": [homepage], "items": items})


def manifest(work: Artwork) -> Node:
    """Return the manifest of a work; what is not known is left out."""
    here, licence = manifest_url(work), rights(work)
    files = pictures(work)
    service = {"id": service_url(work), "type": "ImageService3", "profile": "level0"}
    largest = files[-1] | {"service": [service]}
    # No fragment: part of a canvas could not be named then.
    canvas, size = f"{page_of(work)}/canvas", {"width": largest["width"], "height": largest["height"]}
    painting = {"id": f"{here}#painting", "type": "Annotation", "motivation": "painting", "body": largest}
    page = {"id": f"{here}#page", "type": "AnnotationPage", "items": [painting | {"target": canvas}]}
    credit = ". ".join(filter(None, (work.credit or work.holder, licence.label)))
    source = web_link(work.page_url)
    facts = {"Artist": work.artist, "Year": work.year, "Movement": work.movement, "Medium": work.medium}
    return known(
        {
            "@context": CONTEXT,
            "id": here,
            "type": "Manifest",
            "label": none(work.title),
            "metadata": [
                {"label": english(label), "value": none(str(value))}
                for label, value in (facts | {"Collection": work.institution, "Source": source}).items()
                if value is not None
            ],
            "requiredStatement": {"label": english("Rights"), "value": none(credit)},
            "rights": registered(licence.url),
            "thumbnail": files[:-1] or files,
            "homepage": [page_link(page_of(work), f"{work.title} – {site_name()}")],
            "items": [{"id": canvas, "type": "Canvas", "label": none(work.title), **size, "items": [page]}],
        }
    )


def manifest_url(work: Artwork) -> str:
    """Return the address of a work's manifest."""
    return absolute("manifests.artwork", artwork_id=work.id)


def service_url(work: Artwork) -> str:
    """Return the address of a work's image service."""
    return absolute("image_service.base", artwork_id=work.id)


def pictures(work: Artwork) -> list[Node]:
    """Return a work's picture in all its sizes, the smallest first."""
    return [
        {"id": site_url() + url, "type": "Image", "format": "image/webp", "width": width, "height": height}
        for url, width, height in sizes_of(work)
    ]


def registered(url: str | None) -> str | None:
    """Return a licence's address as IIIF writes it, None for one it does not know."""
    plain = (url or "").removeprefix("https://").removeprefix("http://")
    return f"http://{plain}" if plain.startswith(REGISTERED) else None


def page_link(url: str, label: str) -> Node:
    """Return a link to a page of ours."""
    return {"id": url, "type": "Text", "label": none(label), "format": "text/html"}


def none(text: str) -> Node:
    """Return a text in a language nobody stated."""
    return {"none": [text]}


def english(text: str) -> Node:
    """Return a text of ours."""
    return {"en": [text]}


def answer(node: Node, profile: str = CONTEXT) -> Response:
    """Return it as JSON that viewers of other sites may read."""
    return json_for_all(node, content_type=f'application/ld+json;profile="{profile}"')
