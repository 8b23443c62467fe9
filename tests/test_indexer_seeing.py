"""What the network sees, in words: every class has its place, and sums, thresholds and broader words keep to theirs."""

from collections import Counter
from contextlib import closing
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from exhibition import CARD, draw, random_vectors, settings_for
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from indexer.encoder import BACKBONES
from indexer.seeing.reading import MOST, SURE, TEMPERATURES, read, with_seen
from indexer.seeing.vocabulary import CLASSES, REJECTED, vocabulary
from indexer.store import open_store
from indexer.store.model import CONTENT, Artwork, Filters


def scores(**of: float) -> np.ndarray:
    """Return one row of scores with these classes, by their names with _ for a space, and the rest on all others."""
    row = np.full(CLASSES, (1 - sum(of.values())) / (CLASSES - len(of)), np.float32)
    for name, value in of.items():
        row[vocabulary().names.index(name.replace("_", " "))] = value
    return row[None]


def test_every_class_stands_under_one_word() -> None:
    entries = [
        int(entry.split()[0])
        for line in resources.files("indexer.seeing").joinpath("words.txt").read_text().splitlines()
        if not line.startswith("#")
        for entry in line.partition(": ")[2].split("; ")
    ]
    assert sorted(entries) == list(range(CLASSES))
    assert (vocabulary().word_of >= 0).all()
    assert len(set(vocabulary().words)) == len(vocabulary().words)


def test_the_names_are_those_of_the_weights() -> None:
    from torchvision.models import ResNet50_Weights

    assert list(vocabulary().names) == ResNet50_Weights.IMAGENET1K_V2.meta["categories"]


def test_broader_words_are_not_in_circles() -> None:
    told = vocabulary()
    assert not set(told.broader.values()) & {word for word in told.broader if told.broader[word] == word}
    assert all(word in told.words for word in told.broader)
    assert told.known("animal")
    assert told.known("boat")
    assert not told.known(REJECTED)
    assert not told.known("schooner")


def test_every_backbone_has_a_temperature() -> None:
    assert TEMPERATURES.keys() == BACKBONES.keys()


def test_classes_are_summed_under_their_word_and_named_beside_it() -> None:
    (seen,) = read(scores(schooner=0.4, yawl=0.3, castle=0.1), "efficientnet_lite0")
    assert seen.words[0] == ("boat", pytest.approx(0.7, abs=0.02))
    assert [name for name, _ in seen.labels[:3]] == ["schooner", "yawl", "castle"]
    assert seen.labels[0][1] == pytest.approx(0.4, abs=0.01)
    assert seen.every == ("boat", "vehicle")


def test_a_broader_word_is_shown_only_where_none_below_it_is_sure() -> None:
    (unsure,) = read(scores(castle=0.2, church=0.2, palace=0.2), "efficientnet_lite0")
    assert [word for word, _ in unsure.words] == ["building"]
    (lost,) = read(scores(castle=0.15, church=0.15, palace=0.15), "efficientnet_lite0")
    assert lost.words == lost.every == ()
    (beast,) = read(scores(tench=0.2, hen=0.1, tabby=0.2, beagle=0.2, zebra=0.2), "efficientnet_lite0")
    assert beast.words == beast.every == ()
    (owl,) = read(scores(great_grey_owl=0.9), "efficientnet_lite0")
    assert ([word for word, _ in owl.words], owl.every) == (["owl"], ("animal", "bird", "owl"))
    (sure,) = read(scores(castle=0.5, church=0.3), "efficientnet_lite0")
    assert [word for word, _ in sure.words] == ["castle", "church"]
    assert sure.every == ("building", "castle", "church")


def test_of_what_it_cannot_make_out_nothing_is_said() -> None:
    (seen,) = read(scores(), "resnet50")
    assert seen.words == seen.every == ()
    (flat,) = read(scores(book_jacket=0.9), "resnet50")
    assert flat.words == flat.every == ()
    assert flat.labels[0][0] == "book jacket"


def test_a_hundred_breeds_do_not_make_a_dog() -> None:
    row = np.full((1, CLASSES), 1 / CLASSES, np.float32)
    row[0, vocabulary().word_of == vocabulary().words.index("dog")] *= 3
    (seen,) = read(row / row.sum(), "resnet50")
    # A quarter of all that it gives is given to dogs, and it is sure of none.
    assert seen.words == ()


@given(arrays(np.float32, (3, CLASSES), elements=st.floats(0, 1, width=32)), st.sampled_from(sorted(BACKBONES)))
def test_probabilities_fall_and_are_above_the_threshold(raw: np.ndarray, backbone: str) -> None:
    raw[:, 0] += 1e-3
    for seen in read(raw / raw.sum(1, keepdims=True), backbone):
        values = [value for _, value in seen.words]
        assert values == sorted(values, reverse=True)
        assert all(SURE - 0.001 <= value <= 1.001 for value in values)
        assert len(values) <= MOST >= len(seen.labels)
        assert {word for word, _ in seen.words} <= set(seen.every)
        assert all(vocabulary().known(word) for word in seen.every)
        assert not any(vocabulary().broader.get(word) in dict(seen.words) for word in dict(seen.words))


def test_works_are_found_and_counted_by_what_is_seen_in_them(tmp_path: Path) -> None:
    works = [draw(number, tmp_path / "thumbnails") for number in range(4)]
    rows = np.concatenate([scores(schooner=0.9), scores(castle=0.9), scores(yawl=0.9), scores()])
    works = [with_seen(work, seen) for work, seen in zip(works, read(rows, "resnet50"), strict=True)]
    with closing(open_store(settings_for(tmp_path))) as store:
        store.prepare(CARD)
        store.add(works, {CONTENT: random_vectors(4)})
        assert {work.id for work in store.page(Filters(seen="boat")).artworks} == {works[0].id, works[2].id}
        counts = Counter({facet.value: facet.count for facet in store.facets("seen_words", Filters())})
        assert counts == {"boat": 2, "vehicle": 2, "castle": 1, "building": 1}
        assert store.get(works[0].id) == works[0]
        assert store.get(works[3].id).seen == ()


def test_a_payload_of_an_older_gallery_has_nothing_seen(tmp_path: Path) -> None:
    work = draw(1, tmp_path)
    old = {name: value for name, value in work.to_payload().items() if name not in ("seen", "seen_words", "labels")}
    assert Artwork.from_payload(old) == work
