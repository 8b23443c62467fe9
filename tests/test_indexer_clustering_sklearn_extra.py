"""The second engine: absent, broken, and, in an environment of its own, beside the first one on the same vectors."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from environments import run_in, with_sklearn_extra

from indexer.errors import EngineMissing
from indexer.medoids import ENGINES


@pytest.fixture
def forgotten(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """As if the package had never been imported."""
    for name in [name for name in sys.modules if name.split(".")[0] == "sklearn_extra"]:
        monkeypatch.delitem(sys.modules, name)
    return monkeypatch


def test_without_the_package_one_sentence_says_what_to_do(forgotten: pytest.MonkeyPatch) -> None:
    forgotten.setitem(sys.modules, "sklearn_extra", None)
    with pytest.raises(EngineMissing) as error:
        ENGINES["sklearn-extra"]()
    assert "pip install 'semantic-gallery[sklearn-extra]'" in str(error.value)
    assert "the engine numpy needs nothing" in str(error.value)


def test_a_package_that_does_not_load_is_an_engine_that_is_missing(
    forgotten: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "sklearn_extra"
    package.mkdir()
    (package / "__init__.py").write_text("raise ValueError('numpy.dtype size changed, may indicate incompatibility')")
    forgotten.syspath_prepend(tmp_path)
    with pytest.raises(EngineMissing, match="numpy.dtype size changed") as error:
        ENGINES["sklearn-extra"]()
    assert isinstance(error.value.__cause__, ValueError)


# Vectors round 8 directions; each engine below and above its limit, and with medoids that must stay.
BOTH = """
import json, sys
import numpy as np
from indexer.clustering.sklearn_extra import SklearnExtra
from indexer.medoids import ENGINES, FasterPam
assert "torch" not in sys.modules
assert ENGINES["sklearn-extra"]().name == "sklearn-extra"
chance = np.random.default_rng(0)
rows = (np.eye(32)[chance.integers(0, 8, 400)] + chance.normal(size=(400, 32)) * 0.15).astype(np.float32)
def facts(engine, **options):
    found = engine.find(rows, 8, seed=1, **options)
    sums = 1 - (rows / np.linalg.norm(rows, axis=1, keepdims=True)) @ (
        rows[found.rows] / np.linalg.norm(rows[found.rows], axis=1, keepdims=True)).T
    return {"loss": found.loss, "by_hand": float(sums.min(axis=1).sum()), "rows": found.rows.tolist(),
            "smallest": int(found.sizes.min()), "again": engine.find(rows, 8, seed=1, **options).loss}
print(json.dumps({
    "numpy": facts(FasterPam()),
    "pam": facts(SklearnExtra(method="pam")),
    "alternate": facts(SklearnExtra()),
    "clara": facts(SklearnExtra(limit=100)),
    "fixed": facts(SklearnExtra(), fixed=[3, 4]),
    "copies": SklearnExtra().find(np.ones((6, 3), np.float32), 1).sizes.tolist(),
}))
"""


@pytest.mark.slow
@pytest.mark.timeout(1000)
def test_both_engines_agree_on_the_same_vectors() -> None:
    found: dict[str, Any] = json.loads(run_in(with_sklearn_extra(), BOTH))
    assert found.pop("copies") == [6]
    for engine, facts in found.items():
        assert facts["loss"] == pytest.approx(facts["by_hand"], rel=1e-4), engine
        assert facts["again"] == facts["loss"] and facts["smallest"] > 0 and len(set(facts["rows"])) == 8, engine
    ours = found["numpy"]["loss"]
    assert ours == pytest.approx(found["pam"]["loss"], rel=1e-4)
    assert ours <= found["alternate"]["loss"] * 1.0001
    assert ours <= found["clara"]["loss"] * 1.0001
    assert {3, 4} <= set(found["fixed"]["rows"])
