"""The section of quality: what may be wrong with pictures, and what curators made of it."""

from collections.abc import Sequence

from gallery.models.quality import OUTCOMES, open_findings
from gallery.models.quality_sums import count_alarmed, count_findings, count_measured
from gallery.quality.deciding import NAMES
from gallery.report.model import Case, Chosen, Facts, Figure, Section
from indexer.quality.judging import KINDS
from indexer.quality.measuring import VERSION
from indexer.store.model import Artwork

TOP = 12


class Quality(Section):
    """Counts findings by kind, and shows the most severe."""

    name, title = "quality", "Quality"
    figures = (
        Figure("alarmed", "Works with an alarm", "share"),
        Figure("alarms", "Alarms waiting"),
        Figure("notes", "Worth a look"),
        Figure("fine", "Called fine by curators"),
        Figure("mended", "Hidden, cropped or replaced"),
        Figure("unmeasured", "Pictures not measured yet"),
    )

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self._works = 0
        with case.house.database.reading() as session:
            self._top = Chosen({each.sha256: each.reason for each in open_findings(session, TOP)})

    def see(self, works: Sequence[Artwork]) -> None:
        """Note those of some works whose pictures are the worst."""
        self._works += len(works)
        self._top.see(works)

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
        return {
            "measured": measured,
            "unmeasured": max(0, self._works - measured),
            "alarmed": round(alarmed / self._works, 4) if self._works else None,
            "alarms": sum(each[1] for each in kinds),
            "notes": sum(each[2] for each in kinds),
            "fine": sum(each[3] for each in kinds),
            "mended": sum(each[4] for each in kinds),
            "kinds": sorted(kinds, key=lambda each: -each[1]),
            "top": self._top.faces(),
        }
