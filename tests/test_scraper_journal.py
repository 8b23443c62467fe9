"""The journal: what is settled, what is tried again, and that a torn line costs itself alone."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scraper.errors import StorageError
from scraper.journal import MOST_TRIES, Entry, Journal

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def entry(address: str = "https://example.org/a.jpg", became: Any = "kept", **more: Any) -> Entry:
    return Entry(NOON, address, "webpage", became, **more)


def skipped(stage: str, reason: str, **more: Any) -> Entry:
    return entry(became="skipped", stage=stage, reason=reason, limits="side 200", **more)


def test_what_is_added_is_there_for_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "artists" / "claude-monet" / "journal.jsonl"
    journal = Journal(path)
    first, second = entry(sha256="ab"), skipped("fetch", "unavailable", detail="503\nand a line", tries=2)
    journal.add([first])
    journal.add([replace(second, address="https://example.org/ü")])
    again = Journal(path)
    assert again.last(first.address) == journal.last(first.address) == first
    assert again.last("https://example.org/ü") == replace(second, address="https://example.org/ü")
    assert again.last("https://example.org/other") is None
    assert len(path.read_text().splitlines()) == 2


def test_the_last_line_of_an_address_counts(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.add([skipped("fetch", "unavailable"), entry(sha256="ab")])
    last = Journal(journal.path).last("https://example.org/a.jpg")
    assert last is not None
    assert last.became == "kept"


@pytest.mark.parametrize("torn", [b'{"at":"2026-01-01T12:00', b"\xff\xfe\x00", b"{}\n", b'"text"\n', b"\n\n"])
def test_a_torn_line_costs_itself_alone(torn: bytes, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path).add([entry("https://example.org/1.jpg")])
    with path.open("ab") as file:
        file.write(torn)
    journal = Journal(path)
    assert journal.last("https://example.org/1.jpg") is not None
    journal.add([entry("https://example.org/2.jpg")])
    again = Journal(path)
    assert again.last("https://example.org/1.jpg") is not None
    assert again.last("https://example.org/2.jpg") is not None


@pytest.mark.parametrize(
    ("last", "settled"),
    [
        (entry(), True),
        (skipped("decode", "damaged"), True),
        (skipped("decode", "too-slow"), True),
        (skipped("fetch", "failed"), True),
        (skipped("fetch", "unavailable"), False),
        (skipped("fetch", "unavailable", tries=MOST_TRIES - 1), False),
        (skipped("fetch", "unavailable", tries=MOST_TRIES), True),
        (skipped("robots", "blocked"), False),
        (skipped("guard", "refused", tries=MOST_TRIES), True),
    ],
)
def test_what_is_settled(last: Entry, settled: bool) -> None:
    assert last.settles("", "side 200") is settled


@pytest.mark.parametrize(
    ("last", "settled"),
    [
        (entry(), True),
        (skipped("decode", "too-small"), False),
        (skipped("fetch", "failed"), False),
        (skipped("decode", "decoder-crashed"), True),
    ],
)
def test_other_limits_open_a_refusal_again_but_not_a_crash(last: Entry, settled: bool) -> None:
    assert last.settles("", "side 100") is settled


@pytest.mark.parametrize("last", [entry(stamp="10-20"), skipped("decode", "decoder-crashed", stamp="10-20")])
def test_another_version_of_a_file_is_another_try(last: Entry) -> None:
    assert last.settles("10-20", "side 200")
    assert not last.settles("10-21", "side 200")


def test_bytes_that_crashed_a_decoder_are_remembered(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.add([skipped("decode", "decoder-crashed", sha256="ab"), skipped("decode", "damaged", sha256="cd")])
    assert journal.crashed == Journal(journal.path).crashed == {"ab"}


def test_a_journal_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").mkdir()
    with pytest.raises(StorageError, match="is a directory"):
        Journal(tmp_path / "journal.jsonl")


def test_a_journal_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "artists").write_text("in the way")
    with pytest.raises(StorageError, match="artists"):
        Journal(tmp_path / "artists" / "journal.jsonl").add([entry()])
