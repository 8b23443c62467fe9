"""Uploaded pictures and zips of them, put into a folder of their own; nothing in them is believed or even decoded here.

What lies there is then taken in like any folder: each picture by the inspector, in a process that it may crash.
"""

import lzma
import re
import shutil
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Protocol
from uuid import uuid4

from gallery.errors import AskRefused

PICTURES = frozenset(".jpg .jpeg .jpe .jfif .png .gif .webp .avif .bmp .tif .tiff".split())
# What may say something of the pictures beside it.
_FACTS = frozenset({".json", ".csv"})
_MOST_FILES = 2000
_MOST_FACTS = 4 * 2**20
_MOST_DEPTH = 6
_LONGEST_NAME = 120
_GROWTH = 20
"""How many times its own size a zip may have unpacked: pictures hardly shrink, bombs are made of what does."""

_LEAST_ROOM = 64 * 2**20
_CHUNK = 1 << 20
# NotImplementedError, for a strange way of packing, is a RuntimeError.
_UNREADABLE = (zipfile.BadZipFile, zipfile.LargeZipFile, RuntimeError, EOFError, ValueError, zlib.error, lzma.LZMAError)
_STRANGE = re.compile(r"[^\w .,()&'+-]+")


class Upload(Protocol):
    """A file as a form sends it."""

    @property
    def filename(self) -> str | None:
        """Its name, by whoever sent it."""

    @property
    def stream(self) -> IO[bytes]:
        """Its bytes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a picture, and an upload unpacked, may have in bytes, and what must stay free on the disk."""

    picture: int
    whole: int
    keep_free: int


def receive(uploads: Sequence[Upload], root: Path, limits: Limits) -> str:
    """Put the files into a new folder under `root` and return its name; raise `AskRefused`, leaving nothing."""
    token = uuid4().hex
    folder = root / token
    folder.mkdir(parents=True)
    try:
        taking = _Taking(folder, limits)
        for upload in uploads:
            taking.take(upload)
        if not taking.pictures:
            raise AskRefused("The upload", "holds no JPEG, PNG, GIF, WebP, AVIF, BMP or TIFF file")
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise AskRefused("The upload", f"could not be stored: {(error.strerror or str(error)).lower()}") from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return token


def is_token(name: str) -> bool:
    """Tell whether a name is one that `receive` gives."""
    return re.fullmatch(r"[0-9a-f]{32}", name) is not None


class _Taking:
    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder, self._limits = folder, limits
        self.pictures = self._files = self._bytes = 0

    def take(self, upload: Upload) -> None:
        name = (upload.filename or "").replace("\\", "/").rpartition("/")[2]
        if not name:
            return
        if name.lower().endswith(".zip"):
            self._unpack(upload.stream, name)
        elif not self._write(PurePosixPath(name), upload.stream):
            raise AskRefused(f"The file {name[:80]!r}", "is neither a picture nor a zip")

    def _unpack(self, stream: IO[bytes], name: str) -> None:
        what = f"The zip {name[:80]!r}"
        size = stream.seek(0, 2)
        stream.seek(0)
        try:
            with zipfile.ZipFile(stream) as archive:
                entries = [entry for entry in archive.infolist() if not entry.is_dir()]
                if len(entries) > _MOST_FILES:
                    raise AskRefused(what, f"holds {len(entries):,} files: {_MOST_FILES:,} at most")
                before = self._bytes
                for entry in entries:
                    path = _path_of(entry, what)
                    with archive.open(entry) as content:
                        self._write(path, content)
                    if self._bytes - before > max(_LEAST_ROOM, _GROWTH * size):
                        raise AskRefused(what, "unpacks to far more than pictures do, and is refused")
        except (*_UNREADABLE, OSError) as error:
            # bz2 tells of damage by an OSError that has no number; one that has is the disk's.
            if isinstance(error, OSError) and error.errno:
                raise
            raise AskRefused(what, "cannot be read: it is damaged, or packed in a way that is not supported") from error

    def _write(self, path: PurePosixPath, content: IO[bytes]) -> bool:
        """Write one file under a name of ours; false for one that is neither picture nor facts."""
        suffix = path.suffix.lower()
        if suffix not in PICTURES | _FACTS or any(part.startswith((".", "__MACOSX")) for part in path.parts):
            return False
        self._files += 1
        if self._files > _MOST_FILES:
            raise AskRefused("The upload", f"holds more than {_MOST_FILES:,} files")
        target = self._target(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        most = self._limits.picture if suffix in PICTURES else _MOST_FACTS
        with target.open("xb") as file:
            written = 0
            # Counted as it comes: what a zip says of sizes is only a claim.
            while piece := content.read(_CHUNK):
                written += len(piece)
                self._bytes += len(piece)
                self._check(path, written, most)
                file.write(piece)
        self.pictures += suffix in PICTURES
        return True

    def _check(self, path: PurePosixPath, written: int, most: int) -> None:
        if written > most:
            raise AskRefused(f"The file {path.name[:80]!r}", f"is larger than {most // 2**20} MB")
        if self._bytes > self._limits.whole:
            raise AskRefused("The upload", f"is larger than {self._limits.whole // 2**20} MB unpacked")
        if shutil.disk_usage(self._folder).free < self._limits.keep_free:
            raise AskRefused("The upload", "does not fit on the disk")

    def _target(self, path: PurePosixPath) -> Path:
        parts = [_plain(part) for part in path.parts]
        target = self._folder.joinpath(*parts)
        number = 1
        while target.exists():
            number += 1
            target = self._folder.joinpath(*parts[:-1], f"{Path(parts[-1]).stem}-{number}{path.suffix.lower()}")
        return target


def _path_of(entry: zipfile.ZipInfo, what: str) -> PurePosixPath:
    """Return the path of an entry; raise `AskRefused` for one that leads elsewhere, is a link or is locked."""
    name = entry.filename
    path = PurePosixPath(name)
    if name.startswith("/") or "\\" in name or re.match(r"[A-Za-z]:", name) or ".." in path.parts:
        raise AskRefused(what, f"holds a path that leads out of it ({name[:60]!r})")
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise AskRefused(what, f"holds a link or a device ({name[:60]!r})")
    if entry.flag_bits & 0x1:
        raise AskRefused(what, "is locked with a password")
    if len(path.parts) > _MOST_DEPTH:
        raise AskRefused(what, "has too many folders within folders")
    return path


def _plain(part: str) -> str:
    """Return a name that is one on every disk, with its suffix in lower case."""
    text = unicodedata.normalize("NFC", part)
    stem, dot, suffix = text.rpartition(".")
    stem, suffix = (stem, f".{suffix.lower()}") if dot else (text, "")
    return (_STRANGE.sub("_", stem).strip(" .")[: _LONGEST_NAME - len(suffix)].strip() or "unnamed") + suffix
