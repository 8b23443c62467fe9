"""The web site's hold on what artists and movements are like as a whole, which indexing writes."""

import logging

from flask import Flask, current_app

from gallery.catalogue import store
from gallery.settings import GallerySettings
from indexer.errors import StoreMissing
from indexer.portraits.file import read
from indexer.portraits.model import Gathering, model_name
from scraper.fresh import FreshFile

log = logging.getLogger(__name__)

_KEY = "gallery_portraits"


def hold(app: Flask, settings: GallerySettings) -> None:
    """Keep a hold on the file with the app that shows it."""
    app.extensions[_KEY] = FreshFile(settings.portraits_file, read)


def portraits() -> Gathering | None:
    """Return the portraits, None before they were made, or while they are of another model than the collection."""
    file: FreshFile[Gathering | None] = current_app.extensions[_KEY]
    try:
        found = file.now()
        card = store().stats().card if found else None
    except StoreMissing:
        return None
    except OSError as error:
        log.warning("portraits cannot be read: %s", error)
        return None
    return found if found and card and found.model == model_name(card) else None
