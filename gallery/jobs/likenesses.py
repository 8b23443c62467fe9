"""What a preview tells of its finds: a thumbnail of each, and whether the library has it or one that looks like it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gallery.jobs.order import Order
from indexer.child import ChildLost
from indexer.pipeline.picture import Task
from indexer.pipeline.process import DecoderProcess, NotMade
from scraper.library import Library
from scraper.likeness import NEAR
from scraper.model import ArtworkRecord
from scraper.phash import distance
from scraper.settings import ScraperSettings

THUMBNAIL = 240


def look(order: Order, settings: ScraperSettings) -> Iterator[dict[str, Any]]:
    """Yield what is to be said of each picture of a preview, its thumbnail written before."""
    found = Library(settings.library_dir)
    here = list(Library(Path(order.library)).records(lambda damaged: None))
    decoder = DecoderProcess(Path(order.thumbnails), settings.max_pixels)
    try:
        for record in sorted(found.records(), key=lambda record: record.sightings[0].candidate.rank):
            like = alike(record, here)
            picture = record.picture
            yield {
                "sha256": picture.sha256,
                "title": record.title,
                "artist": record.sightings[0].candidate.artist_text,
                "year": record.year,
                "licence": record.licence.code,
                "source": record.sightings[0].candidate.source,
                "width": picture.width,
                "height": picture.height,
                "shown": _thumbnail(decoder, found, record),
                "like": like,
            }
    finally:
        decoder.end()


def alike(record: ArtworkRecord, here: list[ArtworkRecord]) -> dict[str, str] | None:
    """Return the work of a library that is this file or looks the same, None for one that is new there."""
    same = next((known for known in here if known.picture.sha256 == record.picture.sha256), None)
    if same is not None:
        return {"how": "same", "sha256": same.picture.sha256, "title": same.title, "artist": same.artist}
    if record.picture.phash is None:
        return None
    near = [
        (distance(known.picture.phash, record.picture.phash), known)
        for known in here
        if known.picture.phash is not None
    ]
    bits, known = min(near, key=lambda each: each[0], default=(NEAR + 1, None))
    if known is None or bits > NEAR:
        return None
    return {"how": "near", "sha256": known.picture.sha256, "title": known.title, "artist": known.artist}


def _thumbnail(decoder: DecoderProcess, found: Library, record: ArtworkRecord) -> bool:
    picture = record.picture
    task = Task(str(found.picture_path(picture)), picture.sha256, picture.width, picture.height, False, (THUMBNAIL,))
    try:
        decoder.ask(task)
    except (NotMade, ChildLost):
        return False
    return True
