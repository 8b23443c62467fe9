"""A work as others quote it: a citation to download (BibTeX, RIS, CSL-JSON), and oEmbed for pages that show a link."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, Response, abort, json, request

from gallery.addresses import absolute, page_of, site_url
from gallery.browse.feeds import site_name
from gallery.browse.reading import whole
from gallery.catalogue import artwork_or_404
from gallery.for_programs import json_for_all
from gallery.linked_data import known
from gallery.pictures import sizes_of
from gallery.wording import rights
from indexer.store.model import Artwork
from scraper.facts import web_link

blueprint = Blueprint("citing", __name__)

# What BibTeX takes for its own, in texts that may be anything.
_BRACES = str.maketrans({"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}"} | {sign: f"\\{sign}" for sign in "&%$#_"})
_PAGE = re.compile(r"/artworks/([0-9a-fA-F-]{36})")
MOST_SIDE = 999_999


def bibtex(work: Artwork) -> str:
    """Return a BibTeX entry."""
    fields = {
        "author": f"{{{_plain(work.artist).translate(_BRACES)}}}",
        "title": f"{{{_plain(work.title).translate(_BRACES)}}}",
        "year": work.year,
        "howpublished": _plain(work.medium or "").translate(_BRACES),
        "organization": _plain(work.institution or "").translate(_BRACES),
        "note": _plain(_owed(work)).translate(_BRACES),
        "url": page_of(work),
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value not in (None, "")]
    return f"@misc{{{work.sha256[:12]},\n" + ",\n".join(lines) + "\n}\n"


def ris(work: Artwork) -> str:
    """Return a record in RIS."""
    fields = (
        ("TY", "ART"),
        ("AU", work.artist),
        ("TI", work.title),
        ("PY", work.year),
        ("M1", work.medium),
        ("DB", work.institution),
        ("N1", _owed(work)),
        ("UR", page_of(work)),
        ("L2", web_link(work.page_url)),
    )
    lines = [f"{tag}  - {_plain(str(value))}" for tag, value in fields if value not in (None, "")]
    return "\r\n".join([*lines, "ER  - ", ""])


def csl(work: Artwork) -> str:
    """Return CSL-JSON, which reference managers and Citation Style Language processors read."""
    item = known(
        {
            "id": work.id,
            "type": "graphic",
            "title": work.title,
            "author": [{"literal": work.artist}],
            "issued": {"date-parts": [[work.year]]} if work.year is not None else None,
            "medium": work.medium,
            "archive": work.institution,
            "note": _owed(work),
            "URL": page_of(work),
        }
    )
    return json.dumps([item], ensure_ascii=False)


FORMATS: dict[str, tuple[Callable[[Artwork], str], str]] = {
    "bib": (bibtex, "application/x-bibtex"),
    "ris": (ris, "application/x-research-info-systems"),
    "json": (csl, "application/vnd.citationstyles.csl+json"),
}


@blueprint.get("/artworks/<uuid:artwork_id>/cite.<kind>")
def cite(artwork_id: UUID, kind: str) -> Response:
    """Send a work's citation as a file."""
    if kind not in FORMATS:
        abort(404, "Citations are to be had as: " + ", ".join(f"cite.{name}" for name in FORMATS) + ".")
    work = artwork_or_404(str(artwork_id))
    write, mimetype = FORMATS[kind]
    answer = Response(write(work), content_type=f"{mimetype}; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{work.sha256[:12]}.{kind}"'
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@blueprint.get("/oembed")
def oembed() -> Response:
    """Return the picture behind the address of an artwork's page (oEmbed 1.0), as large as is wanted.

    Where not even the smallest fits it is a link: a photo may be no larger than was asked for.
    """
    if request.args.get("format", "json") != "json":
        abort(501, "Only JSON is to be had: format=json.")
    work = artwork_or_404(_asked_for(request.args.get("url", "")))
    wide, high = (whole(name, MOST_SIDE, 1, MOST_SIDE) for name in ("maxwidth", "maxheight"))
    fitting = [size for size in sizes_of(work) if size[1] <= wide and size[2] <= high]
    photo = {"url": site_url() + fitting[-1][0], "width": fitting[-1][1], "height": fitting[-1][2]} if fitting else {}
    node: dict[str, Any] = {
        "version": "1.0",
        "type": "photo" if fitting else "link",
        **photo,
        "title": work.title,
        "author_name": work.artist,
        "author_url": absolute("artists.show", slug=work.artist_slug),
        "provider_name": site_name(),
        "provider_url": site_url(),
        "web_page": page_of(work),
        "license": rights(work).label,
        "license_url": rights(work).url,
        "credit": work.credit,
    }
    return json_for_all(known(node))


def _asked_for(url: str) -> str:
    """Return the id of the work whose page an address of ours leads to, or answer 404, as oEmbed has it."""
    try:
        parts, ours = urlsplit(url), urlsplit(site_url())
    except ValueError:
        abort(404, "There is no such page here.")
    found = _PAGE.fullmatch(parts.path.removeprefix(request.script_root))
    if parts.netloc != ours.netloc or not found:
        abort(404, "Only pages of artworks of this site can be shown elsewhere.")
    return found[1].lower()


def _owed(work: Artwork) -> str:
    return ". ".join(filter(None, (work.credit or work.holder, rights(work).label)))


def _plain(text: str) -> str:
    """Return a text on one line, with nothing that cannot be seen."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
