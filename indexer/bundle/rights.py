"""Which works may be handed on."""

import re
from collections.abc import Collection

from scraper.model import ArtworkRecord

_OPEN = re.compile(r"(CC0|PDM|CC-BY|CC-BY-SA)(-\d.*)?", re.ASCII)


OPTED_OUT = "a page it was found on asks that it is not collected"
"""Passed over where the settings say so, which is between the collector and that page: not for others."""


def why_not(licence: str, record: ArtworkRecord | None = None, wanted: Collection[str] = ()) -> str | None:
    """Return why a work under this licence is not packed; None if anybody may hand it on for any purpose.

    Open is what https://opendefinition.org calls so: public domain, attribution, share alike. Of a work with a record,
    no place where it was seen may have asked not to have it collected. `wanted` leaves out other open licences.
    """
    if _OPEN.fullmatch(licence):
        if record is not None and any(sighting.opt_outs for sighting in record.sightings):
            return OPTED_OUT
        return "its licence is not among those asked for" if wanted and licence not in wanted else None
    return "nobody stated a licence" if licence == "unknown" else "the licence is not an open one"


def owes_credit(licence: str) -> bool:
    """Tell whether an open licence asks that whoever hands a work on says whose it is."""
    return licence.startswith("CC-BY")
