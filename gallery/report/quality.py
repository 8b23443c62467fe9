"""The section of quality: what may be wrong with pictures, and what curators made of it."""

from collections.abc import Sequence
from typing import Any

from gallery.models.quality import OUTCOMES, open_findings
from gallery.models.quality_sums import count_alarmed, count_findings, count_measured
from gallery.quality.deciding import NAMES
from gallery.report.model import Case, Facts, face_of
from indexer.quality.judging import KINDS
from indexer.quality.measuring import VERSION
from indexer.store.model import Artwork

TOP = 12


class Quality:
    """Counts findings by kind, and shows the most severe."""

    def __init__(self, case: Case) -> None:
        self._case, self._works = case, 0
        with case.house.database.reading() as session:
            self._top = {each.sha256: each.reason for each in open_findings(session, TOP)}
        self._faces: dict[str, dict[str, Any]] = {}

    def see(self, works: Sequence[Artwork]) -> None:
        """Note those of some works whose pictures are the worst."""
        self._works += len(works)
        self._faces |= {work.sha256: face_of(work) for work in works if work.sha256 in self._top}

    def facts(self) -> Facts:
        """Return what was counted."""
        with self._case.house.database.reading() as session:
            measured, alarmed = count_measured(session, VERSION), count_alarmed(session)
            counted = count_findings(session)
        kinds = []
        for kind in KINDS:
            alarms, notes = counted.get((kind, "alarm"), 0), counted.get((kind, "note"), 0)
            outcomes = {outcome: counted.get((kind, outcome), 0) for outcome in OUTCOMES}
            if alarms or notes or any(outcomes.values()):
                kinds.append([NAMES[kind], alarms, notes, outcomes["fine"], sum(outcomes.values()) - outcomes["fine"]])
        seen = {sha256: self._faces[sha256] for sha256 in self._top if sha256 in self._faces}
        return {
            "measured": measured,
            "unmeasured": max(0, self._works - measured),
            "alarmed": round(alarmed / self._works, 4) if self._works else None,
            "alarms": sum(each[1] for each in kinds),
            "notes": sum(each[2] for each in kinds),
            "fine": sum(each[3] for each in kinds),
            "mended": sum(each[4] for each in kinds),
            "kinds": sorted(kinds, key=lambda each: -each[1]),
            "top": [face | {"note": self._top[sha256]} for sha256, face in seen.items()],
        }
