"""What the site is and how it arrives at likeness; also what robots and tabs ask for."""

from flask import Blueprint, Response, render_template, send_from_directory

from gallery.addresses import absolute
from gallery.assets import STATIC
from gallery.catalogue import store
from gallery.lenses import SUBJECT, lenses
from gallery.survey import WORDS
from indexer.errors import StoreMissing

blueprint = Blueprint("about", __name__)

# One search may be found; what can be combined with it has no end.
CLOSED = ("/search?*&", "/compare/", "/more", "/surprise", "/iiif/", "/health", "/login", "/admin")


@blueprint.get("/about")
def show() -> str:
    """Explain the site and which model compares its works."""
    try:
        stats = store().stats()
    except StoreMissing:
        stats = None
    return render_template("browse/about.html", stats=stats, scale=lenses().scale(SUBJECT), words=WORDS)


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Keep crawlers to pages that have an end, and tell them of the map."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in CLOSED), f"Sitemap: {absolute('sitemap.index')}", ""]
    return Response("\n".join(lines), mimetype="text/plain", headers={"Cache-Control": "public, max-age=86400"})


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """Serve the icon to clients that ask without having read a page."""
    return send_from_directory(STATIC, "favicon.svg", mimetype="image/svg+xml", max_age=86400)
