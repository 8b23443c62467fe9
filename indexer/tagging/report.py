"""How well a head does on works it has not seen: precision, recall, confusion, and whether its numbers are honest."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.tagging.labels import Labels

_BINS = 10


@dataclass(frozen=True, slots=True)
class ClassReport:
    """One class: of the works said to have it how many do (`precision`), of those that do how many are found
    (`recall`), None where there are none; `examples` is how many do.
    """

    name: str
    examples: int
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """All classes; `confusion` counts works, true class by row, said class by column.

    Of several classes it has one row of four numbers for each: rightly said, wrongly said, missed, rightly not said.
    `calibration_error` is the mean gap between how sure the head is and how often it is right (Naeini et al., 2015).
    """

    works: int
    accuracy: float
    macro_f1: float
    calibration_error: float
    classes: tuple[ClassReport, ...]
    confusion: tuple[tuple[int, ...], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        plain = asdict(self)
        return plain | {"classes": list(plain["classes"]), "confusion": [list(row) for row in self.confusion]}


def report(labels: Labels, held_out: NDArray[np.float32]) -> Report:
    """Compare what is known with the probabilities of works held out, n x k."""
    return _exclusive(labels, held_out) if labels.exclusive else _several(labels, held_out)


def _exclusive(labels: Labels, held_out: NDArray[np.float32]) -> Report:
    true, said = np.nanargmax(labels.truth, 1), held_out.argmax(1)
    confusion = np.zeros((len(labels.classes),) * 2, int)
    np.add.at(confusion, (true, said), 1)
    hits, rows, columns = np.diag(confusion), confusion.sum(1), confusion.sum(0)
    classes = tuple(
        ClassReport(name, int(rows[at]), _ratio(hits[at], columns[at]), _ratio(hits[at], rows[at]))
        for at, name in enumerate(labels.classes)
    )
    error = calibration_error(held_out.max(1), true == said)
    accuracy = float((true == said).mean())
    return Report(len(true), accuracy, _macro_f1(classes), error, classes, _plain(confusion))


def _several(labels: Labels, held_out: NDArray[np.float32]) -> Report:
    rows, classes = [], []
    known, said = ~np.isnan(labels.truth), held_out >= 0.5
    for at, name in enumerate(labels.classes):
        true, guessed = labels.truth[known[:, at], at] == 1, said[known[:, at], at]
        hit, false = int((true & guessed).sum()), int((~true & guessed).sum())
        missed, quiet = int((true & ~guessed).sum()), int((~true & ~guessed).sum())
        rows.append((hit, false, missed, quiet))
        classes.append(ClassReport(name, hit + missed, _ratio(hit, hit + false), _ratio(hit, hit + missed)))
    right = said[known] == (labels.truth[known] == 1)
    sure = np.maximum(held_out[known], 1 - held_out[known])
    error = calibration_error(sure, right)
    return Report(len(labels.works), float(right.mean()), _macro_f1(tuple(classes)), error, tuple(classes), tuple(rows))


def calibration_error(sure: NDArray[Any], right: NDArray[np.bool_]) -> float:
    """Return the gap between sureness and being right, in bins of equal width, weighed by how many are in each."""
    bins = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(float(sure[bins == at].mean()) - float(right[bins == at].mean())) * (bins == at).mean() for at in set(bins)
    ]
    return float(sum(gaps))


def _ratio(part: Any, whole: Any) -> float | None:
    return round(float(part) / float(whole), 4) if whole else None


def _macro_f1(classes: tuple[ClassReport, ...]) -> float:
    both = [(each.precision or 0.0, each.recall or 0.0) for each in classes]
    return float(np.mean([2 * p * r / (p + r) if p + r else 0.0 for p, r in both]))


def _plain(confusion: NDArray[Any]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row) for row in confusion.tolist())
