"""Words as searching compares them: without case, accents and punctuation."""

import re
import unicodedata
from collections.abc import Iterable
from typing import TypeVar

MOST_WORDS = 200
LONGEST_WORD = 40

Value = TypeVar("Value")

# Letters that are not a plain letter with an accent, as people type them on another keyboard.
_STROKES = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})
_RUN = re.compile(r"[^\W_]+(?:['’ʼ][^\W_]+)*")
_APOSTROPHE = re.compile(r"['’ʼ]")
# Thai, Lao, Khmer, kana and Han are written without spaces: there, a word may begin anywhere.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def sound(value: Value) -> Value | str:
    """Return a text without halves of surrogate pairs, as broken pages have them: no engine takes these."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def fold(text: str) -> str:
    """Return the text in lower case, without accents and other marks."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return bare.casefold().translate(_STROKES)


def words_of(texts: Iterable[str]) -> list[str]:
    """Return the words that artworks with these texts are found by, each once.

    A search word finds what begins with it: O'Keeffe is found as "o'keeffe", "keeffe" and "okeeffe".
    """
    found: dict[str, None] = {}
    for text in texts:
        for run in _RUN.findall(fold(text)):
            parts = _APOSTROPHE.split(run)
            for word in parts if len(parts) == 1 else [*parts, "".join(parts)]:
                found.update(dict.fromkeys(_beginnings(word)))
                if len(found) >= MOST_WORDS:
                    return list(found)[:MOST_WORDS]
    return list(found)


def search_words(text: str) -> list[str]:
    """Return the words a visitor asks for; a text of signs alone asks for something nothing has."""
    words = [word[:LONGEST_WORD] for run in _RUN.findall(fold(text)) for word in _APOSTROPHE.split(run)]
    return list(dict.fromkeys(words)) or ([sound(text.strip())] if text.strip() else [])


def _beginnings(word: str) -> Iterable[str]:
    starts = range(len(word)) if _UNSPACED.search(word) else (0,)
    return (word[start : start + LONGEST_WORD] for start in starts)
