"""Pictures with something wrong, hung where they are looked for."""

from pathlib import Path

from curators import staffed
from holdings import ARTIST, Holding, Opened, saved
from PIL import Image, ImageFilter
from test_indexer_quality import bordered, framed, sharp

from gallery.models.quality import QualityFinding, open_findings
from gallery.quality.finding import look
from indexer.store.model import Artwork, artwork_id

KINDS = {"border", "frame", "blurry"}


def pictures() -> dict[str, Image.Image]:
    return {
        "good": sharp(1),
        "border": bordered(sharp(2), (0, 0, 0), 0, 40, 0, 40),
        "frame": framed(sharp(3)),
        "blurred": sharp(4).filter(ImageFilter.GaussianBlur(3)),
    }


def hang_faulty(folder: Path) -> Path:
    """Hang four works in a folder, three of them with something wrong, looked at. Copy it before it is opened."""
    (folder / "pictures" / ARTIST).mkdir(parents=True)
    with staffed(folder) as database:
        for name, picture in pictures().items():
            (folder / "pictures" / ARTIST / f"{name}.png").write_bytes(saved(picture, "PNG"))
        with Opened(folder, database, works=0) as holding:
            seek(holding)
    return folder


def seek(holding: Holding, *, everything: bool = False) -> int:
    return look(holding.house, lambda: False, lambda *_: None, everything=everything)


def waiting(holding: Holding) -> dict[str, QualityFinding]:
    with holding.database.reading() as session:
        return {finding.kind: finding for finding in open_findings(session, 100)}


def record_id(holding: Holding, name: str) -> str:
    return artwork_id(holding.records()[name.capitalize()].picture.sha256)


def work(holding: Holding, title: str) -> Artwork:
    return next(work for batch in holding.store.scan() for work in batch if work.title == title)
