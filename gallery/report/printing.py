"""A report as HTML: in the pages of the desk, and as one file that needs nothing else.

Everything that is told comes from other people's pages, and is escaped; nothing here has a script.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gallery.assets import STATIC, TEMPLATES
from gallery.report.comparing import Difference
from gallery.report.model import Report, Which
from gallery.report.sections import SECTIONS
from gallery.report.words import FILTERS, GLOBALS
from gallery.wording import counted, licence_name
from indexer.lenses.names import SHOWN
from indexer.store.model import artwork_id
from indexer.thumbnails import SIZES, thumbnail_path

_SHEETS = ("site.css", "report.css")
_SIZE = SIZES[0]
NO_DESKS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Face:
    """The picture of a work as a page shows it; `link` is where it leads, None where it leads nowhere."""

    source: str
    link: str | None
    width: int
    height: int


Faces = Callable[[Mapping[str, Any]], Face | None]
"""Gives the picture of a work (its sha256, width and height); None for one that is not shown any more."""


def report_html(
    report: Report, faces: Faces, *, whole: str | None = None, desks: Mapping[str, str] = NO_DESKS
) -> Markup:
    """Return the sections of a report; `whole` is the address of the list of all works that never come.

    `desks` are the addresses where what a section tells is decided about, by the name of the section.
    """
    return _render("report/body.html", report=report, face=faces, whole=whole, desks=desks)


def difference_html(found: Difference, faces: Faces, *, lists: Callable[[Which], str] | None = None) -> Markup:
    """Return two reports side by side; `lists` has the address of the list of all works of a kind."""
    return _render("report/difference.html", found=found, face=faces, lists=lists)


def works_html(works: Sequence[Mapping[str, Any]], faces: Faces) -> Markup:
    """Return a page of works as pictures, each with its note."""
    return _render("report/works.html", works=works, face=faces)


def difference_file(found: Difference, thumbnails: Path, site: str) -> str:
    """Return two reports side by side as a file of HTML with its styles and pictures in it."""
    title = f"{site}: the collection from {found.before.mark[:10]} to {found.after.mark[:10]}"
    return _file(title, difference_html(found, inlined(thumbnails)))


def report_file(report: Report, thumbnails: Path, site: str) -> str:
    """Return a report as a file of HTML with its styles and pictures in it."""
    return _file(f"{site}: the collection on {report.mark[:10]}", report_html(report, inlined(thumbnails)))


def inlined(thumbnails: Path) -> Faces:
    """Return what gives pictures as part of the page."""

    def face(work: Mapping[str, Any]) -> Face | None:
        try:
            content = thumbnail_path(thumbnails, work["sha256"], _SIZE).read_bytes()
        except OSError:
            return None
        source = "data:image/webp;base64," + base64.b64encode(content).decode()
        return Face(source, None, *_fitted(work))

    return face


def linked(thumbnails: Path, address: Callable[[str], str], picture: Callable[[str, int], str]) -> Faces:
    """Return what gives pictures by their addresses, with a link to the page of their work."""

    def face(work: Mapping[str, Any]) -> Face | None:
        sha256 = work["sha256"]
        if not thumbnail_path(thumbnails, sha256, _SIZE).exists():
            return None
        return Face(picture(sha256, _SIZE), address(artwork_id(sha256)), *_fitted(work))

    return face


def _fitted(work: Mapping[str, Any]) -> tuple[int, int]:
    longest = max(1, work["width"], work["height"])
    scale = min(_SIZE, longest) / longest
    return max(1, round(work["width"] * scale)), max(1, round(work["height"] * scale))


def _file(title: str, body: Markup) -> str:
    styles = "\n".join((STATIC / name).read_text() for name in _SHEETS)
    # Our own stylesheets, which end no element: they are put in as they are.
    return _render("report/file.html", title=title, body=body, styles=Markup(styles))


def _render(template: str, **values: Any) -> Markup:
    return Markup(_environment().get_template(template).render(**values))


@cache
def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"counted": counted, "licence_name": licence_name, **FILTERS}
    found.globals |= {"SECTIONS": SECTIONS, "LENSES": SHOWN, **GLOBALS}
    return found
