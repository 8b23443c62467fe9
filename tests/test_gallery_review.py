"""What to look at next over all queues, and what the last hour was worth: from verdicts, honest where they are few."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from classes import KINDS, Studio, studio
from curators import GOOD, token
from exhibition import Exhibition, settings_for
from hypothesis import given, settings
from hypothesis import strategies as st

from gallery.accounts import people
from gallery.app import create_app
from gallery.db import Database
from gallery.holdings.house import House
from gallery.models.clusters import ClusterDecision
from gallery.models.duplicates import DuplicatePair, begin_act, decide
from gallery.models.held import HeldWork, begin_held_act
from gallery.models.labels import LabelCase, LabelRun, cases, give_verdict, store_findings, take_back
from gallery.models.quality import QualityFinding
from gallery.models.review import Decision
from gallery.models.tagging import TagDecision, TagModel
from gallery.models.takedowns import Takedown, ask
from gallery.models.users import User
from gallery.review.hour import gain_of, last_hour, learnings
from gallery.review.model import EVEN, Prior, Stock
from gallery.review.queues import SOURCES, stocks
from gallery.review.worth import ranking, seconds_of, share, worth_of
from gallery.tagging.learning import train_set
from indexer.store import open_store
from indexer.suspicion.model import Finding

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("cheap_hashes")


def decided(errors: int, right: int, part: str = "", *, seconds: float = 6, by: int = 1, end: datetime = NOON) -> list:
    """Return so many decisions, one after the other, the latest first."""
    said = [True] * errors + [False] * right
    return [Decision(end - timedelta(seconds=seconds * at), by, part, error) for at, error in enumerate(said)]


def stock(key: str, decisions: list[Decision], **more: object) -> Stock:
    values = {"waiting": {"": 100}, "whole": 1000} | more
    return Stock(key, key, "errors", "dashboard.show", decisions=decisions, **values)  # type: ignore[arg-type]


def test_the_queue_where_a_minute_finds_most_comes_first_and_people_who_wait_before_all() -> None:
    rich, quick = stock("rich", decided(8, 2, seconds=30)), stock("quick", decided(5, 5, seconds=3))
    poor, person = stock("poor", decided(0, 40)), stock("person", [], urgent=True, seconds=120.0)
    found = ranking([poor, rich, person, quick, stock("empty", decided(9, 0), waiting={})])
    assert [each.stock.key for each in found] == ["person", "quick", "rich", "poor"]
    assert (found[1].seen, found[1].found, found[1].seconds, found[1].timed) == (10, 5, 3, True)


def test_only_the_part_that_comes_next_speaks_for_the_next_cases() -> None:
    both = stock("x", decided(10, 0, "sure") + decided(0, 10, "doubtful"), waiting={"doubtful": 5})
    assert worth_of(both).expected < 0.1 and worth_of(both).seen == 10
    fresh = stock("x", decided(0, 30, "sure"), waiting={"rest": 5}, priors={"rest": Prior(0.9)})
    assert worth_of(fresh).expected == pytest.approx(0.9) and worth_of(fresh).seen == 0


def test_a_queue_that_knows_its_next_cases_is_believed() -> None:
    known = worth_of(stock("tags", decided(0, 50), expected=0.7))
    assert known.expected == 0.7 and known.interval is None


def test_few_cases_are_not_worth_more_than_all_their_errors() -> None:
    assert worth_of(stock("x", decided(100, 0, seconds=1), waiting={"": 2})).per_minute <= 2


def test_a_minute_goes_on_in_the_next_part_where_the_first_has_no_more() -> None:
    two = stock("x", decided(10, 0, "sure"), waiting={"done": 0, "sure": 3, "rest": 50}, priors={"rest": Prior(0.1)})
    found = worth_of(two)
    assert (found.coming, found.seen, found.timed) == (10, 10, True)
    sure = share(EVEN, decided(10, 0))
    assert found.per_minute == pytest.approx(3 * sure.mean + 7 * 0.1)
    assert found.expected == pytest.approx((3 * sure.mean + 7 * 0.1) / 10)
    assert found.interval is not None and found.interval[0] < found.expected < found.interval[1]
    # Of one part it is what that part's own decisions say.
    assert worth_of(stock("x", decided(10, 0, "sure"), waiting={"sure": 30})).interval == pytest.approx(sure.interval)


def test_labels_that_nobody_has_decided_about_come_after_sure_duplicates_and_are_called_a_guess(
    place: Studio, cleo: User
) -> None:
    """Most labels are right: a queue may not promise what nobody has seen."""
    with place.database.writing() as session:
        found = [Finding(each.sha256, "artist", "A", "B", "alike", 9.0, {}) for each in place.works[:20]]
        store_findings(session, "artist", found)
        pairs = [(a.sha256, b.sha256) for a, b in zip(place.works, place.works[1:], strict=False)]
        session.add_all(DuplicatePair(one=one, other=two, kind="near", score=1.0, rank=1.0) for one, two in pairs[:20])
        session.add_all(QualityFinding(sha256=one, kind="blurry", rank=0.5, reason="x") for one, _ in pairs[:20])
    order = [each.stock.key for each in ranking(stocks(house(place)))]
    assert order == ["duplicates", "quality", "labels-artist"]
    labels = worth_of(by_key(place)["labels-artist"])
    assert labels.expected < 0.5 and labels.interval is not None and labels.interval[0] < 0.05
    with place.database.writing() as session:
        for case in cases(session, 8):
            give_verdict(case, "corrected", cleo)
    assert ranking(stocks(house(place)))[0].expected > 0.8
    assert worth_of(by_key(place)["labels-artist"]).expected > 0.8


def test_time_is_taken_between_decisions_of_one_person_without_pauses() -> None:
    mine, theirs = decided(6, 0, seconds=10, by=1), decided(6, 0, seconds=10, by=2, end=NOON - timedelta(seconds=5))
    late = decided(3, 0, seconds=10, by=1, end=NOON - timedelta(hours=3))
    assert seconds_of([*mine, *theirs, *late]) == 10
    assert seconds_of(mine[:3]) is None and seconds_of([]) is None
    assert seconds_of(decided(50, 0, seconds=0)) == 1


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 200), st.integers(0, 200), st.floats(0, 1), st.floats(0.5, 10))
def test_a_share_lies_between_nothing_and_all_and_is_surer_the_more_was_seen(
    errors: int, right: int, prior: float, weight: float
) -> None:
    low, high = share(Prior(prior, weight), decided(errors, right)).interval
    assert 0 <= low <= high <= 1
    few, many = (share(EVEN, decided(errors * times, right * times)) for times in (1, 4))
    assert 0 < many.variance <= few.variance


def test_the_hour_is_worth_the_errors_it_removed_and_no_more() -> None:
    old = decided(5, 15, end=NOON - timedelta(hours=2))
    found = gain_of(stock("x", decided(4, 6) + old, waiting={"": 20}), NOON)
    assert (found.decisions, found.removed) == (10, 4)
    assert found.after[1] - found.before[1] == pytest.approx(4 / 1000)
    left = 20 * share(Prior(0.5), decided(9, 21)).mean
    assert found.after[1] == pytest.approx(1 - left / 1000)
    assert found.after[0] < found.after[1] < found.after[2] <= 1
    done = gain_of(stock("x", decided(4, 6), waiting={}), NOON)
    assert done.after == (1, 1, 1) and done.before[1] == pytest.approx(0.996)


def test_the_hour_ends_with_the_last_decision_and_there_is_none_before_the_first() -> None:
    assert last_hour([stock("x", [])], []) is None
    hour = last_hour([stock("x", decided(2, 1)), stock("y", decided(1, 0, end=NOON - timedelta(hours=2)))], [])
    assert hour is not None and (hour.end, hour.decisions, hour.removed) == (NOON, 3, 2)
    assert [gain.name for gain in hour.gains] == ["x"]


@pytest.fixture
def place(exhibition: Exhibition, tmp_path: Path, sqlite: Database) -> Iterator[Studio]:
    with studio(exhibition, tmp_path / "data", sqlite) as opened:
        yield opened


@pytest.fixture
def cleo(sqlite: Database) -> User:
    return people.add(sqlite, "Cleo", GOOD, "curator")


def house(place: Studio) -> House:
    return House.of(place.settings, place.database, place.store)


def by_key(place: Studio) -> dict[str, Stock]:
    return {each.key: each for each in stocks(house(place))}


def fill(place: Studio, by: User) -> None:
    """Let something wait in every queue and something be decided in most."""
    work, other, *_ = (each.sha256 for each in place.works)
    with place.database.writing() as session:
        found = [Finding(each.sha256, "artist", "A", "B", "alike", 7.0, {}) for each in place.works[:6]]
        store_findings(session, "artist", found)
        for at, case in enumerate(cases(session, 3)):
            give_verdict(case, "corrected" if at else "right", by)
        session.add(LabelRun(mark="", works=40, parts={"artist": {"judged": 40, "remark": None}}))
        one = DuplicatePair(one=work, other=other, kind="near", score=1.0, rank=1.0)
        two = DuplicatePair(one=work, other="f" * 64, kind="alike", score=0.9, rank=3.1)
        session.add_all([one, two])
        decide([one], "different", begin_act(session, "x", by))
        held = [HeldWork(sha256=f"{at:064x}", artist_slug="a", artist="A", title="T", score=-at) for at in range(3)]
        held[0].state, held[0].act_id = "hidden", begin_held_act(session, "x", by).id
        session.add_all(held)
        session.add(QualityFinding(sha256=work, kind="blurry", rank=0.5, reason="x"))
        session.add(ClusterDecision(decision={"kind": "move", "work": "w", "cluster": 1}, user_id=by.id))
        ask(session, Takedown(sha256=other, label="T", reason="mine", asked_by="somebody"))


def test_every_queue_of_the_desk_tells_what_waits_and_what_was_found(place: Studio, cleo: User) -> None:
    tags = place.define(cleo)
    place.label(tags, cleo)
    train_set(place.database, place.store, place.folder, tags.id, cleo)
    wrong = next(kind for kind in KINDS if kind != place.kind(30))
    place.say(tags, 30, wrong, cleo)
    place.say(tags, 31, place.kind(31), cleo)
    fill(place, cleo)
    found = by_key(place)
    assert {each.__name__ for each in SOURCES} == {
        "takedowns", "labels", "duplicates", "held", "quality", "tags", "clusters"
    }  # fmt: skip
    told = {key: (each.total, len(each.decisions), sum(d.error for d in each.decisions)) for key, each in found.items()}
    assert told["labels-artist"] == (3, 3, 2) and found["labels-artist"].whole == 40
    assert told["duplicates"] == (1, 1, 0) and found["duplicates"].part == "alike"
    assert told["held"] == (2, 1, 1) and told["quality"][0] == 1 and told["takedowns"] == (1, 0, 0)
    assert told["clusters"][1:] == (1, 1)
    assert told[f"tags-{tags.id}"] == (len(place.works) - 26, 2, 1)
    expected = found[f"tags-{tags.id}"].expected
    assert expected is not None and 0 <= expected <= 1
    assert ranking(list(found.values()))[0].stock.key == "takedowns"


def test_what_is_taken_back_is_no_decision(place: Studio, cleo: User) -> None:
    fill(place, cleo)
    with place.database.writing() as session:
        take_back(session.query(LabelCase).filter_by(verdict="right").one())
        session.query(LabelCase).filter_by(verdict="corrected").first().verdict = "unsure"
    assert len(by_key(place)["labels-artist"].decisions) == 1


def test_a_tag_sets_gain_is_its_models_cross_validation_before_and_after(place: Studio, cleo: User) -> None:
    tags = place.define(cleo)
    place.label(tags, cleo, 0, 15)
    assert [(each.before, each.after, each.waits) for each, _ in learnings(place.database)] == [(None, None, True)]
    train_set(place.database, place.store, place.folder, tags.id, cleo)
    with place.database.writing() as session:
        for row in (*session.query(TagDecision), *session.query(TagModel)):
            row.at -= timedelta(hours=5)
    place.label(tags, cleo, 15, 24)
    (waits, _), *_ = learnings(place.database)
    assert waits.waits and waits.labels == 9 and waits.before and waits.after is None
    train_set(place.database, place.store, place.folder, tags.id, cleo)
    (learnt, _), *_ = learnings(place.database)
    assert not learnt.waits and learnt.before and learnt.after
    for low, middle, high in (learnt.before, learnt.after):
        assert 0 <= low <= middle <= 1 and low < high <= 1


def test_the_page_ranks_in_words_and_is_for_curators(place: Studio, cleo: User) -> None:
    site = create_app(place.settings, place.store, place.database)
    stranger, curator = site.test_client(), site.test_client()
    assert stranger.get("/admin/next").location.startswith("/login")
    curator.post("/login", data={"name": "Cleo", "password": GOOD, "csrf_token": token(curator, "/login")})
    empty = curator.get("/admin/next").text
    assert "Nothing waits in any queue" in empty and "Nobody has decided anything yet" in empty
    fill(place, cleo)
    tags = place.define(cleo)
    place.label(tags, cleo)
    train_set(place.database, place.store, place.folder, tags.id, cleo)
    page = curator.get("/admin/next")
    text = " ".join(re.sub(r"<[^>]+>", " ", page.text).split())
    assert "A person waits for an answer" in text and text.index("Takedown requests") < text.index("Suspicious artists")
    assert "2 of the last 3 decided in this part of the queue were." in text
    assert "By cross-validation" in text or "There was no model before" in text
    assert '<svg class="plot"' in page.text and "2 of 3 decisions found wrong labels" in text
    assert page.headers["Cache-Control"] == "no-store" and "style=" not in page.text
    for method in ("POST", "PUT", "DELETE"):
        data = {"csrf_token": token(curator, "/account")}
        assert curator.open("/admin/next", method=method, data=data).status_code == 405
    assert 'href="/admin/next"' in curator.get("/admin").text


def test_a_gallery_without_a_collection_has_nothing_to_look_at(tmp_path: Path) -> None:
    places = settings_for(tmp_path / "data")
    with closing(Database(f"sqlite:///{tmp_path / 'db.sqlite3'}")) as database, closing(open_store(places)) as store:
        assert ranking(stocks(House.of(places, database, store))) == []
