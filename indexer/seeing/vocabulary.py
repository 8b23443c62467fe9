"""The words for what the network can tell apart: classes under words, words under broader ones."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

CLASSES = 1_000
REJECTED = "-"
"""Stands for classes that count for no word, such as those a painting is taken for because it is flat."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`names` are the classes' own, `words` the visitors', `broader` the word above a word if it has one.

    `word_of` gives the row in `words` for each of the 1,000 classes.
    """

    names: tuple[str, ...]
    words: tuple[str, ...]
    broader: Mapping[str, str]
    word_of: NDArray[np.intp]

    def above(self, word: str) -> tuple[str, ...]:
        """Return all words above a word, the nearest first."""
        nearest = self.broader.get(word)
        return () if nearest is None else (nearest, *self.above(nearest))

    def known(self, word: str) -> bool:
        """Tell whether a work could be tagged with this word."""
        return word != REJECTED and (word in self.words or word in self.broader.values())


@functools.cache
def vocabulary() -> Vocabulary:
    """Return the words and classes of `words.txt`, which every class is in once."""
    lines = resources.files("indexer.seeing").joinpath("words.txt").read_text("utf-8").splitlines()
    names, word_of = [""] * CLASSES, np.full(CLASSES, -1, np.intp)
    words, broader = list[str](), dict[str, str]()
    for line in lines:
        if line.startswith("#"):
            continue
        head, _, classes = line.partition(": ")
        word, _, above = head.partition(" < ")
        if above:
            broader[word] = above
        for entry in classes.split("; "):
            number, _, name = entry.partition(" ")
            names[int(number)], word_of[int(number)] = name, len(words)
        words.append(word)
    return Vocabulary(tuple(names), tuple(words), broader, word_of)
