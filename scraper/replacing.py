"""Another file for a work of the library: it takes over all that is known, and the one before goes back to being.

The file before stays beside it as a `.copy`, as that of a smaller copy does (scraper.group): scrapes that meet it again
know which work it is. Each step leaves what `scraper.group.finish` brings to one of the two ends, were it the last.
"""

from dataclasses import replace

from scraper.disk import LOCK, Workspace, storage_error
from scraper.library import Library, read_copy
from scraper.locks import exclusive
from scraper.model import ArtworkRecord, Copy, Picture
from scraper.records import to_json


def put_in_place(library: Library, of: ArtworkRecord, picture: Picture, content: bytes) -> ArtworkRecord:
    """Have another picture stand for a work, and return its record, lasting on disk; raises `StorageError`."""
    record = replace(of, picture=picture, revision=of.revision + 1)
    before = of.picture.sha256
    files = [
        (library.copy_path(before), to_json(Copy(picture.sha256, of))),
        (library.picture_path(picture), content),
        (library.record_path(picture.sha256), to_json(record)),
    ]
    try:
        with Workspace(library.root) as workspace, exclusive(library.root / LOCK):
            workspace.write(files)
            library.record_path(before).unlink(missing_ok=True)
    except OSError as error:
        raise storage_error(library.root, error) from error
    return record


def put_back(library: Library, before: str, after: str) -> bool:
    """Have the picture stand for its work again that `after` took the place of; false if it is not there any more.

    Doing it twice is no harm. Raises `StorageError` and `DamagedRecord`.
    """
    try:
        with Workspace(library.root) as workspace, exclusive(library.root / LOCK):
            try:
                copy = read_copy(library.copy_path(before))
            except FileNotFoundError:
                return library.record_path(before).exists()
            if copy.of != after or not library.picture_path(copy.record.picture).exists():
                return False
            taken = library.get(after)
            workspace.write([(library.record_path(before), to_json(copy.record))])
            library.record_path(after).unlink(missing_ok=True)
            library.copy_path(before).unlink(missing_ok=True)
            if taken is not None:
                library.picture_path(taken.picture).unlink(missing_ok=True)
            return True
    except OSError as error:
        raise storage_error(library.root, error) from error
