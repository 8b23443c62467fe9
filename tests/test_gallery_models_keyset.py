"""Queues of the desk hold at 100,000 open cases: pages are read from an index, in order, and nothing is lost."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pytest
from sqlalchemy import event, text

from gallery.db import Database, Session
from gallery.models import duplicates, labels, quality
from gallery.models.keyset import Place

MANY = 100_000


class Queue(NamedTuple):
    """A queue's table, what its rows hold beside ranks from 1 to 1.5, and how it is read."""

    table: str
    columns: str
    values: str
    page: Callable[..., Sequence[Any]]
    one_kind: Mapping[str, str]
    count: Callable[[Session], Mapping[Any, int]]
    row: Callable[[int], Any]


def _pair(number: int) -> duplicates.DuplicatePair:
    return duplicates.DuplicatePair(
        one=f"{number:064x}", other=f"{number + 200:064x}", kind="near", score=0.9, rank=1 + number % 3 / 10
    )


def _finding(number: int) -> quality.QualityFinding:
    return quality.QualityFinding(sha256=f"{number:064x}", kind="frame", reason="Framed.", rank=1 + number % 3 / 10)


def _case(number: int) -> labels.LabelCase:
    stated = {"field": "artist", "stated": "Ada", "reason": "alike"}
    return labels.LabelCase(sha256=f"{number:064x}", rank=-number % 3 / 10, **stated)


QUEUES = [
    Queue(
        "duplicate_pairs",
        "one, other, kind, score, way",
        "printf('%064x', i), printf('%064x', i + 200000), 'near', 0.9, 0",
        duplicates.open_pairs,
        {"kind": "near"},
        duplicates.count_open,
        _pair,
    ),
    Queue(
        "quality_findings",
        "sha256, kind, reason",
        "printf('%064x', i), 'frame', 'Framed.'",
        quality.open_findings,
        {"kind": "frame"},
        quality.count_open,
        _finding,
    ),
    Queue(
        "label_cases",
        "sha256, field, stated, reason, evidence",
        "printf('%064x', i), 'artist', 'Ada', 'alike', '{}'",
        labels.cases,
        {"what": "artist"},
        labels.count_waiting,
        _case,
    ),
]


@pytest.mark.parametrize("queue", QUEUES, ids=[queue.table for queue in QUEUES])
def test_pages_neither_scan_the_table_nor_sort(sqlite: Database, queue: Queue) -> None:
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})"
    values = f"{queue.values}, 1.0 + i / 200000.0, 1, '2026-01-01'"
    with sqlite.writing() as session:
        insert = f"INSERT INTO {queue.table} ({queue.columns}, rank, open, found_at)"
        session.execute(text(f"{insert} {numbers} SELECT {values} FROM n"))
    asked: list[tuple[str, Any]] = []
    with sqlite.reading() as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *call: asked.append(call[2:4]))
        page = queue.page(session, 20, after=Place(1.3, 1), **queue.one_kind)
        assert len(page) == 20 and page[0].rank >= 1.3
        assert len(queue.page(session, 20)) == 20 and MANY in queue.count(session).values()
        for statement, bound in asked[:3]:
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", bound).all()
            said = " / ".join(str(row[-1]) for row in plan)
            assert f"INDEX ix_{queue.table}_open_" in said and "TEMP B-TREE" not in said, said
            assert f"SCAN {queue.table}" not in said, said


@pytest.mark.parametrize("queue", QUEUES, ids=[queue.table for queue in QUEUES])
def test_pages_follow_each_other_through_equal_ranks(database: Database, queue: Queue) -> None:
    with database.writing() as session:
        for number in range(90):
            session.add(queue.row(number))
    seen: list[int] = []
    after = None
    with database.reading() as session:
        while page := queue.page(session, 20, after=after):
            seen += [row.id for row in page]
            after = page[-1].place
    assert len(seen) == len(set(seen)) == 90
