"""What Wikidata knows of an artist, offered in a preview for what nobody typed; nothing waits long for it."""

import re
from collections.abc import Mapping
from typing import Any

from scraper.facts import plain, web_link
from scraper.web import Web

API = "https://www.wikidata.org/w/api.php"
SECONDS = 12.0
_HUMAN = "Q5"
_SEARCHED = 5
_MOST = 6


async def facts(web: Web, name: str, known: str | None) -> dict[str, Any]:
    """Return facts about an artist by their Wikidata id, or by name where one person of that name is an artist.

    Nothing is returned when it is not sure who is meant. Raises `ScraperError`.
    """
    ids = [known] if known else await _search(web, name)
    entities = await _entities(web, ids, "labels|descriptions|aliases|claims|sitelinks/urls")
    people = [entity for entity in entities.values() if known or _is_artist(entity)]
    if len(people) != 1:
        return {}
    return await _told(web, people[0])


async def _search(web: Web, name: str) -> list[str]:
    said = await _ask(web, action="wbsearchentities", search=name, language="en", limit=str(_SEARCHED), type="item")
    found = [str(each.get("id", "")) for each in said.get("search", []) if isinstance(each, Mapping)]
    return [each for each in found if re.fullmatch(r"Q\d{1,12}", each)]


async def _entities(web: Web, ids: list[str], props: str) -> dict[str, Any]:
    if not ids:
        return {}
    said = await _ask(
        web, action="wbgetentities", ids="|".join(ids[:50]), props=props, languages="en", sitefilter="enwiki"
    )
    found = said.get("entities", {})
    return {key: value for key, value in found.items() if isinstance(value, dict) and "missing" not in value}


async def _ask(web: Web, **params: str) -> dict[str, Any]:
    said = await web.get_json(API, params={**params, "format": "json", "formatversion": "2"}, robots="api")
    return said if isinstance(said, dict) else {}


async def _told(web: Web, entity: dict[str, Any]) -> dict[str, Any]:
    linked = {"nationality": "P27", "movements": "P135", "fields": "P101"}
    ids = {name: _ids(entity, prop)[:_MOST] for name, prop in linked.items()}
    labels = await _entities(web, sorted({each for some in ids.values() for each in some}), "labels")
    words = {
        name: [word for each in some if (word := _text(labels.get(each, {}), "labels"))] for name, some in ids.items()
    }
    said = {
        "wikidata": str(entity.get("id", "")),
        "label": _text(entity, "labels"),
        "description": _text(entity, "descriptions"),
        "aliases": [text for each in _aliases(entity) if (text := plain(each, 120))][:_MOST],
        "born": _year(entity, "P569"),
        "died": _year(entity, "P570"),
        "nationality": ", ".join(filter(None, words["nationality"][:2]))[:120] or None,
        "movements": [word[:120] for word in words["movements"] if word],
        "fields": [word[:120] for word in words["fields"] if word],
        "wikipedia_url": web_link(entity.get("sitelinks", {}).get("enwiki", {}).get("url")),
    }
    return {name: value for name, value in said.items() if value}


def _is_artist(entity: Mapping[str, Any]) -> bool:
    if _HUMAN not in _ids(entity, "P31"):
        return False
    # Occupations are many; that somebody has works in collections or a movement says as much.
    said = (_text(entity, "descriptions") or "").casefold()
    return bool(_ids(entity, "P135")) or any(
        word in said for word in ("artist", "paint", "sculpt", "engrav", "photogr")
    )


def _claims(entity: Mapping[str, Any], prop: str) -> list[Any]:
    claims = entity.get("claims", {}).get(prop, [])
    values = [
        claim.get("mainsnak", {}).get("datavalue", {}).get("value")
        for claim in claims
        if isinstance(claim, Mapping) and claim.get("rank") != "deprecated"
    ]
    return [value for value in values if value is not None]


def _ids(entity: Mapping[str, Any], prop: str) -> list[str]:
    return [str(value["id"]) for value in _claims(entity, prop) if isinstance(value, Mapping) and "id" in value]


def _year(entity: Mapping[str, Any], prop: str) -> int | None:
    for value in _claims(entity, prop):
        found = re.match(r"([+-]\d{1,6})-", str(value.get("time", ""))) if isinstance(value, Mapping) else None
        if found and -3000 <= int(found[1]) <= 2100:
            return int(found[1])
    return None


def _text(entity: Mapping[str, Any], part: str) -> str | None:
    said = entity.get(part, {})
    text = said.get("en", {}).get("value") if isinstance(said, Mapping) else None
    return plain(text, 200) if isinstance(text, str) else None


def _aliases(entity: Mapping[str, Any]) -> list[str]:
    return [str(each.get("value", "")) for each in entity.get("aliases", {}).get("en", []) if isinstance(each, Mapping)]
