"""Learning a head: logistic regression, tried by cross-validation first, then calibrated. Imports scikit-learn."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from threadpoolctl import threadpool_limits

from indexer.store.model import Vector
from indexer.tagging.errors import TooFewLabels
from indexer.tagging.head import Head, sigmoid, softmax
from indexer.tagging.labels import Labels
from indexer.tagging.report import Report, report

STRENGTH = 10.0
"""The inverse of the penalty. Of 1, 10 and 100 it was best on 30 artists by 80 works each: 0.537, 0.601, 0.595."""

FOLDS = 5
FEWEST = 5
"""Works that a class needs, each another picture, to be learned at all."""

_PRIOR = 0.01


@dataclass(frozen=True, slots=True)
class Trained:
    """A head with what cross-validation said of it; `held_out` are the probabilities of each work, n x k, by heads
    that had not seen it or another picture of the same work. `left_out` are classes with too few examples.
    """

    head: Head
    labels: Labels
    held_out: NDArray[np.float32]
    report: Report
    left_out: tuple[str, ...]


def train(labels: Labels, vectors: Vector, groups: NDArray[np.intp], model: str, *, seed: int = 0) -> Trained:
    """Learn from labelled works; vectors n x width and groups n in their order. Raises `TooFewLabels`."""
    usable, left_out = _usable(labels, groups)
    fit = labels.only(usable)
    place = {work: row for row, work in enumerate(labels.works)}
    rows = [place[work] for work in fit.works]
    # On matrices of this size, threads that share a product wait for each other: one is several times as fast.
    with threadpool_limits(1):
        return _train(fit, vectors[rows], groups[rows], model, left_out, seed)


def _train(
    fit: Labels, vectors: Vector, groups: NDArray[np.intp], model: str, left_out: tuple[str, ...], seed: int
) -> Trained:
    scores = np.full(fit.truth.shape, np.nan, np.float64)
    for column, learn, check in _folds(fit, groups, seed):
        weights, bias = _fit(fit, column, vectors, learn)
        scores[check[:, None], column] = vectors[check] @ weights.T + bias
    slope, shift = _calibration(fit, scores)
    head = replace(fit_head(fit, vectors, model), slope=slope.astype(np.float32), shift=shift.astype(np.float32))
    plain = scores * slope + shift
    held_out = softmax(plain) if fit.exclusive else sigmoid(plain)
    return Trained(head, fit, held_out, report(fit, held_out), left_out)


def fit_head(labels: Labels, vectors: Vector, model: str) -> Head:
    """Learn from all labels at once, without trying it first and without calibration."""
    parts = [_fit(labels, column, vectors, _known(labels, column)) for column in _columns(labels)]
    weights = np.concatenate([weights for weights, _ in parts]).astype(np.float32)
    bias = np.concatenate([bias for _, bias in parts]).astype(np.float32)
    return Head(
        labels.classes, labels.exclusive, model, weights, bias, slope=np.ones_like(bias), shift=np.zeros_like(bias)
    )


def _usable(labels: Labels, groups: NDArray[np.intp]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the classes that can be learned and those that cannot; raise `TooFewLabels` if there is nothing to tell
    apart.
    """
    pictures = {
        name: min(len(set(groups[labels.truth[:, column] == 1])), _others(labels, groups, column))
        for column, name in enumerate(labels.classes)
    }
    usable = tuple(name for name, count in pictures.items() if count >= FEWEST)
    if len(usable) < (2 if labels.exclusive else 1):
        raise TooFewLabels(labels.examples(), FEWEST, exclusive=labels.exclusive)
    return usable, tuple(name for name in labels.classes if name not in usable)


def _others(labels: Labels, groups: NDArray[np.intp], column: int) -> int:
    # Exclusive classes are told from each other; each of several needs works that have it not.
    return FEWEST if labels.exclusive else len(set(groups[labels.truth[:, column] == 0]))


def _columns(fit: Labels) -> list[list[int]]:
    every = list(range(len(fit.classes)))
    return [every] if fit.exclusive else [[column] for column in every]


def _known(fit: Labels, column: list[int]) -> NDArray[np.intp]:
    return np.flatnonzero(~np.isnan(fit.truth[:, column]).all(1))


def _targets(fit: Labels, column: list[int], rows: NDArray[np.intp]) -> NDArray[Any]:
    truth = fit.truth[rows[:, None], column]
    return np.nanargmax(truth, 1) if fit.exclusive else truth[:, 0].astype(int)


def _folds(fit: Labels, groups: NDArray[np.intp], seed: int) -> list[tuple[list[int], NDArray[Any], NDArray[Any]]]:
    made = []
    for column in _columns(fit):
        rows = _known(fit, column)
        splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
        for learn, check in splitter.split(rows, _targets(fit, column, rows), groups[rows]):
            made.append((column, rows[learn], rows[check]))
    return made


def _fit(fit: Labels, column: list[int], vectors: Vector, rows: NDArray[np.intp]) -> tuple[Any, Any]:
    """Return weights and bias, one row for each class of `column`; a class that a fold lacks is never likely."""
    targets = _targets(fit, column, rows)
    weights, bias = np.zeros((len(column), vectors.shape[1])), np.full(len(column), -30.0)
    present = np.unique(targets)
    if len(present) == 1:
        bias[:] = 30.0 if fit.exclusive or present[0] else -30.0
        return weights, bias
    found = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=300, tol=1e-3)
    found.fit(vectors[rows], targets)
    if not fit.exclusive:
        return found.coef_, found.intercept_
    if len(present) == 2:
        # Of two classes scikit-learn keeps the second's score, which is the difference of both.
        weights[present[0]], weights[present[1]] = -found.coef_[0] / 2, found.coef_[0] / 2
        bias[present[0]], bias[present[1]] = -found.intercept_[0] / 2, found.intercept_[0] / 2
    else:
        weights[present], bias[present] = found.coef_, found.intercept_
    return weights, bias


def _calibration(fit: Labels, scores: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return slope and shift for each class, by the likelihood of what was held out.

    Exclusive classes share one temperature (Guo et al., ICML 2017); each of several has a slope and a shift of its
    own (Platt, 1999), which also takes back what weighing the classes alike has added.
    """
    count = len(fit.classes)
    if fit.exclusive:
        right = np.nanargmax(fit.truth, 1)

        def loss(log_slope: NDArray[np.float64]) -> float:
            chances = softmax(scores * np.exp(log_slope[0]))[np.arange(len(right)), right]
            return float(-np.log(np.maximum(chances, 1e-12)).mean() + _PRIOR * log_slope[0] ** 2)

        found = minimize(loss, np.zeros(1), method="Nelder-Mead")
        return np.full(count, np.exp(found.x[0])), np.zeros(count)
    slope, shift = np.ones(count), np.zeros(count)
    for column in range(count):
        rows = _known(fit, [column])
        slope[column], shift[column] = _platt(scores[rows, column], fit.truth[rows, column])
    return slope, shift


def _platt(scores: NDArray[np.float64], truth: NDArray[np.float32]) -> tuple[float, float]:
    def loss(both: NDArray[np.float64]) -> float:
        z = scores * np.exp(both[0]) + both[1]
        return float(np.mean(np.logaddexp(0, z) - truth * z) + _PRIOR * (both**2).sum())

    found = minimize(loss, np.zeros(2), method="Nelder-Mead").x
    return float(np.exp(found[0])), float(found[1])
