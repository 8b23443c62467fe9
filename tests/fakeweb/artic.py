"""The Art Institute of Chicago: an API that wants to know who asks, and a picture host that now and then does not."""

from websites import Answer, Asked, Websites

from fakeweb import CLOUDFLARE, Work, as_json, drawn, said

API, SITE = "api.artic.edu", "www.artic.edu"
HOSTS = (API, SITE)
EXPECTED = {
    Work("Stacks of Wheat (End of Summer)", 1890, licence="CC0-1.0"),
    Work("Cliff Walk at Pourville", 1882, licence="CC0-1.0", size=(843, 632)),
}
# title, date, artist, free, picture
WORKS = [
    ("Stacks of Wheat (End of Summer)", "1890/91", "Claude Monet", True, "a0000000-0000-0000-0000-000000000001"),
    ("Portrait of Monet", "1886", "Theodore Robinson", True, "a0000000-0000-0000-0000-000000000002"),
    ("Cliff Walk at Pourville", "1882", "Claude Monet", True, "a0000000-0000-0000-0000-000000000003"),
    ("Not Free", "1890", "Claude Monet", False, "a0000000-0000-0000-0000-000000000004"),
    ("No Picture", "1890", "Claude Monet", True, None),
    ("A Way Out", "1890", "Claude Monet", True, "../../etc/passwd"),
]


def build(sites: Websites) -> None:
    sites.add(f"https://{API}/api/v1/artworks/search", answer)
    sites.add(f"https://{SITE}/iiif/2/{WORKS[0][4]}/full/1686,/0/default.jpg", drawn(1200))
    # The large one is not to be had, as it happens.
    sites.add(f"https://{SITE}/iiif/2/{WORKS[2][4]}/full/843,/0/default.jpg", drawn(1202, (843, 632)))


def close(sites: Websites) -> None:
    """Let the host of the pictures ask everybody for a human."""
    for *_, image in WORKS:
        for width in (1686, 843):
            sites.add(f"https://{SITE}/iiif/2/{image}/full/{width},/0/default.jpg", CLOUDFLARE)


def answer(asked: Asked) -> Answer:
    if "gallery" not in asked.headers.get("aic-user-agent", ""):
        return Answer("who are you?", 403)
    page, pages = int(said(asked, "page")), 2
    found = WORKS if said(asked, "q") == "Claude Monet" else []
    part = found[(page - 1) * 3 : page * 3]
    return as_json(
        {
            "pagination": {"total_pages": pages if found else 1},
            "data": [work(found.index(each), *each) for each in part],
        }
    )


def work(at: int, title: str, date: str, artist: str, free: bool, image: str | None) -> dict[str, object]:
    return {
        "id": 64800 + at,
        "title": title,
        "artist_title": artist,
        "date_display": date,
        "medium_display": "Oil on canvas",
        "image_id": image,
        "is_public_domain": free,
        "credit_line": "Arthur M. Wood, Sr. Collection",
        "style_title": "Impressionism",
        "classification_title": "oil on canvas",
        "thumbnail": {"width": 4000, "height": 3000, "lqip": "data:image/gif;base64,R0lGOD"},
        "copyright_notice": None,
    }
