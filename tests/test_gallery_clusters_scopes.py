"""Clusters of an artist's or a movement's works and by another lens, beside those of the whole collection."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from curators import GOOD, token
from exhibition import CARD, WIDTH, Exhibition, random_vectors
from flask import Flask
from flask.testing import FlaskClient
from themes import theme_of

from gallery.accounts import people
from gallery.app import create_app
from gallery.clusters import deciding, noting
from gallery.clusters.history import history_of
from gallery.clusters.publishing import republish
from gallery.clusters.reading import Theme, all_themes, remarks_of
from gallery.clusters.running import Asked, cluster_collection, join_new
from gallery.clusters.scope import WHOLE, Scope
from gallery.clusters.shelf import Shelf
from gallery.db import Database
from gallery.errors import DatabaseUnavailable
from gallery.models.clusters import ClusterRun, begin_run, recent_decisions
from gallery.models.jobs import job_page
from gallery.models.users import User
from gallery.settings import GallerySettings
from indexer.errors import BadDecision, NothingToCluster
from indexer.store import ArtworkStore, open_store
from indexer.store.model import CONTENT, Filters, ModelCard

ADA, TIDES, COLOURS = Scope(artist="ada-ochre"), Scope(movement="Tides"), Scope("colours")

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture(scope="module")
def hung(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Exhibition:
    """The same works with a second lens; closed, to be copied."""
    own = exhibition.copy(tmp_path_factory.mktemp("lenses"))
    chance = np.random.default_rng(3)
    with closing(open_store(own.settings(), anew=True)) as store:
        store.prepare(
            ModelCard(CARD.backbone, CARD.weights_sha256, CARD.preprocessing, {CONTENT: WIDTH, COLOURS.lens: 4})
        )
        colours = chance.normal(size=(len(own.works), 4)).astype(np.float32)
        store.add(own.works, {CONTENT: random_vectors(len(own.works)), COLOURS.lens: colours})
    return own


@pytest.fixture
def settings(hung: Exhibition, tmp_path: Path) -> GallerySettings:
    return hung.copy(tmp_path / "data").settings()


@pytest.fixture
def store(settings: GallerySettings) -> Iterator[ArtworkStore]:
    with closing(open_store(settings)) as opened:
        yield opened


@pytest.fixture
def curator(sqlite: Database) -> User:
    people.add(sqlite, "Cleo", GOOD, "curator")
    return people.find(sqlite, "Cleo")


def run(database: Database, store: ArtworkStore, scope: Scope = WHOLE, k: int = 3, **more: Any) -> ClusterRun:
    return cluster_collection(database, store, Asked("test", k, scope=scope, **more))


def payloads(store: ArtworkStore) -> dict[str, str | None]:
    return {work.id: work.cluster for batch in store.scan() for work in batch}


def told(database: Database, scope: Scope) -> list[tuple[int, int, tuple[str, ...] | None]]:
    return [(theme.id, theme.size, theme.members) for theme in all_themes(database, scope)]


@pytest.mark.parametrize("scope", [WHOLE, ADA, TIDES, COLOURS, Scope("colours", movement="Ebb & Flow = |x")])
def test_a_scope_is_named_and_found_again(scope: Scope) -> None:
    assert Scope.of(scope.key) == scope
    assert Scope(**scope.values()) == scope


@pytest.mark.parametrize("scope", [ADA, TIDES, COLOURS])
def test_each_scope_has_clusters_of_its_own_and_disturbs_no_other(
    sqlite: Database, store: ArtworkStore, scope: Scope
) -> None:
    run(sqlite, store, k=4)
    before, whole = payloads(store), told(sqlite, WHOLE)
    found = run(sqlite, store, scope)
    assert payloads(store) == before
    assert told(sqlite, WHOLE) == whole
    themes = all_themes(sqlite, scope)
    wanted = {work.id for batch in store.scan() for work in batch if scope.takes(work)}
    members = [work for theme in themes for work in theme.members or ()]
    assert set(members) == wanted
    assert len(members) == len(wanted) == found.works
    assert not {theme.id for theme in themes} & {cluster for cluster, _, _ in whole}
    for theme in themes:
        assert theme.members
        assert theme.members[0] == theme.medoid.id
        assert store.page(theme.filters).total == theme.size


def test_a_scopes_next_run_goes_on_with_its_ids_and_ids_are_never_given_twice(
    sqlite: Database, store: ArtworkStore, curator: User
) -> None:
    run(sqlite, store, k=4)
    run(sqlite, store, ADA)
    before = told(sqlite, ADA)
    largest = all_themes(sqlite, WHOLE)[0].id
    deciding.split(sqlite, store, largest, 2, curator)
    assert told(sqlite, ADA) == before
    second = run(sqlite, store, ADA)
    assert second.changes
    assert {origin["kind"] for origin in second.changes["origins"]} == {"kept"}
    run(sqlite, store, ADA, 6, afresh=True)
    run(sqlite, store, TIDES)
    run(sqlite, store, k=8, afresh=True)
    every = [theme.id for theme in all_themes(sqlite, None)]
    assert len(every) == len(set(every))
    parts = recent_decisions_of(sqlite)[0]["parts"]
    part = theme_of(sqlite, parts[1]["id"])
    assert part is None or part.scope == WHOLE


def recent_decisions_of(database: Database) -> list[dict[str, Any]]:
    with database.reading() as session:
        return [row.decision for row in recent_decisions(session, 9)]


def test_a_cluster_is_not_split_while_ids_are_being_given(sqlite: Database, store: ArtworkStore, curator: User) -> None:
    run(sqlite, store)
    with sqlite.writing() as session:
        assert begin_run(session, ClusterRun(reason="other", lens=CONTENT, engine="numpy", seed=0))
    with pytest.raises(BadDecision, match="being made anew"):
        deciding.split(sqlite, store, all_themes(sqlite)[0].id, 2, curator)


def test_decisions_in_a_scope_stay_in_it(sqlite: Database, store: ArtworkStore, curator: User) -> None:
    run(sqlite, store, k=4)
    run(sqlite, store, COLOURS)
    before, one = payloads(store), all_themes(sqlite, COLOURS)[0]
    deciding.exclude(sqlite, store, [one.typical[0].id], one.id, curator)
    run(sqlite, store, COLOURS)
    assert payloads(store) == before
    assert one.typical[0].id not in {work for theme in all_themes(sqlite, COLOURS) for work in theme.members or ()}
    with sqlite.reading() as session:
        decision = recent_decisions(session, 1)[0].id
    deciding.undo(sqlite, store, decision, curator)
    assert one.typical[0].id in {work for theme in all_themes(sqlite, COLOURS) for work in theme.members or ()}


def test_new_works_join_in_every_scope_and_removed_ones_leave_their_cards(
    sqlite: Database, store: ArtworkStore
) -> None:
    new = next(work for batch in store.scan() for work in batch if ADA.takes(work))
    vectors = {lens: store.vectors([new.id], lens=lens) for lens in (CONTENT, COLOURS.lens)}
    store.delete([new.id])
    for scope in (WHOLE, ADA, COLOURS):
        run(sqlite, store, scope)
    store.add([new], vectors)
    assert join_new(sqlite, store) == 1
    for scope in (ADA, COLOURS):
        assert sum(new.id in (theme.members or ()) for theme in all_themes(sqlite, scope)) == 1
    store.delete([new.id])
    for scope in (ADA, COLOURS):
        republish(sqlite, store, scope)
        assert not any(new.id in (theme.members or ()) for theme in all_themes(sqlite, scope))


def test_a_payload_that_was_never_written_is_written_when_works_are_joined(
    sqlite: Database, store: ArtworkStore
) -> None:
    run(sqlite, store)
    before = payloads(store)
    store.set_fields({work: {"cluster": None} for work in list(before)[:7]})
    assert join_new(sqlite, store) == 0
    assert payloads(store) == before


def test_a_part_without_works_is_a_sentence(sqlite: Database, store: ArtworkStore) -> None:
    with pytest.raises(NothingToCluster, match="of the artist nobody"):
        run(sqlite, store, Scope(artist="nobody"))


# What curators say


def test_all_that_is_said_stays_and_can_be_taken_back_in_any_order(
    sqlite: Database, store: ArtworkStore, curator: User
) -> None:
    run(sqlite, store)
    one = all_themes(sqlite)[0]
    far = one.outliers[-1] if len(one.outliers) > 9 else one.typical[-1]
    say(sqlite, one, curator, name="Waves", theme=True, remarks="Ask Ada.")
    say(sqlite, one, curator, name="Seas", theme=False, remarks="Ask Ada.")
    noting.choose_cover(sqlite, store, one.id, far.id, curator)
    run(sqlite, store)
    found = theme_of(sqlite, one.id)
    assert found
    assert (found.name, found.theme, found.face.id, remarks_of(sqlite, one.id)) == ("Seas", False, far.id, "Ask Ada.")
    with sqlite.reading() as session:
        cover, second, first = [row.id for row in recent_decisions(session, 3)]
    deciding.undo(sqlite, store, first, curator)
    assert (now_of(sqlite, one).name, remarks_of(sqlite, one.id)) == ("Seas", "")
    deciding.undo(sqlite, store, second, curator)
    assert (now_of(sqlite, one).name, now_of(sqlite, one).theme) == (None, True)
    deciding.undo(sqlite, store, cover, curator)
    assert now_of(sqlite, one).face == now_of(sqlite, one).medoid


def say(database: Database, one: Theme, by: User, **said: Any) -> None:
    noting.describe(database, one.id, by, description="", **said)


def now_of(database: Database, theme: Theme) -> Theme:
    found = theme_of(database, theme.id)
    assert found
    return found


def test_a_cover_is_one_of_the_clusters_works(sqlite: Database, store: ArtworkStore, curator: User) -> None:
    run(sqlite, store, ADA)
    one, other = all_themes(sqlite, ADA)[:2]
    with pytest.raises(BadDecision, match="own works"):
        noting.choose_cover(sqlite, store, one.id, other.medoid.id, curator)
    assert one.members
    noting.choose_cover(sqlite, store, one.id, one.members[-1], curator)
    assert now_of(sqlite, one).face.id == one.members[-1]


def test_a_history_tells_every_run(sqlite: Database, store: ArtworkStore, curator: User) -> None:
    run(sqlite, store, k=4)
    one, other = [theme.id for theme in all_themes(sqlite)][:2]
    deciding.merge(sqlite, store, one, [other], curator)
    run(sqlite, store, k=4)
    run(sqlite, store, k=6, afresh=True)
    found = history_of(sqlite, one)
    assert found
    assert [chapter.kind for chapter in found.chapters][:2] == ["born", "kept"]
    assert len(found.chapters) == 3
    assert found.chapters[-1].size > 0
    assert [kind for kind, _ in found.decided] == ["merge"]
    assert history_of(sqlite, 999) is None


# In memory


def test_the_shelf_asks_again_after_a_write_and_tells_the_last_while_the_database_is_away(
    sqlite: Database, store: ArtworkStore, curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(sqlite)
    assert not shelf.latest().themes
    run(sqlite, store)
    first = shelf.latest()
    assert len(first.scopes[WHOLE]) == 3
    assert shelf.latest() is first
    say(sqlite, all_themes(sqlite)[0], curator, name="Waves", theme=True)
    assert "Waves" in shelf.latest().titles().values()
    named = shelf.known()

    def away() -> None:
        raise DatabaseUnavailable("somewhere", "it is away")

    monkeypatch.setattr(sqlite, "reading", away)
    monkeypatch.setattr(sqlite, "version", object())
    assert shelf.latest() is named


# The pages


@pytest.fixture
def site(settings: GallerySettings, store: ArtworkStore, sqlite: Database, curator: User) -> Flask:
    for scope in (WHOLE, ADA, TIDES, COLOURS):
        run(sqlite, store, scope)
    return create_app(settings, store, sqlite)


@pytest.fixture
def cleo(site: Flask) -> FlaskClient:
    client = site.test_client()
    data = {"name": "Cleo", "password": GOOD, "csrf_token": token(client, "/login")}
    assert client.post("/login", data=data).status_code == 303
    return client


PARTS = {"artist=ada-ochre": ADA, "movement=Tides": TIDES, "lens=colours": COLOURS}


@pytest.mark.parametrize("asked", PARTS)
def test_a_scope_has_pages(site: Flask, sqlite: Database, store: ArtworkStore, asked: str) -> None:
    visitor, themes = site.test_client(), all_themes(sqlite, PARTS[asked])
    page = visitor.get(f"/clusters?{asked}")
    assert page.status_code == 200
    linked = re.findall(r"<h2><a href=\"/clusters/(\d+)\"", page.text)
    assert [int(number) for number in linked] == [theme.id for theme in themes]
    one = themes[0]
    text = visitor.get(f"/clusters/{one.id}").text
    assert f"?{asked}" in text
    shown = set(re.findall(r'href="/artworks/([0-9a-f-]{36})"', text))
    assert shown == set(one.members or ())
    assert visitor.get(f"/clusters/{one.id}/history").status_code == 200
    assert visitor.get(f"/clusters/{one.id}/feed.atom").status_code == 200
    narrowed = visitor.get(f"/clusters/{one.id}?from=1860&to=1870").text
    years = {store.get(work).year for work in re.findall(r'class="r-\d+"><a href="/artworks/([0-9a-f-]{36})', narrowed)}
    assert years and all(year is not None and 1860 <= year <= 1870 for year in years)
    # The works of a cluster can be narrowed as any listing; the one in the middle hangs above it.
    wide = visitor.get(f"/clusters/{one.id}?narrow=1").text
    counts = re.findall(
        rf'href="(/clusters/{one.id}\?licence=[^"]+)"><bdi>[^<]+</bdi></a>&nbsp;<span class="line">(\d+)', wide
    )
    assert len(counts) > 1 and sum(int(count) for _, count in counts) == one.size - 1
    for href, count in counts:
        listed = re.findall(
            r'class="r-\d+"><a href="/artworks/([0-9a-f-]{36})', visitor.get(href).text.partition('id="works"')[2]
        )
        assert len(listed) == int(count)
    assert f'<a href="/clusters/{one.id}/feed.atom">Feed of new works in it</a>' in wide
    assert f'type="application/atom+xml" title="{one.title}" href="/clusters/{one.id}/feed.atom"' in wide


@pytest.mark.parametrize("page", ["/artists/ada-ochre", "/movements/tides", "/clusters"])
def test_a_parts_page_leads_to_its_groups(site: Flask, page: str) -> None:
    visitor = site.test_client()
    visitor.get("/clusters")
    assert 'href="/clusters?' in visitor.get(page).text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/clusters?artist=nobody", 404),
        ("/clusters?lens=smell", 404),
        ("/clusters?artist=ada-ochre&movement=Tides", 400),
        ("/clusters/999/history", 404),
        ("/clusters/x/history", 404),
        ("/admin/clusters?artist=ada-ochre&movement=Tides", 400),
    ],
)
def test_what_was_not_clustered_is_said_so(cleo: FlaskClient, path: str, status: int) -> None:
    assert cleo.get(path).status_code == status


def test_history_is_read_only(site: Flask) -> None:
    assert site.test_client().post("/clusters/1/history").status_code in (400, 405)


@pytest.mark.parametrize("asked", ["", *PARTS])
def test_the_desk_shows_each_scope(cleo: FlaskClient, sqlite: Database, asked: str) -> None:
    one = all_themes(sqlite, PARTS.get(asked, WHOLE))[0]
    page = cleo.get(f"/admin/clusters?{asked}").text
    assert f'href="/admin/clusters/{one.id}"' in page
    assert cleo.get(f"/admin/clusters/{one.id}").status_code == 200


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        ({"part": "artist:ada-ochre"}, {"artist": "ada-ochre", "lens": "content"}),
        ({"part": "movement:Ebb & Flow", "lens": "colours"}, {"movement": "Ebb & Flow", "lens": "colours"}),
        ({"part": "artist:nobody"}, None),
        ({"part": "tag:cliff"}, None),
        ({"lens": "smell"}, None),
    ],
)
def test_the_form_asks_for_a_run_over_a_part(
    cleo: FlaskClient, sqlite: Database, form: dict[str, str], wanted: dict[str, str] | None
) -> None:
    sent = cleo.post("/admin/clusters/run", data=form | {"csrf_token": token(cleo, "/admin/clusters")})
    with sqlite.reading() as session:
        jobs = job_page(session, 1, 5, None, "cluster").jobs
    assert sent.status_code == (303 if wanted else 400)
    assert [{name: job.asked[name] for name in wanted or ()} for job in jobs] == ([wanted] if wanted else [])


def test_notes_are_for_curators_alone(site: Flask, cleo: FlaskClient, sqlite: Database) -> None:
    cluster, secret = all_themes(sqlite)[0].id, "Between us: <b>dull</b>"
    data = {
        "name": "Waves",
        "description": "",
        "remarks": secret,
        "csrf_token": token(cleo, f"/admin/clusters/{cluster}"),
    }
    assert cleo.post(f"/admin/clusters/{cluster}/describe", data=data).status_code == 303
    assert "Between us: &lt;b&gt;dull" in cleo.get(f"/admin/clusters/{cluster}").text
    visitor = site.test_client()
    for path in ("/clusters", f"/clusters/{cluster}", f"/clusters/{cluster}/history", f"/clusters/{cluster}/feed.atom"):
        assert "Between us" not in visitor.get(path).text
    assert visitor.get(f"/admin/clusters/{cluster}").status_code == 302


def test_what_was_said_is_undone_from_the_clusters_page(cleo: FlaskClient, sqlite: Database) -> None:
    one = all_themes(sqlite)[0]
    path = f"/admin/clusters/{one.id}"
    data = {"name": "Waves", "description": "", "csrf_token": token(cleo, path)}
    cleo.post(f"{path}/describe", data=data)
    action = re.search(r'action="(/admin/clusters/decisions/\d+/undo)"', cleo.get(path).text)
    assert action
    back = cleo.post(action[1], data=data | {"cluster": str(one.id)})
    assert (back.status_code, back.location) == (303, path)
    assert now_of(sqlite, one).name is None


def test_visitors_pages_of_clusters_ask_no_table_for_what_they_show(
    site: Flask, sqlite: Database, store: ArtworkStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, one = site.test_client(), all_themes(sqlite)[0]
    visitor.get("/clusters")

    def refused() -> None:
        raise AssertionError("asked the database")

    monkeypatch.setattr(sqlite, "reading", refused)
    for path in ("/clusters", f"/clusters/{one.id}", "/artists/ada-ochre", f"/clusters/{one.id}/feed.atom"):
        assert visitor.get(path).status_code == 200
    assert store.page(Filters(cluster=str(one.id))).total == one.size
