"""Clusters from run to page: what a run writes, what curators change, and that neither loses the other."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from clustered import run
from curators import GOOD
from themes import theme_of

from gallery.accounts import people
from gallery.clusters import deciding, noting
from gallery.clusters.reading import all_themes
from gallery.clusters.running import Asked, cluster_collection, join_new
from gallery.db import Database
from gallery.errors import ClusteringBusy
from gallery.models.base import now
from gallery.models.clusters import SILENCE, ClusterRun, begin_run, decisions, last_run, run_by_id, runs
from gallery.models.users import User
from gallery.settings import GallerySettings
from indexer import medoids
from indexer.clustering.watch import Watch
from indexer.errors import (
    BadClusterCount,
    BadDecision,
    ClusteringStopped,
    EngineMissing,
    NothingToCluster,
    UnknownCluster,
)
from indexer.store import ArtworkStore, open_store
from indexer.store.model import CONTENT, Filters

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def settings(exhibition: Any, tmp_path: Any) -> GallerySettings:
    found: GallerySettings = exhibition.copy(tmp_path / "data").settings()
    return found


@pytest.fixture
def store(settings: GallerySettings) -> Iterator[ArtworkStore]:
    with closing(open_store(settings)) as opened:
        yield opened


@pytest.fixture
def curator(database: Database) -> User:
    people.add(database, "Cleo", GOOD, "curator")
    return people.find(database, "Cleo")


def clusters_in(store: ArtworkStore) -> dict[str, str | None]:
    return {work.id: work.cluster for batch in store.scan() for work in batch}


def test_a_run_puts_every_work_into_a_cluster_and_makes_its_page(database: Database, store: ArtworkStore) -> None:
    found = run(database, store)
    assert (found.state, found.clusters, found.works) == ("done", 4, 40)
    placed = clusters_in(store)
    assert None not in placed.values()
    for theme in all_themes(database):
        members = {work for work, cluster in placed.items() if cluster == str(theme.id)}
        assert len(members) == theme.size
        assert theme.medoid.id in members
        assert {work.id for work in theme.typical} <= members - {theme.medoid.id}
        assert store.page(Filters(cluster=str(theme.id))).total == theme.size


def test_without_a_number_it_is_chosen_and_the_curve_is_kept(database: Database, store: ArtworkStore) -> None:
    found = run(database, store, None)
    assert found.curve
    assert found.clusters == max(found.curve, key=lambda trial: (trial["silhouette"], -trial["k"]))["k"]


def test_a_second_run_keeps_ids_and_names(database: Database, store: ArtworkStore, curator: User) -> None:
    run(database, store)
    before = clusters_in(store)
    theme = all_themes(database)[0]
    noting.describe(database, theme.id, curator, name="  Calm   seas ", description="Blue.", theme=True)
    second = run(database, store)
    assert clusters_in(store) == before
    again = theme_of(database, theme.id)
    assert again
    assert (again.name, again.description) == ("Calm seas", "Blue.")
    assert second.changes
    assert {origin["kind"] for origin in second.changes["origins"]} == {"kept"}


def test_a_stopped_run_changes_nothing_and_says_so(database: Database, store: ArtworkStore) -> None:
    run(database, store)
    before, shown = clusters_in(store), [theme.id for theme in all_themes(database)]
    with pytest.raises(ClusteringStopped):
        cluster_collection(database, store, Asked("test", 7), watch=Watch(stopped=lambda: True))
    assert clusters_in(store) == before
    assert [theme.id for theme in all_themes(database)] == shown
    with database.reading() as session:
        latest, last = runs(session, 1)[0], last_run(session)
    assert latest.state == "stopped"
    assert last
    assert last.id != latest.id


def test_more_clusters_than_works_fail_with_the_reason(database: Database, store: ArtworkStore) -> None:
    with pytest.raises(BadClusterCount, match="from 1 to 40"):
        run(database, store, 41)
    with database.reading() as session:
        assert runs(session, 1)[0].state == "failed"


def test_a_second_run_beside_one_that_goes_on_is_refused(database: Database, store: ArtworkStore) -> None:
    with database.writing() as session:
        assert begin_run(session, ClusterRun(reason="other", lens=CONTENT, engine="numpy", seed=0))
    with pytest.raises(ClusteringBusy, match="going on already"):
        run(database, store)


def test_a_run_whose_process_died_does_not_block_for_ever(database: Database, store: ArtworkStore) -> None:
    dead = ClusterRun(reason="killed", lens=CONTENT, engine="numpy", seed=0, heartbeat_at=now() - 2 * SILENCE)
    with database.writing() as session:
        assert begin_run(session, dead)
    assert run(database, store).state == "done"
    with database.reading() as session:
        found = run_by_id(session, dead.id)
    assert found
    assert found.state == "failed"
    assert "ended before" in (found.message or "")


def test_an_empty_collection_is_a_sentence(database: Database, store: ArtworkStore) -> None:
    store.delete(list(clusters_in(store)))
    with pytest.raises(NothingToCluster):
        run(database, store)


def test_one_work_is_one_cluster(database: Database, store: ArtworkStore) -> None:
    store.delete(list(clusters_in(store))[1:])
    assert run(database, store, 1).clusters == 1
    assert all_themes(database)[0].typical == ()


def test_works_removed_during_a_run_are_left_out(database: Database, store: ArtworkStore) -> None:
    gone: list[str] = []

    def remove(what: str, share: float) -> None:
        if share > 0.5 and not gone:
            gone.append(next(iter(clusters_in(store))))
            store.delete(gone)

    found = cluster_collection(database, store, Asked("test", 4), watch=Watch(progress=remove))
    assert found.works == 39
    assert gone[0] not in clusters_in(store)
    assert found.result
    assert gone[0] not in found.result["members"]


def test_new_works_join_the_nearest_medoid_and_removed_ones_leave(database: Database, store: ArtworkStore) -> None:
    new = list(clusters_in(store))[:3]
    vectors, works = store.vectors(new), [store.get(work) for work in new]
    store.delete(new)
    run(database, store)
    removed = next(iter(clusters_in(store)))
    store.delete([removed])
    store.add(works, {CONTENT: vectors})
    assert join_new(database, store) == 3
    placed = clusters_in(store)
    assert all(placed[work] for work in new)
    middles = {theme.id: store.vectors([theme.medoid.id])[0] for theme in all_themes(database)}
    for each, vector in zip(new, vectors, strict=True):
        nearest = max(middles, key=lambda cluster: float(vector @ middles[cluster]))
        assert placed[each] == str(nearest)
    assert sum(theme.size for theme in all_themes(database)) == 39
    assert join_new(database, store) == 0


def test_decisions_are_shown_survive_the_next_run_and_can_be_undone(
    database: Database, store: ArtworkStore, curator: User
) -> None:
    run(database, store)
    themes = all_themes(database)
    into, other = themes[0], themes[1]
    before = clusters_in(store)
    work = next(work.id for work in other.typical)
    deciding.move(database, store, [work], into.id, curator)
    deciding.exclude(database, store, [into.typical[0].id], into.id, curator)
    for _ in range(2):
        assert store.get(work).cluster == str(into.id)
        assert store.get(into.typical[0].id).cluster is None
        run(database, store)
    with database.reading() as session:
        made = [row.id for row in decisions(session)]
    for decision in made:
        deciding.undo(database, store, decision, curator)
    assert clusters_in(store) == before
    with pytest.raises(BadDecision, match="no such decision"):
        deciding.undo(database, store, made[0], curator)


def test_merged_and_split_clusters_stay_so(database: Database, store: ArtworkStore, curator: User) -> None:
    run(database, store)
    first, second, third = [theme.id for theme in all_themes(database)][:3]
    deciding.merge(database, store, first, [second], curator)
    assert theme_of(database, second) is None
    size = theme_of(database, third).size  # type: ignore[union-attr]
    deciding.split(database, store, third, 2, curator)
    run(database, store)
    assert theme_of(database, second) is None
    ids = [theme.id for theme in all_themes(database)]
    assert len(ids) == 4
    new = next(cluster for cluster in ids if cluster not in (first, second, third) and cluster > 4)
    parts = [theme_of(database, cluster) for cluster in (third, new)]
    assert sum(part.size for part in parts if part) >= size


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda d, s, c: deciding.pin(d, s, 999, c), UnknownCluster),
        (lambda d, s, c: deciding.merge(d, s, 1, [1], c), BadDecision),
        (lambda d, s, c: deciding.split(d, s, 1, 100, c), BadDecision),
        (lambda d, s, c: deciding.move(d, s, ["no such"], 1, c), BadDecision),
        (lambda d, s, c: deciding.exclude(d, s, [], 1, c), BadDecision),
        (lambda d, s, c: noting.describe(d, 1, c, name="x" * 121, description="", theme=True), BadDecision),
    ],
)
def test_decisions_that_make_no_sense_are_refused(
    database: Database, store: ArtworkStore, curator: User, act: Any, error: type[Exception]
) -> None:
    run(database, store)
    before = clusters_in(store)
    with pytest.raises(error):
        act(database, store, curator)
    assert clusters_in(store) == before


def test_an_engine_that_is_not_there_is_a_failed_run(
    database: Database, store: ArtworkStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise EngineMissing("it is not installed")

    monkeypatch.setitem(medoids.ENGINES, "sklearn-extra", missing)
    with pytest.raises(EngineMissing):
        run(database, store, 4, engine="sklearn-extra")
