"""The Metropolitan Museum: a loose search, and an object at a time."""

from websites import Answer, Asked, Websites

from fakeweb import Work, as_json, drawn, said

API, IMAGES = "collectionapi.metmuseum.org", "images.metmuseum.org"
HOSTS = (API, IMAGES)
ROOT = f"https://{API}/public/collection/v1"
EXPECTED = {
    Work("Bridge over a Pond of Water Lilies", 1899, licence="CC0-1.0"),
    Work("Garden at Sainte-Adresse", 1867, licence="CC0-1.0"),
    Work("Woman in a Garden", 1868, "weak", "CC0-1.0"),
}
# number, title, date, artist, in the public domain, has a picture
OBJECTS = [
    (437127, "Bridge over a Pond of Water Lilies", "1899", "Claude Monet", True, True),
    (436951, "Boating", "1874", "Edouard Manet", True, True),
    (437133, "Garden at Sainte-Adresse", "1867", "Claude Monet", True, True),
    (490001, "Not Free Yet", "1899", "Claude Monet", False, True),
    (490002, "Without a Picture", "1890", "Claude Monet", True, False),
    (490003, "Monet at his Easel", "1875", "Auguste Renoir", True, True),
    (490005, "Woman in a Garden", "ca. 1868", "After Claude Monet", True, True),
]


def build(sites: Websites) -> None:
    numbers = [number for number, *_ in OBJECTS]
    # One object is gone since the search was made.
    sites.add(f"{ROOT}/search", lambda asked: search(asked, [*numbers[:3], 490004, *numbers[3:]]))
    for at, (number, title, date, artist, free, shown) in enumerate(OBJECTS):
        address = f"https://{IMAGES}/CRDImages/ep/original/{number}.jpg" if shown else ""
        sites.add(f"{ROOT}/objects/{number}", as_json(museum_object(number, title, date, artist, free, address)))
        if shown and free:
            sites.add(address, drawn(1000 + at))


def search(asked: Asked, numbers: list[int]) -> Answer:
    if said(asked, "hasImages") != "true" or said(asked, "artistOrCulture") != "true":
        return as_json({"message": "Not Found"}, 404)
    found = numbers if "Monet" in said(asked, "q") or "Gogh" in said(asked, "q") else None
    return as_json({"total": len(found or []), "objectIDs": found})


def museum_object(number: int, title: str, date: str, artist: str, free: bool, address: str) -> dict[str, object]:
    return {
        "objectID": number,
        "isPublicDomain": free,
        "primaryImage": address if free else "",
        "primaryImageSmall": address.replace("original", "web-large") if free else "",
        "department": "European Paintings",
        "classification": "Paintings",
        "accessionNumber": f"{number}.1",
        "title": title,
        "artistDisplayName": artist,
        "objectDate": date,
        "medium": "Oil on canvas",
        "creditLine": "H. O. Havemeyer Collection",
        "objectURL": f"https://www.metmuseum.org/art/collection/search/{number}",
        "tags": [{"term": "Bridges", "AAT_URL": "http://vocab.getty.edu/page/aat/300007836"}],
    }
