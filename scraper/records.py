"""Records as JSON: what lies beside each picture, read back with every field checked."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from scraper.errors import DamagedRecord
from scraper.model import ArtworkRecord, Copy

_RECORD, _COPY = TypeAdapter(ArtworkRecord), TypeAdapter(Copy)
Kind = TypeVar("Kind")


def to_json(record: ArtworkRecord | Copy) -> bytes:
    """Return the record as readable UTF-8 JSON."""
    kind: TypeAdapter[Any] = _COPY if isinstance(record, Copy) else _RECORD
    return kind.dump_json(record, indent=1) + b"\n"


def from_json(content: bytes, path: Path) -> ArtworkRecord:
    """Return the record in `content`; raises `DamagedRecord`, naming `path`, when it is none."""
    return _validated(_RECORD, content, path)


def copy_from_json(content: bytes, path: Path) -> Copy:
    """Return what `content` says of a smaller copy; raises `DamagedRecord`, naming `path`, when it is nothing."""
    return _validated(_COPY, content, path)


def _validated(kind: TypeAdapter[Kind], content: bytes, path: Path) -> Kind:
    try:
        return kind.validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DamagedRecord(path, f"{where}: {first['msg']}" if where else first["msg"]) from error
