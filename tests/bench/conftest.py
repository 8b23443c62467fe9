"""What benchmarks share."""

import pytest
from warehouse import Collection, fill


@pytest.fixture(scope="session")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """20,000 works by 200 artists with vectors of 2,048 numbers, made once for all benchmarks."""
    return fill(tmp_path_factory.mktemp("collection"))
