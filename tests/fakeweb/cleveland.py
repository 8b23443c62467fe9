"""The Cleveland Museum of Art: pages of a hundred works."""

from websites import Answer, Asked, Websites

from fakeweb import Work, as_json, drawn, said

API, IMAGES = "openaccess-api.clevelandart.org", "openaccess-cdn.clevelandart.org"
HOSTS = (API, IMAGES)
EXPECTED = {
    Work("Low Tide at Pourville", 1882, licence="CC0-1.0"),
    Work("The Red Kerchief", 1868, licence="unknown"),
    Work("Water Lilies (Agapanthus)", 1915, "weak", "CC0-1.0"),
}
WORKS = [
    ("Low Tide at Pourville", "1882", "Claude Monet (French, 1840-1926)", None, "CC0"),
    ("The Red Kerchief", "c. 1868-73", "Claude Monet (French, 1840-1926)", None, "Copyrighted"),
    ("Water Lilies (Agapanthus)", "c. 1915-26", "Claude Monet (French, 1840-1926)", "workshop of", "CC0"),
    ("Monet's Gardener", "1900", "Blanche Hoschedé (French, 1865-1947)", None, "CC0"),
]
FILLERS = 98


def build(sites: Websites) -> None:
    works = [work(at, *each) for at, each in enumerate(WORKS)]
    works[0]["images"]["web"]["url"] = f"https://{IMAGES}/0_web.jpg"
    # Before the last two there are so many without pictures that a second page is needed.
    without = [{"id": 900 + at, "title": "No picture", "images": None} for at in range(FILLERS)]
    sites.add(f"https://{API}/api/artworks/", lambda asked: answer(asked, [*works[:2], *without, *works[2:]]))
    for at in (0, 1, 2):
        sites.add(f"https://{IMAGES}/{at}_print.jpg", drawn(1100 + at))


def answer(asked: Asked, works: list[dict[str, object]]) -> Answer:
    first, most = int(said(asked, "skip") or 0), int(said(asked, "limit") or 1000)
    found = works if said(asked, "artists") == "Claude Monet" and said(asked, "has_image") == "1" else []
    return as_json({"info": {"total": len(found)}, "data": found[first : first + most]})


def work(at: int, title: str, date: str, hand: str, qualifier: str | None, status: str) -> dict[str, object]:
    return {
        "id": 100 + at,
        "accession_number": f"1947.{at}",
        "share_license_status": status,
        "title": title,
        "creation_date": date,
        "creators": [{"id": 1, "description": hand, "qualifier": qualifier, "role": "artist"}],
        "technique": "oil on canvas",
        "type": "Painting",
        "creditline": "Gift of Mrs. Henry White Cannon",
        "copyright": None if status == "CC0" else "© the artist's estate",
        "url": f"https://clevelandart.org/art/1947.{at}",
        "images": {
            "web": {"url": f"https://{IMAGES}/{at}_web.jpg", "width": "893", "height": "658"},
            "print": {"url": f"https://{IMAGES}/{at}_print.jpg", "width": "640", "height": "480"},
        },
    }
