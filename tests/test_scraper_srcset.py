"""The `srcset` attribute."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.srcset import parse_srcset


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("", []),
        (" , ,", []),
        ("a.jpg", ["a.jpg"]),
        ("a.jpg 400w, b.jpg 1200w,c.jpg 800w", ["b.jpg", "c.jpg", "a.jpg"]),
        ("a.jpg, b.jpg 2x, c.jpg 1.5x", ["b.jpg", "c.jpg", "a.jpg"]),
        ("a.jpg 1x, b.jpg 100w", ["b.jpg", "a.jpg"]),
        ("b,c.jpg 1200w, a.jpg 2000w", ["a.jpg", "b,c.jpg"]),
        ("data:image/gif;base64,R0lGOD= 1w, a.jpg 2w", ["a.jpg", "data:image/gif;base64,R0lGOD="]),
        ("/crop(1,2,3)/a.jpg 2w", ["/crop(1,2,3)/a.jpg"]),
        ("a.jpg 300w 200h, b.jpg 600w 400h", ["b.jpg", "a.jpg"]),
        ("a.jpg what(1, 2), b.jpg 2x", ["b.jpg", "a.jpg"]),
        ("a.jpg -5w, b.jpg 1w", ["b.jpg", "a.jpg"]),
        ("a.jpg,b.jpg", ["a.jpg,b.jpg"]),
        ("\n  a.jpg\t10w,\n  b.jpg\t20w\n", ["b.jpg", "a.jpg"]),
    ],
)
def test_the_widest_comes_first(text: str, urls: list[str]) -> None:
    assert [url for url, _ in parse_srcset(text)] == urls


NAMES = st.text("abc/.:?=&%_-,()", min_size=1, max_size=12).filter(
    lambda url: not url.startswith(",") and url[-1] != ","
)


@given(st.dictionaries(NAMES, st.integers(1, 10_000), max_size=8))
def test_what_was_written_is_read(sizes: dict[str, int]) -> None:
    text = ", ".join(f"{url} {width}w" for url, width in sizes.items())
    assert dict(parse_srcset(text)) == sizes


@given(st.text(max_size=80))
def test_no_attribute_is_so_odd_that_it_cannot_be_read(text: str) -> None:
    found = parse_srcset(text)
    assert [size for _, size in found] == sorted((size for _, size in found), reverse=True)
    assert all(url and not any(c.isspace() for c in url) for url, _ in found)
