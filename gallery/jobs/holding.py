"""The web site's hold on the queue of jobs."""

from flask import Flask, current_app

from gallery.jobs.queue import JobQueue

_KEY = "gallery_queue"


def hold(app: Flask, queue: JobQueue) -> None:
    """Keep the queue with the app it serves."""
    app.extensions[_KEY] = queue


def queue() -> JobQueue:
    """Return the queue of the app that answers the current request."""
    found: JobQueue = current_app.extensions[_KEY]
    return found
