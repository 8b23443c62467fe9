"""What can go wrong with classes of curators' own.

TaggingError
+-- TooFewLabels   too few examples to learn from                  exit 2
+-- DamagedHead    the file of a head is not what it was           exit 1
+-- WrongHead      learned on the vectors of another network       exit 1
"""

from collections.abc import Mapping

from indexer.errors import IndexerError


class TaggingError(IndexerError):
    """Classes of curators' own could not be learned or applied."""


class TooFewLabels(TaggingError):
    """There are too few examples to learn from."""

    exit_code = 2

    def __init__(self, examples: Mapping[str, int], fewest: int, *, exclusive: bool) -> None:
        self.examples, self.fewest = examples, fewest
        have = ", ".join(f"{name} {count}" for name, count in examples.items()) or "none"
        need = "two classes need" if exclusive else "a class needs"
        also = "" if exclusive else ", and as many works that it does not fit"
        super().__init__(
            f"too few examples to learn from ({have}): {need} {fewest} different pictures each{also}. "
            "Label some more in the grid."
        )


class DamagedHead(TaggingError):
    """The file of a head is not what it was."""

    def __init__(self, sha256: str, problem: str) -> None:
        self.sha256 = sha256
        super().__init__(f"the model {sha256[:12]} cannot be read: {problem}. Train a new one.")


class WrongHead(TaggingError):
    """A head was learned on the vectors of another network."""

    def __init__(self, head: str, collection: str) -> None:
        self.head, self.collection = head, collection
        super().__init__(
            f"the model was learned on vectors of {head}, and the collection holds those of {collection}. "
            "Train a new one."
        )
