"""Records as JSON: what lies beside each picture, read back with every field checked."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from scraper.errors import DamagedRecord
from scraper.model import ArtworkRecord

_RECORD = TypeAdapter(ArtworkRecord)


def to_json(record: ArtworkRecord) -> bytes:
    """Return the record as readable UTF-8 JSON."""
    return _RECORD.dump_json(record, indent=1) + b"\n"


def from_json(content: bytes, path: Path) -> ArtworkRecord:
    """Return the record in `content`; raises `DamagedRecord`, naming `path`, when it is none."""
    try:
        return _RECORD.validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DamagedRecord(path, f"{where}: {first['msg']}" if where else first["msg"]) from error
