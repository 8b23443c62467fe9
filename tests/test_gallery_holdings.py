"""What is taken down, deleted or hidden is gone from everywhere, and stays so whichever way it might come back."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from holdings import ARTIST, Holding, Opened, painting, saved
from PIL import Image
from pydantic import SecretStr
from shelf import Averages

from gallery.accounts import people
from gallery.clusters.reading import all_themes
from gallery.clusters.running import Asked, cluster_collection
from gallery.corrections import correct, withdraw
from gallery.db import Database
from gallery.errors import ArtistBusy
from gallery.holdings import removal, takedowns
from gallery.holdings.facts import FactsFile
from gallery.holdings.repair import decided
from gallery.models import Job, Takedown, User
from gallery.models.artists import Artist, artist_by_slug
from gallery.models.audit import audit_page
from gallery.models.clusters import cards
from indexer.catalogue import artwork_of
from indexer.errors import StoreUnavailable
from indexer.store import open_store
from indexer.store.replacing import beside
from scraper.errors import StorageError
from scraper.journal import Journal
from scraper.model import ArtworkRecord
from scraper.withdrawn import WithdrawnFile

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def holding(tmp_path: Path, sqlite: Database) -> Iterator[Holding]:
    with Opened(tmp_path, sqlite) as opened:
        yield opened


@pytest.fixture
def ada(holding: Holding) -> User:
    return people.add(holding.database, "Ada", "seven brass lanterns", "admin")


def request_for(record: ArtworkRecord) -> Takedown:
    return Takedown(
        sha256=record.picture.sha256, phash=record.picture.phash, label=record.title, reason="Ours.", asked_by="heirs"
    )


def down(holding: Holding, record: ArtworkRecord, by: User) -> Takedown:
    return takedowns.take_down_at_once(holding.house, request_for(record), by)


def artist_of(holding: Holding) -> Artist:
    with holding.database.reading() as session:
        found = artist_by_slug(session, "ada-ochre")
    assert found is not None
    return found


def test_a_work_taken_down_is_gone_from_everywhere_at_once_and_the_journal_says_so(holding: Holding, ada: User) -> None:
    assert holding.shown() == ["Study 0", "Study 1", "Study 2"]
    record = holding.records()["Study 1"]
    assert len(holding.pictures_of(record.picture.sha256)) >= 4
    down(holding, record, ada)
    assert holding.shown() == ["Study 0", "Study 2"] and sorted(holding.records()) == ["Study 0", "Study 2"]
    assert holding.pictures_of(record.picture.sha256) == []
    journal = Journal(holding.house.library.artist_dir(ARTIST) / "journal.jsonl")
    (line,) = [entry for entry in journal.entries() if entry.sha256 == record.picture.sha256]
    assert (line.became, line.stage, line.reason) == ("skipped", "policy", "taken-down")


def test_neither_the_file_nor_a_copy_of_it_comes_back_by_import_or_index_or_reindex(
    holding: Holding, ada: User
) -> None:
    down(holding, holding.records()["Study 1"], ada)
    outcome, why = holding.take_in()
    assert why == ["taken-down"] and outcome.kept == 2
    copies = {
        "small.jpg": saved(painting(1).resize((240, 180)), quality=50),
        "large.png": saved(painting(1, 960, 720), "PNG"),
        "renamed.webp": saved(painting(1), "WEBP", quality=60),
        "same.jpg": saved(painting(1), quality=90),
        "another.jpg": saved(painting(9), quality=90),
    }
    for name, content in copies.items():
        holding.put(name, content)
    outcome, why = holding.take_in()
    assert why == ["taken-down"] * 5 and outcome.counts["new"] == 1
    # By another artist's name it is the same picture.
    holding.put("theirs.jpg", copies["small.jpg"], "Somebody Else")
    assert holding.take_in("Somebody Else")[1] == ["taken-down"]
    holding.index()
    assert holding.shown() == ["Another", "Study 0", "Study 2"]
    with closing(open_store(beside(holding.settings), anew=True)) as anew:
        holding.index(anew)
        assert anew.stats().artworks == 3


def test_turned_and_mirrored_copies_are_known(holding: Holding, ada: User) -> None:
    down(holding, holding.records()["Study 1"], ada)
    for way in Image.Transpose:
        turned = painting(1).transpose(way)
        small = turned.resize((turned.width * 2 // 3, turned.height * 2 // 3))
        holding.put(f"{way.name}.jpg", saved(small, quality=60))
    assert holding.take_in()[1] == ["taken-down"] * 8


def test_a_library_from_before_does_not_bring_it_back(holding: Holding, ada: User) -> None:
    record = holding.records()["Study 1"]
    files = {path: path.read_bytes() for path in holding.pictures_of(record.picture.sha256)}
    down(holding, record, ada)
    for path, content in files.items():
        path.write_bytes(content)
    assert holding.index().embedded == 0
    assert holding.shown() == ["Study 0", "Study 2"] and holding.pictures_of(record.picture.sha256) == []


def test_it_stays_down_without_the_database_and_comes_back_when_it_is_lifted(
    holding: Holding, ada: User, tmp_path: Path
) -> None:
    taken = down(holding, holding.records()["Study 1"], ada)
    with closing(Database(f"sqlite:///{tmp_path / 'new.sqlite3'}")) as empty:
        assert Holding(holding.settings, empty, holding.store, holding.folder).index().removed == 0
    assert holding.take_in()[1] == ["taken-down"]
    takedowns.lift(holding.house, taken.id, ada)
    outcome, why = holding.take_in()
    assert (why, outcome.counts["new"]) == ([], 1)
    holding.index()
    assert holding.shown() == ["Study 0", "Study 1", "Study 2"]


@pytest.mark.parametrize("cut", ["amend", "remove_thumbnails", "clear"])
def test_a_takedown_that_is_cut_short_is_finished_by_the_next_indexing(
    holding: Holding, ada: User, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = holding.records()["Study 1"]
    module = takedowns if cut == "amend" else removal

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, cut, die)
        with pytest.raises(KeyboardInterrupt):
            down(holding, record, ada)
    if cut == "amend":
        # Nothing was decided: the request is still open.
        holding.index()
        assert "Study 1" in holding.shown()
        return
    holding.index()
    assert holding.shown() == ["Study 0", "Study 2"] and holding.pictures_of(record.picture.sha256) == []


def test_a_takedown_whose_list_was_lost_is_listed_again(holding: Holding, ada: User) -> None:
    down(holding, holding.records()["Study 1"], ada)
    (holding.settings.library_dir / "withdrawn.jsonl").unlink()
    holding.take_in()
    holding.index()
    assert holding.shown() == ["Study 0", "Study 2"] and len(holding.records()) == 2


def test_a_list_that_cannot_be_read_stops_collecting_and_indexing(holding: Holding, ada: User) -> None:
    down(holding, holding.records()["Study 1"], ada)
    path = holding.settings.library_dir / "withdrawn.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(StorageError, match="a line of it is damaged"):
        holding.take_in()
    with pytest.raises(StorageError, match=r"withdrawn\.jsonl"):
        holding.index()


def test_a_hidden_work_is_not_shown_until_it_is_shown_again(holding: Holding, ada: User) -> None:
    record = holding.records()["Study 1"]
    removal.hide(holding.house, record, ada)
    for _ in range(2):
        assert holding.shown() == ["Study 0", "Study 2"] and "Study 1" in holding.records()
        outcome, why = holding.take_in()
        assert (outcome.counts["same"], why) == (3, [])
        holding.index()
    removal.show(holding.house, record, ada)
    assert holding.index().embedded == 1
    assert holding.shown() == ["Study 0", "Study 1", "Study 2"]


def test_a_deleted_work_stays_away_until_it_is_allowed_again_and_its_copies_do_not(holding: Holding, ada: User) -> None:
    record = holding.records()["Study 1"]
    removal.delete(holding.house, record, ada)
    assert holding.pictures_of(record.picture.sha256) == []
    holding.put("renamed.jpg", saved(painting(1), quality=90))
    assert holding.take_in()[1] == ["deleted", "deleted"]
    holding.put("another edition.png", saved(painting(1, 960, 720), "PNG"))
    assert holding.take_in()[0].counts["new"] == 1
    assert removal.allow_again(holding.house, artist_of(holding), ada) == 1
    assert holding.take_in()[1] == []


def test_hiding_an_artist_hides_what_comes_later_too(holding: Holding, ada: User) -> None:
    artist = artist_of(holding)
    removal.hide_artist(holding.house, artist.id, ada)
    assert holding.shown() == []
    holding.put("late.jpg", saved(painting(7)))
    holding.take_in()
    holding.index()
    assert holding.shown() == [] and len(holding.records()) == 4
    removal.show_artist(holding.house, artist.id, ada)
    holding.index()
    assert len(holding.shown()) == 4


def test_a_deleted_artist_goes_with_all_works_and_is_not_brought_back(holding: Holding, ada: User) -> None:
    holding.put("theirs.jpg", saved(painting(20)), "Somebody Else")
    holding.take_in("Somebody Else")
    holding.index()
    artist = artist_of(holding)
    with holding.database.writing() as session:
        session.add(Job(kind="scrape", artist_id=artist.id))
    with pytest.raises(ArtistBusy):
        removal.delete_artist(holding.house, artist.id, ada)
    with holding.database.writing() as session:
        for job in session.query(Job):
            job.state = "done"
    assert removal.delete_artist(holding.house, artist.id, ada) == 3
    assert holding.shown() == ["Theirs"] and list(holding.records()) == ["Theirs"]
    assert holding.take_in()[1] == ["deleted"] * 3
    holding.index()
    with holding.database.reading() as session:
        assert artist_by_slug(session, "ada-ochre") is None
        newest = audit_page(session, 1, 1).entries[0]
    assert (newest.action, newest.subject, newest.detail["works"]) == ("deleted artist", ARTIST, 3)
    assert FactsFile(holding.settings.facts_file).of("ada-ochre") is None


def test_corrections_survive_imports_indexing_and_reindexing(holding: Holding, ada: User) -> None:
    record = holding.records()["Study 1"]
    correct(holding.database, holding.store, record.picture.sha256, "title", "The Great Wave", ada)
    (holding.folder / ARTIST / "metadata.csv").write_text("file,title,year\nstudy 1.jpg,Wave,1831\n")
    holding.take_in()
    assert holding.index().refreshed == 1
    (work,) = [work for batch in holding.store.scan() for work in batch if work.sha256 == record.picture.sha256]
    assert (work.title, work.year) == ("The Great Wave", 1831)
    with closing(open_store(beside(holding.settings), anew=True)) as anew:
        holding.index(anew)
        assert anew.get(work.id).title == "The Great Wave"
    stated = artwork_of(holding.records()["Wave"], None)
    withdraw(holding.database, holding.store, stated, "title", ada)
    assert holding.store.get(work.id).title == "Wave"


def test_a_correction_that_never_reached_the_collection_does_so_with_the_next_indexing(
    holding: Holding, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = holding.records()["Study 1"]
    work = artwork_of(record, None)

    def cut(*_: object) -> None:
        raise StoreUnavailable("http://qdrant", "connection refused")

    with monkeypatch.context() as patched:
        patched.setattr(type(holding.store), "set_fields", cut)
        with pytest.raises(StoreUnavailable):
            correct(holding.database, holding.store, work.sha256, "title", "Wave", ada)
    assert holding.store.get(work.id).title == "Study 1"
    holding.index()
    assert holding.store.get(work.id).title == "Wave"
    with monkeypatch.context() as patched:
        patched.setattr(type(holding.store), "set_fields", cut)
        with pytest.raises(StoreUnavailable):
            withdraw(holding.database, holding.store, work, "title", ada)
    # What was not withdrawn still holds.
    holding.index()
    assert holding.store.get(work.id).title == "Wave"


def test_what_is_taken_down_while_it_is_embedded_does_not_stay(holding: Holding, ada: User) -> None:
    holding.put("late.jpg", saved(painting(7)))
    holding.take_in()
    late = holding.records()["Late"]

    class Slow(Averages):
        def encode(self, batch: Any) -> Any:
            down(holding, late, ada)
            return super().encode(batch)

    holding.encoder = Slow()
    holding.index()
    assert "Late" not in holding.shown() and holding.pictures_of(late.picture.sha256) == []


def test_what_is_taken_down_while_others_are_embedded_is_not_embedded(holding: Holding, ada: User) -> None:
    for number in range(10, 30):
        holding.put(f"late {number}.jpg", saved(painting(number, 200, 150)))
    holding.take_in()
    # Indexed in the order of their hashes.
    late = [record for record in holding.house.library.records() if record.title.startswith("Late")]
    last = max(late, key=lambda record: record.picture.sha256)
    taken: list[Takedown] = []

    class Slow(Averages):
        def encode(self, batch: Any) -> Any:
            if not taken:
                taken.append(down(holding, last, ada))
            return super().encode(batch)

    holding.encoder = Slow()
    outcome = holding.index()
    assert last.title not in holding.shown() and holding.pictures_of(last.picture.sha256) == []
    assert (outcome.embedded, outcome.removed) == (19, 0)


def test_commands_heed_what_was_decided_and_make_no_database_where_there_is_none(
    holding: Holding, ada: User, tmp_path: Path
) -> None:
    record = holding.records()["Study 1"]
    correct(holding.database, holding.store, record.picture.sha256, "credit", "The museum", ada)
    holding.store.set_fields({artwork_of(record, None).id: {"credit": None}})
    known = holding.settings.model_copy(update={"database_url": SecretStr(f"sqlite:///{tmp_path / 'gallery.sqlite3'}")})
    with decided(known, holding.store) as (amended, _):
        assert amended == {record.picture.sha256: {"credit": "The museum"}}
    assert holding.store.get(artwork_of(record, None).id).credit == "The museum"
    with decided(holding.settings, holding.store) as (amended, house):
        assert (amended, house) == ({}, None)
    assert not holding.settings.database_file.exists()


def test_artists_whose_works_came_by_other_ways_are_put_on_file(holding: Holding) -> None:
    assert artist_of(holding).name == ARTIST
    facts = FactsFile(holding.settings.facts_file).of("ada-ochre")
    assert facts is not None and facts.name == ARTIST


def test_no_cluster_and_no_export_shows_what_was_taken_down(holding: Holding, ada: User) -> None:
    for number in range(3, 9):
        holding.put(f"study {number}.jpg", saved(painting(number)))
    holding.take_in()
    holding.index()
    cluster_collection(holding.database, holding.store, Asked("test", k=2))
    exports = holding.house.exports
    exports[0].mkdir()
    exports[1].write_bytes(b"PK")
    medoid = all_themes(holding.database)[0].medoid
    record = next(each for each in holding.house.library.records() if each.picture.sha256 == medoid.sha256)
    down(holding, record, ada)
    with holding.database.reading() as session:
        on_cards = set().union(*(removal.shown_on(card.shown) for card in cards(session)))
    assert medoid.sha256 not in on_cards and sum(theme.size for theme in all_themes(holding.database)) == 8
    assert not any(export.exists() for export in exports)
    # Down to the last work of all.
    removal.hide_artist(holding.house, artist_of(holding).id, ada)
    assert holding.shown() == []


def test_the_list_is_read_again_only_when_it_has_changed(holding: Holding, ada: User) -> None:
    file = WithdrawnFile(holding.house.library)
    assert file.now() is file.now()
    down(holding, holding.records()["Study 1"], ada)
    assert len(file.now().entries) == 1
