"""The OpenAPI document of the JSON that programs may ask for."""

from typing import Any

Node = dict[str, Any]

ID: Node = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}


def described(server: str, name: str, most: int) -> Node:
    """Return the document; `most` is the largest page one may ask for."""
    size = _query("size", "Works on a page.", {"type": "integer", "minimum": 1, "maximum": most, "default": 24})
    page = _query("page", "Number of the page.", {"type": "integer", "minimum": 1, "default": 1})
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": "1", "description": "Artworks, and which of them look alike."},
        "servers": [{"url": server}],
        "paths": {
            "/api/v1/artworks/{id}": {"get": _read("artwork", "One artwork", [ID], _ref("Artwork"))},
            "/api/v1/artworks/{id}/similar": {
                "get": _read(
                    "similar", "The artworks most like one", [ID, page, size, *_likeness(most), *_filters()], _similar()
                )
            },
            "/api/v1/search": {
                "get": _read("search", "Artworks by words and filters", [page, size, *_filters()], _found())
            },
        },
        "components": {"schemas": {"Artwork": _artwork(), "Error": _error()}},
    }


def _read(name: str, summary: str, parameters: list[Node], schema: Node) -> Node:
    refused = {"description": "Why not.", "content": {"application/json": {"schema": _ref("Error")}}}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": {"description": "Found.", "content": {"application/json": {"schema": schema}}},
            "400": refused,
            "404": refused,
        },
    }


def _likeness(most: int) -> list[Node]:
    cap = {"type": "integer", "minimum": 0, "maximum": most, "default": 0}
    mix = "What works are compared by: subject, style, palette or composition, or a mix such as subject:30,style:70."
    return [
        _query("lens", mix, {"type": "string", "default": "subject"}),
        _query("above", "Least likeness.", {"type": "number", "minimum": -1, "maximum": 1}),
        _query("per_artist", "Most works of one artist; 0 for any number.", cap),
    ]


def _filters() -> list[Node]:
    text: Node = {"type": "string"}
    return [
        _query("q", "Words in title, artist or tags; the beginning of a word is enough.", text),
        _query("artist", "Slug of the artist, as in the address of their page.", text),
        _query("movement", "Name of the movement.", text),
        _query("from", "First year.", {"type": "integer"}),
        _query("to", "Last year.", {"type": "integer"}),
        _query("licence", "Code of the licence.", text),
        _query("cluster", "Number of the cluster.", text),
        _query("seen", "A word for what the network sees.", text),
        _query("given", "A class of curators' own, as Set: class.", text),
        _query("tag", "A tag, as the source wrote it.", text),
        _query("source", "Name of the source.", text),
        _query("facets", "1 to be told how this can be narrowed.", {"type": "integer", "enum": [0, 1], "default": 0}),
    ]


def _query(name: str, description: str, schema: Node) -> Node:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _ref(name: str) -> Node:
    return {"$ref": f"#/components/schemas/{name}"}


def _found() -> Node:
    listed = {"type": "array", "items": _ref("Artwork")}
    return _object({"page": _INTEGER, "total": _INTEGER, "next": _LINK, "artworks": listed}, facets=_facets())


def _similar() -> Node:
    band = {"enum": ["same", "version", "near", "kindred", "apart", None]}
    share = {"type": ["number", "null"], "description": "Share of all pairs of works that are less alike."}
    one = _object({"score": {"type": "number"}, "band": band, "closer_than": share, "artwork": _ref("Artwork")})
    listed = {"type": "array", "items": one}
    return _object({"page": _INTEGER, "next": _LINK, "lens": _TEXT, "similar": listed}, facets=_facets())


def _facets() -> Node:
    value = _object({"value": _TEXT, "label": _TEXT, "count": _INTEGER})
    one = _object({"name": _TEXT, "label": _TEXT, "values": {"type": "array", "items": value}})
    return {"type": "array", "items": one, "description": "If `facets` is 1; a century's value is its years."}


def _artwork() -> Node:
    picture = _object({"url": _TEXT, "width": _INTEGER, "height": _INTEGER})
    by: Node = {"type": "string", "enum": ["curator", "machine"]}
    given = _object({"set": _TEXT, "class": _TEXT, "probability": {"type": "number"}, "by": by})
    return _object(
        {
            "id": {"type": "string", "format": "uuid"},
            "url": _TEXT,
            "title": _TEXT,
            "artist": _object({"name": _TEXT, "url": _TEXT}),
            "year": {"type": ["integer", "null"]},
            **dict.fromkeys(("movement", "medium", "institution", "credit", "source", "cluster"), _LINK),
            "tags": {"type": "array", "items": _TEXT},
            "given": {"type": "array", "items": given},
            "licence": _object({"code": _TEXT, "name": _TEXT, "url": _LINK}),
            "width": _INTEGER,
            "height": _INTEGER,
            "pictures": {"type": "array", "items": picture},
            "similar": _TEXT,
        }
    )


def _error() -> Node:
    return _object({"status": _INTEGER, "error": _TEXT})


def _object(properties: Node, **optional: Node) -> Node:
    allowed = properties | optional
    return {"type": "object", "properties": allowed, "required": list(properties), "additionalProperties": False}


_TEXT: Node = {"type": "string"}
_INTEGER: Node = {"type": "integer"}
_LINK: Node = {"type": ["string", "null"]}
