"""A gallery that an admin and a curator look after by its pages."""

from pathlib import Path
from typing import Any

from curators import staffed, token
from flask.testing import FlaskClient
from holdings import ARTIST, Holding, Opened, painting, saved

from gallery.models.artists import artist_by_slug
from indexer.store.model import artwork_id

EVIL = "<script>alert(1)</script>"
NOBODY = "00000000-0000-0000-0000-000000000000"


def looked_after(folder: Path) -> Path:
    """Hang ten works by Ada Ochre and one by Émile Brandt in a new folder, with an admin and a curator."""
    with staffed(folder) as database, Opened(folder, database, works=10) as holding:
        holding.put("theirs.jpg", saved(painting(50)), "Émile Brandt")
        holding.take_in("Émile Brandt")
        holding.index()
    return folder


def post(client: FlaskClient, path: str, **data: Any) -> Any:
    signed = "/account" if client.get("/account").status_code == 200 else "/login"
    return client.post(path, data=data | {"csrf_token": token(client, signed)})


def work(holding: Holding, title: str) -> str:
    return artwork_id(holding.records()[title].picture.sha256)


def artist_id(holding: Holding, slug: str = "ada-ochre") -> int:
    with holding.database.reading() as session:
        found = artist_by_slug(session, slug)
    assert found is not None
    return found.id


def facts(**more: str) -> dict[str, str]:
    empty = dict.fromkeys(
        ("aliases", "born", "died", "nationality", "movements", "fields", "wikidata", "wikipedia_url"), ""
    )
    return empty | {"name": ARTIST, "biography": "", "biography_source": ""} | more


def asked_for(title: str = "Study 7", **more: str) -> dict[str, str]:
    typed = {"name": "An heir", "relation": "estate", "email": "heir@example.org", "reason": f"{title} is ours."}
    return typed | more
