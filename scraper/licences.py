"""Licences as pages state them: an address, which is turned into the short word that we keep."""

import re

from scraper.model import Licence

_COMMONS = re.compile(r"creativecommons\.org/(licenses|publicdomain)/([a-z+-]+)/(\d\.\d)(?:/([a-z]{2,3})(?:/|$))?")
_RIGHTS = re.compile(r"rightsstatements\.org/(?:vocab|page)/([A-Za-z-]+)/")
_PUBLIC_DOMAIN = {"zero": "CC0-{}", "mark": "PDM-{}"}
_NAMES = {
    "cc0": "CC0-1.0",
    "cc0-1.0": "CC0-1.0",
    "public-domain": "PDM-1.0",
    "public-domain-mark": "PDM-1.0",
    "pdm": "PDM-1.0",
    "pdm-1.0": "PDM-1.0",
    **{f"cc-by{more}-{version}": f"CC-BY{more.upper()}-{version}"
       for more in ("", "-sa", "-nc", "-nd", "-nc-sa", "-nc-nd") for version in ("2.0", "2.5", "3.0", "4.0")},
}  # fmt: skip
_FREE_OF_CREDIT = ("CC0-", "PDM-")


def licence_of(stated: str | None, stated_by: str, *, holder: str | None = None, credit: str | None = None) -> Licence:
    """Return the licence that an address or a short name stands for; `unknown`, address kept, if it is not known."""
    stated = (stated or "").strip()
    link = stated if re.match(r"https?://", stated, re.IGNORECASE) else None
    code = _code(stated)
    attribution = None
    if code.startswith("CC-BY"):
        attribution = True
    elif code.startswith(_FREE_OF_CREDIT):
        attribution = False
    if code == "unknown" and link is None and stated:
        # Words that we do not know are still what the page says of the rights.
        credit = credit or stated
    said = stated_by if stated or holder or credit else None
    return Licence(code, link, holder, credit, attribution, said)


def _code(stated: str) -> str:
    if found := _COMMONS.search(stated.lower()):
        kind, name, version, country = found.groups()
        if kind == "publicdomain":
            return _PUBLIC_DOMAIN[name].format(version) if name in _PUBLIC_DOMAIN else "unknown"
        return "-".join(filter(None, ("CC", name.upper(), version, (country or "").upper())))
    if found := _RIGHTS.search(stated):
        return found[1]
    return _NAMES.get(re.sub(r"[\s_-]+", "-", stated.lower()), "unknown")
