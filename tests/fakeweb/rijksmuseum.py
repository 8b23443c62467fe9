"""The Rijksmuseum: a search in pages behind tokens, and four answers for each work."""

from typing import Any

from websites import Answer, Asked, Websites

from fakeweb import Work, as_json, drawn, said

DATA, IDS, IMAGES = "data.rijksmuseum.nl", "id.rijksmuseum.nl", "iiif.micr.io"
HOSTS = (DATA, IDS, IMAGES)
AAT = "http://vocab.getty.edu/aat/"
PUBLIC_DOMAIN = "https://creativecommons.org/publicdomain/mark/1.0/"
EXPECTED = {
    Work("La Corniche near Monaco", 1884, licence="PDM-1.0"),
    Work("Landscape near Argenteuil", 1873, "exact", "CC0-1.0"),
}


def build(sites: Websites) -> None:
    sites.add(f"https://{DATA}/search/collection", search)
    whole(sites, 1, "La Corniche near Monaco", "1884", PUBLIC_DOMAIN)
    whole(sites, 2, "Landscape near Argenteuil", "c. 1873", "https://creativecommons.org/publicdomain/zero/1.0/")
    # As the Night Watch did, an object may lead to no picture.
    whole(sites, 3, "Without Pointer", "1880", PUBLIC_DOMAIN)
    sites.add(f"https://{IDS}/20003", linked({"type": "VisualItem"}))
    # One shows a picture on a host that is nobody's business, and one is not there.
    whole(sites, 4, "Elsewhere", "1880", PUBLIC_DOMAIN, picture="https://elsewhere.example/4.jpg")


def search(asked: Asked) -> Answer:
    if said(asked, "creator") != "Claude Monet" or said(asked, "imageAvailable") != "true":
        return as_json({"orderedItems": [], "partOf": {"totalItems": 0}})
    pages = {"": ([1, 3], "to:ken+1/=="), "to:ken+1/==": ([2, 4], "last"), "last": ([5], None)}
    numbers, token = pages[said(asked, "pageToken")]
    said_next: dict[str, Any] = {}
    if token:
        quoted = token.replace("+", "%2B").replace("=", "%3D").replace("/", "%2F")
        at = f"https://{DATA}/search/collection?creator=Claude+Monet&imageAvailable=true&pageToken={quoted}"
        said_next = {"next": {"id": at, "type": "OrderedCollectionPage"}}
    items = [{"id": f"https://{IDS}/1000{number}", "type": "HumanMadeObject"} for number in numbers]
    return as_json({"type": "OrderedCollectionPage", "orderedItems": items, **said_next})


def first_page() -> Answer:
    """Return one object, whoever is asked for."""
    return as_json({"orderedItems": [{"id": f"https://{IDS}/10001", "type": "HumanMadeObject"}]})


def whole(sites: Websites, number: int, title: str, date: str, rights: str, picture: str = "") -> None:
    """Put an object, what it shows, and its picture on their addresses."""
    picture = picture or f"https://{IMAGES}/Pic{number}/full/max/0/default.jpg"
    sites.add(f"https://{IDS}/1000{number}", linked(museum_object(number, title, date, rights)))
    shown = {
        "type": "VisualItem",
        "digitally_shown_by": [{"id": f"https://{IDS}/3000{number}", "type": "DigitalObject"}],
    }
    sites.add(f"https://{IDS}/2000{number}", linked(shown))
    digital = {"type": "DigitalObject", "access_point": [{"id": picture, "type": "DigitalObject"}]}
    sites.add(f"https://{IDS}/3000{number}", linked(digital))
    if IMAGES in picture:
        sites.add(picture, drawn(1500 + number))


def linked(value: dict[str, Any]) -> Any:
    """Answer with Linked Art to whoever asks for it, and with a page to all others."""

    def say(asked: Asked) -> Answer:
        if asked.headers.get("accept") != "application/ld+json":
            return Answer("<html>a page for people</html>")
        return as_json(value)

    return say


def museum_object(number: int, title: str, date: str, rights: str) -> dict[str, Any]:
    english, dutch = [{"id": AAT + "300388277"}], [{"id": AAT + "300388256"}]
    return {
        "type": "HumanMadeObject",
        "identified_by": [
            {"type": "Name", "content": "De titel", "language": dutch, "classified_as": [{"id": AAT + "300404670"}]},
            {"type": "Name", "content": title, "language": english, "classified_as": [{"id": AAT + "300404670"}]},
            {"type": "Identifier", "content": f"SK-A-{number}", "classified_as": [{"id": AAT + "300312355"}]},
        ],
        "produced_by": {
            "type": "Production",
            "timespan": {"identified_by": [{"type": "Name", "content": date}]},
            "part": [
                {
                    "carried_out_by": [
                        {
                            "id": "https://id.rijksmuseum.nl/210171",
                            "notation": [
                                {"@language": "nl", "@value": "Monet, Claude"},
                                {"@language": "en", "@value": "Claude Monet"},
                            ],
                        }
                    ]
                }
            ],
        },
        "referred_to_by": [
            {"content": "oil on canvas", "language": english, "classified_as": [{"id": AAT + "300435429"}]},
            {"content": "Purchased with support", "classified_as": [{"id": AAT + "300026687"}]},
        ],
        "subject_of": [
            {"digitally_carried_by": [{"subject_to": [{"type": "Right", "classified_as": [{"id": rights}]}]}]}
        ],
        "shows": [{"id": f"https://{IDS}/2000{number}", "type": "VisualItem"}],
    }
