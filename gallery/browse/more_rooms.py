"""Pages beside the listings: for looking further, and for readers that are programs."""

from flask import Flask

from gallery import addresses, chart, lenses, linked_data, lookup, matching, paths, portraits, survey
from gallery.browse import (
    api,
    atlas,
    by_picture,
    citing,
    compare,
    feeds,
    image_service,
    lens,
    manifests,
    movements,
    path,
    selection,
    sitemap,
    tray,
    wander,
)
from gallery.catalogue import store
from scraper.names import slug

ROOMS = (
    api,
    atlas,
    selection,
    by_picture,
    citing,
    path,
    movements,
    compare,
    tray,
    wander,
    feeds,
    sitemap,
    manifests,
    image_service,
)


def init_app(app: Flask) -> None:
    """Register the pages and what their templates need."""
    for part in (addresses, linked_data, feeds, image_service, lens):
        part.init_app(app)
    app.add_template_filter(slug)
    with app.app_context():
        survey.hold(app, store())
        paths.hold(app, app.config["GALLERY"], store())
        matching.hold(app, app.config["GALLERY"], store())
    lenses.hold(app, app.config["GALLERY"])
    lookup.hold(app, app.config["GALLERY"])
    by_picture.init_app(app)
    portraits.hold(app, app.config["GALLERY"])
    chart.hold(app, app.config["GALLERY"])
    for room in ROOMS:
        app.register_blueprint(room.blueprint)
