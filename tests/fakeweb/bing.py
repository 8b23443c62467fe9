"""Bing's image search: fragments of 35, the last of which comes again whatever is asked for beyond it."""

import html
import json
from typing import Any

from websites import Answer, Asked, Websites

from fakeweb import Work, drawn, nowhere, said

SITE, IMAGES = "www.bing.com", "pictures.example"
HOSTS = (SITE, IMAGES)
FRAGMENTS = f"https://{SITE}/images/async"
COUNT = 40
TITLES = {0: 'Monet\'s "Poppies" & more', 1: "Étretat – 日没", 2: "A WebP without suffix"}
GONE = (5, 6)
EXPECTED = {Work(TITLES.get(at, f"Picture {at}"), None, "not-stated") for at in range(COUNT) if at not in GONE}


def build(sites: Websites) -> None:
    sites.add(FRAGMENTS, fragment)
    for at in range(COUNT):
        sites.add(
            address(at).partition("?")[0], drawn(1700 + at, format="WEBP" if at == 2 else "PNG" if at == 3 else "JPEG")
        )
    # A good part of the web refuses to show what it has.
    sites.add(address(GONE[0]), Answer("Forbidden", 403))
    sites.add(address(GONE[1]), Answer("Not found", 404))


def disallow(sites: Websites) -> None:
    """Let robots.txt say what the real one is taken to say."""
    nowhere(sites, SITE)


def address(at: int) -> str:
    return f"https://{IMAGES}/w/{at}" + {2: "?id=2&x=1", 3: ".png"}.get(at, ".jpg")


def fragment(asked: Asked) -> Answer:
    first, count = int(said(asked, "first")), int(said(asked, "count"))
    if "Monet" not in said(asked, "q"):
        return Answer(NOTHING)
    start = min(first - 1, COUNT - COUNT % count)
    return Answer(results(range(start, min(start + count, COUNT))))


def empty_once(asked_before: list[Asked]) -> Any:
    """Return what answers with an empty first fragment once, as happens to one search in ten."""

    def say(asked: Asked) -> Answer:
        asked_before.append(asked)
        return Answer("") if len(asked_before) == 1 else fragment(asked)

    return say


def results(numbers: range) -> str:
    return f'<div class="dgControl"><ul class="dgControl_list">{"".join(map(item, numbers))}</ul></div>'


def item(at: int) -> str:
    stated = {
        "murl": address(at),
        "turl": f"https://tse1.mm.bing.net/th?id=OIP.{at}",
        "purl": f"https://blog.example/posts/{at}",
        "t": TITLES.get(at, f"Picture {at}"),
        "desc": "",
        "md5": f"{at:032x}",
        "mid": f"{at:040X}",
    }
    return (
        f'<li><div class="imgpt"><a class="iusc" m="{html.escape(json.dumps(stated, ensure_ascii=False))}" '
        f'href="/images/search?view=detailV2&amp;exph=480&amp;expw=640"></a>'
        '<div class="img_info"><span>640 x 480 &#183; jpeg</span></div></div></li>'
    )


CAPTCHA = '<html><body><div id="b_captcha">Please solve the challenge below to continue</div></body></html>'
NOTHING = '<html><body><div id="b_content"><p class="mmnores">There are no results for this.</p></div></body></html>'
CHANGED = "<html><body><main><section><img src=/a.jpg></section></main></body></html>"
