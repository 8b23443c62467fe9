"""What the README says of sources: the table is what the code says, and the example of a new source works.

Run this file as a program to write the table anew.
"""

import sys
from pathlib import Path
from types import ModuleType

import pytest
from fakeweb import as_json, drawn
from websites import Websites

from scraper.library import Library
from scraper.manners import Pace
from scraper.model import ArtistQuery
from scraper.run import scrape
from scraper.settings import ScraperSettings
from scraper.sources import SOURCES, Site

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- sources: made by tests/test_readme_sources.py -->\n", "<!-- end of sources -->\n"
EXAMPLE = "<!-- example: run by tests/test_readme_sources.py -->\n```python\n"
HOST = "collections.louvre.example"


def table() -> str:
    rows = ["| source | what | how | rights | default | robots.txt and pace |", "|---|---|---|---|---|---|"]
    for name, site in SOURCES.sites().items():
        default = "with `--page`" if name == "webpage" else "on" if site.default_on else "off"
        rows.append(f"| `{name}` | {site.title} | {site.how} | {site.licences} | {default} | {manners(site)} |")
    notes = [f"\n`{name}`: {site.caution}" for name, site in SOURCES.sites().items() if site.caution]
    return "\n".join(rows + notes) + "\n"


def manners(site: type[Site]) -> str:
    asked = "obeyed" if site.manners.robots == "obey" else "not asked: an API for programs"
    return "; ".join([asked, *(f"{host} {said(pace)}" for host, pace in site.manners.hosts.items())])


def said(pace: Pace) -> str:
    parts = [f"{pace.per_second:g}/s" if pace.per_second else "", f"{pace.per_minute}/min" if pace.per_minute else ""]
    parts.append(f"{pace.per_day}/day over all runs" if pace.per_day else "")
    if pace.connections:
        parts.append(f"{pace.connections} connection{'s' if pace.connections > 1 else ''}")
    return " ".join(filter(None, parts))


def readme_with(content: str) -> str:
    before, _, rest = README.read_text().partition(BEGIN)
    return before + BEGIN + content + END + rest.partition(END)[2]


def test_the_readme_has_the_table_of_all_sources() -> None:
    assert README.read_text() == readme_with(table()), "run: PYTHONPATH=.:tests python tests/test_readme_sources.py"


async def test_a_source_as_in_the_readme_collects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = README.read_text().partition(EXAMPLE)[2].partition("```\n")[0]
    assert 30 < len(code.splitlines()) < 100
    module = ModuleType("louvre")
    exec(compile(code, "louvre.py", "exec"), module.__dict__)
    settings = ScraperSettings(data_dir=tmp_path / "data", keep_free_gb=0, per_second=1000)
    with Websites(HOST) as sites:
        image = f"https://{HOST}/1.jpg"
        work = {
            "title": "Snow near Honfleur",
            "artist": "Claude Monet",
            "date": "1867",
            "image": image,
            "licence": "CC0",
        }
        sites.add(f"https://{HOST}/api", as_json({"works": [work]}))
        sites.add(image, drawn(1))
        outcome = await scrape(ArtistQuery("Claude Monet"), [module.SOURCE()], settings, stand_in=sites.stand_in)
    assert (outcome.exit_code, outcome.counts["new"]) == (0, 1), outcome
    (record,) = Library(settings.library_dir).records()
    assert (record.title, record.year, record.licence.code) == ("Snow near Honfleur", 1867, "CC0-1.0")


if __name__ == "__main__":
    README.write_text(readme_with(table()))
    sys.exit(0)
