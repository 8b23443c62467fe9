"""The section of label noise: labels that are suspicious, what curators said of them, and how many are wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

from gallery.models.label_sums import CaseStanding, count_cases, count_confident
from gallery.models.labels import FIELDS, LabelCase, cases, last_label_run
from gallery.report.model import Case, Chosen, Facts, Figure, Section
from gallery.shares import wilson
from indexer.store.model import Artwork
from indexer.suspicion.model import Field

TOP = 12
WRONG: tuple[CaseStanding, ...] = ("corrected", "hidden")
DECIDED: tuple[CaseStanding, ...] = (*WRONG, "right")


class LabelNoise(Section):
    """Reads what the last look through all labels has found, and shows the most suspicious ones."""

    name, title = "labels", "Label noise"
    figures = (
        Figure("noise.artist", "Artists that are wrong, by estimate", "share"),
        Figure("noise.movement", "Movements that are wrong, by estimate", "share"),
        Figure("judged", "Labels judged"),
        Figure("waiting", "Suspicious labels waiting"),
        Figure("decided", "Labels decided"),
        Figure("wrong", "Of these wrong"),
    )

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        with case.house.database.reading() as session:
            self._top = Chosen({each.sha256: _said(each) for each in cases(session, TOP)})

    def see(self, works: Sequence[Artwork]) -> None:
        """Note those of some works whose labels are the most suspicious."""
        self._top.see(works)

    def facts(self) -> Facts:
        """Return what was counted; noise is not known before labels were looked through."""
        with self._case.house.database.reading() as session:
            run, counted, confident = last_label_run(session), count_cases(session), count_confident(session)
        parts: Mapping[str, Any] = run.parts if run else {}
        fields = [_of_field(each, parts.get(each, {}), counted, confident.get(each, 0)) for each in FIELDS]
        sums = {name: sum(each[name] for each in fields) for name in ("judged", "waiting", "decided", "wrong")}
        return {
            **sums,
            "looked_at": f"{(run.finished_at or run.started_at):%Y-%m-%d}" if run else None,
            "noise": {each["field"]: each["noise"] for each in fields},
            "later": sum(counted.get((each, "unsure"), 0) for each in FIELDS),
            "fields": fields,
            "remarks": [part["remark"] for part in parts.values() if part.get("remark")],
            "top": self._top.faces(),
        }


def _of_field(
    field: Field, part: Mapping[str, Any], counted: Mapping[tuple[Field, CaseStanding], int], confident: int
) -> dict[str, Any]:
    """Return what is known of the labels of one field.

    `noise` is the share of judged labels that confident learning calls wrong (Northcutt, Jiang, Chuang, JAIR 70,
    2021): the sum of its joint of stated and true labels beside the diagonal. `guess` is the share of those that wait,
    if they are wrong as often as those that were decided, with Wilson's interval of 95 %; as curators begin with the
    most suspicious, it is rather too high.
    """
    judged, waiting = int(part.get("judged", 0)), counted.get((field, "open"), 0)
    decided = sum(counted.get((field, each), 0) for each in DECIDED)
    wrong = sum(counted.get((field, each), 0) for each in WRONG)
    guess = None
    if judged and decided:
        low, high = wilson(wrong, decided)
        guess = [round(min(1.0, waiting * share / judged), 4) for share in (wrong / decided, low, high)]
    told = {"judged": judged, "waiting": waiting, "decided": decided, "wrong": wrong}
    noise = round(confident / judged, 4) if judged and field != "year" else None
    return {"field": field, **told, "noise": noise, "guess": guess}


def _said(case: LabelCase) -> str:
    return f"{case.field}: {case.stated}" + (f", rather {case.suggested}" if case.suggested else "")
