"""Google's image search: cookies first, links that appear under the pointer, more by scrolling, a panel on a click."""

import json
from typing import Any
from urllib.parse import quote

from websites import Answer, Asked, Websites

from fakeweb import Work, drawn, nowhere, said

SITE, CONSENT, THUMBS, IMAGES = "www.google.com", "consent.google.com", "encrypted-tbn0.gstatic.com", "art.example"
HOSTS = (SITE, CONSENT, THUMBS, IMAGES)
SEARCH = f"https://{SITE}/search"
COUNT, AT_ONCE = 20, 8
GIF = "data:image/gif;base64,R0lGODlhAQABAIAAAP///////yH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
EXPECTED = {Work(f"Monet {at}", None, "not-stated") for at in range(COUNT)}


def build(sites: Websites) -> None:
    sites.add(SEARCH, lambda asked: consented(asked) or Answer(grid(hovered=True)))
    sites.add(f"https://{SITE}/sorry/index", Answer(SORRY, 429))
    sites.add(f"https://{CONSENT}/ml", lambda asked: Answer(FORM % said(asked, "continue")))
    cookie = "SOCS=CAESHAgBEhI; Domain=.google.com; Path=/; Secure"
    back = {"Location": f"{SEARCH}?q=Claude+Monet+painting&udm=2&hl=en&safe=active", "Set-Cookie": cookie}
    sites.add(f"https://{CONSENT}/save", Answer("", 303, headers=back))
    for at in range(COUNT):
        sites.add(address(at), drawn(1800 + at))


def disallow(sites: Websites) -> None:
    """Let robots.txt say what the real one says of these addresses."""
    nowhere(sites, SITE)


def address(at: int) -> str:
    return f"https://{IMAGES}/pictures/{at}.jpg"


def consented(asked: Asked) -> Answer | None:
    """Send whoever has not said what they think of cookies to where they may."""
    if "SOCS=" in asked.headers.get("cookie", ""):
        return None
    return Answer("", 302, headers={"Location": f"https://{CONSENT}/ml?continue={quote(asked.url)}&hl=en"})


FORM = """<html><body><h1>Before you continue to Google</h1>
<form action="https://consent.google.com/save" method="post"><input type="hidden" name="continue" value="%s">
<button id="W0wltc" aria-label="Reject all">Reject all</button></form>
<form action="https://consent.google.com/save" method="post"><button id="L2AGLb">Accept all</button></form>
</body></html>"""
SORRY = "<html><body>Our systems have detected unusual traffic <form action='/sorry/index'></form></body></html>"
NOTHING = (
    "<html><body><div id='search'>Your search - xyzzy painting - did not match any image results.</div></body></html>"
)
ENABLE_JS = """<html><head><title>Google Search</title></head><body><noscript>
<meta content="0;url=/httpservice/retry/enablejs?sei=x" http-equiv="refresh"></noscript></body></html>"""
CHANGED = "<html><body><main id='search'>" + f"<p><img src='{GIF}' alt='Monet'></p>" * 9 + "</main></body></html>"


def cell(at: int) -> str:
    # Some thumbnails lie in the page, others with the host of thumbnails.
    thumb = GIF if at % 2 else f"https://{THUMBS}/images?q=tbn:{at}"
    link = f'<a role="button"><img src="{thumb}" alt="Monet {at}"></a>'
    return f'<div class="x{at}" data-docid="d{at}"><h3>{link}</h3></div>'


def grid(*, hovered: bool = False, scripted: bool = False, panel: bool = False, count: int = COUNT) -> str:
    """Return a page of results whose addresses come to light under the pointer, in scripts, or by a click."""
    links = [
        f"/imgres?imgurl={quote(address(at), safe='')}&imgrefurl={quote(f'https://{IMAGES}/on/{at}', safe='')}"
        f"&docid=d{at}&tbnid=t{at}&w=640&h=480"
        for at in range(count)
    ]
    facts: list[Any] = [
        [[f"https://{THUMBS}/images?q=tbn:{at}", 168, 300], [address(at), 480, 640]] for at in range(COUNT)
    ]
    escaped = json.dumps(facts).replace("=", "\\u003d").replace("/pictures", "\\x2fpictures")
    first = "".join(map(cell, range(min(count, AT_ONCE))))
    return f"""<html><body><div id="search">{first}</div><div style="height:2000px"></div>
<div id="panel"></div><script>
const links = {json.dumps(links)}, search = document.getElementById("search");
const cells = {json.dumps([cell(at) for at in range(count)])};
const number = event => Number(event.target.alt.split(" ")[1]);
addEventListener("mouseover", event => {{
  if ({json.dumps(hovered)} && event.target.alt) event.target.closest("a").href = links[number(event)];
}});
addEventListener("click", event => {{
  if (!{json.dumps(panel)} || !event.target.alt) return;
  const picture = `<img src="https://{IMAGES}/pictures/${{number(event)}}.jpg" alt="${{event.target.alt}}">`;
  const page = `https://{IMAGES}/on/${{number(event)}}`;
  document.getElementById("panel").innerHTML = `<img src="{GIF}">`;
  setTimeout(() => {{ document.getElementById("panel").innerHTML = `<a href="${{page}}">${{picture}}</a>`; }}, 50);
}});
addEventListener("scroll", () => {{
  const there = search.children.length;
  if (there < cells.length) search.insertAdjacentHTML("beforeend", cells.slice(there, there + {AT_ONCE}).join(""));
}});
</script><script>{"AF_initDataCallback({data:" + escaped + "});" if scripted else ""}</script></body></html>"""
