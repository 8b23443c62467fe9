"""Our conditions and fields in the words of a Qdrant server."""

from collections.abc import Iterator

from qdrant_client import models

from indexer.store.blend import Blend
from indexer.store.conditions import AnyOf, Begins, Between, Condition, Where
from indexer.store.model import ModelCard
from indexer.store.payload import EXACT_UP_TO, KEYWORDS, NUMBERS, PREFIXES


def vectors_config(card: ModelCard) -> dict[str, models.VectorParams]:
    """Return the layout: a lens is a named vector of half-precision numbers, kept on disk."""
    return {
        lens: models.VectorParams(
            size=width,
            distance=models.Distance.COSINE,
            datatype=models.Datatype.FLOAT16,
            on_disk=True,
            hnsw_config=models.HnswConfigDiff(
                m=16, ef_construct=100, full_scan_threshold=EXACT_UP_TO * width * 2 // 1024
            ),
        )
        for lens, width in card.widths.items()
    }


def lens_config(width: int) -> models.DenseVectorNameConfig:
    """Return the layout of a lens that a collection gets later."""
    return models.DenseVectorNameConfig(
        dense=models.DenseVectorConfig(
            size=width, distance=models.Distance.COSINE, datatype=models.VectorStorageDatatype.FLOAT16
        )
    )


def field_indexes() -> Iterator[tuple[str, models.KeywordIndexParams | models.IntegerIndexParams]]:
    """Yield the payload indexes: field and parameters."""
    keyword = models.KeywordIndexType.KEYWORD
    for field in (*KEYWORDS, *PREFIXES):
        prefix = field in PREFIXES
        yield field, models.KeywordIndexParams(type=keyword, prefix=prefix, enable_hnsw=False)
    for field in NUMBERS:
        yield (
            field,
            models.IntegerIndexParams(
                type=models.IntegerIndexType.INTEGER, lookup=False, range=True, enable_hnsw=False
            ),
        )


def server_filter(where: Where) -> models.Filter | None:
    """Return the conditions as a filter, None if there are none."""
    if not where.must and not where.must_not:
        return None
    return models.Filter(must=[_condition(c) for c in where.must], must_not=[_condition(c) for c in where.must_not])


def server_formula(blend: Blend) -> models.FormulaQuery:
    """Return the weighted mean of the scores of the prefetches, which are in the order of the lenses."""
    parts: list[models.Expression] = [
        models.MultExpression(mult=[share, f"$score[{place}]"]) for place, share in enumerate(blend.shares.values())
    ]
    # A work that has no vector in a lens yet is at a right angle to everything there.
    defaults = {f"$score[{place}]": 0.0 for place in range(len(parts))}
    return models.FormulaQuery(formula=models.SumExpression(sum=parts), defaults=defaults)


def _condition(condition: Condition) -> models.Condition:
    if isinstance(condition, AnyOf):
        return models.FieldCondition(key=condition.field, match=models.MatchAny(any=list(condition.values)))
    if isinstance(condition, Begins):
        return models.FieldCondition(key=condition.field, match=models.MatchPrefix(prefix=condition.text))
    if isinstance(condition, Between):
        return models.FieldCondition(key=condition.field, range=models.Range(gte=condition.low, lte=condition.high))
    return models.HasIdCondition(has_id=list(condition.ids))
