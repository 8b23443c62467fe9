"""Which works may be handed on."""

import re

_OPEN = re.compile(r"(CC0|PDM|CC-BY|CC-BY-SA)(-\d.*)?", re.ASCII)


def why_not(licence: str) -> str | None:
    """Return why a work under this licence is not packed; None if anybody may hand it on for any purpose.

    Open is what https://opendefinition.org calls so: public domain, attribution, share alike.
    """
    if _OPEN.fullmatch(licence):
        return None
    return "nobody stated a licence" if licence == "unknown" else "the licence is not an open one"
