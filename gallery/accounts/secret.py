"""The key that signs sessions: from the environment, or made once and kept in the data folder."""

import contextlib
import os
import secrets
from pathlib import Path

from gallery.errors import SigningInClosed
from gallery.settings import GallerySettings
from scraper.disk import flush

SHORTEST = 32


def secret_key(settings: GallerySettings) -> str:
    """Return the key; raise `SigningInClosed` when there is none and none can be kept."""
    if settings.secret_key:
        return settings.secret_key.get_secret_value()
    try:
        return _read(settings.secret_file)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise SigningInClosed(settings.secret_file, _reason(error)) from error
    try:
        _make(settings.secret_file)
        return _read(settings.secret_file)
    except OSError as error:
        raise SigningInClosed(settings.secret_file, _reason(error)) from error


def _make(file: Path) -> None:
    """Write a new key readable by us only; of processes that start together, the first one's is kept."""
    file.parent.mkdir(parents=True, exist_ok=True)
    ours = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with open(os.open(ours, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as written:
            written.write(secrets.token_urlsafe(48) + "\n")
            written.flush()
            os.fsync(written.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(ours, file)
    finally:
        ours.unlink(missing_ok=True)
    flush(file.parent)


def _read(file: Path) -> str:
    key = file.read_text(errors="replace").strip()
    if len(key) < SHORTEST:
        reason = f"shorter than {SHORTEST} characters; delete it to have a new one made"
        raise SigningInClosed(file, reason)
    return key


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
