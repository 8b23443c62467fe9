"""What gunicorn is told: `gunicorn --config python:gallery.gunicorn_conf gallery.wsgi:app`."""

import sys
from typing import Any

from gallery.settings import GallerySettings
from scraper.errors import ScraperError

LOAD_ERROR = 4
"""The exit code by which a worker says that starting it again is no use: the server then ends."""


def on_starting(server: Any) -> None:
    """End with a sentence before there are workers that would want the same embedded collection.

    When several of them end at the same moment, gunicorn (25) trips over the second while it shuts down for the first.
    """
    try:
        embedded = GallerySettings().qdrant_url is None
    except ScraperError as error:
        sys.exit(ended(str(error)))
    if embedded and server.cfg.workers > 1:
        sys.exit(ended("the embedded collection serves one process: --workers 1 --threads 8, or WEB_CONCURRENCY=1."))


def ended(sentence: str) -> int:
    """Say on stderr why the site cannot be opened, and return the exit code for it."""
    sys.stderr.write(f"gallery: {sentence}\n")
    return LOAD_ERROR
