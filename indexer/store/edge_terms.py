"""Our conditions and fields in the words of Qdrant Edge."""

from collections.abc import Iterator
from typing import Any

import qdrant_edge as qe

from indexer.store.blend import Blend
from indexer.store.conditions import AnyOf, Begins, Between, Condition, Where
from indexer.store.model import ModelCard
from indexer.store.payload import EXACT_UP_TO, KEYWORDS, NUMBERS, PREFIXES


def shard_config(card: ModelCard) -> qe.EdgeConfig:
    """Return the layout: a lens is a named vector of half-precision numbers, mapped from its file."""
    return qe.EdgeConfig(vectors={lens: _vector(width) for lens, width in card.widths.items()})


def _vector(width: int) -> qe.EdgeVectorParams:
    kilobytes = EXACT_UP_TO * width * 2 // 1024
    return qe.EdgeVectorParams(
        size=width,
        distance=qe.Distance.Cosine,
        datatype=qe.VectorStorageDatatype.Float16,
        memory=qe.Memory.Cold,
        hnsw_config=qe.HnswIndexConfig(m=16, ef_construct=100, full_scan_threshold=kilobytes, memory=qe.Memory.Cold),
    )


def lens_operations(before: ModelCard, after: ModelCard) -> list[qe.UpdateOperation]:
    """Return what gives a shard the lenses of another card; doing it twice changes nothing."""
    operations = []
    for lens, width in after.widths.items():
        if before.widths.get(lens, width) != width:
            operations.append(qe.UpdateOperation.delete_vector_name(lens))
        operations.append(
            qe.UpdateOperation.create_dense_vector(
                lens, width, qe.Distance.Cosine, datatype=qe.VectorStorageDatatype.Float16
            )
        )
    return operations


def field_indexes() -> Iterator[tuple[str, Any]]:
    """Yield the payload indexes: field and parameters.

    The graph gets no links of its own for their values: exact search covers what these would speed up.
    """
    lean: dict[str, Any] = {"memory": qe.Memory.Cold, "enable_hnsw": False}
    for field in KEYWORDS:
        yield field, qe.KeywordIndexParams(**lean)
    for field in PREFIXES:
        yield field, qe.KeywordIndexParams(prefix=True, **lean)
    for field in NUMBERS:
        yield field, qe.IntegerIndexParams(lookup=False, range=True, **lean)


def edge_filter(where: Where) -> qe.Filter | None:
    """Return the conditions as a filter, None if there are none."""
    if not where.must and not where.must_not:
        return None
    return qe.Filter(must=[_condition(c) for c in where.must], must_not=[_condition(c) for c in where.must_not])


def edge_formula(blend: Blend) -> qe.Formula:
    """Return the weighted mean of the scores of the prefetches, which are in the order of the lenses."""
    parts = [
        qe.Expression.Mult([qe.Expression.Constant(share), qe.Expression.Variable(f"$score[{place}]")])
        for place, share in enumerate(blend.shares.values())
    ]
    # A work that has no vector in a lens yet is at a right angle to everything there.
    return qe.Formula(qe.Expression.Sum(parts), {f"$score[{place}]": 0.0 for place in range(len(parts))})


def _condition(condition: Condition) -> Any:
    if isinstance(condition, AnyOf):
        return qe.FieldCondition(key=condition.field, match=qe.MatchAny(list(condition.values)))
    if isinstance(condition, Begins):
        return qe.FieldCondition(key=condition.field, match=qe.MatchPrefix(condition.text))
    if isinstance(condition, Between):
        return qe.FieldCondition(key=condition.field, range=qe.RangeFloat(gte=condition.low, lte=condition.high))
    return qe.HasIdCondition(set(condition.ids))
