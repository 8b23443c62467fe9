"""Pairs of works that show the same: candidates by hash and by vector, each laid over the other before it counts."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from indexer.duplicates.aligning import Fit, Layer, best_fit
from indexer.duplicates.hashes import HashIndex
from indexer.duplicates.pairs import Found, Kind
from indexer.duplicates.prints import Prints

FITS = 0.8
"""How well two pictures fit that show the same. Measured (tests/bench/bench_duplicates.py): 1 in 100 copies fits worse.
Of the 6,000 pairs of 2,397 paintings that are most alike by vector 17 fit better: 14 are the same painting twice, in
full or in part, and three are pendants on the same mount or page."""

ALIKE = 0.9
"""Cosine from which two works are shown to a curator although one does not fit over the other: the same painting from
another photograph, a version, a study. Of 2.9 million pairs of paintings six are closer and do not fit."""

_WHOLE, _FEW = 0.93, 20
_MANY = 2000
_IN_A_TASK = 200
Watch = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two works that may show the same; `cosine` is that of their vectors, `hashed` that their hashes are near."""

    one: str
    other: str
    cosine: float | None = None
    hashed: bool = False


def candidates_by_hash(prints: Prints, asked: Iterable[str], known: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield works of `asked` with works of `known` that have a hash near one of theirs, turned as it may be.

    Few are compared with all that there is, for which no index need be made.
    """
    asked = list(asked)
    if len(asked) <= _FEW:
        among = set(known)
        yield from ((one, other) for one in asked if one in prints for other in prints.near(one) if other in among)
        return
    owners, rows = _views(prints, known)
    if not owners:
        return
    index = HashIndex(np.concatenate(rows)[:, 0])
    asking, rows = _views(prints, asked)
    if not asking:
        return
    hashes = np.concatenate(rows)
    ways = hashes.shape[1]
    for at, place in index.near(hashes.ravel()):
        for one, other in set(zip((at // ways).tolist(), place.tolist(), strict=True)):
            if asking[one] != owners[other]:
                yield asking[one], owners[other]


def candidates(hashed: Iterable[tuple[str, str]], alike: Mapping[tuple[str, str], float]) -> list[Candidate]:
    """Return each pair once, in a fixed order; `alike` has cosines of pairs."""
    by_hash = {_ordered(*pair) for pair in hashed}
    cosines = {_ordered(*pair): cosine for pair, cosine in alike.items()}
    return [Candidate(*pair, cosines.get(pair), pair in by_hash) for pair in sorted(by_hash | cosines.keys())]


def verify(prints: Prints, asked: Sequence[Candidate], watch: Watch = lambda done, total: None) -> list[Found]:
    """Return those candidates that hold; many are shared out to two processes.

    What `watch` raises ends it early.
    """
    if len(asked) < _MANY:
        return _checked(prints, asked)
    found: list[Found] = []
    tasks = [asked[start : start + _IN_A_TASK] for start in range(0, len(asked), _IN_A_TASK)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=_begin, initargs=(prints.folder,)) as pool:
        try:
            for done, some in enumerate(pool.map(_task, tasks), 1):
                found += some
                watch(min(done * _IN_A_TASK, len(asked)), len(asked))
        finally:
            pool.shutdown(cancel_futures=True)
    return found


_prints: Prints | None = None


def _begin(folder: Path) -> None:
    global _prints
    _prints = Prints(folder)


def _task(asked: Sequence[Candidate]) -> list[Found]:
    assert _prints is not None
    return _checked(_prints, asked)


def _checked(prints: Prints, asked: Sequence[Candidate]) -> list[Found]:
    layers: dict[str, list[Layer]] = {}
    found = []
    for candidate in asked:
        if len(layers) > _MANY:
            layers.clear()
        for sha256 in (candidate.one, candidate.other):
            if sha256 not in layers:
                layers[sha256] = prints.layers(sha256)
        if prints.digest(candidate.one) == prints.digest(candidate.other):
            found.append(Found(candidate.one, candidate.other, "exact", 1.0))
            continue
        fit = best_fit(layers[candidate.one], layers[candidate.other], quarters=candidate.hashed)
        if fit.score >= FITS:
            found.append(Found(candidate.one, candidate.other, _kind(fit), min(1.0, fit.score), fit.way))
        elif candidate.cosine is not None and candidate.cosine >= ALIKE:
            found.append(Found(candidate.one, candidate.other, "alike", min(1.0, candidate.cosine)))
    return found


def _kind(fit: Fit) -> Kind:
    return "near" if min(fit.window[2:]) >= _WHOLE else "part"


def _views(prints: Prints, works: Iterable[str]) -> tuple[list[str], list[np.ndarray]]:
    owners, rows = [], []
    for sha256 in works:
        if sha256 in prints:
            hashes = prints.hashes(sha256)
            hashes = hashes[hashes[:, 0] != 0]
            if len(hashes):
                owners += [sha256] * len(hashes)
                rows.append(hashes)
    return owners, rows


def _ordered(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)
