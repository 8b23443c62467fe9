"""What became of every address tried for an artist: one line of JSON each, only ever added to."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from scraper.disk import flush, storage_error
from scraper.model import Stage

MOST_TRIES = 3
# Bytes that brought a decoder down, or held it up, are never given to one again.
NEVER_AGAIN = ("decoder-crashed", "too-slow")


@dataclass(frozen=True, slots=True)
class Entry:
    """One try: the address, what came of it, and what it depended on.

    `stamp` tells versions of a local file apart; `limits` are the settings a refused picture was measured by;
    `withdrawn` is the picture that must not come back (scraper.withdrawn) which this one is, or looks like.
    """

    at: datetime
    address: str
    source: str
    became: Literal["kept", "skipped"]
    sha256: str | None = None
    stage: Stage | None = None
    reason: str = ""
    detail: str = ""
    tries: int = 1
    stamp: str = ""
    limits: str = ""
    withdrawn: str = ""

    def settles(self, stamp: str, limits: str) -> bool:
        """Return whether the address, as it is now, need not be tried again."""
        if self.stamp != stamp:
            return False
        if self.became == "kept" or self.reason in NEVER_AGAIN:
            return True
        if self.stage == "decode" or self.reason == "failed":
            return self.limits == limits
        return self.stage in ("robots", "guard", "fetch") and self.tries >= MOST_TRIES


_ENTRY = TypeAdapter(Entry)


class Journal:
    """The journal in one file; a line torn by a crash, or by hand, is passed over.

    Raises `StorageError` when the file is there and cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last: dict[str, Entry] = {}
        self.crashed: set[str] = set()
        self.torn = 0
        content = _content(path)
        for line in content.splitlines():
            try:
                self._learn(_ENTRY.validate_json(line))
            except ValidationError:
                self.torn += 1
        self._complete = not content or content.endswith(b"\n")

    def last(self, address: str) -> Entry | None:
        """Return what came of the address when it was last tried."""
        return self._last.get(address)

    def entries(self) -> list[Entry]:
        """Return what became of every address when it was last tried."""
        return list(self._last.values())

    def kept(self) -> set[str]:
        """Return the pictures that addresses have given, by their hashes."""
        return {entry.sha256 for entry in self._last.values() if entry.became == "kept" and entry.sha256}

    def add(self, entries: Sequence[Entry]) -> None:
        """Write the entries so that they last; raises `StorageError`."""
        lines = b"".join(_ENTRY.dump_json(entry, exclude_defaults=True) + b"\n" for entry in entries)
        try:
            self._append(lines if self._complete else b"\n" + lines)
        except OSError as error:
            raise storage_error(self.path, error) from error
        for entry in entries:
            self._learn(entry)

    def _append(self, lines: bytes) -> None:
        new = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        self._complete = False
        try:
            # One call takes all of it, so that lines of two processes never mix, unless the disk fills up.
            while lines:
                lines = lines[os.write(descriptor, lines) :]
            os.fsync(descriptor)
            self._complete = True
        finally:
            os.close(descriptor)
        if new:
            flush(self.path.parent)
            flush(self.path.parent.parent)

    def _learn(self, entry: Entry) -> None:
        self._last[entry.address] = entry
        if entry.sha256 and entry.reason in NEVER_AGAIN:
            self.crashed.add(entry.sha256)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise storage_error(path, error) from error
