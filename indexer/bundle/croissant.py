"""What is in a bundle, for programs: Croissant 1.0 (https://docs.mlcommons.org/croissant/docs/croissant-spec.html)."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from indexer.bundle import parquet
from indexer.bundle.card import Contents
from indexer.bundle.order import SIDES
from indexer.bundle.shards import FOLDER
from indexer.bundle.sums import SumsOf
from indexer.bundle.tables import COLUMNS, NUMBERS

VERSION = "http://mlcommons.org/croissant/1.0"

Node = dict[str, Any]

_OURS = (
    *("citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet", "format"),
    *("includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references"),
    *("regex", "repeated", "replace", "samplingRate", "separator", "source", "subField", "transform"),
)
_CONTEXT: Node = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{name: f"cr:{name}" for name in _OURS},
}
_SIDE_URL = "https://mlcommons.org/definitions/{}_split"


def croissant(contents: Contents, sums: SumsOf) -> str:
    """Return the text of `croissant.json`; `sums` are those of files that are written already."""
    order, works = contents.order, [each.work for each in contents.packed]
    newest = max((work.added_at for work in works), default=0)
    what = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": VERSION,
        "name": order.name,
        "description": f"{len(works):,} artworks by {len({work.artist for work in works}):,} artists, with vectors.",
        "url": order.site or VERSION,
        "creator": {"@type": "sc:Organization", "name": order.name},
        # Of the newest work, not of this moment: the same works make the same bytes.
        "datePublished": datetime.fromtimestamp(newest, UTC).date().isoformat(),
        "version": "1.0.0",
        "license": sorted({work.licence_url or work.licence for work in works}) or ["unknown"],
        "citeAs": f"{order.name}: works and whom to name in works.csv and CREDITS.txt",
        "isLiveDataset": False,
        "distribution": list(_distribution(contents, sums)),
        "recordSet": list(_record_sets(contents)),
    }
    return json.dumps(what, ensure_ascii=False, indent=1) + "\n"


def _distribution(contents: Contents, sums: SumsOf) -> Iterator[Node]:
    formats = contents.order.formats
    kinds = {"works.csv": "text/csv", "vectors.npy": "application/octet-stream"}
    if "parquet" in formats and contents.packed:
        kinds[parquet.NAME] = "application/x-parquet"
    shards = sorted(path.name for path in (sums.folder / FOLDER).glob("*.tar"))
    kinds |= {f"{FOLDER}/{name}": "application/x-tar" for name in shards}
    for name, kind in kinds.items():
        yield {
            **{"@type": "cr:FileObject", "@id": name, "name": name, "contentUrl": name, "encodingFormat": kind},
            **{"contentSize": f"{(sums.folder / name).stat().st_size} B", "sha256": sums.of(name)},
        }
    if "imagefolder" in formats:
        seen = sorted({f"image/{each.work.format.lower()}" for each in contents.packed})
        yield {
            **{"@type": "cr:FileSet", "@id": "picture-files", "name": "picture-files", "encodingFormat": seen},
            **{"description": "One file for each work, in a folder for each class.", "includes": "pictures/**/*.*"},
        }
    if shards:
        yield {
            **{
                "@type": "cr:FileSet",
                "@id": "shard-files",
                "name": "shard-files",
                "encodingFormat": "application/x-tar",
            },
            **{"description": "The same in WebDataset's shards.", "includes": f"{FOLDER}/*.tar"},
        }


def _record_sets(contents: Contents) -> Iterator[Node]:
    order = contents.order
    fields = [_column("works", "works.csv", name) for name in COLUMNS]
    if order.split:
        next(each for each in fields if each["name"] == "split")["references"] = {"field": {"@id": "splits/name"}}
        yield _splits()
    yield _records("works", "A work a line; the class is what a classifier would learn.", "id", fields)
    if "imagefolder" in order.formats:
        name = _field("pictures/sha256", "sc:Text", {"fileSet": {"@id": "picture-files"}}, "filename")
        name["source"]["transform"] = {"regex": r"^([0-9a-f]{64})\..*$"}
        content = _field("pictures/picture", "sc:ImageObject", {"fileSet": {"@id": "picture-files"}}, "content")
        yield _records("pictures", "The picture of each work, by its SHA-256.", "sha256", [name, content])
    if "parquet" in order.formats and contents.packed:
        vector = _column("vectors", parquet.NAME, "vector") | {"dataType": "sc:Float", "repeated": True}
        yield _records(
            "vectors", "Vectors to compare works by.", "id", [_column("vectors", parquet.NAME, "id"), vector]
        )


def _splits() -> Node:
    fields = [
        {"@type": "cr:Field", "@id": f"splits/{name}", "name": name, "dataType": kind}
        for name, kind in (("name", "sc:Text"), ("url", "sc:URL"))
    ]
    rows = [
        {"splits/name": side, "splits/url": _SIDE_URL.format("training" if side == "train" else side)} for side in SIDES
    ]
    return _records("splits", "The sides of the split.", "name", fields) | {"dataType": "cr:Split", "data": rows}


def _records(name: str, description: str, key: str, fields: list[Node]) -> Node:
    return {
        **{"@type": "cr:RecordSet", "@id": name, "name": name, "description": description},
        **{"key": {"@id": f"{name}/{key}"}, "field": fields},
    }


def _column(records: str, file: str, name: str) -> Node:
    kind = "sc:Integer" if name in NUMBERS else "sc:Text"
    return {
        **{"@type": "cr:Field", "@id": f"{records}/{name}", "name": name, "dataType": kind},
        "source": {"fileObject": {"@id": file}, "extract": {"column": name}},
    }


def _field(name: str, kind: str, source: Node, part: str) -> Node:
    return {
        **{"@type": "cr:Field", "@id": name, "name": name.split("/")[1], "dataType": kind},
        "source": source | {"extract": {"fileProperty": part}},
    }
