"""Tar files piece by piece: headers that depend on nothing but name and size."""

import tarfile

BLOCK = tarfile.BLOCKSIZE
END = bytes(2 * BLOCK)
"""What stands after the last entry."""


def header(name: str, size: int) -> bytes:
    """Return what stands before a file's content; all but name and size is 0, empty, or 644."""
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict")


def padding(size: int) -> bytes:
    """Return what stands after content of this size."""
    return bytes(-size % BLOCK)


def room(size: int) -> int:
    """Return what a file of this size takes with its header."""
    return BLOCK + size + -size % BLOCK
