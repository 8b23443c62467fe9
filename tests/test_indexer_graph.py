"""The graph of neighbours: connected, renewed by what is new, written whole, and walked the shortest way."""

import heapq
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from exhibition import CARD, Exhibition, random_vectors, settings_for
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.graph.bridges import bridges, islands
from indexer.graph.file import NEIGHBOURS, NOBODY, RECORD, Records, graph_path, halves, id_of, read, write
from indexer.graph.laying import lay
from indexer.graph.renew import renew
from indexer.graph.route import Graph
from indexer.store import ArtworkStore, open_store
from indexer.store.model import CONTENT


@pytest.fixture
def store(exhibition: Exhibition, tmp_path: Path) -> Iterator[ArtworkStore]:
    own = exhibition.copy(tmp_path / "graph-gallery")
    with closing(open_store(own.settings())) as store:
        yield store


def made_of(ties: dict[tuple[int, int], float], count: int, years: list[int] | None = None) -> Records:
    """Return a graph of numbered works with these ties."""
    records = np.zeros(count, dtype=RECORD)
    records["near"], records["high"], records["year"] = NOBODY, np.arange(count), years or 1900
    for (head, tail), far in ties.items():
        slot = int((records["near"][head] >= 0).sum())
        records["near"][head, slot], records["far"][head, slot] = tail, far
    return records


def mapped(path: Path) -> Records:
    found = read(path)
    assert found is not None
    return found


def test_each_work_is_tied_to_those_nearest_to_it(store: ArtworkStore, exhibition: Exhibition) -> None:
    records = renew(store, None)
    assert records is not None
    ids = [id_of(record) for record in records]
    assert ids == sorted(work.id for work in exhibition.works)
    order = {work.id: row for row, work in enumerate(reversed(exhibition.works))}
    vectors = random_vectors(40)[[order[work] for work in ids]]
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -2)
    for row, record in enumerate(records):
        assert set(record["near"][:NEIGHBOURS]) == set(np.argsort(-cosines[row])[:NEIGHBOURS])
        np.testing.assert_allclose(record["far"][:NEIGHBOURS], 1 - np.sort(cosines[row])[::-1][:NEIGHBOURS], atol=0.01)
    assert len({row for row in islands(40, *ties_of(records))}) == 1


def ties_of(records: Records) -> tuple[np.ndarray, np.ndarray]:
    heads, slots = np.nonzero(records["near"] >= 0)
    return heads, records["near"][heads, slots].astype(np.intp)


def test_far_groups_are_joined_by_bridges(exhibition: Exhibition, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    works = list(exhibition.works)
    middles = np.eye(16, dtype=np.float32)[[0, 5]]
    vectors = middles[[at % 2 for at in range(40)]] + rng.normal(0, 0.01, (40, 16)).astype(np.float32)
    with closing(open_store(settings_for(tmp_path))) as store:
        store.prepare(CARD)
        store.add(works, {CONTENT: vectors})
        records = renew(store, None)
        assert records is not None
        assert 1 <= (records["near"][:, NEIGHBOURS] >= 0).sum() <= 3
        graph = Graph(records)
        rows = [graph.row_of(work.id) for work in works[:2]]
        way = graph.route({rows[0]: 0.0}, {rows[1]: 0.0})  # type: ignore[dict-item]
        assert way is not None
        assert (way[0], way[-1]) == tuple(rows)


def test_only_what_is_new_is_asked_for_and_what_is_gone_is_let_go(
    store: ArtworkStore, exhibition: Exhibition, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = renew(store, None)
    assert whole is not None
    again = renew(store, whole, told=lambda done, total: pytest.fail("nothing is new"))
    assert again is not None
    assert (again == whole).all()
    gone, changed = exhibition.works[0], exhibition.works[1]
    store.delete([gone.id])
    new = replace(changed, sha256="01" * 32, title="New", year=1999)
    store.add([new], {CONTENT: random_vectors(41)[40:]})
    asked: list[int] = []
    records = renew(store, whole, told=lambda done, total: asked.append(total))
    assert records is not None
    assert len(records) == 40
    assert len(asked) < 10
    graph = Graph(records)
    assert graph.row_of(gone.id) is None
    row = graph.row_of(new.id)
    assert row is not None
    assert graph.record(row)["year"] == 1999
    known = {id_of(record) for record in records}
    assert all(0 <= each < 40 for each in ties_of(records)[1])
    assert gone.id not in known
    # What is carried over still says who is near whom, under other numbers.
    kept = next(work for work in exhibition.works[2:] if len(_near(whole, work.id) & known) == NEIGHBOURS)
    assert _near(records, kept.id) == _near(whole, kept.id)


def _near(records: Records, work: str) -> set[str]:
    row = Graph(records).row_of(work)
    assert row is not None
    return {id_of(records[at]) for at in records["near"][row, :NEIGHBOURS] if at >= 0}


def test_it_can_be_stopped_and_nothing_is_written_then(store: ArtworkStore, tmp_path: Path) -> None:
    assert not lay(tmp_path, store, stopped=lambda: True)
    assert list(tmp_path.glob("*.npy")) == []
    assert lay(tmp_path, store)
    assert [path.name for path in tmp_path.glob("*.npy")] == [graph_path(tmp_path, CARD).name]


def test_the_file_is_replaced_whole_and_others_models_are_cleared_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = graph_path(tmp_path, CARD)
    old = graph_path(tmp_path, replace(CARD, backbone="resnet34"))
    write(old, made_of({}, 3))
    write(path, made_of({(0, 1): 0.5}, 2))
    assert not old.exists()
    held = read(path)
    assert held is not None

    def full(*given: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "save", full)
        with pytest.raises(OSError, match="No space"):
            write(path, made_of({}, 5))
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    write(path, made_of({}, 5))
    # Whoever has the old one mapped goes on reading that.
    assert (len(held), len(mapped(path))) == (2, 5)


@pytest.mark.parametrize(
    "content", [b"", b"\x93NUMPY", b"no graph", bytes(24)], ids=["empty", "cut short", "text", "zeros"]
)
def test_a_damaged_file_is_none_and_is_made_anew(content: bytes, tmp_path: Path, store: ArtworkStore) -> None:
    path = graph_path(tmp_path, CARD)
    path.write_bytes(content)
    assert read(path) is None
    assert lay(tmp_path, store)
    assert len(mapped(path)) == 40


def test_an_id_is_found_by_its_two_halves_and_no_other(exhibition: Exhibition) -> None:
    records = made_of({}, 1)
    records["high"], records["low"] = halves(exhibition.works[0].id)
    graph = Graph(records)
    assert graph.row_of(exhibition.works[0].id) == 0
    assert graph.row_of(exhibition.works[1].id) is None
    assert id_of(records[0]) == exhibition.works[0].id


def test_years_lead_round_where_likeness_alone_goes_back_and_forth() -> None:
    records = made_of({(0, 1): 0.1, (1, 3): 0.1, (0, 2): 0.2, (2, 3): 0.2}, 4, [1500, 1900, 1600, 1700])
    graph = Graph(records)
    assert graph.route({0: 0.0}, {3: 0.0}) == [0, 1, 3]
    assert graph.route({0: 0.0}, {3: 0.0}, towards=1) == [0, 2, 3]
    assert graph.route({3: 0.0}, {0: 0.0}, towards=-1) == [3, 2, 0]
    assert graph.route({0: 0.0}, {3: 0.0}, without={1}) == [0, 2, 3]
    assert graph.route({0: 0.0}, {3: 0.0}, without={1, 2}) is None


GRAPHS = st.integers(2, 12).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.dictionaries(
            st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda tie: tie[0] < tie[1]),
            st.floats(0, 1, width=32),
            max_size=15,
        ),
    )
)


@given(GRAPHS)
@settings(max_examples=200)
def test_no_way_is_shorter_than_the_one_found(drawn: tuple[int, dict[tuple[int, int], float]]) -> None:
    count, ties = drawn
    graph, lengths = Graph(made_of(ties, count)), {frozenset(tie): far for tie, far in ties.items()}
    shortest = plain_dijkstra(ties, count)
    for end in range(1, count):
        way = graph.route({0: 0.0}, {end: 0.0})
        if way is None:
            assert end not in shortest
            continue
        assert (way[0], way[-1]) == (0, end)
        length = sum(lengths[frozenset(step)] for step in zip(way, way[1:], strict=False))
        assert length == pytest.approx(shortest[end], abs=1e-5)


def plain_dijkstra(ties: dict[tuple[int, int], float], count: int) -> dict[int, float]:
    done: dict[int, float] = {}
    heap = [(0.0, 0)]
    while heap:
        far, row = heapq.heappop(heap)
        if row in done:
            continue
        done[row] = far
        for (head, tail), length in ties.items():
            if row in (head, tail):
                heapq.heappush(heap, (far + length, tail if row == head else head))
    return done


@given(GRAPHS)
def test_bridges_make_one_of_all_islands(drawn: tuple[int, dict[tuple[int, int], float]]) -> None:
    count, ties = drawn
    heads = np.array([head for head, _ in ties], dtype=np.intp)
    tails = np.array([tail for _, tail in ties], dtype=np.intp)
    labels = islands(count, heads, tails)
    vectors = np.random.default_rng(1).normal(size=(count, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = bridges(labels, lambda rows: vectors[list(rows)])
    assert len(found) >= len(set(labels.tolist())) - 1
    assert len({row for row, _, _ in found}) == len(found)
    joined = islands(
        count,
        np.concatenate([heads, np.array([row for row, _, _ in found], dtype=np.intp)]),
        np.concatenate([tails, np.array([other for _, other, _ in found], dtype=np.intp)]),
    )
    assert set(joined.tolist()) == {0}
