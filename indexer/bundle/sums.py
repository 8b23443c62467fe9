"""Files of a bundle, each with its checksum taken while it is written."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NAME = "SHA256SUMS"
_PIECE = 2**20


class SumsOf:
    """The sums of a folder's files, by their paths in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sums: dict[str, str] = {}

    def of(self, name: str) -> str:
        """Return the sum of a file, which is read for it unless it was written here."""
        if name not in self._sums:
            digest = hashlib.sha256()
            with (self.folder / name).open("rb") as file:
                while piece := file.read(_PIECE):
                    digest.update(piece)
            self._sums[name] = digest.hexdigest()
        return self._sums[name]

    def put(self, name: str, content: bytes, sha256: str | None = None) -> None:
        """Write a file whose sum is known, or not."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self._sums[name] = sha256 or hashlib.sha256(content).hexdigest()

    def open(self, name: str) -> "Summed":
        """Open a file to be written from its beginning to its end."""
        return Summed(self.folder / name, self._sums, name)

    def write(self) -> Mapping[str, str]:
        """Write the list of all files there are, as `sha256sum` does, and return it."""
        names = sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())
        sums = {name: self.of(name) for name in names}
        (self.folder / NAME).write_text("".join(f"{sha256}  {name}\n" for name, sha256 in sums.items()), "utf-8")
        return sums


class Summed:
    """A file being written."""

    def __init__(self, path: Path, sums: dict[str, str], name: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file, self._digest, self._sums, self._name = path.open("wb"), hashlib.sha256(), sums, name
        self.size = 0

    def write(self, piece: bytes | memoryview) -> int:
        """Write on."""
        self._digest.update(piece)
        written = self._file.write(piece)
        self.size += written
        return written

    def close(self) -> None:
        """Write what is left, and note the sum."""
        self._file.close()
        self._sums[self._name] = self._digest.hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
