"""The pictures that a page shows and the texts around them, read from HTML alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.markup import Page
from scraper.model import Candidate

URL = "http://museum.example/art/"


def works(html: str) -> list[Candidate]:
    return Page(html.encode(), URL).works()


def work(html: str) -> Candidate:
    found = works(html)
    assert len(found) == 1, [candidate.image_urls for candidate in found]
    return found[0]


def names(candidate: Candidate) -> list[str]:
    return [url.removeprefix(URL) for url in candidate.image_urls]


# --- addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "urls"),
    [
        ('<img src="a.jpg">', ["a.jpg"]),
        ('<img src="data:image/gif;base64,R0" data-src="a.jpg">', ["a.jpg"]),
        ('<img src="small.jpg" data-original="large.jpg">', ["large.jpg", "small.jpg"]),
        ('<img src="a.jpg" srcset="b.jpg 400w, c.jpg 1600w">', ["c.jpg", "b.jpg", "a.jpg"]),
        ('<img data-srcset="b.jpg 400w, c.jpg 1600w">', ["c.jpg", "b.jpg"]),
        ('<img src="a.jpg" data-gallery-seen="http://museum.example/art/b.jpg">', ["b.jpg", "a.jpg"]),
        ('<a href="full.jpg"><img src="a.jpg"></a>', ["full.jpg", "a.jpg"]),
        ('<a href="full.PNG?v=1"><span><img src="a.jpg"></span></a>', ["full.PNG?v=1", "a.jpg"]),
        ('<a href="page.html"><img src="a.jpg"></a>', ["a.jpg"]),
        ('<a href="page" data-full="full.jpg"><img src="a.jpg"></a>', ["full.jpg", "a.jpg"]),
        ('<img src="a.jpg" data-zoom-image="zoom.jpg">', ["zoom.jpg", "a.jpg"]),
        (
            '<picture><source type="image/avif" srcset="w.avif 2000w"><source srcset="v.webp 900w">'
            '<img src="a.jpg"></picture>',
            ["w.avif", "v.webp", "a.jpg"],
        ),
        ("<div style=\"background-image: url('a.jpg')\"></div>", ["a.jpg"]),
        ("<div style='background: #fff URL( \"a.jpg\" ) no-repeat'></div>", ["a.jpg"]),
        ("<div data-gallery-background='url(\"http://museum.example/art/a.jpg\")'></div>", ["a.jpg"]),
        ('<div data-bg="a.jpg"></div>', ["a.jpg"]),
        ('<base href="/art/sub/"><img src="a.jpg">', ["sub/a.jpg"]),
        ('<base href="javascript:x"><img src="a.jpg">', ["a.jpg"]),
        ('<img src=" a.jpg#top ">', ["a.jpg"]),
        ('<noscript><img src="a.jpg"></noscript>', ["a.jpg"]),
        ('<amp-img src="a.jpg" srcset="b.jpg 900w"></amp-img>', ["b.jpg", "a.jpg"]),
    ],
)
def test_a_pictures_addresses_come_best_first(html: str, urls: list[str]) -> None:
    assert names(work(html)) == urls


def test_pictures_come_in_the_order_of_the_page() -> None:
    html = '<img src="1.jpg"><div style="background:url(2.jpg)"></div><p><img src="3.jpg"></p><i data-bg="4.jpg"></i>'
    assert [names(found) for found in works(html)] == [["1.jpg"], ["2.jpg"], ["3.jpg"], ["4.jpg"]]


def test_an_element_with_two_backgrounds_is_one_picture() -> None:
    assert (
        len(works('<div style="background:url(a.jpg)" data-bg="a.jpg" data-gallery-background="url(a.jpg)"></div>'))
        == 1
    )


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<img>",
        '<img src="">',
        '<img src="data:image/png;base64,AAAA">',
        '<img src="file:///etc/passwd">',
        '<img src="javascript:alert(1)">',
        '<img src="http://[">',
        '<img src="vector.svg">',
        '<img src="favicon.ico">',
        '<img src="pixel.gif" width="1" height="1">',
        '<img src="a.jpg" width="150" height="150">',
        '<img src="a.jpg" width="1000" height="200">',
        '<img src="a.jpg" data-gallery-shown="40x40">',
        '<img src="a.jpg" data-gallery-shown="1200x90">',
        '<img src="a.jpg" class="site-logo">',
        '<img src="a.jpg" class="user avatar">',
        '<img src="a.jpg" class="icon">',
        '<img src="a.jpg" id="ad">',
        '<img src="logo.png">',
        '<img src="sprite-2.png">',
        '<img src="/img/museum-logo.jpg?v=3">',
        '<nav><img src="a.jpg"></nav>',
        '<footer><div><img src="a.jpg"></div></footer>',
        '<div data-bg=""></div>',
        '<div style="background: red"></div>',
    ],
)
def test_what_is_no_artwork_is_left_out(html: str) -> None:
    assert works(html) == []


@pytest.mark.parametrize(
    "html",
    [
        '<img src="icon-of-the-virgin.jpg" alt="Icon">',
        '<img src="the-spinner.jpg">',
        '<img src="a.jpg" width="200" height="300">',
        '<img src="a.jpg" width="100%">',
        '<img src="a.jpg" width="800" height="210">',
        '<img src="a.jpg" class="silicon iconic logotherapy">',
        '<a href="full.jpg"><img src="a.jpg" width="100" height="90"></a>',
        '<img src="a.jpg" srcset="b.jpg 900w" width="120" height="90">',
        '<img src="a.jpg" data-gallery-shown="150x150">',
        '<header><img src="a.jpg"></header>',
    ],
)
def test_what_may_be_one_is_kept(html: str) -> None:
    assert len(works(html)) == 1


def test_pictures_left_out_are_still_known_to_be_on_the_page() -> None:
    page = Page(b'<nav><img src="a.jpg"></nav><img src="logo.png"><img src="b.jpg">', URL)
    page.works()
    assert page.mentioned == {URL + "a.jpg", URL + "logo.png", URL + "b.jpg"}


# --- texts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "title", "artist", "year"),
    [
        ('<img src="a.jpg" alt="Water Lilies">', "Water Lilies", None, None),
        ('<img src="a.jpg" alt="Water Lilies, 1906">', "Water Lilies", None, "1906"),
        ('<img src="a.jpg" alt="Haystacks (c. 1890–91)">', "Haystacks", None, "c. 1890–91"),
        ('<img src="a.jpg" alt="IMG_1234.JPG" title="Poppies">', "Poppies", None, None),
        ('<img src="a.jpg" alt="image" aria-label="Poppies">', "Poppies", None, None),
        ('<img src="a.jpg" alt="">', None, None, None),
        ('<div data-bg="a.jpg" aria-label="Poppies"></div>', "Poppies", None, None),
        ('<figure><img src="a.jpg" alt="x"><figcaption>Poppies, 1873</figcaption></figure>', "Poppies", None, "1873"),
        (
            '<figure><img src="a.jpg"><figcaption>Claude Monet, <em>Poppies</em>, 1873, oil</figcaption></figure>',
            "Poppies",
            None,
            "1873",
        ),
        (
            '<figure><img src="a.jpg" alt="a field"><figcaption><b class="work-title">Poppies</b> by '
            '<span class="artist">C. Monet</span> <span class="year">about 1873</span></figcaption></figure>',
            "Poppies",
            "C. Monet",
            "about 1873",
        ),
        ('<li><img src="a.jpg"><h3>Poppies</h3><p class="artist-name artist">Monet</p></li>', "Poppies", "Monet", None),
        (
            '<div itemscope><img src="a.jpg"><p itemprop="creator" itemscope>By <b itemprop="name">Monet</b></p>'
            '<h2 itemprop="name">Poppies</h2><time itemprop="dateCreated" datetime="1873">long ago</time></div>',
            "Poppies",
            "Monet",
            "1873",
        ),
        (
            '<article><img src="a.jpg"><h2>Poppies</h2><dl><dt>Artist:</dt> <dd>Monet</dd><dt>Date</dt><dd>1873</dd>'
            "</dl></article>",
            "Poppies",
            "Monet",
            "1873",
        ),
        (
            '<div><img src="a.jpg"><table><tr><th>Title</th><td>Poppies</td></tr>'
            "<tr><th>Painter</th><td>Monet</td></tr></table></div>",
            "Poppies",
            "Monet",
            None,
        ),
    ],
)
def test_title_artist_and_year(html: str, title: str | None, artist: str | None, year: str | None) -> None:
    found = work(html)
    assert (found.title, found.artist_text, found.year_text) == (title, artist, year)


def test_each_picture_has_the_caption_of_its_own_card() -> None:
    cards = "".join(f'<div><div><img src="{n}.jpg"></div><div><h4>Work {n}</h4></div></div>' for n in range(3))
    assert [found.title for found in works(f"<h1>Works</h1><section>{cards}</section>")] == [
        "Work 0",
        "Work 1",
        "Work 2",
    ]


def test_pictures_without_a_card_do_not_share_a_heading() -> None:
    assert [found.title for found in works('<div><h1>Works</h1><img src="1.jpg"><img src="2.jpg"></div>')] == [
        None,
        None,
    ]


def test_medium_movement_and_institution() -> None:
    found = work(
        '<figure itemscope><img src="a.jpg"><dl><dt>Medium</dt><dd>Oil</dd><dt>Style</dt><dd>Realism</dd>'
        "<dt>Museum</dt><dd>Prado</dd></dl></figure>"
    )
    assert (found.medium, found.movement, found.institution) == ("Oil", "Realism", "Prado")


def test_a_works_own_licence_and_credit() -> None:
    found = work(
        '<figure><img src="a.jpg"><figcaption>Poppies <a rel="license nofollow" '
        'href="https://creativecommons.org/licenses/by/4.0/">CC BY</a> <span class="credit">Photo: A. B.</span>'
        "</figcaption></figure>"
    )
    assert (found.licence.code, found.licence.credit) == ("CC-BY-4.0", "Photo: A. B.")


def test_texts_are_one_line_without_scripts_or_control_characters() -> None:
    found = work(
        '<figure><img src="a.jpg"><figcaption>A\n title<script>alert(1)</script><style>b{}</style>\x1b[31m '
        f"{'x' * 400}</figcaption></figure>"
    )
    assert found.title is not None and found.title.startswith("A title [31m") or "A title" in str(found.title)
    assert "alert" not in str(found.title) and str(found.title).isprintable() and len(str(found.title)) <= 300


# --- whatever comes --------------------------------------------------------------------------------------------------

PARTS = st.sampled_from(
    "<img src=a.jpg> <img srcset='a,b 1w'> <a href=b.jpg> </a> <figure> </figure> <figcaption> <p itemprop=name> <svg> "
    "<template> <noscript> </div> <div style='background:url(x)'> <base href=//> <!-- <![CDATA[ <math> "
    "<select> <dt> <dd> text 1899 &#0; \x00 <img <script> </script> <plaintext>".split(" ")
)


@given(st.lists(PARTS, max_size=25))
def test_no_page_is_so_broken_that_it_cannot_be_read(parts: list[str]) -> None:
    for found in works(" ".join(parts)):
        assert found.image_urls and all(url.startswith(("http://", "https://")) for url in found.image_urls)


def test_a_very_large_page_is_read_as_far_as_anyone_would_look() -> None:
    html = "".join(f"<li><a href=/w/{n}><img src=/p/{n}.jpg alt='Work {n}, 1900'></a></li>" for n in range(10_000))
    found = works(f"<ul>{html}</ul>")
    assert len(found) == 5_000 and found[-1].title == "Work 4999"


def test_a_very_deep_page_comes_to_an_end() -> None:
    assert len(works("<div>" * 5_000 + "<img src=a.jpg>")) == 1
