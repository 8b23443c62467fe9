"""The works with their vectors in one Parquet file, where pyarrow is installed."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from indexer.bundle.tables import COLUMNS, NUMBERS, Packed
from indexer.store.model import Vector

NAME = "works.parquet"

Places = Mapping[str, tuple[float, float]]
"""Where works are on the map, 0 to 1 from the upper left, by their sha256."""


def is_installed() -> bool:
    """Tell whether what writes such files is here."""
    return find_spec("pyarrow") is not None


def write_parquet(path: Path, packed: Sequence[Packed], blocks: Iterator[Vector], width: int, places: Places) -> None:
    """Write a row for each work: what `works.csv` says, what the network sees, its place on the map, its vector.

    `blocks` are the vectors in the order of `packed`, `width` numbers each. Texts are as they are: no program takes
    those of a Parquet file for formulas. Raises OSError when the file cannot be written.
    """
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    schema = pa.schema([(name, kind) for name, kind in _kinds(pa, width).items()])
    with ParquetWriter(path, schema, compression="zstd") as out:
        start = 0
        for block in blocks:
            rows = [_row(each, places) for each in packed[start : start + len(block)]]
            columns = [pa.array([row[name] for row in rows], schema.field(name).type) for name in schema.names[:-1]]
            vectors = pa.FixedSizeListArray.from_arrays(pa.array(block.reshape(-1), pa.float32()), width)
            out.write_table(pa.Table.from_arrays([*columns, vectors], schema=schema))
            start += len(block)


def _kinds(pa: Any, width: int) -> dict[str, Any]:
    whole = dict.fromkeys(NUMBERS, pa.int32())
    guess = pa.list_(pa.struct([("word", pa.string()), ("probability", pa.float32())]))
    kinds = {name: whole.get(name, pa.string()) for name in COLUMNS}
    kinds |= {"tags": pa.list_(pa.string()), "seen": guess, "labels": guess}
    return kinds | {"x": pa.float32(), "y": pa.float32(), "vector": pa.list_(pa.float32(), width)}


def _row(packed: Packed, places: Places) -> dict[str, Any]:
    work = packed.work
    x, y = places.get(work.sha256, (None, None))
    guesses = {
        name: [{"word": word, "probability": probability} for word, probability in getattr(work, name)]
        for name in ("seen", "labels")
    }
    return packed.facts | guesses | {"tags": list(work.keywords), "x": x, "y": y}
