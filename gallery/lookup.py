"""The web site's hold on the desk where visitors' pictures are looked at, and on the looks of the library."""

from threading import BoundedSemaphore

from flask import Flask, current_app

from gallery.catalogue import store
from gallery.errors import WebBusy
from gallery.settings import GallerySettings
from indexer.lookup.desk import Desk
from indexer.lookup.looks import Looks
from indexer.lookup.network import Order
from indexer.lookup.question import Box, Sight
from indexer.store import ArtworkStore
from scraper.library import Library
from scraper.one_picture import fetch_one
from scraper.settings import ScraperSettings
from scraper.stand_in import read_stand_in

_KEY = "gallery_lookup"

AT_ONCE = 2
"""Pictures fetched from other sites at a time: each keeps a thread waiting."""


class Lookup:
    """Looks at pictures for an app; the processes it needs start with the first picture."""

    def __init__(self, settings: GallerySettings, scraping: ScraperSettings, collection: ArtworkStore) -> None:
        def order() -> Order:
            stats = collection.stats()
            assert stats.card is not None
            weights = settings.weights.resolve() if settings.weights else None
            folder = settings.statistics_dir.resolve()
            return Order(settings.backbone, weights, settings.device, stats.card, stats.where, folder)

        self._scraping = scraping
        self.desk = Desk(order, max_pixels=scraping.max_pixels, waiting=settings.picture_queue)
        self._fetching = BoundedSemaphore(AT_ONCE)
        self.library = Library(settings.library_dir)
        self.looks = Looks(self.library)

    @property
    def reaches_out(self) -> bool:
        """Whether pictures can be fetched from other sites: these must be able to reach whoever asks."""
        return bool(self._scraping.contact) or read_stand_in() is not None

    def look(self, content: bytes, box: Box) -> Sight:
        """Return what is to be seen in a picture; raises `PictureError`, `LookupBusy` and `LookupFailed`."""
        return self.desk.look(content, box)

    def fetch(self, url: str) -> bytes:
        """Return the bytes at an address of the web, through the guard; raises `ScraperError` and `WebBusy`."""
        if not self._fetching.acquire(blocking=False):
            raise WebBusy
        try:
            return fetch_one(url, self._scraping, read_stand_in())
        finally:
            self._fetching.release()

    def close(self) -> None:
        """End the processes."""
        self.desk.close()


def lookup() -> Lookup:
    """Return the lookup of the app that answers the current request."""
    found: Lookup = current_app.extensions[_KEY]
    return found


def hold(app: Flask, settings: GallerySettings) -> None:
    """Keep a lookup with the app it works for."""
    with app.app_context():
        app.extensions[_KEY] = Lookup(settings, ScraperSettings(data_dir=settings.data_dir), store())
