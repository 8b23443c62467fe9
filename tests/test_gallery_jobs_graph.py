"""The stage that builds the search graph while the gallery is open."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from exhibition import settings_for
from store_samples import CARD, artworks, vectors

from gallery.jobs import graphing
from gallery.jobs.kinds import Task
from indexer.errors import StoreDamaged
from indexer.store import ArtworkStore, open_store
from indexer.store.manifest import read_manifest
from indexer.store.model import CONTENT


class Board(SimpleNamespace):
    """What the stage tells, kept."""

    def show(self, stage: str, **values: Any) -> None:
        self.shown.append(values)

    def say(self, line: str) -> None:
        self.said.append(line)


@pytest.fixture
def task(tmp_path: Path) -> Iterator[Task]:
    settings = settings_for(tmp_path)
    store = open_store(settings)
    store.prepare(CARD)
    store.add(artworks(30), {CONTENT: vectors(30)})
    board = Board(shown=[], said=[], stop=SimpleNamespace(is_set=lambda: False))
    yield Task(SimpleNamespace(settings=settings, store=store), None, board, "graph")  # type: ignore[arg-type]
    store.close()


def shard(task: Task) -> str:
    manifest = read_manifest(task.shop.settings.qdrant_dir)
    assert manifest is not None
    return manifest.shard


def test_a_few_new_works_are_not_worth_a_graph(task: Task) -> None:
    before = shard(task)
    assert graphing.graph(task) is None
    assert shard(task) == before


def test_many_are_and_the_collection_is_replaced_while_it_is_open(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    before, store = shard(task), task.shop.store
    monkeypatch.setattr(graphing, "LEAST", 30)
    assert graphing.graph(task) is None
    assert shard(task) != before
    assert store.stats().artworks == 30
    assert task.board.said  # type: ignore[attr-defined]


def test_a_graph_that_cannot_be_built_leaves_the_job_with_a_remark(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: ArtworkStore, stopped: object) -> bool:
        raise StoreDamaged(task.shop.settings.qdrant_dir, "the disk is full")

    monkeypatch.setattr(graphing, "LEAST", 30)
    monkeypatch.setattr(type(task.shop.store), "optimize_aside", fails)
    remark = graphing.graph(task)
    assert remark is not None
    assert remark.startswith("New works are found, but more slowly") and "the disk is full" in remark


def test_a_server_builds_its_own(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shard(task)
    monkeypatch.setattr(graphing, "LEAST", 0)
    away = task.shop.settings.model_copy(update={"qdrant_url": "http://127.0.0.1:1"})
    monkeypatch.setattr(task.shop, "settings", away)
    assert graphing.graph(task) is None
    assert shard(task) == before
