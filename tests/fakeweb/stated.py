"""All that the stand-ins state of one work each, word for word: every field of its candidate that is not empty."""

from typing import Any

CC0 = {"code": "CC0-1.0", "url": "https://creativecommons.org/publicdomain/zero/1.0/", "attribution_required": False}
MARK = {"code": "PDM-1.0", "url": "https://creativecommons.org/publicdomain/mark/1.0/", "attribution_required": False}
SIZE = {"width": 640, "height": 480}
MONET = {"artist_text": "Claude Monet"}

STATED: dict[str, dict[str, Any]] = {
    "artic": MONET
    | {
        "source_id": "64802",
        "page_url": "https://www.artic.edu/artworks/64802",
        "title": "Cliff Walk at Pourville",
        "year_text": "1882",
        "movement": "Impressionism",
        "medium": "Oil on canvas",
        "institution": "The Art Institute of Chicago",
        "tags": ("oil on canvas",),
        "width": 4000,
        "height": 3000,
        "licence": CC0 | {"credit": "Arthur M. Wood, Sr. Collection", "stated_by": "artic"},
    },
    "bing": SIZE
    | {
        "source_id": f"{1:040X}",
        "page_url": "https://blog.example/posts/1",
        "title": "Étretat – 日没",
        "licence": {"code": "unknown"},
    },
    "cleveland": MONET
    | SIZE
    | {
        "source_id": "100",
        "page_url": "https://clevelandart.org/art/1947.0",
        "title": "Low Tide at Pourville",
        "year_text": "1882",
        "medium": "oil on canvas",
        "institution": "The Cleveland Museum of Art",
        "tags": ("Painting",),
        "licence": CC0 | {"credit": "Gift of Mrs. Henry White Cannon", "stated_by": "cleveland"},
    },
    "commons": MONET
    | {
        "source_id": "File:Bathers.jpg",
        "page_url": "https://commons.wikimedia.org/wiki/File:Bathers.jpg",
        "title": "Bathers at La Grenouillère",
        "year_text": "1869",
        "width": 1280,
        "height": 960,
        "licence": MARK | {"holder": "Claude Monet", "credit": "National Gallery", "stated_by": "commons"},
    },
    "google": SIZE
    | {
        "source_id": "t3",
        "page_url": "https://art.example/on/3",
        "title": "Monet 3",
        "licence": {"code": "unknown"},
    },
    "met": MONET
    | {
        "source_id": "437133",
        "page_url": "https://www.metmuseum.org/art/collection/search/437133",
        "title": "Garden at Sainte-Adresse",
        "year_text": "1867",
        "medium": "Oil on canvas",
        "institution": "The Metropolitan Museum of Art",
        "tags": ("Bridges",),
        "licence": CC0 | {"credit": "H. O. Havemeyer Collection", "stated_by": "met"},
    },
    "openverse": SIZE
    | {
        "source_id": "4bc43a04-ef46-4544-a0c1-63c63f56e001",
        "page_url": "https://www.flickr.com/photos/somebody/1",
        "title": "Haystack 1",
        "institution": "flickr",
        "tags": ("monet", "painting"),
        "licence": CC0
        | {
            "holder": "somebody with a camera",
            "credit": '"Haystack 1" by somebody with a camera is licensed under cc0 1.0.',
            "stated_by": "openverse",
        },
    },
    "rijksmuseum": MONET
    | {
        "source_id": "SK-A-1",
        "page_url": "https://id.rijksmuseum.nl/10001",
        "title": "La Corniche near Monaco",
        "year_text": "1884",
        "medium": "oil on canvas",
        "institution": "Rijksmuseum",
        "licence": MARK | {"credit": "Purchased with support", "stated_by": "rijksmuseum"},
    },
    "wikiart": MONET
    | SIZE
    | {
        "source_id": "57726d7fedc2cb3880b40001",
        "page_url": "https://www.wikiart.org/en/claude-monet/poppies",
        "title": "Poppies",
        "year_text": "1873",
        "licence": {"code": "unknown"},
    },
}
