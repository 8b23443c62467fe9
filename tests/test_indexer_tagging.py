"""Heads on vectors: what they learn, that they are judged on works held out, and whom they doubt."""

import hashlib
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.tagging.agreement import alpha, between, kappa
from indexer.tagging.doubt import suspects, uncertainty
from indexer.tagging.errors import DamagedHead, TooFewLabels
from indexer.tagging.head import Head
from indexer.tagging.labels import Labels, groups_of, labels_of
from indexer.tagging.report import calibration_error, report
from indexer.tagging.training import Trained, train

CLASSES = ("portrait", "landscape", "still life")


def clouds(each: int, *, spread: float = 0.12, seed: int = 3, width: int = 12) -> tuple[np.ndarray, list[str]]:
    """Return unit vectors around one direction for each class, and the classes."""
    chance = np.random.default_rng(seed)
    names = [name for name in CLASSES for _ in range(each)]
    middles = np.eye(width)[: len(CLASSES)]
    vectors = middles[[CLASSES.index(name) for name in names]] + chance.normal(0, spread, (len(names), width))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), names


def labels(names: Sequence[str], *, exclusive: bool = True) -> Labels:
    said = {f"w{number:03}": {name: True} for number, name in enumerate(names)}
    return labels_of(said, CLASSES, exclusive)


def learned(each: int = 20, *, spread: float = 0.12, exclusive: bool = True) -> Trained:
    vectors, names = clouds(each, spread=spread)
    return train(labels(names, exclusive=exclusive), vectors, np.arange(len(names)), "net")


@pytest.mark.parametrize("exclusive", [True, False])
def test_a_head_tells_apart_what_lies_apart(exclusive: bool) -> None:
    made = learned(exclusive=exclusive)
    assert made.report.accuracy > 0.95
    assert made.report.macro_f1 > 0.9
    vectors, names = clouds(5, seed=99)
    chances = made.head.probabilities(vectors)
    assert [CLASSES[at] for at in chances.argmax(1)] == names
    assert ((chances >= 0) & (chances <= 1)).all()
    if exclusive:
        assert np.allclose(chances.sum(1), 1, atol=1e-5)


def test_two_classes_are_learned_as_well_as_three() -> None:
    vectors, names = clouds(10)
    made = train(labels(names[:20]), vectors[:20], np.arange(20), "net")
    assert made.head.classes == CLASSES[:2] and made.left_out == CLASSES[2:]
    assert made.report.accuracy == 1.0
    assert made.head.probabilities(vectors[:20]).argmax(1).tolist() == [0] * 10 + [1] * 10


def test_what_cannot_be_told_apart_is_not_said_to_be() -> None:
    """Labels without any tie to the vectors: held-out accuracy is chance, and the head is as unsure as it should be."""
    vectors, names = clouds(40)
    np.random.default_rng(5).shuffle(names)
    made = train(labels(names), vectors, np.arange(len(names)), "net")
    assert made.report.accuracy < 0.5
    assert made.report.calibration_error < 0.12


def test_copies_of_a_work_do_not_test_each_other() -> None:
    """Twelve random pictures, five copies each with one label: by heart all are right, held out none need be."""
    chance = np.random.default_rng(8)
    pictures = chance.normal(size=(36, 64)).astype(np.float32)
    pictures /= np.linalg.norm(pictures, axis=1, keepdims=True)
    vectors = np.repeat(pictures, 5, axis=0)
    names = [CLASSES[at] for at in np.repeat(chance.integers(0, 3, 36), 5)]
    groups = groups_of(vectors, [(f"artist {row}", f"title {row}") for row in range(len(vectors))])
    assert len(set(groups.tolist())) == 36
    assert train(labels(names), vectors, groups, "net").report.accuracy < 0.6
    assert train(labels(names), vectors, np.arange(180), "net").report.accuracy > 0.95


def test_works_of_one_artist_and_title_are_one_group() -> None:
    vectors = np.eye(4, dtype=np.float32)
    groups = groups_of(vectors, [("Ada", "Sea"), ("Bo", "Sea"), ("ada", " sea "), ("Ada", "Sky")])
    assert groups[0] == groups[2] and len(set(groups.tolist())) == 3


@pytest.mark.parametrize("names", [[], ["portrait"] * 30, ["portrait"] * 30 + ["landscape"] * 4])
def test_too_few_examples_are_a_sentence(names: list[str]) -> None:
    vectors = np.eye(len(names) or 1, 40, dtype=np.float32)[: len(names)]
    with pytest.raises(TooFewLabels, match="two classes need 5 different pictures each"):
        train(labels(names), vectors, np.arange(len(names)), "net")


def test_of_several_classes_one_needs_works_that_have_it_not() -> None:
    said = {f"w{number}": {"portrait": True, "landscape": True} for number in range(9)}
    with pytest.raises(TooFewLabels, match="that it does not fit"):
        train(labels_of(said, ("portrait", "landscape"), False), np.eye(9, dtype=np.float32), np.arange(9), "net")


def test_whoever_names_one_of_several_says_no_to_the_rest_but_not_whoever_refuses() -> None:
    told = labels_of({"a": {"portrait": True}, "b": {"portrait": False}}, CLASSES, False)
    assert told.truth[0].tolist() == [1, 0, 0]
    assert told.truth[1][0] == 0 and np.isnan(told.truth[1][1:]).all()


def test_a_head_is_its_file_and_no_other() -> None:
    head = learned(8).head
    content = head.to_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    again = Head.from_bytes(content, sha256)
    vectors, _ = clouds(4)
    assert np.array_equal(again.probabilities(vectors), head.probabilities(vectors))
    assert again.to_bytes() == content and learned(8).head.to_bytes() == content
    with pytest.raises(DamagedHead, match="another hash"):
        Head.from_bytes(content[:-1] + b"x", sha256)
    cut = content[:100]
    with pytest.raises(DamagedHead):
        Head.from_bytes(cut, hashlib.sha256(cut).hexdigest())


def test_the_report_counts_as_one_would_by_hand() -> None:
    told = labels(["portrait", "portrait", "landscape", "landscape", "still life"])
    held_out = np.array(
        [[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [0.5, 0.4, 0.1]], np.float32
    )
    made = report(told, held_out)
    assert made.confusion == ((1, 1, 0), (0, 2, 0), (1, 0, 0))
    assert [(each.precision, each.recall) for each in made.classes] == [(0.5, 0.5), (0.6667, 1.0), (None, 0.0)]
    assert made.accuracy == pytest.approx(0.6)


def test_the_calibration_error_is_the_gap_between_sure_and_right() -> None:
    sure = np.array([0.9] * 10 + [0.6] * 10)
    right = np.array([True] * 9 + [False] + [True] * 2 + [False] * 8)
    assert calibration_error(sure, right) == pytest.approx(0.5 * 0.4)


def test_what_is_nearest_to_the_border_is_most_uncertain() -> None:
    chances = np.array([[0.9, 0.1, 0.0], [0.5, 0.49, 0.01], [0.4, 0.3, 0.3]], np.float32)
    assert np.argsort(-uncertainty(chances, exclusive=True)).tolist() == [1, 2, 0]
    assert np.argsort(-uncertainty(chances, exclusive=False)).tolist() == [1, 2, 0]


@pytest.mark.parametrize("exclusive", [True, False])
def test_labels_that_were_swapped_are_suspected_first(exclusive: bool) -> None:
    vectors, names = clouds(30)
    wrong = {4: "landscape", 40: "still life", 70: "portrait"}
    for row, name in wrong.items():
        names[row] = name
    made = train(labels(names, exclusive=exclusive), vectors, np.arange(len(names)), "net")
    found = suspects(made.labels, made.held_out)
    assert {int(each.work[1:]) for each in found} == set(wrong)
    if exclusive:
        assert {int(each.work[1:]): (each.label, each.rather) for each in found} == {
            4: ("landscape", "portrait"),
            40: ("still life", "landscape"),
            70: ("portrait", "still life"),
        }


def test_kappa_and_alpha_of_textbooks() -> None:
    """Cohen: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no give 0.4. Krippendorff's example of three coders: 0.691."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert kappa(pairs) == pytest.approx(0.4)
    one = ["*", "*", "*", "*", "*", "3", "4", "1", "2", "1", "1", "3", "3", "*", "3"]
    two = ["1", "*", "2", "1", "3", "3", "4", "3", "*", "*", "*", "*", "*", "*", "*"]
    three = ["*", "*", "2", "1", "3", "4", "4", "*", "2", "1", "1", "3", "3", "*", "4"]
    units = [[each for each in unit if each != "*"] for unit in zip(one, two, three, strict=True)]
    assert alpha(units) == pytest.approx(0.691, abs=0.001)


def test_nothing_in_common_is_no_agreement_to_speak_of() -> None:
    assert kappa([]) is None and kappa([("a", "a")]) is None
    assert alpha([]) is None and alpha([["a"], ["b"]]) is None and alpha([["a", "a"]]) is None


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=2, max_size=3), min_size=1, max_size=8))
def test_alpha_is_one_only_where_all_agree(units: list[list[str]]) -> None:
    found = alpha(units)
    if found is not None:
        assert found <= 1 + 1e-9
        assert (found > 1 - 1e-9) == all(len(set(unit)) == 1 for unit in units)


def test_each_two_people_are_compared_on_what_both_labelled() -> None:
    found = between({"w": {1: "a", 2: "b"}, "v": {1: "a", 3: "a"}, "u": {2: "b"}})
    assert found == {(1, 2): [("a", "b")], (1, 3): [("a", "a")]}
