"""WikiArt: an artist, and the list of works page by page until an empty one."""

from websites import Answer, Asked, Websites

from fakeweb import Work, as_json, drawn, said

SITE, IMAGES = "www.wikiart.org", "uploads3.wikiart.org"
HOSTS = (SITE, IMAGES)
EXPECTED = {
    Work("Impression, Sunrise", 1872),
    Work("Poppies", 1873, size=(500, 375)),
    Work("Water Lilies", 1906),
}
WORKS = [("Impression, Sunrise", "1872"), ("Poppies", "1873"), ("Water Lilies", "1906")]


def build(sites: Websites) -> None:
    artist = {
        "artistName": "Claude Monet",
        "OriginalArtistName": "Oscar-Claude Monet",
        "birthDayAsString": "November 14, 1840",
        "deathDayAsString": "December 5, 1926",
        "contentId": 211667,
        "url": "claude-monet",
    }
    sites.add(f"https://{SITE}/en/claude-monet", as_json(artist))
    # Another artist stands where the words of a name lead.
    sites.add(f"https://{SITE}/en/monet", as_json({"artistName": "Monet Lucien", "url": "monet"}))
    sites.add(f"https://{SITE}/en/claude-monet/mode/all-paintings", works)
    for at in (0, 2):
        sites.add(f"https://{IMAGES}/images/claude-monet/{at}.jpg", drawn(1400 + at))
    # Of the second work there is only the reduced copy.
    sites.add(f"https://{IMAGES}/images/claude-monet/1.jpg!Large.jpg", drawn(1401, (500, 375)))


def works(asked: Asked) -> Answer:
    if asked.headers.get("x-requested-with") != "XMLHttpRequest" or said(asked, "json") != "2":
        return Answer("<html>a page for people</html>")
    page = int(said(asked, "page"))
    return as_json({"AllPaintingsCount": 3, "PageSize": 2, "Paintings": list_of(page) or None})


def list_of(page: int) -> list[dict[str, object]]:
    return [
        {
            "id": f"57726d7fedc2cb3880b4{at:04}",
            "title": title,
            "year": year,
            "width": 640,
            "height": 480,
            "artistName": "Claude Monet",
            "artistUrl": "/en/claude-monet",
            "image": f"https://{IMAGES}/images/claude-monet/{at}.jpg!Large.jpg",
            "paintingUrl": f"/en/claude-monet/{title.lower().replace(' ', '-')}",
            "flags": 2,
            "map": "0123**67*",
        }
        for at, (title, year) in enumerate(WORKS)
        if (page - 1) * 2 <= at < page * 2
    ]
