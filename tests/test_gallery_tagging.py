"""Curators' classes from decision to payload: what holds, what a model adds, and that neither is lost."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from classes import KINDS, Studio, studio
from exhibition import CARD, Exhibition

from gallery.accounts import people
from gallery.db import Database
from gallery.holdings.house import House
from gallery.holdings.repair import after_indexing
from gallery.jobs.asking import ask_for
from gallery.jobs.kinds import Shop
from gallery.jobs.queue import JobQueue
from gallery.jobs.work import work
from gallery.models.audit import audit_page
from gallery.models.jobs import Job, job_by_id
from gallery.models.tagging import applied_models, recent_acts, standing, tag_models
from gallery.models.users import User
from gallery.tagging import deciding
from gallery.tagging.errors import TagsRefused, UnknownTagSet
from gallery.tagging.files import read_head, read_scores
from gallery.tagging.learning import apply, roll_back, train_set
from gallery.tagging.publishing import retag
from gallery.tagging.queueing import Order, Queue, queue_of
from gallery.tagging.truth import agreement_of, verdicts_of
from indexer.errors import UnknownArtwork
from indexer.store import open_store
from indexer.store.model import CONTENT, Filters
from indexer.tagging.errors import DamagedHead, TooFewLabels, WrongHead
from scraper.settings import ScraperSettings

GOOD = "seven brass lanterns"

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def place(exhibition: Exhibition, tmp_path: Path, sqlite: Database) -> Iterator[Studio]:
    with studio(exhibition, tmp_path / "data", sqlite) as opened:
        yield opened


@pytest.fixture
def cleo(sqlite: Database) -> User:
    people.add(sqlite, "Cleo", GOOD, "curator")
    return people.find(sqlite, "Cleo")


@pytest.fixture
def dora(sqlite: Database) -> User:
    people.add(sqlite, "Dora", GOOD, "curator")
    return people.find(sqlite, "Dora")


def test_a_decision_is_shown_at_once_and_undone_at_once(place: Studio, cleo: User) -> None:
    tags = place.define(cleo)
    act = place.say(tags, 3, "landscape", cleo)
    assert place.given(3) == [("landscape", "curator")]
    assert place.store.page(Filters(given="Subject: landscape")).total == 1
    assert place.store.page(Filters(words="landsc")).total == 1
    assert deciding.undo(place.database, place.store, place.folder, act, cleo) == 1
    assert place.given(3) == []
    with pytest.raises(TagsRefused, match="undone already"):
        deciding.undo(place.database, place.store, place.folder, act, cleo)
    with place.database.reading() as session:
        acts = [entry.action for entry in audit_page(session, 1, 10).entries]
    assert acts[:3] == ["undid tagging", "tagged works", "defined tags"]


def test_of_exclusive_classes_the_last_counts_of_several_each(place: Studio, cleo: User) -> None:
    one, several = place.define(cleo), place.define(cleo, "Motifs", exclusive=False)
    for tags in (one, several):
        place.say(tags, 0, "portrait", cleo)
        place.say(tags, 0, "landscape", cleo)
    found = place.store.get(place.works[0].id).given_words
    assert set(found) == {"Subject: landscape", "Motifs: portrait", "Motifs: landscape"}


@pytest.mark.parametrize(
    ("name", "classes", "reason"),
    [
        ("", KINDS, "is empty"),
        ("x" * 61, KINDS, "too long"),
        ("a: b", KINDS, "cannot have"),
        ("a\tb\x00", KINDS, "cannot have"),
        ("Genre", ["only one"], "too few"),
        ("Genre", ["Sea Side", "sea-side"], "too alike"),
        ("Genre", [f"c{number}" for number in range(61)], "too many"),
        ("subject", KINDS, "is taken"),
    ],
)
def test_a_set_that_makes_no_sense_is_refused(
    place: Studio, cleo: User, name: str, classes: list[str], reason: str
) -> None:
    place.define(cleo)
    with pytest.raises(TagsRefused, match=reason):
        deciding.define(place.database, cleo, name=name, classes=classes, exclusive=True)


def test_what_is_not_there_cannot_be_tagged(place: Studio, cleo: User) -> None:
    tags = place.define(cleo)
    with pytest.raises(TagsRefused, match="not one of this set"):
        place.say(tags, 0, "harbour", cleo)
    with pytest.raises(UnknownArtwork):
        deciding.decide(place.database, place.store, place.folder, tags.id, {"0" * 36: {"portrait": True}}, cleo)
    with pytest.raises(UnknownTagSet):
        deciding.decide(place.database, place.store, place.folder, 99, {place.works[0].id: {"portrait": True}}, cleo)
    with pytest.raises(TagsRefused, match="No work"):
        deciding.decide(place.database, place.store, place.folder, tags.id, {}, cleo)
    with place.database.reading() as session:
        assert not standing(session, tags.id)


def test_a_model_shows_nothing_until_it_is_applied_and_then_never_beats_a_curator(place: Studio, cleo: User) -> None:
    tags = place.define(cleo)
    place.label(tags, cleo)
    model = train_set(place.database, place.store, place.folder, tags.id, cleo)
    assert model.metrics["accuracy"] > 0.9 and model.data["works"] == 24
    assert sum(sum(row) for row in model.metrics["confusion"]) == 24
    assert place.given(30) == []
    apply(place.database, place.store, place.folder, model.id, cleo)
    assert place.given(30) == [(place.kind(30), "machine")]
    assert place.given(2) == [(place.kind(2), "curator")]
    place.say(tags, 30, place.kind(31), cleo)
    assert place.given(30) == [(place.kind(31), "curator")]
    place.say(tags, 31, place.kind(31), cleo, verdict=False)
    assert (place.kind(31), "machine") not in place.given(31)


def test_rolling_back_leads_to_the_model_before_and_then_to_none(place: Studio, cleo: User) -> None:
    tags = place.define(cleo)
    place.label(tags, cleo)
    first = train_set(place.database, place.store, place.folder, tags.id, cleo)
    apply(place.database, place.store, place.folder, first.id, cleo)
    before = [place.store.get(work.id).given for work in place.works]
    place.label(tags, cleo, 24, 33)
    second = train_set(place.database, place.store, place.folder, tags.id, cleo)
    assert second.sha256 != first.sha256
    apply(place.database, place.store, place.folder, second.id, cleo)
    roll_back(place.database, place.store, place.folder, tags.id, cleo)
    with place.database.reading() as session:
        assert applied_models(session)[tags.id].id == first.id
    shown = [place.store.get(work.id).given for work in place.works]
    assert shown[33:] == before[33:] and shown[33:] != [()] * 7
    roll_back(place.database, place.store, place.folder, tags.id, cleo)
    with place.database.reading() as session:
        assert not applied_models(session)
    assert place.given(35) == [] and place.given(25) == [(place.kind(25), "curator")]


def test_new_works_are_tagged_and_decisions_survive_a_collection_made_anew(place: Studio, cleo: User) -> None:
    """As after `gallery reindex`: payloads come from the library, which knows of no tags."""
    tags = place.define(cleo)
    newest = place.works[36:]
    vectors = place.store.vectors([work.id for work in newest])
    place.store.delete([work.id for work in newest])
    place.label(tags, cleo)
    model = train_set(place.database, place.store, place.folder, tags.id, cleo)
    apply(place.database, place.store, place.folder, model.id, cleo)
    shown = {work.id: place.store.get(work.id).given for work in place.works[:36]}
    everything = place.store.vectors([work.id for work in place.works[:36]])
    place.store.drop()
    place.store.prepare(CARD)
    place.store.add([replace(work, given=(), given_words=()) for work in place.works[:36]], {CONTENT: everything})
    place.store.add(newest, {CONTENT: vectors})
    after_indexing(House.of(place.settings, place.database, place.store))
    assert {work: place.store.get(work).given for work in shown} == shown
    assert place.given(37) == [(place.kind(37), "machine")]
    assert retag(place.database, place.store, place.folder) == 0


def test_scores_that_are_lost_are_made_again(place: Studio, cleo: User) -> None:
    tags = place.define(cleo)
    place.label(tags, cleo)
    model = train_set(place.database, place.store, place.folder, tags.id, cleo)
    apply(place.database, place.store, place.folder, model.id, cleo)
    (place.folder / f"{model.sha256}.scores.npz").write_bytes(b"cut")
    assert read_scores(place.folder, model.sha256) is None
    assert retag(place.database, place.store, place.folder) == 0
    assert read_scores(place.folder, model.sha256) is not None


def test_a_model_that_is_damaged_or_of_another_network_is_not_applied(place: Studio, cleo: User) -> None:
    tags = place.define(cleo)
    place.label(tags, cleo)
    model = train_set(place.database, place.store, place.folder, tags.id, cleo)
    path = place.folder / f"{model.sha256}.npz"
    whole = path.read_bytes()
    path.write_bytes(whole[:200])
    with pytest.raises(DamagedHead):
        apply(place.database, place.store, place.folder, model.id, cleo)
    path.unlink()
    with pytest.raises(DamagedHead, match="no such file"):
        read_head(place.folder, model.sha256)
    path.write_bytes(whole)
    place.store.drop()
    place.store.prepare(replace(CARD, backbone="resnet34"))
    with pytest.raises(WrongHead, match="resnet34"):
        apply(place.database, place.store, place.folder, model.id, cleo)
    with place.database.reading() as session:
        assert not applied_models(session)


def test_too_few_labels_leave_no_model(place: Studio, cleo: User) -> None:
    tags = place.define(cleo)
    place.label(tags, cleo, 0, 9)
    with pytest.raises(TooFewLabels):
        train_set(place.database, place.store, place.folder, tags.id, cleo)
    with place.database.reading() as session:
        assert not tag_models(session, tags.id)


def test_what_is_learned_anew_counts_what_is_new(place: Studio, cleo: User) -> None:
    tags = place.define(cleo)
    place.label(tags, cleo)
    first = train_set(place.database, place.store, place.folder, tags.id, cleo)
    act = place.say(tags, 30, "portrait", cleo)
    deciding.undo(place.database, place.store, place.folder, act, cleo)
    again = train_set(place.database, place.store, place.folder, tags.id, cleo)
    assert again.sha256 == first.sha256 and again.last_decision == first.last_decision
    place.say(tags, 30, "portrait", cleo)
    assert train_set(place.database, place.store, place.folder, tags.id, cleo).data["works"] == 25


def test_the_queue_begins_with_the_least_sure_and_forgets_what_is_decided(place: Studio, cleo: User) -> None:
    tags = place.define(cleo)
    assert not ask(place, tags.id, cleo).trained
    place.label(tags, cleo)
    model = train_set(place.database, place.store, place.folder, tags.id, cleo)
    scores = read_scores(place.folder, model.sha256)
    assert scores
    queue = ask(place, tags.id, cleo)
    assert queue.left == 16
    margins = []
    for case in queue.cases:
        chances = scores.of(case.work.id)
        assert chances
        one, two = sorted(chances.values())[-2:][::-1]
        margins.append(one - two)
        assert case.label == max(chances, key=lambda name: chances[name])
        assert dict(case.neighbours)
    assert margins == sorted(margins)
    first = queue.cases[0]
    said = {first.work.id: {first.label: False}}
    deciding.decide(place.database, place.store, place.folder, tags.id, said, cleo)
    again = {case.work.id: case.label for case in ask(place, tags.id, cleo, size=16).cases}
    assert again[first.work.id] != first.label
    said = {first.work.id: deciding.none_of(tags)}
    deciding.decide(place.database, place.store, place.folder, tags.id, said, cleo)
    assert ask(place, tags.id, cleo).left == 15
    ordered = ask(place, tags.id, cleo, order="class", label="landscape", size=4).cases
    chances = [case.probability or 0 for case in ordered]
    assert chances == sorted(chances, reverse=True) and {case.label for case in ordered} == {"landscape"}


def ask(
    place: Studio, set_id: int, by: User, *, order: Order = "uncertain", label: str | None = None, size: int = 10
) -> Queue:
    where = (place.database, place.store, place.folder, set_id)
    return queue_of(*where, order=order, label=label, by=by, size=size)


def test_of_several_classes_each_is_asked_by_itself(place: Studio, cleo: User) -> None:
    tags = place.define(cleo, exclusive=False)
    place.label(tags, cleo)
    train_set(place.database, place.store, place.folder, tags.id, cleo)
    first = ask(place, tags.id, cleo, size=16).cases[0]
    said = {first.work.id: deciding.other(tags, first.label, next(name for name in KINDS if name != first.label))}
    assert sorted(said[first.work.id].values()) == [False, True]
    deciding.decide(place.database, place.store, place.folder, tags.id, said, cleo)
    again = [case.label for case in ask(place, tags.id, cleo, size=40).cases if case.work.id == first.work.id]
    assert again == [name for name in KINDS if name not in said[first.work.id]]


def test_a_second_look_is_at_what_others_labelled_and_gives_agreement(place: Studio, cleo: User, dora: User) -> None:
    tags = place.define(cleo)
    place.label(tags, cleo, 0, 6)
    assert [case.work.id for case in ask(place, tags.id, dora, order="second").cases] == [w.id for w in place.works[:6]]
    for number in range(6):
        place.say(tags, number, place.kind(number) if number else "landscape", dora)
    assert not ask(place, tags.id, dora, order="second").cases
    with place.database.reading() as session:
        found = agreement_of(tags, standing(session, tags.id))
    assert found.works == 6 and found.alpha and 0.6 < found.alpha < 1
    assert [pair[:3] for pair in found.pairs] == [(cleo.id, dora.id, 6)]
    assert list(found.disputed) == [place.works[0].sha256]
    assert place.given(0) == [("landscape", "curator")]


def test_a_class_taken_out_is_shown_no_more_and_comes_back_with_its_labels(place: Studio, cleo: User) -> None:
    tags = place.define(cleo)
    place.say(tags, 2, "still life", cleo)

    def edit(classes: list[str]) -> None:
        deciding.edit(
            place.database, place.store, place.folder, tags.id, cleo, classes=classes, threshold=0.7, description=""
        )

    edit(["portrait", "landscape"])
    assert place.given(2) == []
    edit(list(KINDS))
    assert place.given(2) == [("still life", "curator")]
    with pytest.raises(TagsRefused, match="50 to 99"):
        deciding.edit(
            place.database, place.store, place.folder, tags.id, cleo, classes=KINDS, threshold=0.2, description=""
        )


def test_a_set_goes_with_all_that_works_show_of_it(place: Studio, cleo: User) -> None:
    tags = place.define(cleo)
    place.label(tags, cleo, 0, 3)
    deciding.remove(place.database, place.store, place.folder, tags.id, cleo)
    assert [place.given(number) for number in range(3)] == [[], [], []]
    with place.database.reading() as session:
        assert not standing(session, tags.id) and not recent_acts(session, tags.id, 5)


def test_jobs_learn_apply_and_roll_back(place: Studio, cleo: User, database_queue: JobQueue) -> None:
    tags = place.define(cleo)
    failed = run(place, database_queue, cleo, "train", {"set": tags.id, "name": tags.name})
    assert failed.state == "failed" and "too few examples" in (failed.message or "")
    place.label(tags, cleo)
    assert run(place, database_queue, cleo, "train", {"set": tags.id, "name": tags.name}).state == "done"
    with place.database.reading() as session:
        model = tag_models(session, tags.id)[0]
    assert run(place, database_queue, cleo, "tag", {"set": tags.id, "model": model.id}).state == "done"
    assert place.given(30) == [(place.kind(30), "machine")]
    assert run(place, database_queue, cleo, "tag", {"set": tags.id, "model": None}).state == "done"
    assert place.given(30) == []
    assert run(place, database_queue, cleo, "tag", {"set": tags.id, "model": 99}).state == "failed"


@pytest.fixture
def database_queue(place: Studio) -> JobQueue:
    return JobQueue(place.settings)


def run(place: Studio, queue: JobQueue, by: User, kind: str, asked: dict[str, object]) -> Job:
    job = ask_for(place.database, queue, kind, asked, by=by)
    scraping = ScraperSettings(data_dir=place.settings.data_dir, _env_file=None)
    work(Shop(place.settings, scraping, place.database, place.store, queue, "test:1", Event()), job.id)
    with place.database.reading() as session:
        found = job_by_id(session, job.id)
    assert found
    return found


def test_decisions_are_kept_by_the_picture_not_by_the_collection(place: Studio, cleo: User, tmp_path: Path) -> None:
    """A work removed and collected again has its labels back, and a collection that is closed loses none."""
    tags = place.define(cleo)
    place.say(tags, 5, "still life", cleo)
    work_, vector = place.works[5], place.store.vectors([place.works[5].id])
    place.store.delete([work_.id])
    retag(place.database, place.store, place.folder)
    place.store.add([work_], {CONTENT: vector})
    retag(place.database, place.store, place.folder)
    assert place.given(5) == [("still life", "curator")]
    place.store.close()
    with closing(open_store(place.settings)) as again:
        assert again.get(work_.id).given_words == ("Subject: still life",)
    with place.database.reading() as session:
        assert verdicts_of(standing(session, tags.id), True) == {work_.sha256: {"still life": True}}
