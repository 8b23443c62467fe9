"""A better picture of the same work, by a curator's own hand: looked at like any stranger's file, and undone."""

import asyncio

from gallery.errors import FindingRefused
from gallery.holdings.house import House
from gallery.models.corrections import Correction, add_correction, corrections_of
from gallery.models.users import User
from gallery.quality.deciding import note, wanted
from scraper.errors import PictureError
from scraper.inspector import Inspector
from scraper.model import Picture
from scraper.replacing import put_in_place
from scraper.settings import ScraperSettings
from scraper.withdrawn import WithdrawnFile


def replace(house: House, finding_id: int, content: bytes, limits: ScraperSettings, by: User) -> int:
    """Have another picture stand for the work of a finding, with all that is known of it, and return the act.

    It shows from the next indexing on; what is here before stays in the library. Raises `FindingRefused` when it is
    no picture, too small, here already or taken down, and `StorageError`.
    """
    work, held = wanted(house, finding_id)
    picture = asyncio.run(_inspected(content, limits))
    library = house.library
    if library.record_path(library.original_of(picture.sha256)).exists():
        raise FindingRefused("The library has this very picture already, of this work or another.")
    if WithdrawnFile(library).now().refuses(picture):
        raise FindingRefused("This picture was taken down or deleted here. It does not come back this way.")
    # First, and complete in itself: killed here, the work has its new picture and the finding leaves with the old.
    put_in_place(library, held, picture, content)
    with house.database.writing() as session:
        for field, value in corrections_of(session, [work.sha256]).get(work.sha256, {}).items():
            add_correction(session, Correction(sha256=picture.sha256, field=field, value=value, user_id=by.id))
    return note(house, finding_id, "replaced", work, by, before=[picture.sha256])


async def _inspected(content: bytes, limits: ScraperSettings) -> Picture:
    inspector = Inspector(max_pixels=limits.max_pixels, min_side=limits.min_side)
    try:
        async with inspector:
            return await inspector.inspect(content)
    except PictureError as problem:
        raise FindingRefused(f"This cannot be used: {problem}.") from problem
