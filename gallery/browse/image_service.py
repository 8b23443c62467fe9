"""IIIF Image API 3.0 at level 0: `info.json` of each picture, and exactly the sizes and tiles it lists, as JPEG.

Works under an open licence are cut from the original where that lies here; all others are shown in the size that their
pages have, for a museum's detail is not ours to give away.
"""

from uuid import UUID

from flask import Blueprint, Flask, Response, abort, current_app, redirect, request
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.wrappers import Response as AnyResponse

from gallery.addresses import absolute
from gallery.assets import IMMUTABLE
from gallery.browse.manifests import Node, answer, manifest_url, registered, service_url
from gallery.catalogue import artwork_or_404
from gallery.configured import configured
from gallery.for_programs import FOR_ALL
from gallery.linked_data import known
from gallery.settings import GallerySettings
from gallery.wording import rights
from indexer.bundle.rights import why_not
from indexer.store.model import Artwork
from indexer.thumbnails import scaled, sizes_for, thumbnail_path
from indexer.tiles.errors import CuttingBusy, CuttingFailed
from indexer.tiles.keeping import Source, Tiles
from indexer.tiles.plan import TILE
from scraper.library import SUFFIXES, Library
from scraper.settings import ScraperSettings

blueprint = Blueprint("image_service", __name__, url_prefix="/iiif")

CONTEXT = "http://iiif.io/api/image/3/context.json"
RETRY_SECONDS = 5
# Threads that are never kept waiting for pieces, so that pages are answered meanwhile.
_FREE = 2
_KEY = "gallery_tiles"


@blueprint.get("/<uuid:artwork_id>")
def base(artwork_id: UUID) -> AnyResponse:
    """Lead from the service's address to what it says of the picture."""
    work = artwork_or_404(str(artwork_id))
    found = redirect(f"{service_url(work)}/info.json", 303)
    found.headers.update(FOR_ALL)
    return found


@blueprint.get("/<uuid:artwork_id>/info.json")
def info(artwork_id: UUID) -> Response:
    """Say which sizes and tiles there are."""
    work = artwork_or_404(str(artwork_id))
    plan = source_of(work).plan
    sizes: list[Node] = [{"width": width, "height": height} for width, height in plan.sizes]
    # What `max` stands for where the whole picture is sent no larger than pages show it.
    most = {"maxWidth": sizes[-1]["width"], "maxHeight": sizes[-1]["height"]}
    said: Node = {
        "@context": CONTEXT,
        "id": service_url(work),
        "type": "ImageService3",
        "protocol": "http://iiif.io/api/image",
        "profile": "level0",
        "width": plan.width,
        "height": plan.height,
        **(most if plan.sizes[-1] != (plan.width, plan.height) else {}),
        "sizes": sizes,
        "tiles": [{"width": TILE, "height": TILE, "scaleFactors": list(plan.factors)}],
        "rights": registered(rights(work).url),
        "partOf": [{"id": manifest_url(work), "type": "Manifest"}],
    }
    return answer(known(said), CONTEXT)


@blueprint.get("/<uuid:artwork_id>/<region>/<size>/<rotation>/<name>")
def piece(artwork_id: UUID, region: str, size: str, rotation: str, name: str) -> Response:
    """Send a size of the whole picture, or a tile; the address names a work's content, so it may be kept for ever."""
    work = artwork_or_404(str(artwork_id))
    source = source_of(work)
    found = source.plan.find(region, size)
    if found is None or (rotation, name) != ("0", "default.jpg"):
        abort(400, f"Only the sizes and tiles listed at {absolute('.info', artwork_id=work.id)} are here, as JPEG.")
    sent = current_app.response_class(mimetype="image/jpeg", headers=FOR_ALL | {"Cache-Control": IMMUTABLE})
    sent.set_etag(f"{work.sha256}-{found.name}")
    if not request.if_none_match.contains_weak(sent.get_etag()[0] or ""):
        try:
            sent.data = tiles().read(source, found)
        except CuttingFailed as problem:
            level = "info" if isinstance(problem, CuttingBusy) else "error"
            getattr(current_app.logger, level)("%s: %s", request.path, problem)
            sentence = "This picture is not cut for viewers yet. Please try again in a few seconds."
            raise ServiceUnavailable(sentence, retry_after=RETRY_SECONDS) from problem
    sent.make_conditional(request)
    return sent


def source_of(work: Artwork) -> Source:
    """Return the file that a work's pieces are cut from."""
    settings = configured()
    if why_not(work.licence) is None and work.format in SUFFIXES:
        original = Library(settings.library_dir).original_path(work.sha256, work.format)
        if work.width * work.height <= tiles().max_pixels and original.exists():
            return Source(work.sha256, original, work.width, work.height)
    largest = sizes_for(work.width, work.height)[-1]
    path = thumbnail_path(settings.thumbnails_dir, work.sha256, largest)
    return Source(work.sha256, path, *scaled(work.width, work.height, largest))


def tiles() -> Tiles:
    """Return the pieces of the app that answers the current request."""
    found: Tiles = current_app.extensions[_KEY]
    return found


def init_app(app: Flask) -> None:
    """Keep the pieces with the app."""
    settings: GallerySettings = app.config["GALLERY"]
    app.extensions[_KEY] = Tiles(
        settings.tiles_dir,
        most_bytes=settings.tiles_mb * 10**6,
        max_pixels=ScraperSettings(data_dir=settings.data_dir).max_pixels,
        waiting=max(1, settings.threads - _FREE),
    )
