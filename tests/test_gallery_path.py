"""The path between two works: its page, its address, and what it says where there is none."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from conftest import Visitor
from exhibition import NOT_THERE, Exhibition
from flask import Flask

from gallery.app import create_app
from indexer.graph.laying import lay
from indexer.store import open_store


@pytest.fixture(scope="module")
def site(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A site whose paths are laid."""
    own = exhibition.copy(tmp_path_factory.mktemp("paths"))
    with closing(open_store(own.settings())) as store:
        assert lay(own.settings().graph_dir, store)
        app = create_app(own.settings(), store)
        app.test_client_class = Visitor
        yield app


def steps(html: str) -> list[str]:
    return re.findall(r'<li class="r-\d+"><a href="/artworks/([0-9a-f-]{36})"', html)


def far_ends(exhibition: Exhibition) -> tuple[str, str]:
    dated = [work for work in exhibition.works if work.year is not None]
    return dated[-1].id, dated[0].id


def test_a_path_leads_from_one_to_the_other_and_back_the_same_way(visitor: Visitor, exhibition: Exhibition) -> None:
    one, other = far_ends(exhibition)
    html = visitor.get(f"/path/{one}/{other}").text
    way = steps(html)
    assert (way[0], way[-1]) == (one, other)
    assert len(set(way)) == len(way)
    assert f'href="/compare/{way[0]}/{way[1]}"' in html
    back = steps(visitor.get(f"/path/{other}/{one}").text)
    assert (back[0], back[-1], len(back)) == (other, one, len(way))


def test_with_the_years_it_does_not_turn_back_more_than_by_likeness(visitor: Visitor, exhibition: Exhibition) -> None:
    years = {work.id: work.year for work in exhibition.works}
    one, other = far_ends(exhibition)
    turned = []
    for address in (f"/path/{one}/{other}", f"/path/{one}/{other}?years=1"):
        known = [year for work in steps(visitor.get(address).text) if (year := years[work]) is not None]
        turned.append(sum(max(0, here - there) for here, there in zip(known, known[1:], strict=False)))
    assert turned[1] <= turned[0]
    assert "never turn back" in visitor.get(f"/path/{one}/{other}?years=1").text or turned[1] > 0


def test_a_work_that_came_since_is_led_to_and_one_that_went_is_walked_round(
    exhibition: Exhibition, tmp_path: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    own = exhibition.copy(tmp_path_factory.mktemp("changing"))
    one, other = far_ends(exhibition)
    with closing(open_store(own.settings())) as store:
        new = exhibition.works[5]
        vector = store.vectors([new.id])
        store.delete([new.id])
        assert lay(own.settings().graph_dir, store)
        store.add([new], {"content": vector})
        app = create_app(own.settings(), store)
        app.test_client_class = Visitor
        visitor = app.test_client()
        assert steps(visitor.get(f"/path/{one}/{new.id}").text)[-1] == new.id
        way = steps(visitor.get(f"/path/{one}/{other}").text)
        for work in way[1:-1]:
            store.delete([work])
        round_about = steps(visitor.get(f"/path/{one}/{other}").text)
        assert not set(way[1:-1]) & set(round_about)
        assert (round_about[0], round_about[-1]) == (one, other)


def test_without_a_graph_a_sentence_says_when_there_will_be_one(
    exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory
) -> None:
    own = exhibition.copy(tmp_path_factory.mktemp("no-paths"))
    with closing(open_store(own.settings())) as store:
        app = create_app(own.settings(), store)
        app.test_client_class = Visitor
        visitor, (one, other) = app.test_client(), far_ends(exhibition)
        assert "There are no paths yet" in visitor.get(f"/path/{one}/{other}").text
        assert lay(own.settings().graph_dir, store)
        assert steps(visitor.get(f"/path/{one}/{other}").text)


def test_the_other_end_is_chosen_by_words(visitor: Visitor, exhibition: Exhibition) -> None:
    one, _ = far_ends(exhibition)
    assert f'href="/path/{one}"' in visitor.get(f"/artworks/{one}").text
    html = visitor.get(f"/path/{one}?q=brandt").text
    links = re.findall(rf'href="/path/{one}/([0-9a-f-]{{36}})"', html)
    assert links
    assert one not in links
    assert visitor.get(f"/path/{one}/{links[0]}").status_code == 200
    assert "Nothing matches" in visitor.get(f"/path/{one}?q=zebra").text


def test_the_comparison_leads_to_the_path(visitor: Visitor, exhibition: Exhibition) -> None:
    one, other = far_ends(exhibition)
    assert f'href="/path/{one}/{other}"' in visitor.get(f"/compare/{one}/{other}").text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/path/{one}/{one}", 400),
        ("/path/{one}/{other}?years=2", 400),
        (f"/path/{{one}}/{NOT_THERE}", 404),
        (f"/path/{NOT_THERE}/{{one}}", 404),
        (f"/path/{NOT_THERE}", 404),
        ("/path/{one}/two", 404),
        ("/path/one", 404),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(
    address: str, status: int, visitor: Visitor, exhibition: Exhibition
) -> None:
    one, other = far_ends(exhibition)
    assert visitor.get(address.format(one=one, other=other)).status_code == status


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_paths_are_only_read(method: str, visitor: Visitor, exhibition: Exhibition) -> None:
    one, other = far_ends(exhibition)
    for address in (f"/path/{one}", f"/path/{one}/{other}"):
        assert getattr(visitor, method)(address).status_code == 405
