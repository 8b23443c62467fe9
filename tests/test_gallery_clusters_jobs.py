"""Runs as jobs: by the button, after growth, and by the clock."""

from dataclasses import replace
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest
from clustered import Clustered, run
from curators import signed_in, token

from gallery.clusters.reading import all_themes
from gallery.clusters.running import join_new
from gallery.jobs.asking import ask_for
from gallery.jobs.clock import ask_when_due
from gallery.jobs.clustering import ask_after_growth
from gallery.jobs.kinds import Shop
from gallery.jobs.queue import JobQueue, is_time
from gallery.jobs.work import work
from gallery.models.jobs import Job, job_by_id, job_page
from gallery.settings import GallerySettings
from indexer.store.model import CONTENT
from scraper.errors import ConfigError
from scraper.settings import ScraperSettings

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def shop(clustered: Clustered) -> Shop:
    given = clustered.settings.model_copy(update={"cluster_after": 3})
    scraping = ScraperSettings(data_dir=given.data_dir)
    return Shop(given, scraping, clustered.database, clustered.store, JobQueue(given), "here:1", Event())


def done(shop: Shop, job_id: int) -> Job:
    work(shop, job_id)
    with shop.database.reading() as session:
        found = job_by_id(session, job_id)
    assert found
    return found


def test_the_button_asks_for_a_job_which_makes_the_run(clustered: Clustered, shop: Shop) -> None:
    client = signed_in(clustered.site)
    data = {"k": "3", "csrf_token": token(client, "/admin/clusters")}
    assert client.post("/admin/clusters/run", data=data).status_code == 303
    with shop.database.reading() as session:
        asked = job_page(session, 1, 5, None, "cluster").jobs
    assert done(shop, asked[0].id).state == "done"
    assert len(all_themes(shop.database)) == 3
    assert client.post("/admin/clusters/run", data=data | {"k": "many"}).status_code == 400
    assert client.get("/admin/clusters/run").status_code == 405


def test_a_job_that_cannot_be_done_says_why(shop: Shop) -> None:
    job = ask_for(shop.database, shop.queue, "cluster", {"k": 99}, by=None)
    found = done(shop, job.id)
    assert found.state == "failed"
    assert "from 1 to 40" in (found.message or "")


def test_enough_new_works_ask_for_a_run_once(shop: Shop) -> None:
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


def test_the_clock_asks_for_a_run_once_in_its_minute(shop: Shop) -> None:
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
