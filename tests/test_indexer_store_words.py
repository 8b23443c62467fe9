"""The words artworks are found by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.store.words import LONGEST_WORD, MOST_WORDS, fold, search_words, words_of

TEXT = st.text(max_size=60)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Élan", "elan"),
        ("STRASSE straße", "strasse strasse"),
        ("Ørsted Łódź Đorđe Þór", "orsted lodz dorde thor"),
        ("Œuvre ÆTHER ﬁne", "oeuvre aether fine"),
        ("İstanbul ılık", "istanbul ilik"),
        ("ΑΘΗΝΑ Ἀθῆναι", "αθηνα αθηναι"),
        ("Ёлка", "елка"),
    ],
)
def test_case_and_accents_do_not_count(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["The Starry Night, 1889"], ["the", "starry", "night", "1889"]),
        (["d'Orsay"], ["d", "orsay", "dorsay"]),
        (["snake_case-and—dashes"], ["snake", "case", "and", "dashes"]),
        (["Night", "night"], ["night"]),
        (["北斎"], ["北斎", "斎"]),
        (["", "!?"], []),
    ],
)
def test_words_are_letters_and_digits(texts: list[str], words: list[str]) -> None:
    assert words_of(texts) == words


@given(st.lists(TEXT, max_size=4))
def test_words_are_few_short_folded_and_each_there_once(texts: list[str]) -> None:
    words = words_of(texts)
    assert len(words) == len(set(words)) <= MOST_WORDS
    assert all(0 < len(word) <= LONGEST_WORD and fold(word) == word for word in words)


@given(st.lists(st.text(max_size=30), min_size=1, max_size=3), st.data())
def test_a_text_is_found_by_each_of_its_words_and_their_beginnings(texts: list[str], data: st.DataObject) -> None:
    stored = words_of(texts)
    for text in texts:
        for word in search_words(text) if any(char.isalnum() for char in fold(text)) else []:
            beginning = word[: data.draw(st.integers(1, len(word)))]
            for part in search_words(beginning):
                assert any(each.startswith(part) for each in stored)


@given(TEXT)
def test_a_search_that_is_not_blank_asks_for_something(text: str) -> None:
    assert bool(search_words(text)) == bool(text.strip())


def test_a_text_of_signs_finds_nothing() -> None:
    asked = search_words("?!")
    assert asked == ["?!"]
    assert not any(word.startswith(asked[0]) for word in words_of(["?!", "what?!"]))


def test_hostile_texts_stay_small() -> None:
    assert len(words_of(["a" * 1_000_000])) == 1
    assert len(words_of(["字" * 10_000])) <= MOST_WORDS
    assert len(words_of([" ".join(map(str, range(100_000)))])) == MOST_WORDS
