"""Clusters from run to page: what a run writes, what curators change, and that neither loses the other."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest
from curators import GOOD, signed_in, token
from flask import Flask

from gallery.accounts import people
from gallery.app import create_app
from gallery.clusters import deciding, noting
from gallery.clusters.reading import all_themes, theme_of
from gallery.clusters.running import Asked, cluster_collection, join_new
from gallery.db import Database
from gallery.errors import ClusteringBusy
from gallery.jobs.asking import ask_for
from gallery.jobs.clock import ask_when_due
from gallery.jobs.clustering import ask_after_growth
from gallery.jobs.kinds import Shop
from gallery.jobs.queue import JobQueue, is_time
from gallery.jobs.work import work
from gallery.models.base import now
from gallery.models.clusters import SILENCE, ClusterRun, begin_run, decisions, last_run, run_by_id, runs
from gallery.models.jobs import Job, job_by_id, job_page
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
from scraper.errors import ConfigError
from scraper.settings import ScraperSettings

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


def run(database: Database, store: ArtworkStore, k: int | None = 4, **more: Any) -> ClusterRun:
    return cluster_collection(database, store, Asked("test", k, **more))


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


# The pages


@pytest.fixture
def site(settings: GallerySettings, store: ArtworkStore, sqlite: Database) -> Flask:
    run(sqlite, store)
    people.add(sqlite, "Ada", GOOD, "admin")
    people.add(sqlite, "Cleo", GOOD, "curator")
    return create_app(settings, store, sqlite)


def test_visitors_see_clusters_by_size_and_one_from_the_middle_to_the_edge(site: Flask, sqlite: Database) -> None:
    visitor = site.test_client()
    page = visitor.get("/clusters")
    themes = all_themes(sqlite)
    assert page.status_code == 200
    assert [int(number) for number in re.findall(r"<h2><a href=\"/clusters/(\d+)\"", page.text)] == [
        t.id for t in themes
    ]
    one = visitor.get(f"/clusters/{themes[0].id}")
    assert one.status_code == 200
    scores = [float(score) for score in re.findall(r"</span>(-?\d\.\d\d)</span>", one.text)]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) >= themes[0].size - 1


def test_many_clusters_take_several_pages(site: Flask, sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gallery.browse.clusters.ON_A_PAGE", 3)
    seen, visitor = [], site.test_client()
    address: str | None = "/clusters"
    while address:
        page = visitor.get(address).text
        assert f"in {len(all_themes(sqlite))} clusters" in page
        seen.append(len(re.findall(r"<h2><a href=\"/clusters/\d+\"", page)))
        onward = re.search(r'rel="next" href="([^"]+)"', page)
        address = onward[1] if onward else None
    assert seen == [3, 1]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/clusters/999", 404),
        ("/clusters/x", 404),
        ("/clusters?page=0", 400),
        ("/clusters?page=2", 404),
        ("/clusters/1?page=0", 400),
        ("/clusters/1?page=900", 404),
        ("/clusters/1?from=2000&to=1000", 400),
    ],
)
def test_what_is_not_there_is_said_so(site: Flask, path: str, status: int) -> None:
    assert site.test_client().get(path).status_code == status


def test_pages_only_take_what_they_take(site: Flask) -> None:
    assert site.test_client().post("/clusters").status_code in (400, 405)
    assert signed_in(site).get("/admin/clusters/1/pin").status_code == 405


DESK = ["/admin/clusters", "/admin/clusters/1", "/admin/clusters/runs/1"]


@pytest.mark.parametrize("path", DESK)
def test_the_desk_is_for_curators(site: Flask, path: str) -> None:
    assert signed_in(site).get(path).status_code == 200
    assert signed_in(site, "Ada").get(path).status_code == 200
    away = site.test_client().get(path)
    assert away.status_code == 302
    assert "/login" in away.location


@pytest.mark.parametrize("path", ["/admin/clusters/999", "/admin/clusters/runs/999"])
def test_the_desk_knows_what_is_not_there(site: Flask, path: str) -> None:
    assert signed_in(site).get(path).status_code == 404


ACTS = {
    "/admin/clusters/1/describe": {"name": "Waves", "description": ""},
    "/admin/clusters/1/pin": {},
    "/admin/clusters/1/merge": {"other": "2"},
    "/admin/clusters/1/split": {"into": "2"},
}


@pytest.mark.parametrize("path", ACTS)
def test_acts_need_a_token_and_a_curator(site: Flask, path: str) -> None:
    client = signed_in(site)
    assert client.post(path, data=ACTS[path]).status_code == 400
    said = client.post(path, data=ACTS[path] | {"csrf_token": token(client, "/admin/clusters/1")})
    assert said.status_code == 303
    visitor = site.test_client()
    data = ACTS[path] | {"csrf_token": token(visitor, "/login")}
    assert visitor.post(path, data=data).status_code == 302


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/admin/clusters/1/split", {"into": "99"}, 400),
        ("/admin/clusters/1/split", {"into": "two"}, 400),
        ("/admin/clusters/1/merge", {"other": "1"}, 400),
        ("/admin/clusters/1/merge", {"other": "999"}, 404),
        ("/admin/clusters/999/pin", {}, 404),
        ("/admin/clusters/1/works", {"act": "explode"}, 400),
        ("/admin/clusters/1/works", {"act": "exclude"}, 400),
        ("/admin/clusters/1/works", {"act": "cover", "work": "00000000-0000-0000-0000-000000000000"}, 404),
        ("/admin/clusters/decisions/999/undo", {}, 400),
    ],
)
def test_acts_that_make_no_sense_are_refused_in_words(
    site: Flask, path: str, data: dict[str, str], status: int
) -> None:
    client = signed_in(site)
    page = client.post(path, data=data | {"csrf_token": token(client, "/admin/clusters/1")})
    assert page.status_code == status
    assert "<h1>" in page.text


def test_a_hostile_name_is_shown_as_text(site: Flask, sqlite: Database) -> None:
    client, name = signed_in(site), "<script>alert(1)</script>"
    cluster = all_themes(sqlite)[0].id
    data = {"name": name, "description": name, "csrf_token": token(client, f"/admin/clusters/{cluster}")}
    client.post(f"/admin/clusters/{cluster}/describe", data=data)
    for path in ("/clusters", f"/clusters/{cluster}", f"/admin/clusters/{cluster}", "/admin/clusters"):
        page = client.get(path).text
        assert name not in page
        assert "&lt;script&gt;alert(1)" in page


def test_what_is_not_a_theme_is_not_shown_to_visitors(site: Flask, sqlite: Database) -> None:
    client, cluster = signed_in(site), all_themes(sqlite)[0].id
    data = {"name": "", "description": "", "not_theme": "1", "csrf_token": token(client, f"/admin/clusters/{cluster}")}
    client.post(f"/admin/clusters/{cluster}/describe", data=data)
    others = [theme.id for theme in all_themes(sqlite) if theme.id != cluster]
    for page in ("/clusters", *(f"/clusters/{other}" for other in others)):
        assert f'href="/clusters/{cluster}"' not in site.test_client().get(page).text
    narrowed = site.test_client().get("/search?narrow=1").text
    assert f'href="/search?cluster={cluster}"' not in narrowed
    assert all(f'href="/search?cluster={other}"' in narrowed for other in others)


def test_a_clusters_page_can_be_shown_as_a_card_elsewhere_and_leads_to_movements(site: Flask, sqlite: Database) -> None:
    theme = all_themes(sqlite)[0]
    page = site.test_client().get(f"/clusters/{theme.id}").text
    assert page.count('property="og:title"') == page.count('property="og:image"') == 1
    assert f'property="og:title" content="{theme.title}"' in page
    links = re.findall(r'href="(/movements/[^"]+)"', page)
    assert links and all(site.test_client().get(link).status_code == 200 for link in links)


def test_a_cover_and_an_exclusion_by_form(site: Flask, sqlite: Database, store: ArtworkStore) -> None:
    client, theme = signed_in(site), all_themes(sqlite)[0]
    path = f"/admin/clusters/{theme.id}/works"
    chosen = theme.typical[0].id
    data = {"work": chosen, "act": "cover", "csrf_token": token(client, f"/admin/clusters/{theme.id}")}
    said = client.post(path, data=data)
    assert said.status_code == 303, said.text
    again = theme_of(sqlite, theme.id)
    assert again
    assert again.face.id == chosen
    assert client.post(path, data=data | {"act": "exclude", "work": theme.typical[1].id}).status_code == 303
    assert store.get(theme.typical[1].id).cluster is None
    assert "took a work out" in client.get("/admin/clusters").text.lower()


# Runs as jobs


@pytest.fixture
def shop(settings: GallerySettings, store: ArtworkStore, sqlite: Database, tmp_path: Any) -> Shop:
    given = settings.model_copy(update={"cluster_after": 3})
    return Shop(given, ScraperSettings(data_dir=tmp_path / "data"), sqlite, store, JobQueue(given), "here:1", Event())


def done(shop: Shop, job_id: int) -> Job:
    work(shop, job_id)
    with shop.database.reading() as session:
        found = job_by_id(session, job_id)
    assert found
    return found


def test_the_button_asks_for_a_job_which_makes_the_run(site: Flask, shop: Shop) -> None:
    client = signed_in(site)
    data = {"k": "3", "csrf_token": token(client, "/admin/clusters")}
    assert client.post("/admin/clusters/run", data=data).status_code == 303
    with shop.database.reading() as session:
        asked = job_page(session, 1, 5, None, "cluster").jobs
    assert done(shop, asked[0].id).state == "done"
    assert len(all_themes(shop.database)) == 3
    assert client.post("/admin/clusters/run", data=data | {"k": "many"}).status_code == 400
    assert client.get("/admin/clusters/run").status_code == 405


def test_a_job_that_cannot_be_done_says_why(site: Flask, shop: Shop) -> None:
    job = ask_for(shop.database, shop.queue, "cluster", {"k": 99}, by=None)
    found = done(shop, job.id)
    assert found.state == "failed"
    assert "from 1 to 40" in (found.message or "")


def test_enough_new_works_ask_for_a_run_once(site: Flask, shop: Shop) -> None:
    ask_after_growth(shop)
    assert not asked_kinds(shop)
    new = [work.id for batch in shop.store.scan() for work in batch][:3]
    vectors, works = shop.store.vectors(new), [shop.store.get(each) for each in new]
    shop.store.delete(new)
    run(shop.database, shop.store)
    shop.store.add(works, {CONTENT: vectors})
    join_new(shop.database, shop.store)
    for _ in range(2):
        ask_after_growth(shop)
    assert asked_kinds(shop) == ["cluster"]


def test_the_clock_asks_for_a_run_once_in_its_minute(site: Flask, shop: Shop) -> None:
    never = replace(shop, settings=shop.settings.model_copy(update={"cluster_cron": "0 0 31 2 *"}))
    ask_when_due(never)
    assert not asked_kinds(shop)
    always = replace(shop, settings=shop.settings.model_copy(update={"cluster_cron": "* * * * *"}))
    for _ in range(2):
        ask_when_due(always)
    assert asked_kinds(shop) == ["cluster"]


def asked_kinds(shop: Shop) -> list[str]:
    with shop.database.reading() as session:
        return [job.kind for job in job_page(session, 1, 9, None, None).jobs]


@pytest.mark.parametrize("expression", ["often", "* * * *", "61 * * * *", "* * * * * *"])
def test_a_clock_that_makes_no_sense_is_refused(tmp_path: Any, expression: str) -> None:
    with pytest.raises(ConfigError, match="GALLERY_CLUSTER_CRON"):
        GallerySettings(data_dir=tmp_path, cluster_cron=expression)


def test_cron_fields_are_read_in_their_usual_order() -> None:
    monday = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)
    assert is_time("30 3 * * 1", monday)
    assert is_time("30 3 23 11 *", monday)
    assert not is_time("30 3 * * 2", monday)
    assert not is_time("31 3 * * *", monday)
