"""The same as JSON, for programs: a work, those like it, a search; described by an OpenAPI document."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from gallery.addresses import absolute, page_of, site_url
from gallery.browse.facets import facets_of
from gallery.browse.lens import alike, lens_asked
from gallery.browse.openapi import described
from gallery.browse.reading import Choice, choice, page_number, score_of, whole
from gallery.catalogue import artwork_or_404, store
from gallery.configured import configured
from gallery.for_programs import json_for_all
from gallery.lenses import SUBJECT
from gallery.pictures import sizes_of
from gallery.wording import rights
from indexer.errors import StoreMissing
from indexer.likeness import Scale
from indexer.store.model import Artwork, Filters, Neighbour, Page
from scraper.facts import web_link

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

SIZE, MOST = 24, 100

Node = dict[str, Any]


@blueprint.get("/artworks/<uuid:artwork_id>")
def artwork(artwork_id: UUID) -> Response:
    """Return one work."""
    return json_for_all(told(artwork_or_404(str(artwork_id))))


@blueprint.get("/artworks/<uuid:artwork_id>/similar")
def similar(artwork_id: UUID) -> Response:
    """Return the works most like one, nearest first."""
    number, size, cap = page_number(), whole("size", SIZE, 1, MOST), whole("per_artist", 0, 0, MOST)
    least = score_of("above", -1.0)
    asked, work = choice(), artwork_or_404(str(artwork_id))
    filters = asked.filters()
    more: Node = {"number": number, "size": size, "min_score": least, "per_artist": cap or None}
    found, lens = alike(work.id, filters, lens_asked(SUBJECT), **more)
    own: Node = {"artwork_id": work.id, "size": size, "per_artist": cap or None, "above": least}
    values = asked.values() | lens.values | own
    following = absolute("api.similar", **values, page=number + 1) if found.more else None
    scale = lens.scale
    similar = [near(each, scale) for each in found.found]
    listed = {"page": number, "next": following, "lens": lens.text, "similar": similar}
    return json_for_all(listed | counts(asked, replace(filters, but=(work.id,))))


@blueprint.get("/search")
def search() -> Response:
    """Return the works that match words and filters, newest first."""
    asked, number, size = choice(), page_number(), whole("size", SIZE, 1, MOST)
    filters = asked.filters()
    try:
        works = store().page(filters, number=number, size=size)
    except StoreMissing:
        works = Page((), 0, number, size)
    values: Node = asked.values(size=str(size))
    following = absolute("api.search", **values, page=number + 1) if number < works.last else None
    listed = {"page": number, "total": works.total, "next": following, "artworks": list(map(told, works.artworks))}
    return json_for_all(listed | counts(asked, filters))


@blueprint.get("/openapi.json")
def document() -> Response:
    """Return the description of all this."""
    return json_for_all(described(site_url() + request.script_root, configured().site_name, MOST))


def told(work: Artwork) -> Node:
    """Return a work as JSON; what is not known is null."""
    licence = rights(work)
    return {
        "id": work.id,
        "url": page_of(work),
        "title": work.title,
        "artist": {"name": work.artist, "url": absolute("artists.show", slug=work.artist_slug)},
        "year": work.year,
        "movement": work.movement,
        "medium": work.medium,
        "institution": work.institution,
        "tags": list(work.tags),
        "given": [
            {"set": name, "class": label, "probability": chance, "by": by} for name, label, chance, by in work.given
        ],
        "licence": {"code": work.licence, "name": licence.label, "url": licence.url},
        "credit": work.credit,
        "source": web_link(work.page_url),
        "cluster": work.cluster,
        "width": work.width,
        "height": work.height,
        "pictures": [
            {"url": site_url() + url, "width": width, "height": height} for url, width, height in sizes_of(work)
        ],
        "similar": absolute("api.similar", artwork_id=work.id),
    }


def near(neighbour: Neighbour, scale: Scale | None) -> Node:
    """Return a work with its likeness, and what that means in this collection once it is known."""
    return {
        "score": round(neighbour.score, 4),
        "band": scale.band(neighbour.score) if scale else None,
        "closer_than": round(scale.share_below(neighbour.score), 6) if scale else None,
        "artwork": told(neighbour.artwork),
    }


def counts(asked: Choice, filters: Filters) -> Node:
    """Return what a listing can be narrowed by, with how many works each value would leave, if that is asked for."""
    if not whole("facets", 0, 0, 1):
        return {}
    try:
        found = list(facets_of(asked, store().count(filters), filters))
    except StoreMissing:
        found = []
    return {
        "facets": [
            {
                "name": facet.name,
                "label": facet.label,
                "values": [{"value": each.value, "label": each.label, "count": each.count} for each in facet.options],
            }
            for facet in found
        ]
    }


@blueprint.errorhandler(HTTPException)
def refused(error: HTTPException) -> Response:
    """Say in JSON why there is no answer."""
    return json_for_all({"status": error.code, "error": error.description}, error.code or 500)
