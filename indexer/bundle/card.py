"""The data card of a bundle: what is in it, under which licences, how it was made, and what is missing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indexer.bundle.leaving import WITHDRAWN
from indexer.bundle.order import SIDES, BundleOrder
from indexer.bundle.rights import OPTED_OUT, owes_credit
from indexer.bundle.tables import Packed
from indexer.store.model import ModelCard

_MOST_CLASSES = 200


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bundle holds, the reasons for which other works were left out, and how it was asked for."""

    packed: Sequence[Packed]
    reasons: Sequence[str]
    model: ModelCard | None
    order: BundleOrder


def data_card(contents: Contents) -> str:
    """Return the text of README.md in Markdown."""
    parts = (_begin, _files, _licences, _opt_outs, _not_packed, _split, _classes, _making)
    return "\n".join(line for part in parts for line in [*part(contents), ""])


def credits_of(packed: Sequence[Packed]) -> str:
    """Return the text of CREDITS.txt: for each work whose licence asks for it, what to say beside it."""
    return "".join(f"{_credit(each)}\n" for each in packed if owes_credit(each.work.licence))


def _credit(packed: Packed) -> str:
    work = packed.work
    said = [f"{work.sha256[:16]}  {work.title}, {work.artist}", work.credit or work.holder, work.licence]
    return _plain(". ".join(filter(None, [*said, work.licence_url, work.page_url])))


def _begin(contents: Contents) -> Iterator[str]:
    works = [each.work for each in contents.packed]
    yield from ("# Data card", "")
    yield f"{len(works):,} artworks by {len({work.artist for work in works}):,} artists, "
    yield f"collected and embedded by {_plain(contents.order.name)}."


def _files(contents: Contents) -> Iterator[str]:
    order = contents.order
    by = _plain(order.by)
    yield from ("| file | what |", "|---|---|")
    yield "| `works.csv` | a line for each work: facts, class, side of the split, licence, credit, source |"
    yield "| `vectors.npy` | float32, row i belongs to line i of `works.csv` |"
    if "parquet" in order.formats and contents.packed:
        yield "| `works.parquet` | the same with all guesses of the network, place on the map (`x`, `y`) and `vector` |"
    if "imagefolder" in order.formats:
        side = "side of the split and " if order.split else ""
        yield f"| `pictures/` | the pictures in a folder for each {side}{by}, as ImageFolder reads them |"
    if "webdataset" in order.formats:
        yield "| `shards/` | tar files for WebDataset: picture, `json`, `cls` (line of `classes.txt` from 0) |"
    yield f"| `classes.txt` | a line for each class: works are classed by {by} |"
    yield "| `croissant.json` | what is here, for programs: Croissant 1.0 |"
    yield "| `CREDITS.txt` | whom to name, a line for each work whose licence asks for it |"
    yield "| `withheld.csv` | works that are not packed, and why |"
    yield "| `SHA256SUMS` | `sha256sum --check SHA256SUMS` tells whether all is as it was |"


def _licences(contents: Contents) -> Iterator[str]:
    works = [each.work for each in contents.packed]
    named = [work for work in works if work.credit or work.holder]
    yield from ("## Licences", "")
    yield "As the sources stated them; nobody has looked into them. Only open ones are packed. Credit is owed where"
    yield f"the licence asks for it: {len(named):,} works name whom, in the columns `credit` and `holder`."
    yield from ("", "| licence | works |", "|---|---|")
    yield from _rows(Counter(work.licence for work in works))


def _opt_outs(contents: Contents) -> Iterator[str]:
    yield from ("## Opt-outs", "")
    yield "What a site reserves by robots.txt, X-Robots-Tag, a page's own tags or TDMRep is left out when"
    yield f"collecting. Of works that were collected all the same {contents.reasons.count(OPTED_OUT):,} are not packed."
    yield f"Of works that were withdrawn ({sum(reason in WITHDRAWN.values() for reason in contents.reasons):,}) the"
    yield "list names nothing but the id."


def _not_packed(contents: Contents) -> Iterator[str]:
    yield from ("## Not packed", "")
    yield f"{len(contents.reasons):,} works, listed in `withheld.csv`."
    yield ""
    counted = sorted(Counter(contents.reasons).items(), key=lambda each: (-each[1], each[0]))
    yield from (f"* {count:,}: {reason}" for reason, count in counted)


def _split(contents: Contents) -> Iterator[str]:
    split = contents.order.split
    yield from ("## Split", "")
    if split is None:
        yield "None."
        return
    yield f"{split} with seed {split.seed}. Copies and versions of a work, and works of one artist with the same"
    yield "title, are on the same side. With the same seed a work stays on its side whatever is added later."
    yield from ("", "| side | works |", "|---|---|")
    sides = Counter(each.side for each in contents.packed)
    yield from (f"| {side} | {sides[side]:,} |" for side in SIDES)


def _classes(contents: Contents) -> Iterator[str]:
    classes = Counter(each.label for each in contents.packed)
    yield from ("## Classes", "")
    yield f"{len(classes):,}, by {_plain(contents.order.by)}."
    yield from ("", "| class | works |", "|---|---|")
    yield from _rows(classes, _MOST_CLASSES)
    if len(classes) > _MOST_CLASSES:
        yield f"| {len(classes) - _MOST_CLASSES:,} more | |"


def _making(contents: Contents) -> Iterator[str]:
    model = _plain(str(contents.model)) if contents.model else "unknown model"
    yield from ("## How it was made", "")
    yield f"Vectors: {model}, of unit length, to be compared by cosine."
    yield "The column `seen` is a guess of the same network, with its probability; it learned from photographs and"
    yield "is often wrong on paintings. Texts that began like a formula have an apostrophe before them."


def _rows(counted: Counter[str], most: int | None = None) -> Iterator[str]:
    # By count, then by name: the order in which works come must not show.
    rows = sorted(counted.items(), key=lambda each: (-each[1], each[0]))[:most]
    yield from (f"| {_plain(name)} | {count:,} |" for name, count in rows)


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() and sign not in "|<>`" else " " for sign in text)
