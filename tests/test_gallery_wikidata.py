"""What Wikidata surely knows of an artist is offered, and nothing else."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from websites import Answer, Asked, Websites

from gallery.jobs import wikidata
from scraper.session import open_reach
from scraper.settings import ScraperSettings

ENTITY = {
    "id": "Q296",
    "labels": {"en": {"value": "Ada Ochre"}},
    "descriptions": {"en": {"value": "invented painter <b>of harbours</b>"}},
    "aliases": {"en": [{"value": "A. Ochre"}]},
    "sitelinks": {"enwiki": {"url": "https://en.wikipedia.org/wiki/Ada_Ochre"}},
    "claims": {
        "P31": [{"mainsnak": {"datavalue": {"value": {"id": "Q5"}}}}],
        "P569": [{"mainsnak": {"datavalue": {"value": {"time": "+1840-11-14T00:00:00Z"}}}}],
        "P570": [{"rank": "deprecated", "mainsnak": {"datavalue": {"value": {"time": "+1900-00-00T00:00:00Z"}}}}],
        "P135": [{"mainsnak": {"datavalue": {"value": {"id": "Q7"}}}}, {"mainsnak": {"snaktype": "somevalue"}}],
    },
}


def knowing(entity: dict[str, Any]) -> Any:
    """Let Wikidata know one person."""

    def answer(asked: Asked) -> Answer:
        query = parse_qs(asked.query)
        if query["action"] == ["wbsearchentities"]:
            return Answer(json.dumps({"search": [{"id": "Q296"}, {"id": "not one"}]}), type="application/json")
        movement = {"id": "Q7", "labels": {"en": {"value": "Tides"}}}
        found = {key: {"Q296": entity, "Q7": movement}[key] for key in query["ids"][0].split("|")}
        return Answer(json.dumps({"entities": found}), type="application/json")

    return answer


@pytest.mark.parametrize("known", [None, "Q296"])
async def test_wikidata_fills_in_what_it_surely_knows(known: str | None) -> None:
    with Websites("www.wikidata.org") as sites:
        sites.add(wikidata.API, knowing(ENTITY))
        settings = ScraperSettings(contact="tests@museum.example", per_second=500)
        async with open_reach(settings, sites.stand_in) as reach:
            found = await wikidata.facts(reach.web, "Ada Ochre", known)
            assert found == {
                **{"wikidata": "Q296", "label": "Ada Ochre", "description": "invented painter of harbours"},
                **{"aliases": ["A. Ochre"], "born": 1840, "movements": ["Tides"]},
                "wikipedia_url": "https://en.wikipedia.org/wiki/Ada_Ochre",
            }
            # Somebody of that name who makes no art is not who is meant, unless the id says so.
            sites.add(wikidata.API, knowing({**ENTITY, "claims": {}, "descriptions": {}}))
            assert bool(await wikidata.facts(reach.web, "Ada Ochre", known)) == bool(known)
