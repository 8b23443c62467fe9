"""How facts about a work are worded: licences by name, links only where they are safe, numbers readable."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask

from indexer.store.model import Artwork
from scraper.facts import web_link

_CREATIVE_COMMONS = "https://creativecommons.org/"
_PARTS = {"BY": "Attribution", "NC": "NonCommercial", "ND": "NoDerivatives", "SA": "ShareAlike"}


@dataclass(frozen=True, slots=True)
class Rights:
    """What may be said of a work's licence; `known` is false where nobody stated one."""

    label: str
    url: str | None
    known: bool


def rights(work: Artwork) -> Rights:
    """Return the licence of a work by its name, with the licence's own page where there is one."""
    label, own = licence_name(work.licence), _licence_page(work.licence)
    return Rights(label, web_link(work.licence_url) or own, work.licence != "unknown")


def licence_name(code: str) -> str:
    """Return a licence's name as people say it; a code we do not know is shown as it is."""
    words = code.upper().split("-")
    if code == "unknown":
        return "Rights unknown"
    if words[0] == "CC0":
        return "Public domain (CC0)"
    if words[0] in ("PD", "PDM") or code.lower() in ("public-domain", "public domain"):
        return "Public domain"
    if words[0] == "CC" and len(words) > 2 and set(words[1:-1]) <= set(_PARTS):
        return "CC " + "-".join(words[1:-1]) + " " + words[-1]
    return code


def _licence_page(code: str) -> str | None:
    words = code.upper().split("-")
    if words[0] == "CC0":
        return _CREATIVE_COMMONS + "publicdomain/zero/1.0/"
    if words[0] == "CC" and len(words) > 2 and set(words[1:-1]) <= set(_PARTS) and web_link("https://" + words[-1]):
        return _CREATIVE_COMMONS + "licenses/" + "-".join(words[1:-1]).lower() + "/" + words[-1].lower() + "/"
    return None


def host(url: str) -> str:
    """Return the site's name that a link leads to."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def sentence(error: Exception) -> str:
    """Return what an error says, beginning as a sentence does."""
    return str(error)[:1].upper() + str(error)[1:]


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun, e.g. "1 work" or "2,400 works"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """Return a share in whole percent, e.g. "62 %"; a little is not called nothing."""
    return f"{100 * share:.0f} %" if share >= 0.01 else "under 1 %"


def century(year: int) -> str:
    """Return the hundred years that a year is of, e.g. "19th century" for 1800 to 1899."""
    number = year // 100 + 1 if year >= 0 else -year // 100 + 1
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending} century{'' if year >= 0 else ' BC'}"


def init_app(app: Flask) -> None:
    """Give these to the templates."""
    app.add_template_global(rights)
    app.add_template_filter(licence_name)
    app.add_template_filter(web_link, "external")
    app.add_template_filter(host)
    app.add_template_filter(counted)
    app.add_template_filter(percent)
