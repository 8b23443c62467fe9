"""`gallery serve`: the site in one process, with the embedded collection or a Qdrant server."""

import errno
import logging
import signal
import socket
from contextlib import closing, suppress
from types import FrameType
from typing import NoReturn

import click
from waitress import create_server

from gallery.errors import CannotListen
from gallery.settings import GallerySettings
from scraper.settings import ScraperSettings

BACKLOG = 128
# Waitress takes a whole body in before the site sees it and can answer with a page; beyond this it hangs up.
MOST_BODY = 1024 * 1024


@click.command()
@click.option("--host", help="Address to listen on (GALLERY_HOST).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on, 0 for a free one (GALLERY_PORT).")
def command(host: str | None, port: int | None) -> None:
    """Serve the gallery until it is stopped with Ctrl-C."""
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    serve(GallerySettings(**given))  # type: ignore[arg-type]


def serve(settings: GallerySettings) -> None:
    """Serve until SIGINT or SIGTERM; raise `CannotListen` before anything is opened, `StoreLocked` after."""
    with listen(settings.host, settings.port) as door:
        serve_at(settings, door)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at the address; raise `CannotListen` saying why not."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise CannotListen(host, port, "no such address", "Give one of this machine, such as 127.0.0.1.") from error
    door = socket.socket(family, kind, protocol)
    # A port left a moment ago by a server that ended is free to take; one that is listened on is not.
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind(address)
        # Listening already here makes early visitors wait for the moment of opening instead of being refused.
        door.listen(BACKLOG)
    except OSError as error:
        door.close()
        raise CannotListen(host, port, *_why(error, port)) from error
    return door


def _why(error: OSError, port: int) -> tuple[str, str]:
    if error.errno == errno.EADDRINUSE:
        return "the port is taken", f"Stop what listens there, or choose another: --port {port % 65535 + 1}."
    if error.errno == errno.EACCES:
        return "the port is reserved for the system", "Choose one from 1024 upwards, such as --port 8000."
    return (error.strerror or str(error)).lower(), "Give an address of this machine, such as 127.0.0.1."


def serve_at(settings: GallerySettings, door: socket.socket) -> None:
    """Serve on a socket that listens already, until SIGINT or SIGTERM; raises `StoreLocked`."""
    from gallery.admission import channel_for
    from gallery.app import create_app
    from gallery.clusters.shelf import fresh
    from gallery.db import open_database
    from gallery.jobs.queue import JobQueue
    from gallery.jobs.worker import working
    from gallery.memory import hand_back
    from gallery.page_cache import PageCache
    from indexer.store import open_store

    hand_back()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    # A browser asks for more pictures at once than there are threads: that they queue is as it should be.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    queue, scraping = JobQueue(settings), ScraperSettings(data_dir=settings.data_dir)
    with (
        closing(open_database(settings.database)) as database,
        closing(open_store(settings)) as store,
        working(settings, scraping, database, store, queue),
    ):
        app = create_app(settings, store, database, queue)
        server = create_server(
            # With a Qdrant server there may be other processes, whose corrections and takedowns this one would not see.
            app if settings.qdrant_url else PageCache(app),
            sockets=[door],
            threads=settings.threads,
            ident=None,
            backlog=BACKLOG,
            max_request_body_size=MOST_BODY,
            clear_untrusted_proxy_headers=not settings.proxies,
        )
        server.channel_class = channel_for(app)
        signal.signal(signal.SIGTERM, _stop)
        port: int = door.getsockname()[1]
        # Whoever reads that it is open may close it at once, before the server listens to signals itself.
        with fresh(app), suppress(KeyboardInterrupt, SystemExit):
            click.echo(f"The gallery is open at {address(settings.host, port)} (Ctrl-C closes it)")
            server.run()
    click.echo("The gallery is closed.")


def address(host: str, port: int) -> str:
    """Return the address to type into a browser on this machine."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}"


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
