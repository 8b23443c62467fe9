"""The bytes of a candidate, from the disk or over the web, and the words for why there are none."""

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from scraper.addresses import checked_url
from scraper.errors import Blocked, FetchError, OptedOut, PictureError, Refused, ScraperError, Unavailable
from scraper.model import Candidate, RobotsAnswer, Skip
from scraper.sources import Reach


@dataclass(frozen=True, slots=True)
class Got:
    """Bytes as they came, and how."""

    content: bytes
    final_url: str
    status: int | None
    content_type: str | None
    robots: RobotsAnswer
    opt_outs: tuple[str, ...] = ()


class Getter:
    """Gets candidates' bytes, at most `max_mb` each; `reach` is called when the first address on the web comes up."""

    def __init__(self, max_mb: int, reach: Callable[[], Awaitable[Reach]]) -> None:
        self._max_mb, self._reach = max_mb, reach

    async def get(self, candidate: Candidate, address: str) -> Got:
        """Return the bytes at one of a candidate's addresses; raises what `skip_of` has words for."""
        if candidate.path is not None:
            content = await asyncio.to_thread(_read, Path(candidate.path), self._max_mb)
            return Got(content, address, None, None, "not-asked-local")
        web = (await self._reach()).web
        fetched = await web.get_picture(address, referer=_referer(candidate))
        return Got(
            fetched.content, fetched.final_url, fetched.status, fetched.content_type, fetched.robots, fetched.opt_outs
        )


def _referer(candidate: Candidate) -> str | None:
    try:
        return checked_url(candidate.page_url) if candidate.page_url else None
    except Refused:
        # A page that must not be visited is not named to others either.
        return None


def _read(path: Path, max_mb: int) -> bytes:
    try:
        # Neither through a link put there since it was looked at, nor waiting for the other end of a pipe.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise PictureError("unreadable", "it is not a regular file")
            if status.st_size > max_mb * 2**20:
                size = f"{status.st_size / 2**20:,.0f} MB, more than {max_mb} MB"
                raise PictureError("too-large", f"{size} (GALLERY_MAX_IMAGE_MB)")
            return file.read()
    except OSError as error:
        raise PictureError("unreadable", error.strerror or str(error)) from error


def stamp_of(candidate: Candidate) -> str:
    """Return what tells versions of a local file apart without reading it; nothing for addresses on the web."""
    if candidate.path is None:
        return ""
    try:
        status = os.stat(candidate.path)
    except OSError:
        # Reading it will fail too, and say why.
        return "absent"
    return f"{status.st_size}-{status.st_mtime_ns}"


def skip_of(address: str, error: ScraperError) -> Skip | None:
    """Return why an address gave nothing; None when the error is about more than this address."""
    match error:
        case OptedOut():
            return Skip(address, "robots", "opted-out", str(error))
        case Blocked():
            return Skip(address, "robots", "blocked", str(error))
        case Refused():
            return Skip(address, "guard", "refused", str(error))
        case Unavailable():
            return Skip(address, "fetch", "unavailable", error.reason)
        case FetchError():
            return Skip(address, "fetch", "failed", error.reason)
        case PictureError():
            return Skip(address, "decode", error.kind, error.detail)
    return None
