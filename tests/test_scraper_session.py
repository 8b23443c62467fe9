"""Opening and closing what a run looks around with."""

import asyncio

import pytest
from websites import Websites

from scraper.errors import ConfigError
from scraper.session import open_reach
from scraper.settings import ScraperSettings


def settings(contact: str = "") -> ScraperSettings:
    return ScraperSettings(_env_file=None, contact=contact, per_second=1000.0)


async def test_a_stand_in_needs_no_contact_and_no_browser_before_a_page() -> None:
    with Websites("museum.example") as sites:
        sites.add("http://museum.example/", "hello")
        async with open_reach(settings(), sites.stand_in) as reach:
            assert (await reach.web.get_text("http://museum.example/")).content == b"hello"
            guard = int(reach.web._guard.url.rpartition(":")[2])
            assert reach.browser._chromium is None
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", guard)


async def test_real_sites_need_a_contact_before_anything_is_asked() -> None:
    with pytest.raises(ConfigError, match="GALLERY_CONTACT"):
        async with open_reach(settings()):
            pass
    async with open_reach(settings("me@example.org")):
        pass
