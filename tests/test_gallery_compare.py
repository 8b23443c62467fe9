"""Two works compared in all lenses: where they match, drawn on both, and what happens where lenses are missing."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from exhibition import Exhibition, give_lenses, settings_for
from flask import Flask
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser, LexborNode
from shelf import Averages, Observing, Shelf, drawing, encoded

from gallery.app import create_app
from gallery.catalogue import store
from gallery.lenses import lenses
from indexer.lenses.features import Shelf as Kept
from indexer.lenses.statistics import LEAST
from indexer.store import open_store
from indexer.store.model import PALETTE, STYLE, Filters, artwork_id

SIDE, MOVED = 448, 128
SHEET = drawing(77, (SIDE + MOVED, SIDE + MOVED))
KEY = Averages.card.weights_sha256[:12]


def cut(left: int, top: int) -> bytes:
    return encoded(SHEET.crop((left, top, left + SIDE, top + SIDE)), "PNG")


class Room(NamedTuple):
    """A site with lenses: two details of one sheet, the second further right and down; the rest are unlike these."""

    app: Flask
    data_dir: Path
    detail: str
    moved: str
    others: list[str]

    @property
    def visitor(self) -> FlaskClient:
        return self.app.test_client()

    def page(self, first: str, second: str, more: str = "", status: int = 200) -> LexborHTMLParser:
        answer = self.visitor.get(f"/compare/{artwork_id(first)}/{artwork_id(second)}{more}")
        assert answer.status_code == status, answer.text
        return LexborHTMLParser(answer.text)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    shelf = Shelf(tmp_path_factory.mktemp("compare"))
    contents = [cut(0, 0), cut(MOVED, MOVED), *(encoded(drawing(at, (96, 80))) for at in range(LEAST))]
    names = [record.picture.sha256 for record in shelf.keep(*contents)]
    shelf.index(Observing(), statistics=shelf.settings.statistics_dir)
    with closing(open_store(shelf.settings)) as held:
        yield Room(create_app(settings_for(shelf.data_dir), held), shelf.data_dir, names[0], names[1], names[2:])


def outlines(page: LexborHTMLParser) -> list[dict[str | None, tuple[float, ...]]]:
    """Return, for each of the two pictures, x, y, width and height in percent of the outline of each pair."""

    def edges(node: LexborNode) -> tuple[float, ...]:
        return tuple(float((node.attributes[name] or "").rstrip("%")) for name in ("x", "y", "width", "height"))

    return [
        {group.attributes["class"]: edges(group.css_first("rect.over")) for group in figure.css("g.matched")}
        for figure in page.css("figure")
    ]


def test_the_same_detail_is_outlined_where_it_lies_in_either_picture(room: Room) -> None:
    page = room.page(room.detail, room.moved)
    ours, theirs = outlines(page)
    assert ours.keys() == theirs.keys() == {f"matched m{number}" for number in range(1, len(ours) + 1)}
    assert len(ours) > 2
    for number, (left, top, *size) in ours.items():
        # What lies there in the one lies further left and up in the other, by as much as its edges lie further right.
        assert theirs[number][:2] == pytest.approx((left - 100 * MOVED / SIDE, top - 100 * MOVED / SIDE), abs=0.02)
        assert size == pytest.approx([100 / 7, 100 / 7], abs=0.02)
    back = outlines(room.page(room.moved, room.detail))
    assert {*back[0].values()} == {*theirs.values()}


def test_pairs_are_told_in_words_for_whoever_sees_no_outlines(room: Room) -> None:
    page = room.page(room.detail, room.moved)
    labels = [" ".join(label.text().split()) for label in page.css(".places label")]
    assert (labels[0], labels[-1]) == ("All", "None")
    for number, label in enumerate(labels[1:-1], 1):
        assert re.fullmatch(rf"{number} (\w+ ?)+ (with (\w+ ?)+|in both) (0\.9\d|1\.00)", label), label
    assert all(svg.attributes["aria-hidden"] == "true" for svg in page.css("svg.outlines"))


def test_works_without_features_or_a_like_place_say_so(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = room.others[:2]
    kept = Kept(settings_for(room.data_dir).thumbnails_dir, KEY)
    features = kept.read(other)
    assert features is not None
    try:
        kept.path(other).unlink()
        page = room.page(one, other)
        assert "Where the two match is not known" in page.css_first(".places").text()
        assert not page.css("svg.outlines")
        # A damaged file is as good as none.
        kept.path(other).write_bytes(features.to_bytes()[:-3])
        assert "Where the two match is not known" in room.page(one, other).css_first(".places").text()
    finally:
        kept.write(other, features)
    assert room.page(one, other).css(".places label")
    monkeypatch.setattr("gallery.matching.LEAST", 1.01)
    assert "No place in one stands out" in room.page(one, other).css_first(".places").text()


def rows_of(page: LexborHTMLParser) -> list[list[str]]:
    """Return the table of likenesses: what it is by, likeness, angle, and what that means."""
    rows = page.css(".by-lens tbody tr")
    return [[" ".join(cell.text().split()) for cell in row.css("th, td")] for row in rows]


def test_likeness_and_angle_are_told_in_each_lens_and_in_the_mix_asked_for(room: Room) -> None:
    rows = rows_of(room.page(room.detail, room.moved, "?lens=subject:30,style:70"))
    assert [row[0].split()[0] for row in rows] == ["Subject", "Subject", "Style", "Palette", "Composition"]
    assert rows[0][0] == "Subject and style subject 30 %, style 70 %"
    assert float(rows[0][1]) == pytest.approx(0.3 * float(rows[1][1]) + 0.7 * float(rows[2][1]), abs=1e-3)
    with room.app.app_context():
        for lens, row in ((STYLE, rows[2]), (PALETTE, rows[3])):
            one, other = store().vectors([artwork_id(room.detail), artwork_id(room.moved)], lens=lens)
            assert float(row[1]) == pytest.approx(float(one @ other), abs=6e-4)
            assert float(row[2].rstrip("°")) == pytest.approx(np.degrees(np.arccos(one @ other)), abs=0.06)


def test_what_a_likeness_means_is_told_by_pairs_of_that_lens(exhibition: Exhibition, tmp_path: Path) -> None:
    own = exhibition.copy(tmp_path / "data")
    give_lenses(own, unfilled=1)
    lacking, one, other = (work.id for work in own.works[:3])
    with closing(open_store(own.settings())) as held:
        app = create_app(own.settings(), held)
        with app.app_context():
            scale = lenses().scale({STYLE: 100})
            cosine = float(np.prod(held.vectors([one, other], lens=STYLE), axis=0).sum())
            assert scale is not None
            share = scale.share_below(cosine)
        rows = rows_of(LexborHTMLParser(app.test_client().get(f"/compare/{one}/{other}?lens=style").text))
        assert all("of all pairs of works here" in row[3] for row in rows)
        told = re.fullmatch(r"[A-Z][a-z ]+: closer than (\d+) % of all pairs of works here", rows[1][3])
        assert told and int(told[1]) == int(100 * share)
        for pair in ((lacking, other), (other, lacking)):
            page = LexborHTMLParser(app.test_client().get("/compare/{}/{}?lens=style".format(*pair)).text)
            assert rows_of(page)[1][1] == "Not known yet for one of the two"
            assert "compared by subject" in page.css_first("#nearest [role=status]").text()
            links = [link.attributes["href"] for link in page.css(".lists .wall a")]
            near = [held.similar(work, Filters(), size=12).found for work in pair]
            assert links == [f"/artworks/{each.artwork.id}" for found in near for each in found]


def test_colours_of_each_and_of_both_are_drawn_and_named(room: Room) -> None:
    page = room.page(room.detail, room.moved)
    ours, theirs, both = page.css(".strip")
    for strip in (ours, theirs):
        widths = [float(rect.attributes["width"] or 0) for rect in strip.css("rect")]
        assert sum(widths) == pytest.approx(100, abs=3)
    shared = sum(float(rect.attributes["width"] or 0) for rect in both.css("rect"))
    told = re.search(r"In both, (\d+) %", page.css_first(".palettes").text())
    assert told and shared == pytest.approx(int(told[1]), abs=4)
    assert re.fullmatch(r"Colours of both: ([a-z ]+ (\d+|under 1) %(, )?)+", both.attributes["aria-label"] or "")
    assert all(re.fullmatch(r"#[0-9a-f]{6}", rect.attributes["fill"] or "") for rect in page.css(".strip rect"))


@pytest.mark.parametrize("lens", ["style", "palette:7"])
def test_neighbours_are_those_of_the_lens_that_is_asked_for(lens: str, room: Room) -> None:
    page = room.page(room.detail, room.moved, f"?lens={lens}")
    first, plain = (
        [link.attributes["href"] for link in shown.css(".lists .wall a")]
        for shown in (page, room.page(room.detail, room.moved))
    )
    assert len(first) == len(plain) == 24
    assert first != plain
    current = [link.text() for link in page.css("#nearest .switch a") if link.attributes.get("aria-current")]
    assert current == ["Style" if lens == "style" else "Palette"]


def test_a_mix_sent_by_a_form_gets_an_address_of_its_own(room: Room) -> None:
    answer = room.visitor.get(f"/compare/{artwork_id(room.detail)}/{artwork_id(room.moved)}?subject=20&style=80")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("lens=subject:20,style:80#nearest")


@pytest.mark.parametrize("lens", ["mood", "", "style:x", "%00", "style,style"])
def test_a_lens_that_is_none_is_refused(lens: str, room: Room) -> None:
    assert "cannot be used as 'lens'" in room.page(room.detail, room.moved, f"?lens={lens}", 400).text()


def test_each_neighbour_of_a_work_leads_to_why(room: Room) -> None:
    page = LexborHTMLParser(room.visitor.get(f"/artworks/{artwork_id(room.detail)}").text)
    links = [link for link in page.css("#alike .act") if link.text() == "Why?"]
    assert len(links) == LEAST + 1
    assert all(re.fullmatch(r"Why is .+ like this\?", link.attributes["aria-label"] or "") for link in links)
    assert f"/compare/{artwork_id(room.detail)}/{artwork_id(room.moved)}#why" in {
        link.attributes["href"] for link in links
    }


def test_a_collection_from_before_there_were_lenses_is_compared_by_subject(
    visitor: FlaskClient, exhibition: object, site: Flask
) -> None:
    with site.app_context():
        one, other = (work.id for work in next(store().scan(batch=2)))
    page = LexborHTMLParser(visitor.get(f"/compare/{one}/{other}").text)
    assert [row[0].split()[0] for row in rows_of(page)] == ["Subject"]
    text = page.text()
    assert "style, palette and composition come when it is next indexed" in text
    assert "Where the two match is not known" in text
    assert not page.css(".palettes, svg.outlines, #nearest .switch")
    assert visitor.get(f"/compare/{one}/{other}?lens=style").status_code == 404
