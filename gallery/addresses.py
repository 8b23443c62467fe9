"""Whole addresses of our own pages, for readers that see them outside the site: feeds, crawlers, viewers."""

from typing import Any

from flask import Flask, request, url_for

from gallery.configured import configured
from indexer.store.model import Artwork


def site_url() -> str:
    """Return the public address of the site, without a slash at its end."""
    base = configured().base_url
    return (base or request.host_url).rstrip("/")


def absolute(endpoint: str, **values: Any) -> str:
    """Return the whole address of a page."""
    return site_url() + url_for(endpoint, **values)


def page_of(work: Artwork) -> str:
    """Return the whole address of an artwork's page."""
    return absolute("artworks.show", artwork_id=work.id)


def init_app(app: Flask) -> None:
    """Give these to the templates."""
    app.add_template_global(site_url)
    app.add_template_global(absolute)
    app.add_template_global(page_of)
