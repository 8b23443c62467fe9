"""The sections of a report in their order; a new one is added here, and a template of its name in templates/report."""

from gallery.report.contents import Contents
from gallery.report.labels import LabelNoise
from gallery.report.model import Section
from gallery.report.nearness import Nearness
from gallery.report.origins import Licences, Origins
from gallery.report.pairs import Pairs
from gallery.report.quality import Quality
from gallery.report.removed import Removed

SECTIONS: tuple[type[Section], ...] = (
    *(Contents, Origins, Licences, Removed),
    *(Pairs, Quality, LabelNoise, Nearness),
)
