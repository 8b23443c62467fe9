"""A library of nine pictures to be indexed, made once and copied."""

import shutil
from pathlib import Path

import pytest
from shelf import Shelf, drawing, encoded


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """A data folder with a library of nine pictures, to be copied."""
    shelf = Shelf(tmp_path_factory.mktemp("stocked"))
    shelf.keep(*(encoded(drawing(number)) for number in range(8)), encoded(drawing(8, (1300, 500)), "PNG"))
    return shelf


@pytest.fixture
def shelf(stocked: Shelf, tmp_path: Path) -> Shelf:
    return Shelf(Path(shutil.copytree(stocked.data_dir, tmp_path / "data")))
