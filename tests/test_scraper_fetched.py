"""What an answer's headers say about whether it may be kept."""

import pytest

from scraper.fetched import gathered, opt_outs, opted_out


@pytest.mark.parametrize(
    ("directives", "words"),
    [
        ("", ()),
        ("all", ()),
        ("noai", ("noai",)),
        ("noimageai, noarchive, NoIndex", ("noimageai", "noindex")),
        ("none", ("none",)),
        ("semantic-gallery: noai", ("noai",)),
        ("googlebot: noindex", ()),
        ("googlebot: noindex, nofollow, noai", ()),
        ("noai, googlebot: noindex", ("noai",)),
        ("googlebot: noindex, semantic-gallery: noai", ("noai",)),
        ("googlebot: noindex\nnoai", ("noai",)),
        ("unavailable_after: 25 Jun 2030 15:00:00 PST", ()),
    ],
)
def test_only_words_that_are_meant_for_us_count(directives: str, words: tuple[str, ...]) -> None:
    assert opted_out(directives) == words


def test_the_reservation_of_text_and_data_mining_is_told() -> None:
    assert opt_outs({"tdm-reservation": "1", "x-robots-tag": "noai"}) == ("noai", "tdm-reservation")
    assert opt_outs({"tdm-reservation": "0"}) == ()


def test_a_repeated_header_keeps_all_its_values() -> None:
    pairs = [("Vary", "a"), ("X-Robots-Tag", "googlebot: none"), ("vary", "b"), ("x-robots-tag", "noai")]
    assert gathered(pairs) == {"vary": "a, b", "x-robots-tag": "googlebot: none\nnoai"}
    assert opt_outs(gathered(pairs)) == ("noai",)
