"""Benchmarks are run by hand and seldom: each can at least still be loaded."""

import importlib.util
from pathlib import Path

import pytest

BENCHES = sorted((Path(__file__).parent / "bench").glob("bench_*.py"))


@pytest.mark.parametrize("path", BENCHES, ids=[path.stem for path in BENCHES])
def test_every_benchmark_can_be_loaded(path: Path) -> None:
    found = importlib.util.spec_from_file_location(f"{path.stem}_loaded", path)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    assert any(name.startswith("test_") for name in vars(module))
