"""Reading the JSON answers of catalogues, which are as untrusted as any page."""

import json
from collections.abc import Mapping
from typing import Any

from scraper.errors import Changed, FetchError, Unavailable
from scraper.model import Skip


def json_of(source: str, body: bytes, *marks: str) -> dict[str, Any]:
    """Return the object in an answer that has at least one of `marks`; raise `Changed` when it is none of that."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Changed(source, "JSON", body) from error
    if not isinstance(said, dict) or not any(mark in said for mark in marks):
        raise Changed(source, " or ".join(repr(mark) for mark in marks), body)
    return said


def unanswered(url: str, error: FetchError) -> Skip:
    """Return why one of many records is left out: for now when its server failed, else for good."""
    return Skip(url, "find", "unavailable" if isinstance(error, Unavailable) else "failed", error.reason)


def at(value: Any, *path: str | int) -> Any:
    """Return what lies at a path of names and numbers within JSON, None when there is nothing."""
    for step in path:
        if isinstance(step, str) and isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, leaving out whatever else it holds; nothing when it is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def fields(value: Any) -> dict[str, Any]:
    """Return an object's fields by their names; none when it is no object."""
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str | None:
    """Return a text or number as text, None for anything else and for the empty text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def texts(*values: Any) -> tuple[str, ...]:
    """Return those of several values that are texts, each once, in their order."""
    return tuple(dict.fromkeys(found for value in values if (found := text(value))))


def number(value: Any) -> int | None:
    """Return a whole positive number, also from text such as "1280"; None for anything else."""
    try:
        found = int(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else 0
    except (ValueError, OverflowError):
        return None
    return found if 0 < found < 1_000_000 else None
