"""From what sources say to what is recorded: texts, years, titles, links, and whose work it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.artists import match_artist
from scraper.facts import MOST_RAW_BYTES, cleaned, plain, title_from, web_link, year_of
from scraper.model import ArtistQuery, Candidate, Licence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("  ", None),
        ("<b>Water</b> <i>Lilies</i><br>", "Water Lilies"),
        ("a\nb\x1b[31m\u202ec\x00", "a b [31m c"),
        ("1 < 2", "1 < 2"),
        ("x" * 400, "x" * 300),
        ("e\u0301", "é"),
    ],
)
def test_texts_are_made_plain(text: str | None, expected: str | None) -> None:
    assert plain(text) == expected


@given(st.text())
def test_a_plain_text_is_one_printable_line_and_stays_as_it_is(text: str) -> None:
    shown = plain(text)
    assert shown is None or (shown.isprintable() and len(shown) <= 300)
    assert plain(shown) == shown or "<" in text


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("1882", 1882),
        ("c. 1882-85", 1882),
        ("1503–1519", 1503),
        ("painted in 1999/2000", 1999),
        ("17th century", None),
        ("12345", None),
        ("2150", None),
        ("", None),
        (None, None),
    ],
)
def test_years_are_read_where_there_are_any(text: str | None, year: int | None) -> None:
    assert year_of(text) == year


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/art/water-lilies_and_bridge.jpg", "Water lilies and bridge"),
        ("https://example.org/a/The%20Night%20Watch.jpeg?x=1", "The Night Watch"),
        ("https://example.org/starry-night-1280x960.png", "Starry night"),
        ("https://example.org/vase.jpg.webp", "Vase"),
        ("https://example.org/0f3a9b2c4d5e6f708192a3b4c5d6e7f8.jpg", "Untitled"),
        ("https://example.org/12345.jpg", "Untitled"),
        ("https://example.org/", "Untitled"),
        ("file:///art/%D0%9A%D1%80%D0%B8%D0%BA.jpg", "Крик"),
    ],
)
def test_titles_are_read_from_file_names(address: str, title: str) -> None:
    assert title_from(address) == title


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://a.example/x", "https://", "https://a.example/\n", "http://[", "x" * 3000]
)
def test_only_plain_links_are_kept(url: str) -> None:
    assert web_link(url) is None
    assert web_link("https://a.example/x?y=z") == "https://a.example/x?y=z"


def test_a_candidate_is_cleaned_all_over() -> None:
    hostile = Candidate(
        "webpage",
        1,
        image_urls=tuple(f"https://a.example/{n}" for n in range(100)),
        page_url="javascript:alert(1)",
        title="<script>alert(1)</script>",
        artist_text="\x1b]0;x\x07Monet",
        tags=("a", "a", "", "b" * 100, *map(str, range(100))),
        licence=Licence("<b>CC0</b>", "data:text/html,x", credit="y" * 999),
        raw={str(n): "z" * 900 for n in range(100)},
    )
    clean = cleaned(hostile)
    assert (clean.title, clean.page_url, clean.artist_text) == ("alert(1)", None, "]0;x Monet")
    assert (clean.licence.code, clean.licence.url, len(clean.licence.credit or "")) == ("CC0", None, 300)
    assert clean.tags[:2] == ("a", "b" * 60)
    assert len(clean.tags) <= 50
    assert len(clean.image_urls) == 8
    assert sum(len(name) + len(value) for name, value in clean.raw.items()) <= MOST_RAW_BYTES
    assert cleaned(clean) == clean


MONET = ArtistQuery("Claude Monet", aliases=("Oscar-Claude Monet", "クロード・モネ"))


@pytest.mark.parametrize(
    ("stated", "match"),
    [
        (None, "not-stated"),
        ("", "not-stated"),
        ("(1840-1926)", "not-stated"),
        ("Claude Monet", "exact"),
        ("CLAUDE  MONET", "exact"),
        ("Monet, Claude", "exact"),
        ("Claude Monet (French, 1840–1926)", "exact"),
        ("Claude Monet, 1840-1926", "exact"),
        ("Oscar Claude Monet", "alias"),
        ("クロード・モネ", "alias"),
        ("Monet", "weak"),
        ("C. Monet", "weak"),
        ("after Claude Monet", "weak"),
        ("Claude Monet and Auguste Renoir", "weak"),
        ("Edouard Manet", "none"),
        ("Blanche Hoschedé Monet", "none"),
        ("Jean Monet", "none"),
    ],
)
def test_stated_artists_are_compared(stated: str | None, match: str) -> None:
    assert match_artist(MONET, stated) == match


def test_accents_are_no_difference() -> None:
    assert match_artist(ArtistQuery("Édouard Manet"), "Edouard Manet") == "exact"
    assert match_artist(ArtistQuery("Leonardo da Vinci"), "Leonardo") == "weak"
    assert match_artist(ArtistQuery("Rembrandt"), "Rembrandt van Rijn") == "weak"


@given(st.text(), st.text())
def test_any_two_texts_can_be_compared(artist: str, stated: str) -> None:
    assert match_artist(ArtistQuery(artist), stated) in ("exact", "alias", "weak", "none", "not-stated")
