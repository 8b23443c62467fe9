"""From the network's scores to words with probabilities, and to nothing where it is not sure enough."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from indexer.seeing.vocabulary import REJECTED, Vocabulary, vocabulary
from indexer.store.model import Artwork

TEMPERATURES = {
    "resnet18": 1.4,
    "resnet34": 1.4,
    "resnet50": 1.6,
    "resnet101": 1.6,
    "efficientnet_lite0": 1.0,
}
"""By how much the logarithms of the words' probabilities are divided (Guo et al., ICML 2017).

Fitted by likelihood on those of 2,397 paintings whose title names one of 22 things, such as a boat or a bridge, and
whose first word is among them: how often title and word agree. At 1.0, ResNet-50 gave them 0.43 in the mean and was
right in 0.29; now it gives 0.25, and the expected calibration error is 0.07 instead of 0.17 (n = 132). ResNet-34 and
-101 have those of their nearest relative, and other weights than those measured may need others.
"""

SURE = 0.25
"""Below this nothing is said: of the paintings above it, about half have the word in their title too."""

SURE_ALONE = 0.5
"""What a broader word needs where no word below it is sure: its probability is a sum over many weak ones."""

# Four in ten classes are animals: what the network cannot make out in a painting ends among them. Not said alone.
_CATCH_ALL = "animal"

# What is below this is spread over all words, and would make an animal of nothing: there are 60 kinds of them.
_POINTED = 0.03

MOST = 5
_DIGITS = 3

Probabilities = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the network sees: words it is sure of and its first classes, each with a probability, most likely first.

    `every` are the words, and those above them.
    """

    words: tuple[tuple[str, float], ...]
    labels: tuple[tuple[str, float], ...]
    every: tuple[str, ...]


def read(scores: Probabilities, backbone: str) -> list[Seen]:
    """Return what is seen in n pictures by their n x 1,000 class probabilities.

    Classes are summed under their words first and tempered then: 118 breeds of dog are not to make a dog of a
    picture that the network cannot make out.
    """
    told = vocabulary()
    sums = np.zeros((len(scores), len(told.words)))
    np.add.at(sums.T, told.word_of, scores.T.astype(np.float64))
    words = np.maximum(sums, 1e-12) ** (1 / TEMPERATURES.get(backbone, 1.0))
    words /= words.sum(1, keepdims=True)
    # A class has of its word's probability what it has of the word's sum.
    classes = scores * (words / np.maximum(sums, 1e-12))[:, told.word_of]
    return [_seen(word, label, told) for word, label in zip(words, classes, strict=True)]


def with_seen(artwork: Artwork, seen: Seen) -> Artwork:
    """Return the artwork with what the network sees in it."""
    return replace(artwork, seen=seen.words, seen_words=seen.every, labels=seen.labels)


def _seen(words: NDArray[np.float64], classes: NDArray[np.float64], told: Vocabulary) -> Seen:
    sums: dict[str, float] = {}
    for at in np.flatnonzero(words >= _POINTED):
        word, probability = told.words[at], float(words[at])
        if word != REJECTED:
            for each in (word, *told.above(word)):
                sums[each] = sums.get(each, 0.0) + probability
    broad = set(told.broader.values())
    sure = {word: value for word, value in sums.items() if value >= (SURE_ALONE if word in broad else SURE)}
    if not any(_CATCH_ALL in told.above(word) for word in sure):
        sure.pop(_CATCH_ALL, None)
    # "Building" says nothing beside "castle", but something where the network cannot tell which.
    implied = {above for word in sure for above in told.above(word)}
    sure |= {word: sums[word] for word in implied}
    shown = sorted(((word, value) for word, value in sure.items() if word not in implied), key=_likelihood)
    first = np.argsort(-classes, kind="stable")[:MOST]
    return Seen(
        tuple((word, round(value, _DIGITS)) for word, value in shown[:MOST]),
        tuple((told.names[at], round(float(classes[at]), _DIGITS)) for at in first if classes[at] > 0),
        tuple(sorted(sure)),
    )


def _likelihood(entry: tuple[str, float]) -> tuple[float, str]:
    return -entry[1], entry[0]
