"""The page that says whether the site can do its work, for load balancers and containers."""

from typing import Any

from flask import Blueprint, current_app, jsonify

from gallery.catalogue import store
from indexer.errors import StoreError, StoreMissing

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def show() -> tuple[Any, int, dict[str, str]]:
    """Answer 200 with the number of artworks, or 503 when the store is gone; an empty gallery is well."""
    fresh = {"Cache-Control": "no-store"}
    try:
        stats = store().stats()
    except StoreMissing:
        return jsonify(ok=True, artworks=0, engine=None), 200, fresh
    except StoreError as error:
        current_app.logger.error("health: %s", error)
        return jsonify(ok=False, artworks=None, engine=None), 503, fresh
    return jsonify(ok=True, artworks=stats.artworks, engine=stats.engine), 200, fresh
