"""Virtual environments beside ours, for packages that must not be, or cannot be, where the gallery is."""

import hashlib
import os
import subprocess
import sys
import tomllib
import venv
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def environment(name: str, wanted: Sequence[str]) -> str:
    """Return the interpreter of an environment with these packages, made once and kept in `.cache`.

    The test is skipped, saying why, where they cannot be installed.
    """
    key = hashlib.sha256(repr((sys.version, sorted(wanted))).encode()).hexdigest()[:12]
    home = ROOT / ".cache" / f"{name}-{key}"
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        # With no index in reach, that shall show soon.
        asked = ["--quiet", "--disable-pip-version-check", "--retries=1", "--timeout=15"]
        try:
            venv.create(home, clear=True, with_pip=True)
            subprocess.run(
                [python, "-m", "pip", "install", *asked, *wanted],
                capture_output=True,
                text=True,
                timeout=600,
                check=True,
            )
        except subprocess.CalledProcessError as error:
            said = str(error.stderr or error).strip().splitlines()[-1]
            pytest.skip(f"{name} cannot be installed here: {said}")
        except subprocess.TimeoutExpired:
            pytest.skip(f"{name} cannot be installed here: it took more than ten minutes")
        (home / "ready").touch()
    return str(python)


def with_sklearn_extra() -> str:
    """Return the interpreter of an environment with what our extra asks for."""
    if sys.version_info >= (3, 12):
        pytest.skip("scikit-learn-extra has no binaries for Python 3.12 and later")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return environment("sklearn-extra", project["optional-dependencies"]["sklearn-extra"])


def run_in(python: str, code: str, *arguments: str, timeout: float = 300) -> str:
    """Run code in such an environment, with our packages importable, and return what it printed last."""
    done = subprocess.run(
        [python, "-c", code, *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]
