"""Lenses where visitors choose them: a row, a mix in the address, what comes of nonsense, and works that lack them."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import Visitor
from exhibition import Exhibition, give_lenses
from flask.testing import FlaskClient

from gallery.app import create_app
from gallery.clusters.reading import Theme
from gallery.clusters.scope import Scope
from gallery.clusters.shelf import Shown
from gallery.lenses import lenses
from gallery.survey import surveyor, words_for
from indexer.lenses.pairs import pairs_file
from indexer.store import ArtworkStore, open_store
from indexer.store.model import COMPOSITION, CONTENT, PALETTE, STYLE, Examples, Filters

UNFILLED = 2


class Hall:
    """A site whose two newest works still lack the lenses, and whoever looks at it."""

    def __init__(self, own: Exhibition, store: ArtworkStore) -> None:
        self.own, self.store = own, store
        app = create_app(own.settings(), store)
        app.test_client_class = Visitor
        self.visitor: FlaskClient = app.test_client()
        self.work, self.lacking = own.works[UNFILLED], own.works[0]
        self.page = f"/artworks/{self.work.id}"

    def text(self, address: str, status: int = 200) -> str:
        answer = self.visitor.get(address)
        assert answer.status_code == status, answer.text
        return answer.text

    def alike(self, weights: dict[str, float]) -> list[str]:
        found = self.store.similar(self.work.id, Filters(), lens=weights, size=24).found
        return [each.artwork.id for each in found]


@pytest.fixture(scope="module")
def hall(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    own = exhibition.copy(tmp_path_factory.mktemp("hall"))
    give_lenses(own, UNFILLED)
    with closing(open_store(own.settings())) as store:
        yield Hall(own, store)


def ids(html: str) -> list[str]:
    """Return the works listed as alike."""
    listed = html[html.index('id="alike"') :]
    return list(dict.fromkeys(re.findall(r'<a href="/artworks/([0-9a-f-]{36})">', listed)))


def marked(html: str) -> list[str]:
    """Return what is marked as chosen in the row of lenses."""
    row = html[html.index('aria-label="What works are compared by"') :].split("</nav>")[0]
    return re.findall(r'aria-current="true"[^>]*>([^<]*)<', row)


@pytest.mark.parametrize(
    ("text", "weights", "chosen"),
    [
        (None, {CONTENT: 0.3, STYLE: 0.7}, ["Subject and style"]),
        ("subject:30,style:70", {CONTENT: 0.3, STYLE: 0.7}, ["Subject and style"]),
        ("subject", {CONTENT: 1.0}, ["Subject"]),
        ("style", {STYLE: 1.0}, ["Style"]),
        ("palette:7", {PALETTE: 1.0}, ["Palette"]),
        ("composition:50,palette:50,style:0", {PALETTE: 0.5, COMPOSITION: 0.5}, []),
    ],
)
def test_works_are_compared_by_the_lens_or_mix_of_the_address(
    hall: Hall, text: str | None, weights: dict[str, float], chosen: list[str]
) -> None:
    html = hall.text(hall.page + (f"?lens={text}" if text else ""))
    assert ids(html) == hall.alike(weights)
    assert marked(html) == chosen


def test_a_mix_is_asked_for_by_a_form_without_scripts_and_has_an_address_to_share(hall: Hall) -> None:
    sent = hall.visitor.get(f"{hall.page}?scope=others&subject=0&style=25&palette=75&composition=&page=2")
    assert sent.status_code == 303
    there = urlsplit(sent.headers["Location"])
    assert (there.path, there.fragment) == (hall.page, "alike")
    assert parse_qs(there.query) == {"scope": ["others"], "lens": ["style:25,palette:75"]}
    html = hall.text(f"{there.path}?{there.query}")
    assert '<details class="mix" open><summary>Mix: style 25 %, palette 75 %</summary>' in html
    assert re.findall(r'type="number" name="(\w+)" min="0" max="100" value="(\d+)"', html) == [
        ("subject", "0"),
        ("style", "25"),
        ("palette", "75"),
        ("composition", "0"),
    ]
    assert '<input type="hidden" name="scope" value="others">' in html


def test_the_lens_goes_along_with_scope_pages_and_filters(hall: Hall) -> None:
    html = hall.text(f"{hall.page}?lens=style:25,palette:75")
    for part in ("scope=others", "page=2", "narrow=1"):
        links = [link for link in re.findall(r'href="(/artworks/[^"]*)"', html) if part in link]
        assert links
        assert all("lens=style:25,palette:75" in link for link in links), links


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("lens=mood", "there is no lens &#39;mood&#39;, only: subject, style, palette, composition"),
        ("lens=", "there is no lens &#39;&#39;"),
        ("lens=style:101", "&#39;101&#39; is not a weight from 0 to 100"),
        ("lens=style:-1", "is not a weight"),
        ("lens=style:٣", "is not a weight"),
        ("lens=style:0,subject:0", "a mix needs one weight above 0"),
        ("lens=style,style", "is there twice"),
        ("subject=0&style=0", "a mix needs one weight above 0"),
        ("subject=lots", "is not a weight"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(hall: Hall, query: str, sentence: str) -> None:
    html = hall.text(f"{hall.page}?{query}", 400)
    assert sentence in html


def test_a_work_that_lacks_the_lens_is_compared_by_subject_and_says_so_if_it_was_asked_for(hall: Hall) -> None:
    page = f"/artworks/{hall.lacking.id}"
    plain = ids(hall.text(page))
    assert plain == [each.artwork.id for each in hall.store.similar(hall.lacking.id, Filters(), size=24).found]
    assert "seen through that lens" not in hall.text(page)
    html = hall.text(f"{page}?lens=palette")
    assert "This work has not been seen through that lens yet" in html
    assert ids(html) == plain


def test_scores_are_told_by_pairs_in_the_same_lens(hall: Hall) -> None:
    by_mix, by_subject = (hall.text(f"{hall.page}{more}") for more in ("", "?lens=subject"))
    assert "of all pairs of works here" in by_mix
    assert "of all pairs of works here" in by_subject, "though nobody has surveyed the collection yet"


def test_programs_ask_by_lens_and_are_told_by_which_they_were_answered(hall: Hall) -> None:
    address = f"/api/v1{hall.page}/similar"
    plain, mixed = (hall.visitor.get(address + more).get_json() for more in ("", "?lens=style:25,palette:75"))
    assert (plain["lens"], mixed["lens"]) == ("subject", "style:25,palette:75")
    assert [each["artwork"]["id"] for each in plain["similar"]] == hall.alike({CONTENT: 1.0})
    assert [each["artwork"]["id"] for each in mixed["similar"]] == hall.alike({STYLE: 0.25, PALETTE: 0.75})
    assert all(each["band"] for each in mixed["similar"])
    assert "lens=style:25,palette:75" in mixed["next"]
    nonsense = hall.visitor.get(f"{address}?lens=mood")
    assert (nonsense.status_code, nonsense.is_json) == (400, True)
    lacking = hall.visitor.get(f"/api/v1/artworks/{hall.lacking.id}/similar?lens=style").get_json()
    assert lacking["lens"] == "subject"


def test_a_tray_is_answered_by_lens_or_mix_which_stays_as_it_changes(hall: Hall) -> None:
    likes, unlike = [work.id for work in hall.own.works[4:6]], hall.own.works[8].id
    tray = f"/more?like={likes[0]}&like={likes[1]}&unlike={unlike}&per_artist=0"
    assert marked(hall.text(tray)) == ["Subject and style"]
    for text, lens in (("style", {STYLE: 1.0}), ("style:25,palette:75", {STYLE: 0.25, PALETTE: 0.75})):
        html = hall.text(f"{tray}&lens={text}")
        found = hall.store.similar(Examples(likes, [unlike]), Filters(), lens=lens, size=24).found
        wall = html[html.index('<ul class="wall acted"') :]
        assert re.findall(r'<a href="/artworks/([0-9a-f-]{36})">', wall) == [each.artwork.id for each in found]
        acts = re.findall(r'class="act" rel="nofollow" href="(/more[^"]*)"', html)
        assert acts and all(f"lens={text}" in act for act in acts)
        assert f'<input type="hidden" name="lens" value="{text}">' in html
    sent = hall.visitor.get(f"{tray}&style=25&palette=75")
    query = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert query == {"like": likes, "unlike": [unlike], "per_artist": ["0"], "lens": ["style:25,palette:75"]}


def test_feeds_and_walks_go_by_the_lens(hall: Hall) -> None:
    feed = f"{hall.page}/feed.atom"
    best = hall.store.similar(hall.work.id, Filters(), lens=PALETTE, size=24).found
    told = hall.text(f"{feed}?lens=palette&above={best[2].score - 0.01:.4f}")
    assert set(re.findall(r"/artworks/([0-9a-f-]{36})<", told)) <= {hall.work.id, *(e.artwork.id for e in best)}
    assert "lens=palette" in told
    assert hall.text(f"{feed}?lens=palette").count("<entry>") <= 3, "near works alone"
    steps = hall.visitor.get(f"/surprise?from={hall.work.id}&lens=palette").headers["Location"]
    assert steps.rpartition("/")[2] in {each.artwork.id for each in best[:12]}
    hall.text("/surprise?lens=mood&from=" + hall.work.id, 400)


def test_an_old_collection_or_one_whose_lenses_are_being_made_compares_by_subject(
    exhibition: Exhibition, tmp_path: Path
) -> None:
    own = exhibition.copy(tmp_path / "old")
    with closing(open_store(own.settings())) as store:
        hall = Hall(own, store)
        html = hall.text(hall.page)
        assert "lenses" not in html
        assert ids(html) == hall.alike({CONTENT: 1.0})
        assert ids(hall.text(f"{hall.page}?lens=subject")) == ids(html)
        assert "can only be compared by subject so far" in hall.text(f"{hall.page}?lens=style", 404)
    give_lenses(own)
    with closing(open_store(own.settings())) as store:
        hall = Hall(own, store)
        assert "Subject and style" in hall.text(hall.page)
        pairs_file(own.settings().statistics_dir).unlink()
        assert "Subject and style" not in hall.text(hall.page)
        pairs_file(own.settings().statistics_dir).write_bytes(b"PK cut sho")
        assert "Subject and style" not in hall.text(hall.page)


def test_scores_of_a_cluster_by_a_lens_are_told_by_that_lens(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    middle, *others = hall.own.works[UNFILLED : UNFILLED + 10]
    theme = Theme(
        *(7, Scope(STYLE), 10, None, None, True, middle, middle, (), (), ()),
        facts={"years": None, **dict.fromkeys(("nearest", "artists", "movements", "tags", "traits"), ())},
        members=tuple(work.id for work in (middle, *others)),
    )
    monkeypatch.setattr("gallery.browse.clusters.clusters", lambda: Shown({7: theme}, {theme.scope: [theme]}))
    told = re.findall(r'title="([^"]+)"><span class="unseen">Likeness', hall.text("/clusters/7"))
    found = hall.store.similar(middle.id, theme.filters, lens=STYLE).found
    with hall.visitor.application.app_context():
        surveyor().measure()
        scale = lenses().scale({STYLE: 100})
        by_subject = lenses().scale({CONTENT: 100})
    assert scale and by_subject
    assert told == [words_for(scale, near.score) for near in found]
    assert told != [words_for(by_subject, near.score) for near in found]
