"""Wikimedia Commons: categories in categories, a search to be gone on with, descriptions in HTML, and few widths."""

import json
from typing import Any

from websites import Answer, Asked, Websites

from fakeweb import Work, as_json, drawn, said

SITE, IMAGES = "commons.wikimedia.org", "upload.wikimedia.org"
HOSTS = (SITE, IMAGES)
API = f"https://{SITE}/w/api.php"
HONEST = "semantic-gallery/"
EXPECTED = {
    Work("Bathers at La Grenouillère", 1869, licence="PDM-1.0", size=(1280, 960)),
    Work("Le bassin d'Argenteuil", 1872, licence="CC-BY-SA-4.0", size=(1280, 960)),
    Work("Monet garden sign", None, "not-stated", "CC0-1.0", size=(1280, 960)),
    Work("The Thumb is Refused", 1880, licence="PDM-1.0", size=(800, 600)),
    Work("The Magpie", 1868, licence="PDM-1.0", size=(1280, 960)),
    Work("A Cart on the Snowy Road", 1865, licence="PDM-1.0", size=(1280, 960)),
}


def facts(**values: str) -> dict[str, dict[str, str]]:
    return {name: {"value": value, "source": "commons-desc-page"} for name, value in values.items()}


MARK = "https://creativecommons.org/publicdomain/mark/1.0/"
CREATOR = '<a href="//commons.wikimedia.org/wiki/Creator:Claude_Monet" title="Creator:Claude Monet">Claude Monet</a>'
# name of the file, its kind, and what its page says
FILES: list[tuple[str, str, dict[str, Any]]] = [
    (
        "Bathers.jpg",
        "image/jpeg",
        facts(
            Artist=f'<div class="fn value">{CREATOR}</div>',
            ObjectName="<i>Bathers at La Grenouillère</i>",
            DateTimeOriginal='<time class="dtstart" datetime="1869">1869</time>',
            LicenseShortName="Public domain",
            LicenseUrl=MARK,
            Credit="<span>National Gallery</span>",
            AttributionRequired="false",
        ),
    ),
    ("Manet.jpg", "image/jpeg", facts(Artist="Édouard Manet", ObjectName="Monet in his Studio Boat", LicenseUrl=MARK)),
    ("Drawing.svg", "image/svg+xml", facts(Artist="Claude Monet")),
    (
        "Argenteuil.tif",
        "image/tiff",
        facts(
            Artist="English: Monet, Claude (1840-1926)",
            ObjectName="Le bassin d&#39;Argenteuil",
            DateTimeOriginal="circa 1872",
            LicenseUrl="https://creativecommons.org/licenses/by-sa/4.0",
            Attribution="Photo: Somebody",
            AttributionRequired="true",
        ),
    ),
    ("Film.webm", "video/webm", facts(Artist="Claude Monet")),
    (
        "Monet_garden_sign.jpg",
        "image/jpeg",
        facts(Artist="Unknown photographer", LicenseShortName="CC0", DateTimeOriginal="n.d."),
    ),
    (
        "Refused.jpg",
        "image/jpeg",
        facts(Artist="Claude Monet", ObjectName="The Thumb is Refused", DateTimeOriginal="1880", Copyrighted="False"),
    ),
]
PAGE = 4
# What the search does not find, because its page says little; people have put it where it belongs.
FILED: list[tuple[str, str, dict[str, Any]]] = [
    (
        "La_pie.jpg",
        "image/jpeg",
        facts(Artist="Claude Monet", ObjectName="The Magpie", DateTimeOriginal="1868", LicenseUrl=MARK),
    ),
    (
        "Cart.jpg",
        "image/jpeg",
        facts(Artist="Claude Monet", ObjectName="A Cart on the Snowy Road", DateTimeOriginal="1865", LicenseUrl=MARK),
    ),
]
PAINTINGS, SNOW, MUSEUMS = (f"Category:{name}" for name in ("Paintings by Claude Monet", "Monet in snow", "Museums"))


def build(sites: Websites) -> None:
    sites.add(API, answer)
    for at, (name, *_) in enumerate(FILES):
        sites.add(thumb(name), honest(drawn(1600 + at, (1280, 960))))
    for at, (name, *_) in enumerate(FILED):
        sites.add(thumb(name), honest(drawn(1660 + at, (1280, 960))))
    # Widths that are not kept ready are answered so, and without a time to come back.
    refused = Answer("Use thumbnail steps listed on https://w.wiki/GHai", 429)
    sites.add(thumb("Refused.jpg"), refused)
    sites.add(f"https://{IMAGES}/wikipedia/commons/Refused.jpg", honest(drawn(1650, (800, 600))))


def thumb(name: str) -> str:
    return f"https://{IMAGES}/wikipedia/commons/thumb/{name}/1280px-{name}"


def honest(picture: Answer) -> Any:
    """Refuse whoever does not say who they are."""
    return lambda asked: picture if asked.headers.get("user-agent", "").startswith(HONEST) else Answer("", 403)


def lagging(times: int) -> Any:
    """Return the API with databases that lag behind for some requests."""
    left = times

    def say(asked: Asked) -> Answer:
        nonlocal left
        if left == 0:
            return answer(asked)
        left -= 1
        problem = {"error": {"code": "maxlag", "info": "Waiting for 10.64.16.7: 6.3 seconds lagged.", "lag": 6.3}}
        return as_json(problem, **{"MediaWiki-API-Error": "maxlag", "Retry-After": "1", "X-Database-Lag": "6"})

    return say


def answer(asked: Asked) -> Answer:
    if not asked.headers.get("user-agent", "").startswith(HONEST):
        return Answer("Please set a user-agent", 403)
    if said(asked, "generator") == "categorymembers":
        return category(said(asked, "gcmtitle"), said(asked, "gcmcontinue"))
    if "Claude Monet" not in said(asked, "gsrsearch"):
        return as_json({"batchcomplete": True})
    first = int(said(asked, "gsroffset") or 0)
    pages = [page(at, *FILES[at]) for at in range(first, min(first + PAGE, len(FILES)))]
    if first == 0:
        missing = {"ns": 6, "title": "File:Gone.jpg", "index": 99, "imageinfo": [{"filemissing": True}]}
        pages.append(missing)
    more = {"continue": {"gsroffset": first + PAGE, "continue": "gsroffset||"}} if first + PAGE < len(FILES) else {}
    # The order of the pages is that of their numbers; the search's own is in their index.
    return Answer(json.dumps({"batchcomplete": True, **more, "query": {"pages": pages[::-1]}}), type="application/json")


def category(title: str, going_on: str) -> Answer:
    """Answer with files and categories: one leads back to where it came from, one has nothing to do with it."""
    if title == PAINTINGS and not going_on:
        pages = [{"ns": 14, "title": each} for each in (SNOW, MUSEUMS)]
        return as_json({"continue": {"gcmcontinue": "file|2", "continue": "gcmcontinue||"}, "query": {"pages": pages}})
    files = {PAINTINGS: [FILES[0], FILED[0]], SNOW: [FILED[1]], MUSEUMS: [FILES[1]]}.get(title)
    if files is None:
        return as_json({"batchcomplete": True})
    pages = [without_index(page(at, *each)) for at, each in enumerate(files)]
    above = [{"ns": 14, "title": PAINTINGS}] if title == SNOW else []
    return as_json({"batchcomplete": True, "query": {"pages": pages + above}})


def without_index(page: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in page.items() if name != "index"}


def page(at: int, name: str, mime: str, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "pageid": 1000 - at,
        "ns": 6,
        "title": f"File:{name.replace('_', ' ')}",
        "index": at + 1,
        "imageinfo": [
            {
                "mime": mime,
                "width": 4000,
                "height": 3000,
                "url": f"https://{IMAGES}/wikipedia/commons/{name}",
                "thumburl": thumb(name),
                "thumbwidth": 1280,
                "thumbheight": 960,
                "descriptionurl": f"https://{SITE}/wiki/File:{name}",
                "extmetadata": said,
            }
        ],
    }
