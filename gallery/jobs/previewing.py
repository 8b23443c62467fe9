"""The stage of a preview: the first finds, collected into a folder of their own, and what is known of each here."""

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from gallery.jobs.collecting import plain_settings, run_collector
from gallery.jobs.kinds import PREVIEW_SECONDS, Task
from gallery.jobs.order import Order
from gallery.settings import GallerySettings

MOST_FINDS = 12
_MOST_DROPPED = 30
_LONGEST_REASON = 300
_WITHDRAWN = "withdrawn.jsonl"


def preview_dir(settings: GallerySettings, job_id: int) -> Path:
    """Return the folder of what a preview has fetched."""
    return settings.previews_dir / str(job_id)


def preview(task: Task) -> str | None:
    """Collect the first finds into the preview's folder and tell on the board what would become of them."""
    asked, shop = task.job.asked, task.shop
    folder = preview_dir(shop.settings, task.job.id).resolve()
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "library").mkdir(parents=True)
    # What was taken down or deleted would be left out, and is left out here with the same words.
    with suppress(FileNotFoundError):
        shutil.copyfile(shop.settings.library_dir / _WITHDRAWN, folder / "library" / _WITHDRAWN)
    upload = asked.get("upload")
    order = Order(
        artist=asked["name"],
        aliases=asked.get("aliases", []),
        limit=min(MOST_FINDS, asked.get("limit", MOST_FINDS)),
        pages=[str((shop.settings.uploads_dir / upload).resolve())] if upload else asked.get("pages", []),
        sources=asked.get("sources", []),
        folder=bool(upload),
        preview=True,
        licence=asked.get("licence"),
        credit=asked.get("credit"),
        wikidata=asked.get("wikidata"),
        seconds=PREVIEW_SECONDS,
        settings=plain_settings(shop.scraping, data_dir=str(folder)),
        library=str(shop.settings.library_dir.resolve()),
        thumbnails=str(folder / "thumbnails"),
    )
    seen = _Seen(task)
    run_collector(task, order, seen.hear)
    # What the page shows lies beside it.
    shutil.rmtree(folder / "library", ignore_errors=True)
    return None


class _Seen:
    """What the collecting process has told, as the page shows it."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._kept = 0
        self._finds: list[dict[str, Any]] = []
        self._dropped: list[dict[str, str]] = []
        self._errors: list[str] = []
        self._facts: dict[str, Any] = {}

    def hear(self, said: dict[str, Any]) -> None:
        """Note an event and show it."""
        match said["event"]:
            case "stored" if said["how"] != "duplicate":
                self._kept += 1
            case "skipped" if len(self._dropped) < _MOST_DROPPED:
                why = {name: str(said[name])[:_LONGEST_REASON] for name in ("address", "reason", "detail")}
                self._dropped.append(why)
            case "failed":
                self._errors.append(said["error"])
                self._task.board.say(said["error"])
            case "preview":
                self._finds.append({name: value for name, value in said.items() if name != "event"})
            case "facts":
                self._facts = said["facts"]
        self._task.board.show(
            self._task.stage,
            done=self._kept,
            total=MOST_FINDS,
            finds=list(self._finds),
            dropped=list(self._dropped),
            errors=list(self._errors),
            facts=self._facts,
        )
