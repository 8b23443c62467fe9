"""How licences, links and numbers are put into words."""

from dataclasses import replace

import pytest
from exhibition import Exhibition

from gallery.wording import Rights, century, counted, host, licence_name, rights


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("unknown", "Rights unknown"),
        ("CC0-1.0", "Public domain (CC0)"),
        ("cc0", "Public domain (CC0)"),
        ("PDM-1.0", "Public domain"),
        ("public-domain", "Public domain"),
        ("CC-BY-4.0", "CC BY 4.0"),
        ("cc-by-nc-sa-3.0", "CC BY-NC-SA 3.0"),
        ("CC-BY", "CC-BY"),
        ("CC-XX-1.0", "CC-XX-1.0"),
        ("All rights reserved", "All rights reserved"),
        ("", ""),
    ],
)
def test_a_licence_is_named_as_people_say_it(code: str, name: str) -> None:
    assert licence_name(code) == name


@pytest.mark.parametrize(
    ("code", "url", "expected"),
    [
        ("unknown", None, Rights("Rights unknown", None, False)),
        ("unknown", "https://museum.example/rights", Rights("Rights unknown", "https://museum.example/rights", False)),
        ("CC0-1.0", None, Rights("Public domain (CC0)", "https://creativecommons.org/publicdomain/zero/1.0/", True)),
        ("CC-BY-SA-4.0", None, Rights("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/", True)),
        ("CC-BY-4.0", "https://own.example/", Rights("CC BY 4.0", "https://own.example/", True)),
        ("CC-BY-4.0", "javascript:x", Rights("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/", True)),
        ("All rights reserved", None, Rights("All rights reserved", None, True)),
    ],
)
def test_rights_lead_to_the_page_that_states_them(
    code: str, url: str | None, expected: Rights, exhibition: Exhibition
) -> None:
    assert rights(replace(exhibition.works[0], licence=code, licence_url=url)) == expected


@pytest.mark.parametrize(("number", "words"), [(0, "0 works"), (1, "1 work"), (2, "2 works"), (24000, "24,000 works")])
def test_numbers_have_their_noun(number: int, words: str) -> None:
    assert counted(number, "work") == words


def test_a_noun_may_have_a_plural_of_its_own() -> None:
    assert (counted(1, "copy", "copies"), counted(3, "copy", "copies")) == ("1 copy", "3 copies")


@pytest.mark.parametrize(
    ("url", "name"),
    [("https://www.museum.example/x", "museum.example"), ("http://a.b:8080/", "a.b"), ("nothing", "")],
)
def test_a_link_is_shown_by_its_host(url: str, name: str) -> None:
    assert host(url) == name


@pytest.mark.parametrize(
    ("year", "words"),
    [(1888, "19th century"), (1900, "20th century"), (2026, "21st century"), (150, "2nd century"),
     (1250, "13th century"), (-40, "1st century BC"), (250, "3rd century"), (1150, "12th century")],
)  # fmt: skip
def test_a_year_is_of_a_century(year: int, words: str) -> None:
    assert century(year) == words
