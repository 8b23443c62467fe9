"""The files of a projector folder in the forms that TensorBoard reads."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from indexer.projector.sprite import Grid
from indexer.store.model import Vector

TENSORS, METADATA, SPRITE = "tensors.bytes", "metadata.tsv", "sprite.png"
CONFIG = "projector_config.pbtxt"
STANDALONE = "projector.json"
NAME = "artworks"


def write_tensors(path: Path, blocks: Iterable[Vector]) -> int:
    """Write vectors one after another as little-endian float32 and return how many there are.

    TensorBoard takes a file for text until it meets a byte that is none: the first number's lowest byte is
    made one, which changes that number by less than 3 in 100,000.
    """
    rows = 0
    with path.open("wb") as file:
        for block in blocks:
            content = bytearray(np.ascontiguousarray(block, "<f4").tobytes())
            if not rows and content:
                content[0] = 0xFF
            file.write(content)
            rows += len(block)
    return rows


def write_metadata(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a table with tabs between its columns and one line for each row; return how many there are."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("\t".join(header) + "\n")
        for row in rows:
            file.write("\t".join(cell(value) for value in row) + "\n")
            count += 1
    return count


def cell(value: object) -> str:
    """Return a value on one line without tabs, whatever was in it; nothing for None.

    What is no printable character, line breaks of every kind among them, becomes a space.
    """
    text = "" if value is None else str(value)
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def write_configs(folder: Path, shape: tuple[int, int], grid: Grid | None, base: str) -> None:
    """Write the configuration for TensorBoard and that for the standalone projector, whose paths begin with `base`."""
    lines = [
        f'  tensor_name: "{NAME}"',
        f'  tensor_path: "{TENSORS}"',
        *(f"  tensor_shape: {side}" for side in shape),
        f'  metadata_path: "{METADATA}"',
    ]
    embedding: dict[str, object] = {
        "tensorName": NAME,
        "tensorShape": list(shape),
        "tensorPath": base + TENSORS,
        "metadataPath": base + METADATA,
    }
    if grid is not None:
        size = f"    single_image_dim: {grid.tile}\n"
        lines.append(f'  sprite {{\n    image_path: "{SPRITE}"\n{size}{size}  }}')
        embedding["sprite"] = {"imagePath": base + SPRITE, "singleImageDim": [grid.tile, grid.tile]}
    (folder / CONFIG).write_text("embeddings {\n" + "\n".join(lines) + "\n}\n")
    (folder / STANDALONE).write_text(json.dumps({"embeddings": [embedding]}, indent=2) + "\n")
