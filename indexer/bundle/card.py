"""The data card of a bundle: what is in it, under which licences, how it was made, and what is missing."""

from collections import Counter
from collections.abc import Sequence

from indexer.bundle.rights import OPTED_OUT
from indexer.store.model import Artwork, ModelCard


def data_card(
    packed: Sequence[Artwork], reasons: Sequence[str], model: ModelCard | None, grouping: str, *, with_parquet: bool
) -> str:
    """Return the text of README.md in Markdown; `reasons` are those for which works were withheld."""
    licences = Counter(work.licence for work in packed)
    credits = [work for work in packed if work.credit or work.holder]
    return "\n".join(
        [
            "# Data card",
            "",
            f"{len(packed):,} artworks by {len({work.artist for work in packed}):,} artists, "
            "collected and embedded by Semantic Gallery.",
            "",
            "| file | what |",
            "|---|---|",
            "| `works.csv` | a line for each work: facts, licence, credit, source |",
            "| `vectors.npy` | float32, row i belongs to line i of `works.csv` |",
            *_PARQUET[:with_parquet],
            f"| `pictures/` | the pictures in a folder for each {grouping}, as ImageFolder reads them |",
            "| `withheld.csv` | works that are not packed, and why |",
            "| `SHA256SUMS` | `sha256sum --check SHA256SUMS` tells whether all is as it was |",
            "",
            "## Licences",
            "",
            "As the sources stated them; nobody has looked into them. Only open ones are packed. Credit is owed where",
            f"the licence asks for it: {len(credits):,} works name whom, in the columns `credit` and `holder`.",
            "",
            "| licence | works |",
            "|---|---|",
            *[f"| {_plain(licence)} | {count:,} |" for licence, count in licences.most_common()],
            "",
            "## Opt-outs",
            "",
            "What a site reserves by robots.txt, X-Robots-Tag, a page's own tags or TDMRep is left out when",
            f"collecting. Of works that were collected all the same {reasons.count(OPTED_OUT):,} are not packed.",
            "Works that were taken down at somebody's wish are neither packed nor listed.",
            "",
            "## Not packed",
            "",
            f"{len(reasons):,} works, listed in `withheld.csv`.",
            "",
            *[f"* {count:,}: {reason}" for reason, count in Counter(reasons).most_common()],
            "",
            "## How it was made",
            "",
            f"Vectors: {_plain(str(model)) if model else 'unknown model'}, of unit length, to be compared by cosine.",
            "The column `seen` is a guess of the same network, with its probability; it learned from photographs and",
            "is often wrong on paintings. Texts that began like a formula have an apostrophe before them.",
            "",
        ]
    )


_PARQUET = (
    "| `works.parquet` | the same works with all guesses of the network, place on the map (`x`, `y`) and `vector` |",
)


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() and sign not in "|<>`" else " " for sign in text)
