"""The site for a WSGI server such as gunicorn: `gunicorn --config python:gallery.gunicorn_conf gallery.wsgi:app`."""

import atexit
import logging
import os
import sys
from contextlib import ExitStack
from typing import NoReturn

from flask import Flask

from gallery.app import create_app
from gallery.clusters.shelf import fresh
from gallery.db import Database, open_database
from gallery.errors import GalleryError
from gallery.gunicorn_conf import ended
from gallery.jobs.queue import JobQueue
from gallery.jobs.worker import working
from gallery.memory import hand_back
from gallery.settings import GallerySettings
from indexer.errors import IndexerError, StoreLocked
from indexer.store import ArtworkStore, open_store
from scraper.errors import ScraperError
from scraper.settings import ScraperSettings


def _open() -> Flask:
    """Return the site; an expected error ends the process with its sentence, not with a stack trace."""
    hand_back()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        settings = GallerySettings()
        database = open_database(settings.database)
        store = open_store(settings)
    except StoreLocked as error:
        sys.exit(ended(f"{error} The embedded collection serves one process: --workers 1 --threads 8."))
    except (ScraperError, IndexerError, GalleryError) as error:
        sys.exit(ended(str(error)))
    atexit.register(store.close)
    queue = JobQueue(settings)
    if settings.qdrant_url is None:
        os.register_at_fork(after_in_child=_forked)
        _work(settings, database, store, queue)
    site = create_app(settings, store, database, queue)
    stack = ExitStack()
    stack.enter_context(fresh(site))
    atexit.register(stack.close)
    return site


def _work(settings: GallerySettings, database: Database, store: ArtworkStore, queue: JobQueue) -> None:
    """Work on jobs here, for nobody else can: the collection is ours alone."""
    stack = ExitStack()
    stack.enter_context(working(settings, ScraperSettings(data_dir=settings.data_dir), database, store, queue))
    atexit.register(stack.close)


def _forked() -> NoReturn:
    """End a worker that was forked with the embedded collection open: it would wait for ever for threads it lacks."""
    os._exit(ended("the embedded collection does not survive a fork: serve without --preload, with --workers 1."))


app = _open()
