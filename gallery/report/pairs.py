"""The section of duplicates: pairs found, what curators said of them, and how many are left by estimate."""

from collections.abc import Mapping, Sequence

from gallery.models.duplicate_sums import Standing, count_verdicts
from gallery.models.duplicates import KINDS, SAME, VERDICTS
from gallery.report.model import Case, Facts, Figure, Section
from gallery.report.words import VERDICTS as WORDS
from gallery.shares import wilson
from indexer.duplicates.pairs import Kind
from indexer.duplicates.prints import Prints
from indexer.store.model import Artwork


class Pairs(Section):
    """Counts pairs by kind and verdict, and works that were not compared yet."""

    name, title = "duplicates", "Duplicates"
    figures = (
        Figure("found", "Pairs found"),
        Figure("decided", "Pairs decided"),
        Figure("waiting", "Pairs waiting"),
        Figure("remaining", "Duplicates left, by estimate"),
        Figure("unseen", "Works not yet compared"),
        *(Figure(f"verdicts.{code}", f"Verdict: {word}", minor=True) for code, word in WORDS.items()),
    )

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self._prints = Prints(case.house.prints)
        self._unseen = 0

    def see(self, works: Sequence[Artwork]) -> None:
        """Count works that the search for duplicates has not looked at."""
        self._unseen += sum(work.sha256 not in self._prints for work in works)

    def facts(self) -> Facts:
        """Return what was counted."""
        with self._case.house.database.reading() as session:
            counted = count_verdicts(session)
        of_kinds = [_of_kind(counted, kind) for kind in KINDS]
        said = {verdict: sum(counted.get((kind, verdict), 0) for kind in KINDS) for verdict in VERDICTS}
        expected, low, high = remaining([each[1:] for each in of_kinds])
        return {
            "found": sum(found for found, *_ in of_kinds),
            "waiting": sum(waiting for _, waiting, *_ in of_kinds),
            "decided": sum(said.values()),
            "verdicts": said,
            "kinds": [[kind, *each] for kind, each in zip(KINDS, of_kinds, strict=True)],
            "remaining": expected,
            "remaining_low": low,
            "remaining_high": high,
            "unseen": self._unseen,
        }


def _of_kind(counted: Mapping[tuple[Kind, Standing], int], kind: Kind) -> tuple[int, int, int, int]:
    """Return how many pairs of a kind were found, wait, were decided, and turned out to be the same."""
    of_kind: dict[Standing, int] = {said: count for (each, said), count in counted.items() if each == kind}
    waiting = of_kind.get("open", 0)
    decided = sum(of_kind.get(verdict, 0) for verdict in VERDICTS)
    return sum(of_kind.values()), waiting, decided, sum(of_kind.get(verdict, 0) for verdict in SAME)


def remaining(kinds: Sequence[tuple[int, int, int]]) -> tuple[int | None, int | None, int | None]:
    """Return how many of the waiting pairs will turn out to be the same, with the least and most that is likely.

    `kinds` has for each kind how many wait, were decided, and were the same: its share, with Wilson's interval (1927)
    of 95 %, is taken for those that wait. None while pairs wait of a kind of which none was decided.
    """
    if any(waiting and not decided for waiting, decided, _ in kinds):
        return None, None, None
    sums = [0.0, 0.0, 0.0]
    for waiting, decided, same in kinds:
        if waiting:
            share = same / decided
            low, high = wilson(same, decided)
            for at, each in enumerate((share, low, high)):
                sums[at] += waiting * each
    return round(sums[0]), round(sums[1]), round(sums[2])
