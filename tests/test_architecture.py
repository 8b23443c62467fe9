"""The shape of the code, read from its syntax trees: layers, doors to outside systems, lazy imports."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("scraper", "indexer", "gallery")

MAY_IMPORT = {"scraper": {"scraper"}, "indexer": {"scraper", "indexer"}, "gallery": set(PACKAGES)}

DOORS = {
    "playwright": ["scraper/browser.py"],
    "httpx2": ["scraper/web.py"],
    "torch": ["indexer/backbones/"],
    "torchvision": ["indexer/backbones/"],
    "qdrant_client": ["indexer/store/"],
    "qdrant_edge": ["indexer/store/"],
    "sqlalchemy": ["gallery/db.py", "gallery/models/", "gallery/migrations/"],
    "alembic": ["gallery/migrations/"],
    "argon2": ["gallery/accounts/passwords.py"],
    "pyarrow": ["indexer/bundle/parquet.py"],
    "umap": ["indexer/atlas/layout.py"],
    "sklearn_extra": ["indexer/clustering/sklearn_extra.py"],
    # GPL-3: a yardstick of benchmarks, in an environment of its own.
    "kmedoids": [],
    "sklearn": ["indexer/tagging/training.py"],
    "scipy": ["indexer/tagging/training.py", "gallery/shares.py"],
    "huey": ["gallery/jobs/queue.py"],
    "redis": ["gallery/jobs/queue.py"],
    "flask_wtf": ["gallery/accounts/tokens.py"],
}


def sources() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_imports_only_its_own_layer_and_those_below(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    ours = {name.split(".")[0] for name in imported(path)} & set(PACKAGES)
    assert ours <= MAY_IMPORT[package]


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_each_outside_system_has_one_door(path: Path) -> None:
    here = path.relative_to(ROOT).as_posix()
    for name in imported(path):
        doors = DOORS.get(name.split(".")[0])
        assert doors is None or any(here.startswith(door) for door in doors), f"{here} imports {name}"


def test_no_module_is_too_long_to_be_one_thing() -> None:
    long = {str(p.relative_to(ROOT)): n for p in sources() if (n := len(p.read_text().splitlines())) > 400}
    assert not long


def loaded_after(code: str) -> set[str]:
    """Return the top-level modules a fresh interpreter holds after running `code`."""
    probe = f"import sys\n{code}\nprint(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.splitlines()[-1].split())


HEAVY = {"torch", "torchvision", "playwright", "umap", "numba", "scipy", "sklearn"}


def test_the_help_text_imports_nothing_heavy() -> None:
    code = "from gallery.cli import cli\ncli(['--help'], standalone_mode=False)"
    assert not loaded_after(code) & (HEAVY | {"flask", "qdrant_client", "qdrant_edge", "numpy", "PIL", "sqlalchemy"})


def test_the_list_of_sources_imports_neither_client_nor_browser() -> None:
    code = "from gallery.cli import cli\ncli(['sources', 'list'], standalone_mode=False)"
    # All of them have been imported for it, the one in the browser as well.
    found = loaded_after(f"{code}\nassert 'scraper.sources.google' in sys.modules")
    assert not found & (HEAVY | {"httpx2", "flask", "qdrant_client", "qdrant_edge", "PIL"})


@pytest.mark.parametrize("module", ["gallery.app", "gallery.cli.serve"])
def test_the_web_site_imports_nothing_heavy(module: str) -> None:
    assert not loaded_after(f"import {module}") & HEAVY
