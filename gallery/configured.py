"""The settings of the app that answers the current request."""

from flask import current_app

from gallery.settings import GallerySettings


def configured() -> GallerySettings:
    """Return what the app was started with."""
    found: GallerySettings = current_app.config["GALLERY"]
    return found
