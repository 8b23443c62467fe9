"""Pages that a source could not make anything of, kept for whoever mends it."""

import logging
from datetime import UTC, datetime
from pathlib import Path

from scraper.disk import storage_error
from scraper.errors import Changed

log = logging.getLogger(__name__)


def keep(changed: Changed, folder: Path) -> Changed:
    """Save the page an error is about and return the error that says where; as it was if that cannot be done."""
    if not changed.page:
        return changed
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    suffix = "json" if changed.page.lstrip()[:1] in (b"{", b"[") else "html"
    path = folder / f"{changed.source}-{day}.{suffix}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Each day's last one replaces those before: a source that has changed tells of it with every run.
        path.write_bytes(changed.page)
    except OSError as error:
        log.warning("%s", storage_error(path, error))
        return changed
    return Changed(changed.source, changed.expected, changed.page, path)
