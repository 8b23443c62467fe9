"""Pages beside the listings: for looking further, and for readers that are programs."""

from flask import Flask

from gallery import addresses, linked_data
from gallery.browse import feeds, manifests, sitemap

ROOMS = (feeds, sitemap, manifests)


def init_app(app: Flask) -> None:
    """Register the pages and what their templates need."""
    for part in (addresses, linked_data, feeds):
        part.init_app(app)
    for room in ROOMS:
        app.register_blueprint(room.blueprint)
