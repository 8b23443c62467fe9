"""The works with their vectors in one Parquet file, where pyarrow is installed."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from indexer.bundle.tables import COLUMNS
from indexer.store.model import Artwork, Vector

NAME = "works.parquet"

Places = Mapping[str, tuple[float, float]]
"""Where works are on the map, 0 to 1 from the upper left, by their sha256."""


def is_installed() -> bool:
    """Tell whether what writes such files is here."""
    return find_spec("pyarrow") is not None


def write_parquet(
    path: Path, works: Sequence[Artwork], files: Sequence[str], blocks: Iterator[Vector], width: int, places: Places
) -> None:
    """Write a row for each work: what `works.csv` says, what the network sees, its place on the map, its vector.

    `blocks` are the vectors in the order of `works`, `width` numbers each. Texts are as they are: no program takes
    those of a Parquet file for formulas. Raises OSError when the file cannot be written.
    """
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    schema = pa.schema([(name, kind) for name, kind in _kinds(pa, width).items()])
    with ParquetWriter(path, schema, compression="zstd") as out:
        start = 0
        for block in blocks:
            some = works[start : start + len(block)]
            rows = [_row(work, file, places) for work, file in zip(some, files[start:], strict=False)]
            columns = [pa.array([row[name] for row in rows], schema.field(name).type) for name in schema.names[:-1]]
            vectors = pa.FixedSizeListArray.from_arrays(pa.array(block.reshape(-1), pa.float32()), width)
            out.write_table(pa.Table.from_arrays([*columns, vectors], schema=schema))
            start += len(block)


def _kinds(pa: Any, width: int) -> dict[str, Any]:
    whole = dict.fromkeys(("year", "width", "height"), pa.int32())
    guess = pa.list_(pa.struct([("word", pa.string()), ("probability", pa.float32())]))
    kinds = {name: whole.get(name, pa.string()) for name in COLUMNS}
    kinds |= {"tags": pa.list_(pa.string()), "seen": guess, "labels": guess}
    return kinds | {"x": pa.float32(), "y": pa.float32(), "vector": pa.list_(pa.float32(), width)}


def _row(work: Artwork, file: str, places: Places) -> dict[str, Any]:
    x, y = places.get(work.sha256, (None, None))
    own = {
        "file": file,
        "tags": list(work.keywords),
        **{
            name: [{"word": word, "probability": probability} for word, probability in getattr(work, name)]
            for name in ("seen", "labels")
        },
        "x": x,
        "y": y,
    }
    return {name: getattr(work, name, None) for name in COLUMNS} | own
