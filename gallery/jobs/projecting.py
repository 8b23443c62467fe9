"""The stage that writes the projector folder and packs it, so that it can be downloaded."""

import zipfile
from pathlib import Path

from gallery.jobs.kinds import Task
from gallery.settings import GallerySettings
from indexer.errors import ExportUnwritable
from indexer.projector.export import export_projector
from scraper.disk import whole_file


class _Stopped(Exception):
    """The job shall end early."""


def folder_of(settings: GallerySettings) -> Path:
    """Return where the projector folder of the site lies; `gallery tensorboard` shows the same one."""
    return settings.derived_dir / "projector"


def zip_of(settings: GallerySettings) -> Path:
    """Return where the same lies packed."""
    return settings.derived_dir / "projector.zip"


def project(task: Task) -> str | None:
    """Write the folder and pack it; what was there before stays until the new one is whole."""
    settings, board = task.shop.settings, task.board
    site = (settings.base_url or f"http://{settings.host}:{settings.port}").rstrip("/")

    def watch(stage: str, done: int, total: int) -> None:
        if board.stop.is_set():
            raise _Stopped
        board.show(task.stage, note=stage, done=done if stage == "pictures" else 0, total=total)

    try:
        made = export_projector(
            task.shop.store,
            settings.thumbnails_dir,
            folder_of(settings),
            address=lambda work: f"{site}/artworks/{work.id}",
            watch=watch,
        )
    except _Stopped:
        return None
    board.show(task.stage, note="packing")
    _pack(folder_of(settings), zip_of(settings))
    board.say(
        f"{made.works} works, {made.width} numbers each, which keep {100 * made.variance_kept:.1f} % of the variance."
    )
    if made.strata:
        return f"A sample of {made.works} of {made.known} works, by {made.strata}: TensorBoard shows no more."
    return None


def _pack(folder: Path, out: Path) -> None:
    try:
        # Stored: the picture, which is most of it, is compressed already.
        with whole_file(out, lasting=False) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:
            for path in sorted(folder.iterdir()):
                packed.write(path, f"projector/{path.name}")
    except OSError as error:
        raise ExportUnwritable(out, error.strerror or str(error)) from error
