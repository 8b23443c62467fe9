"""What the pages that decide about works have in common: the house, things fetched or refused, and indexing anew."""

from uuid import UUID

from flask import Blueprint, Response, abort, request

from gallery.accounts.identity import me
from gallery.catalogue import store
from gallery.configured import configured
from gallery.errors import JobError
from gallery.holdings.finding import record_with
from gallery.holdings.house import House
from gallery.jobs.asking import ask_for
from gallery.jobs.holding import queue
from gallery.ledger import database
from gallery.models.artists import Artist, artist_by_id
from gallery.models.jobs import job_page
from gallery.survey import surveyor
from scraper.model import ArtworkRecord

# What the databases' integers end at.
_MOST_IDS = 2**31


def house() -> House:
    """Return the house of the app that answers the current request."""
    return House.of(configured(), database(), store())


def artist_or_404(artist_id: int) -> Artist:
    """Return the artist on file with this id, or answer 404."""
    with database().reading() as session:
        found = artist_by_id(session, artist_id) if artist_id < _MOST_IDS else None
    if found is None:
        abort(404, "There is no such artist on file.")
    return found


def record_or_404(artwork_id: UUID) -> ArtworkRecord:
    """Return the library's record of a work, shown or hidden, or answer 404."""
    found = record_with(house().library, artwork_id)
    if found is None:
        abort(404, "The library has no such work, or its record cannot be read.")
    return found


def changes_works(blueprint: Blueprint) -> None:
    """Have what this process tells of the collection as a whole be read anew after each form these pages take."""

    @blueprint.after_request
    def forget(response: Response) -> Response:
        if request.method == "POST" and response.status_code == 303:
            surveyor().forget()
        return response


def index_again() -> str:
    """Have the collection brought up to date, and say so; another such job that waits is as good."""
    with database().reading() as session:
        waiting = job_page(session, 1, 1, "queued", "index").total
    if waiting:
        return "It is shown as soon as it has been indexed."
    try:
        ask_for(database(), queue(), "index", {"name": "the whole library"}, by=me())
    except JobError:
        return "It is shown after the next job, or after: gallery index."
    return "It is shown as soon as it has been indexed."


def checked_id(number: int) -> int:
    """Return an id that may be asked the database for, or answer 404."""
    if number >= _MOST_IDS:
        abort(404)
    return number
