"""The web site as a Flask application."""

from flask import Flask, Response, request
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from gallery import artist_facts, artwork_versions, assets, health, ledger, pictures, problems, security, wording
from gallery.accounts import identity
from gallery.accounts import pages as accounts
from gallery.admin import (
    artist_desk,
    artwork_desk,
    audit,
    cluster_review,
    dashboard,
    desk,
    duplicate_desk,
    export_desk,
    held_desk,
    jobs,
    label_desk,
    lens_desk,
    map_desk,
    new_artist,
    next_desk,
    projector,
    quality_desk,
    report_desk,
    tagging,
    takedown_desk,
)
from gallery.browse import about, artists, artworks, clusters, home, more_rooms, search, tags, takedown
from gallery.catalogue import hold
from gallery.clusters import shelf
from gallery.db import Database
from gallery.jobs import holding
from gallery.jobs.queue import JobQueue
from gallery.packing import Packed
from gallery.settings import GallerySettings
from indexer.store import ArtworkStore, open_store

PAGES = (
    home,
    artists,
    artworks,
    clusters,
    search,
    tags,
    about,
    health,
    accounts,
    dashboard,
    next_desk,
    cluster_review,
    tagging,
    artist_desk,
    artwork_desk,
    duplicate_desk,
    held_desk,
    label_desk,
    quality_desk,
    takedown_desk,
    takedown,
    new_artist,
    jobs,
    map_desk,
    lens_desk,
    projector,
    export_desk,
    report_desk,
    audit,
)


def create_app(
    settings: GallerySettings | None = None,
    store: ArtworkStore | None = None,
    database: Database | None = None,
    queue: JobQueue | None = None,
) -> Flask:
    """Return the site; settings come from the environment, store, database and queue from them, unless given."""
    settings = settings or GallerySettings()
    app = Flask("gallery", template_folder=str(assets.TEMPLATES), static_folder=str(assets.STATIC))
    app.config["GALLERY"] = settings
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["site_name"] = settings.site_name
    hold(app.extensions, store or open_store(settings))
    database = database or Database(settings.database)
    ledger.hold(app, database)
    shelf.hold(app, database)
    holding.hold(app, queue or JobQueue(settings))
    for part in (artist_facts, artwork_versions, assets, pictures, wording, problems, identity, desk, jobs):
        part.init_app(app)
    for taking in (new_artist, quality_desk):
        taking.init_app(app)
    for page in PAGES:
        app.register_blueprint(page.blueprint)
    more_rooms.init_app(app)
    security.init_app(app, settings)
    app.after_request(_revalidate)
    app.wsgi_app = Packed(app.wsgi_app)  # type: ignore[method-assign]
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, *[settings.proxies] * 3)  # type: ignore[method-assign]
    return app


REVALIDATED = ("text/html", "application/atom+xml", "application/ld+json", "application/json")


def _revalidate(response: Response) -> Response:
    """Let browsers keep a page but ask whether it is still the same: a 304 saves sending it again."""
    if response.status_code == 200 and response.mimetype in REVALIDATED and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-cache"
        response.add_etag()
        response.make_conditional(request)
    return response
