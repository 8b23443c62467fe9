"""Corrections on the real store and both databases: kept, applied, withdrawn, and stronger than a re-index."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gallery import corrections
from gallery.accounts import people
from gallery.corrections import checked, correct, corrected, reapply, withdraw
from gallery.db import Database
from gallery.errors import CorrectionRefused
from gallery.models.audit import audit_page
from gallery.models.corrections import corrections_of
from gallery.models.users import User
from indexer.errors import StoreUnavailable, UnknownArtwork
from indexer.store import ArtworkStore, open_store
from indexer.store.model import CONTENT, Artwork, Filters

pytestmark = pytest.mark.usefixtures("cheap_hashes")

VECTORS = {CONTENT: np.eye(1, 16, dtype=np.float32)}


@pytest.fixture(scope="module")
def opened(exhibition: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ArtworkStore, Artwork]]:
    ours = exhibition.copy(tmp_path_factory.mktemp("corrections"))
    with closing(open_store(ours.settings())) as store:
        yield store, ours.works[0]


@pytest.fixture
def hanging(opened: tuple[ArtworkStore, Artwork]) -> tuple[ArtworkStore, Artwork]:
    """A store and a work in it as its sources describe it."""
    store, work = opened
    store.add([work], VECTORS)
    return store, work


@pytest.fixture
def ada(database: Database) -> User:
    return people.add(database, "Ada", "seven brass lanterns", "admin")


def test_a_correction_is_stored_shown_found_and_on_the_record(
    hanging: tuple[ArtworkStore, Artwork], database: Database, ada: User
) -> None:
    store, work = hanging
    correct(database, store, work.sha256, "title", "  The  Great Wave ", ada)
    correct(database, store, work.sha256, "year", None, ada)
    shown = store.get(work.id)
    assert shown == replace(work, title="The Great Wave", year=None)
    assert [each.id for each in store.page(Filters(words="great")).artworks] == [work.id]
    with database.reading() as session:
        assert corrections_of(session, [work.sha256, "f" * 64]) == {
            work.sha256: {"title": "The Great Wave", "year": None}
        }
        newest = audit_page(session, 1, 2).entries[1]
    assert (newest.who, newest.action, newest.subject) == ("Ada", "corrected artwork", work.title)
    assert newest.detail == {"sha256": work.sha256, "field": "title", "before": work.title, "now": "The Great Wave"}


def test_the_last_of_several_corrections_holds_and_can_be_withdrawn(
    hanging: tuple[ArtworkStore, Artwork], database: Database, ada: User
) -> None:
    store, work = hanging
    stated = replace(work, licence="CC-BY-4.0", licence_url="https://creativecommons.org/licenses/by/4.0/")
    store.set_fields({work.id: {"licence": stated.licence, "licence_url": stated.licence_url}})
    for code in ("PDM-1.0", "CC0-1.0"):
        correct(database, store, work.sha256, "licence", code, ada)
    # The link of the licence that was wrong is not shown beside the right one.
    assert (store.get(work.id).licence, store.get(work.id).licence_url) == ("CC0-1.0", None)
    for _ in range(2):
        withdraw(database, store, stated, "licence", ada)
        assert store.get(work.id) == stated
    with database.reading() as session:
        assert corrections_of(session, [work.sha256]) == {}


def test_corrections_outlive_what_is_indexed_again(
    hanging: tuple[ArtworkStore, Artwork], database: Database, ada: User
) -> None:
    store, work = hanging
    correct(database, store, work.sha256, "title", "The Great Wave", ada)
    store.add([work], VECTORS)
    assert store.get(work.id).title == work.title
    assert reapply(database, store, [work.sha256, "f" * 64]) == 1
    assert store.get(work.id).title == "The Great Wave"
    with database.reading() as session:
        store.add([corrected(work, corrections_of(session, [work.sha256])[work.sha256])], VECTORS)
    assert store.get(work.id).title == "The Great Wave"


def test_a_correction_whose_way_to_the_collection_is_cut_is_not_lost(
    hanging: tuple[ArtworkStore, Artwork], database: Database, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, work = hanging

    def cut(*_: object) -> None:
        raise StoreUnavailable("http://qdrant", "connection refused")

    with monkeypatch.context() as patched:
        patched.setattr(corrections, "reapply", cut)
        with pytest.raises(StoreUnavailable):
            correct(database, store, work.sha256, "credit", "The museum", ada)
    assert store.get(work.id).credit == work.credit
    assert reapply(database, store, [work.sha256]) == 1
    assert store.get(work.id).credit == "The museum"


def test_works_that_are_gone_are_passed_over_and_unknown_ones_refused(
    hanging: tuple[ArtworkStore, Artwork], database: Database, ada: User
) -> None:
    store, work = hanging
    correct(database, store, work.sha256, "title", "The Great Wave", ada)
    store.delete([work.id])
    assert reapply(database, store, [work.sha256]) == 0
    with pytest.raises(UnknownArtwork):
        correct(database, store, "f" * 64, "title", "x", ada)
    with database.reading() as session:
        assert corrections_of(session, ["f" * 64]) == {}


def test_many_works_are_asked_for_at_once(database: Database) -> None:
    with database.reading() as session:
        assert corrections_of(session, (f"{number:064x}" for number in range(70_000))) == {}


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("title", "", "must not be empty"),
        ("title", None, "must not be empty"),
        ("title", "x" * 501, "500 characters"),
        ("title", "a\u202eb", "cannot be seen"),
        ("year", "1890", "whole number"),
        ("year", True, "whole number"),
        ("year", 2101, "whole number"),
        ("licence", " ", "must not be empty"),
        ("credit", "x" * 501, "500 characters"),
        ("sha256", "x", "cannot be corrected"),
        ("medium", "x", "cannot be corrected"),
        ("artist", "", "must not be empty"),
    ],
)
def test_a_value_that_will_not_do_is_refused(field: str, value: Any, says: str) -> None:
    with pytest.raises(CorrectionRefused, match=says):
        checked(field, value)


def test_what_is_not_known_can_be_said() -> None:
    assert [checked("year", None), checked("credit", ""), checked("year", -50)] == [None, None, -50]
    assert checked("title", "<b>x</b>") == "<b>x</b>"
