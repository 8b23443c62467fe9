"""From a preview to an artist on file and the job that collects: both are stored together or not at all."""

from typing import Any

from gallery.db import Database, Session
from gallery.errors import AskRefused
from gallery.jobs.asking import ask_within, hand_over
from gallery.jobs.queue import JobQueue
from gallery.models.artists import Artist, add_artist, artist_by_slug
from gallery.models.audit import record
from gallery.models.jobs import LIVE, Job
from gallery.models.users import User
from scraper.names import slug

FACTS = ("born", "died", "nationality", "wikidata", "wikipedia_url")
LISTS = ("aliases", "movements", "fields")


def start(database: Database, queue: JobQueue, preview: Job, *, with_facts: bool, by: User) -> Job:
    """Put the artist of a preview on file and have the works collected; the facts it offered come with them if wanted.

    What is on file of an artist already is kept. Raises `AskRefused`, `ArtistBusy` and `TooManyJobs`.
    """
    if preview.state in LIVE:
        raise AskRefused("The preview", "has not ended yet")
    asked = preview.asked
    offered = preview.progress.get("preview", {}).get("facts", {}) if with_facts else {}
    with database.writing() as session:
        artist = _artist(session, asked, offered, by)
        kind = "upload" if asked.get("upload") else "scrape"
        job = ask_within(session, kind, asked, by=by, artist=artist)
    hand_over(queue, job)
    return job


def _artist(session: Session, asked: dict[str, Any], offered: dict[str, Any], by: User) -> Artist:
    artist = artist_by_slug(session, slug(asked["name"]))
    if artist is None:
        artist = add_artist(session, Artist(name=asked["name"], slug=slug(asked["name"])))
        record(session, by, "added artist", artist.name)
    for name in FACTS:
        known = getattr(artist, name)
        setattr(artist, name, known if known is not None else _first(asked.get(name), offered.get(name)))
    for name in LISTS:
        both = [*(getattr(artist, name) or []), *asked.get(name, []), *offered.get(name, [])]
        setattr(artist, name, list(dict.fromkeys(both)))
    session.flush()
    return artist


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)
