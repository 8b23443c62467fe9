"""The section of what was removed and why: withdrawn, merged away, and refused when it was collected."""

from collections import Counter
from collections.abc import Iterator, Sequence

from gallery.models.duplicate_sums import count_merges, merged_works
from gallery.models.takedowns import count_takedowns
from gallery.report.model import Facts, Figure, Section
from scraper.journal import Journal
from scraper.withdrawn import Withdrawal, WithdrawnFile

LISTED, _REASONS = 12, 24


class Removed(Section):
    """Reads the library's list of what is withdrawn, its journals, and what curators decided."""

    name, title = "removed", "What was removed, and why"
    figures = (
        Figure("taken_down", "Taken down"),
        Figure("deleted", "Deleted"),
        Figure("hidden", "Hidden"),
        Figure("held", "Held for a curator"),
        Figure("merged", "Merged away, in the trash"),
        Figure("emptied", "Merged away, deleted"),
        Figure("refused", "Refused when collected"),
    )

    def facts(self) -> Facts:
        """Return how much was removed for which reason; raises `StorageError`."""
        house = self._case.house
        with house.database.reading() as session:
            takedowns, merges, merged = count_takedowns(session), count_merges(session), merged_works(session)
        entries = WithdrawnFile(house.library).now().entries
        # What is merged away is hidden, then deleted: it is counted once.
        works = [entry for entry in entries if entry.sha256 and not entry.of and entry.sha256 not in merged]
        why: Counter[str] = Counter(entry.why for entry in works)
        refused, tried, kept, torn = self._refused()
        return {
            "withdrawn": len(works),
            "taken_down": why["taken-down"],
            "deleted": why["deleted"],
            "hidden": why["hidden"],
            "held": why["held"],
            "hidden_artists": [entry.label for entry in entries if not entry.sha256][:LISTED],
            "copies": sum(bool(entry.of) for entry in entries),
            "latest": [[entry.why, f"{entry.at:%Y-%m-%d}", entry.label] for entry in _latest(works)],
            "takedowns": takedowns,
            "merged": sum(merges[state] for state in merges if state in ("merging", "merged")),
            "emptied": sum(merges[state] for state in merges if state in ("emptying", "emptied")),
            "tried": tried,
            "kept": kept,
            "refused": sum(refused.values()),
            "torn": torn,
            "reasons": [[*why, count] for why, count in refused.most_common(_REASONS)],
            "other_reasons": max(0, len(refused) - _REASONS),
        }

    def _refused(self) -> tuple[Counter[tuple[str, str]], int, int, int]:
        """Return what became of all addresses when they were last tried: refused by stage and reason, tried, kept."""
        refused: Counter[tuple[str, str]] = Counter()
        tried = kept = torn = 0
        for journal in self._journals():
            torn += journal.torn
            for entry in journal.entries():
                tried += 1
                if entry.became == "kept":
                    kept += 1
                else:
                    refused[entry.stage or "find", entry.reason] += 1
        return refused, tried, kept, torn

    def _journals(self) -> Iterator[Journal]:
        root = self._case.house.library.root
        paths = sorted(root.glob("artists/*/journal.jsonl"))
        for done, path in enumerate(paths):
            self._case.say("journals", done, len(paths))
            yield Journal(path)


def _latest(entries: Sequence[Withdrawal]) -> Sequence[Withdrawal]:
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:LISTED]
