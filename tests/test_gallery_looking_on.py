"""Looking further: two works compared, works by example, a step by chance; and what each answers to nonsense."""

import re
from collections.abc import Iterator
from contextlib import closing
from uuid import UUID

import numpy as np
import pytest
from exhibition import CARD, NEITHER, NOT_THERE, Exhibition, random_vectors, settings_for
from flask import Flask
from flask.testing import FlaskClient
from test_gallery_hostile import checked, hostile_works

from gallery.app import create_app
from gallery.browse.compare import likenesses
from gallery.catalogue import store
from gallery.survey import surveyor
from indexer.store import open_store
from indexer.store.model import CONTENT, Artwork, Examples, Filters


@pytest.fixture
def surveyed(site: Flask) -> None:
    """The collection has been surveyed."""
    with site.app_context():
        surveyor().measure()


@pytest.fixture(scope="module")
def hostile(
    exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[FlaskClient, list[Artwork]]]:
    settings = settings_for(tmp_path_factory.mktemp("hostile-looking"))
    works = list(hostile_works(exhibition.works))
    with closing(open_store(settings)) as held:
        held.prepare(CARD)
        held.add(works, {CONTENT: random_vectors(len(works))})
        yield create_app(settings, held).test_client(), works


def text(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    return answer.text


def shown(html: str) -> list[str]:
    """Return the works of a page's walls, in order."""
    return re.findall(r'<li class="r-\d+"><a href="/artworks/([0-9a-f-]{36})"', html)


def test_two_works_are_compared_by_cosine_and_angle(
    visitor: FlaskClient, exhibition: Exhibition, site: Flask, surveyed: None
) -> None:
    one, other = exhibition.works[1], exhibition.works[5]
    html = text(visitor, f"/compare/{one.id}/{other.id}")
    with site.app_context():
        vectors = store().vectors([one.id, other.id])
        (cosine,) = likenesses([one.id, other.id])
    assert cosine == pytest.approx(float(vectors[0] @ vectors[1]), abs=1e-3)
    assert f"<td>{cosine:.3f}</td><td>{np.degrees(np.arccos(cosine)):.1f}°</td>" in html
    assert re.search(r"</svg>\s*[A-Z][^<]*: closer than [0-9.]+ % of all pairs of works here</td>", html)
    assert html.count('<a class="beheld') == 2
    assert all(f'<bdi class="title">{work.title}</bdi>' in html for work in (one, other))


def test_what_two_works_share_is_told(visitor: FlaskClient, exhibition: Exhibition) -> None:
    # Four artists in turn: works four apart are of one; numbers of one parity have the same tags.
    one, other = exhibition.works[0], exhibition.works[4]
    html = text(visitor, f"/compare/{one.id}/{other.id}")
    assert f"<dt>Artist</dt><dd><bdi>{one.artist}</bdi>" in html
    assert "<dt>Tags</dt><dd><bdi>cliff, seashore, coast</bdi>" in html
    dated = [work for work in exhibition.works if work.year is not None]
    html = text(visitor, f"/compare/{dated[0].id}/{dated[1].id}")
    assert "<bdi>1 year apart, both 19th century</bdi>" in html
    assert "<dt>Artist</dt>" not in html


def test_neighbours_of_both_are_marked_in_both_lists(visitor: FlaskClient, exhibition: Exhibition, site: Flask) -> None:
    one, other = exhibition.works[1], exhibition.works[2]
    with site.app_context():
        near = [{n.artwork.id for n in store().similar(w.id, Filters(), size=12).found} for w in (one, other)]
    html = text(visitor, f"/compare/{one.id}/{other.id}")
    assert html.count('<span class="mark">In both</span>') == 2 * len(near[0] & near[1]) > 0
    assert len(shown(html)) == 24


@pytest.mark.parametrize("where", ["first", "second"])
def test_a_work_that_is_not_there_cannot_be_compared(where: str, visitor: FlaskClient, exhibition: Exhibition) -> None:
    known = exhibition.works[0].id
    for unknown in (str(NOT_THERE), "1", "..", "%00"):
        pair = (unknown, known) if where == "first" else (known, unknown)
        assert "Nothing hangs here" in text(visitor, "/compare/{}/{}".format(*pair), 404)


def test_a_work_is_not_compared_with_itself(visitor: FlaskClient, exhibition: Exhibition) -> None:
    work = exhibition.works[0].id
    assert "only be compared with another" in text(visitor, f"/compare/{work}/{work}", 400)


def test_each_neighbour_can_be_compared_and_scores_are_told_in_words(
    visitor: FlaskClient, exhibition: Exhibition, surveyed: None
) -> None:
    work = exhibition.works[3]
    html = text(visitor, f"/artworks/{work.id}")
    assert html.count(f'href="/compare/{work.id}/') == 24
    assert re.search(r'class="score" title="[A-Z][^"]*: closer than [0-9.]+ % of all pairs of works here"', html)


def test_where_closeness_ends_is_shown_and_nothing_close_is_an_answer(
    visitor: FlaskClient, exhibition: Exhibition, site: Flask, surveyed: None
) -> None:
    with site.app_context():
        known = surveyor().latest()
        assert known is not None
        assert known.scale is not None
        close = {
            work.id: sum(near.score >= known.scale.cut for near in store().similar(work.id, Filters()).found)
            for work in exhibition.works
        }
    some, none = (next(id for id, count in close.items() if bool(count) == any_) for any_ in (True, False))
    before, sentence, _ = text(visitor, f"/artworks/{some}").partition("From here on, works are no more alike")
    assert sentence
    assert len(shown(before)) == close[some]
    before, sentence, after = text(visitor, f"/artworks/{none}").partition("Nothing here is really close to this work")
    assert sentence
    assert (len(shown(before)), len(shown(after))) == (0, 24)


def test_a_tray_finds_what_is_like_its_likes_capped_per_artist(
    visitor: FlaskClient, exhibition: Exhibition, site: Flask
) -> None:
    likes, dislikes = [exhibition.works[2].id, exhibition.works[3].id], [exhibition.works[9].id]
    query = "&".join([*(f"like={each}" for each in likes), *(f"unlike={each}" for each in dislikes)])
    with site.app_context():
        for cap in (1, 2, 0):
            wanted = store().similar(Examples(likes, dislikes), Filters(), per_artist=cap or None).found
            html = text(visitor, f"/more?{query}&per_artist={cap}")
            results = html.rpartition("</form>")[2].partition("<ul")[2]
            assert shown(results) == [near.artwork.id for near in wanted]
    html = text(visitor, f"/more?{query}")
    for each in likes + dislikes:
        assert f'href="/artworks/{each}"' in html
    assert html.count(">Take out</a>") == 3


def test_buttons_of_a_tray_add_and_take_out(visitor: FlaskClient, exhibition: Exhibition) -> None:
    first = exhibition.works[4].id
    assert 'href="/more?like=' in text(visitor, "/more")
    html = text(visitor, f"/more?like={first}")
    found = shown(html.partition("</form>")[2].partition("</form>")[2])
    assert f'href="/more?like={first}&amp;like={found[0]}"' in html
    assert f'href="/more?like={first}&amp;unlike={found[0]}"' in html
    after = text(visitor, f"/more?like={first}&unlike={found[0]}")
    assert f'href="/more?like={first}"' in after
    assert found[0] not in shown(after.partition("</form>")[2].partition("</form>")[2])


def test_a_varied_page_has_the_closest_first_and_no_next(visitor: FlaskClient, exhibition: Exhibition) -> None:
    like = exhibition.works[6].id
    plain = shown(text(visitor, f"/more?like={like}&per_artist=0").partition('name="varied"')[2])
    other = shown(text(visitor, f"/more?like={like}&per_artist=0&varied=1").partition('name="varied"')[2])
    assert plain[0] == other[0]
    assert len(other) == len(set(other)) == 24
    assert plain != other
    assert visitor.get(f"/more?like={like}&varied=1&page=2").status_code == 404


def test_a_tray_with_a_work_that_is_gone_goes_on_without_it(visitor: FlaskClient, exhibition: Exhibition) -> None:
    html = text(visitor, f"/more?like={exhibition.works[2].id}&like={NOT_THERE}")
    assert "1 work of this tray is no longer here." in html
    html = text(visitor, f"/more?like={NOT_THERE}&unlike={NEITHER}")
    assert "2 works of this tray are no longer here." in html
    assert "Choose by example" in html


def test_dislikes_alone_lead_away(visitor: FlaskClient, exhibition: Exhibition) -> None:
    assert "Less like these" in text(visitor, f"/more?unlike={exhibition.works[2].id}")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("like=1", "must be the id of an artwork"),
        ("unlike=", "must be the id of an artwork"),
        ("like=%00", "must be the id of an artwork"),
        ("per_artist=-1", "must be one of: 0, 1, 2, 3, 6"),
        ("per_artist=x", "must be one of"),
        ("varied=2", "must be 0 or 1"),
        ("page=0", "must be a number"),
        ("&".join(f"like={UUID(int=n)}" for n in range(13)), "at most 12 works"),
        (f"like={NOT_THERE}&unlike={NOT_THERE}", "both liked and disliked"),
    ],
)
def test_a_tray_that_makes_no_sense_is_refused(query: str, said: str, visitor: FlaskClient) -> None:
    assert said in text(visitor, f"/more?{query}", 400)


def test_a_surprise_is_any_work_and_is_not_kept(visitor: FlaskClient, exhibition: Exhibition) -> None:
    seen = set()
    for _ in range(60):
        answer = visitor.get("/surprise")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "no-store")
        seen.add(answer.headers["Location"].removeprefix("/artworks/"))
    assert seen <= {work.id for work in exhibition.works}
    # Of 40, 60 draws leave out all but 22 on fewer than one day in a million.
    assert len(seen) > 22


def test_a_walk_goes_to_a_neighbour(visitor: FlaskClient, exhibition: Exhibition, site: Flask) -> None:
    work = exhibition.works[7]
    with site.app_context():
        near = {found.artwork.id for found in store().similar(work.id, Filters(), size=12).found}
    assert f'href="/surprise?from={work.id}"' in text(visitor, f"/artworks/{work.id}")
    for _ in range(5):
        assert visitor.get(f"/surprise?from={work.id}").headers["Location"].removeprefix("/artworks/") in near


@pytest.mark.parametrize(("start", "status"), [("x", 400), ("", 400), ("%00", 400), (str(NOT_THERE), 404)])
def test_a_walk_from_nowhere_is_refused(start: str, status: int, visitor: FlaskClient) -> None:
    text(visitor, f"/surprise?from={start}", status)


def test_an_empty_gallery_has_no_surprise(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = settings_for(tmp_path_factory.mktemp("nothing"))
    with closing(open_store(settings)) as nothing:
        nothing.prepare(CARD)
        client = create_app(settings, nothing).test_client()
        assert client.get("/surprise").status_code == 404
        assert client.get("/more").status_code == 200


@pytest.mark.parametrize("address", ["/more", "/surprise", f"/compare/{NOT_THERE}/{NEITHER}"])
def test_they_are_only_read(address: str, visitor: FlaskClient) -> None:
    assert visitor.post(address).status_code == 405


def test_hostile_works_are_compared_and_gathered_as_they_are(hostile: tuple[FlaskClient, list[Artwork]]) -> None:
    client, works = hostile
    for one, other in zip(works, works[1:], strict=False):
        checked(text(client, f"/compare/{one.id}/{other.id}"))
        checked(text(client, f"/more?like={one.id}&unlike={other.id}"))
    checked(text(client, "/more"))
