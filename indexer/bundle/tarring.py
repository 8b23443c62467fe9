"""Tar files piece by piece: headers that depend on nothing but name and size."""

import tarfile

_BLOCK = tarfile.BLOCKSIZE
END = bytes(2 * _BLOCK)
"""What stands after the last entry."""


def header(name: str, size: int) -> bytes:
    """Return what stands before a file's content; all but name and size is 0, empty, or 644."""
    entry = tarfile.TarInfo(name)
    entry.size = size
    # The plain form of POSIX, but for names that are too long for it.
    return entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def padding(size: int) -> bytes:
    """Return what stands after content of this size."""
    return bytes(-size % _BLOCK)


def room(name: str, size: int) -> int:
    """Return what a file takes with its header."""
    return len(header(name, size)) + size + -size % _BLOCK
