"""Which works may be handed on."""

import re

from scraper.model import ArtworkRecord

_OPEN = re.compile(r"(CC0|PDM|CC-BY|CC-BY-SA)(-\d.*)?", re.ASCII)


OPTED_OUT = "a page it was found on asks that it is not collected"
"""Passed over where the settings say so, which is between the collector and that page: not for others."""


def why_not(licence: str, record: ArtworkRecord | None = None) -> str | None:
    """Return why a work under this licence is not packed; None if anybody may hand it on for any purpose.

    Open is what https://opendefinition.org calls so: public domain, attribution, share alike. Of a work with a record,
    no place where it was seen may have asked not to have it collected.
    """
    if _OPEN.fullmatch(licence):
        opted_out = record is not None and any(sighting.opt_outs for sighting in record.sightings)
        return OPTED_OUT if opted_out else None
    return "nobody stated a licence" if licence == "unknown" else "the licence is not an open one"
