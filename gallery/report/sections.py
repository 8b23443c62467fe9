"""The sections of a report in their order; a new one is added here, and a template of its name in templates/report."""

from gallery.report.contents import Contents
from gallery.report.labels import LabelNoise
from gallery.report.model import Figure, Section
from gallery.report.nearness import Nearness
from gallery.report.origins import Licences, Origins
from gallery.report.pairs import Pairs
from gallery.report.quality import Quality
from gallery.report.removed import Removed
from gallery.report.words import VERDICTS

SECTIONS = (
    Section(
        "contents",
        "What is in",
        Contents,
        (
            Figure("works", "Works"),
            Figure("artists", "Artists"),
            Figure("movements", "Movements"),
            Figure("pictures", "Original pictures in the library"),
            Figure("bytes", "Their size", "bytes"),
            Figure("few", "Artists with few works"),
            Figure("uneven", "Gini of works by artist", "number"),
        ),
    ),
    Section(
        "origins",
        "From where",
        Origins,
        (
            Figure("sources", "Sources"),
            Figure("hosts", "Sites that show the works"),
            Figure("nowhere", "Works without a page elsewhere"),
            Figure("unconfirmed", "Works whose artist no source states"),
        ),
    ),
    Section(
        "licences",
        "Under which licence",
        Licences,
        (
            Figure("licences", "Licences"),
            Figure("stated", "Works with a licence stated", "share"),
            Figure("credited", "Works with a credit or a holder", "share"),
            Figure("unknown", "Works of unknown rights"),
            Figure("owed", "Works whose licence asks for a credit that is missing"),
        ),
    ),
    Section(
        "removed",
        "What was removed, and why",
        Removed,
        (
            Figure("taken_down", "Taken down"),
            Figure("deleted", "Deleted"),
            Figure("hidden", "Hidden"),
            Figure("held", "Held for a curator"),
            Figure("merged", "Merged away, in the trash"),
            Figure("emptied", "Merged away, deleted"),
            Figure("refused", "Refused when collected"),
        ),
    ),
    Section(
        "duplicates",
        "Duplicates",
        Pairs,
        (
            Figure("found", "Pairs found"),
            Figure("decided", "Pairs decided"),
            Figure("waiting", "Pairs waiting"),
            Figure("remaining", "Duplicates left, by estimate"),
            Figure("unseen", "Works not yet compared"),
            *(Figure(f"verdicts.{code}", f"Verdict: {word}", minor=True) for code, word in VERDICTS.items()),
        ),
    ),
    Section(
        "quality",
        "Quality",
        Quality,
        (
            Figure("alarmed", "Works with an alarm", "share"),
            Figure("alarms", "Alarms waiting"),
            Figure("notes", "Worth a look"),
            Figure("fine", "Called fine by curators"),
            Figure("mended", "Hidden, cropped or replaced"),
            Figure("unmeasured", "Pictures not measured yet"),
        ),
    ),
    Section(
        "labels",
        "Label noise",
        LabelNoise,
        (
            Figure("noise.artist", "Artists that are wrong, by estimate", "share"),
            Figure("noise.movement", "Movements that are wrong, by estimate", "share"),
            Figure("judged", "Labels judged"),
            Figure("waiting", "Suspicious labels waiting"),
            Figure("decided", "Labels decided"),
            Figure("wrong", "Of these wrong"),
        ),
    ),
    Section(
        "hubs",
        "Hubs, and works that never come",
        Nearness,
        (
            Figure("coverage", "Coverage", "share"),
            Figure("gini", "Gini of how often works come", "number"),
            Figure("skewness", "Skewness of how often works come", "number"),
            Figure("never", "Works that never come"),
            Figure("hubs", "Hubs"),
            Figure("most", "Times the greatest hub comes"),
        ),
    ),
)
