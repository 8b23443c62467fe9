"""Licences as pages state them."""

import pytest

from scraper.licences import licence_of
from scraper.model import Licence

CC = "https://creativecommons.org"


@pytest.mark.parametrize(
    ("stated", "code", "attribution"),
    [
        (f"{CC}/publicdomain/zero/1.0/", "CC0-1.0", False),
        (f"{CC}/publicdomain/mark/1.0/deed.de", "PDM-1.0", False),
        (f"{CC}/licenses/by/4.0/", "CC-BY-4.0", True),
        ("http://www.creativecommons.org/licenses/by-sa/3.0", "CC-BY-SA-3.0", True),
        (f"{CC}/licenses/by-nc-nd/2.0/fr/", "CC-BY-NC-ND-2.0-FR", True),
        ("http://rightsstatements.org/vocab/InC/1.0/", "InC", None),
        ("https://rightsstatements.org/page/NoC-US/1.0/?language=en", "NoC-US", None),
        ("https://museum.example/terms", "unknown", None),
        ("CC0", "CC0-1.0", False),
        ("Public domain", "PDM-1.0", False),
        ("CC BY-SA 4.0", "CC-BY-SA-4.0", True),
        ("cc-by-4.0", "CC-BY-4.0", True),
        ("CC_BY_NC_2.5", "CC-BY-NC-2.5", True),
        ("All rights reserved", "unknown", None),
        ("", "unknown", None),
        (None, "unknown", None),
    ],
)
def test_what_is_known_gets_its_short_word(stated: str | None, code: str, attribution: bool | None) -> None:
    licence = licence_of(stated, "page")
    assert (licence.code, licence.attribution_required) == (code, attribution)


def test_the_address_is_kept_and_words_that_are_not_known_as_well() -> None:
    assert licence_of("https://museum.example/terms", "page").url == "https://museum.example/terms"
    assert licence_of("All rights reserved", "page") == Licence(credit="All rights reserved", stated_by="page")
    assert licence_of("All rights reserved", "page", credit="Photo: A. B.").credit == "Photo: A. B."
    assert licence_of("CC0", "page").credit is None


def test_who_said_nothing_has_stated_nothing() -> None:
    assert licence_of(None, "page") == Licence()
    assert licence_of(None, "page", holder="A. B.").stated_by == "page"


@pytest.mark.parametrize("stated", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"])
def test_only_web_addresses_become_links(stated: str) -> None:
    assert licence_of(stated, "page").url is None
