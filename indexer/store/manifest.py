"""What the embedded collection is: a small file beside its data, whose appearance makes it exist."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from indexer.errors import StoreDamaged
from indexer.store.model import ModelCard
from scraper.disk import flush, whole_file

FORMAT = 1
NAME = "collection.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The card of the model, and the folder that holds the engine's data."""

    card: ModelCard
    shard: str


def card_to_json(card: ModelCard) -> dict[str, Any]:
    """Return the card as plain JSON values."""
    return asdict(card) | {"widths": dict(card.widths)}


def card_from_json(values: Any) -> ModelCard:
    """Return the card; raise KeyError, TypeError or ValueError if the values are no card."""
    widths = {str(lens): int(width) for lens, width in values["widths"].items()}
    return ModelCard(
        backbone=str(values["backbone"]),
        weights_sha256=str(values["weights_sha256"]),
        preprocessing=str(values["preprocessing"]),
        widths=widths,
        statistics=None if values.get("statistics") is None else str(values["statistics"]),
    )


def read_manifest(folder: Path) -> Manifest | None:
    """Return the folder's manifest, None if it has none; raise `StoreDamaged` if it cannot be read."""
    path = folder / NAME
    try:
        values = json.loads(path.read_bytes())
        if values["format"] != FORMAT:
            raise StoreDamaged(path, f"is of format {values['format']}, made by a newer version")
        shard = str(values["shard"])
        if Path(shard).name != shard:
            raise ValueError("shard is not a name")
        return Manifest(card_from_json(values["card"]), shard)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, LookupError, TypeError, AttributeError, ValueError) as error:
        raise StoreDamaged(path, f"cannot be read ({error})") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest so that after a crash the old or the new one is there, whole."""
    values = {"format": FORMAT, "card": card_to_json(manifest.card), "shard": manifest.shard}
    with whole_file(folder / NAME) as file:
        file.write(json.dumps(values, indent=2).encode() + b"\n")


def remove_manifest(folder: Path) -> None:
    """Remove the manifest for good: from here on there is no collection."""
    (folder / NAME).unlink(missing_ok=True)
    flush(folder)
