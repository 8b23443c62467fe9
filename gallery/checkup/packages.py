"""Python and the packages the gallery stands on: are they here, and in the versions it is written for?"""

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

from gallery.checkup.finding import Case, Finding, fault, ok

PACKAGE = "semantic-gallery"
SHOWN = ("torch", "torchvision", "playwright", "qdrant-client", "qdrant-edge-py")
AGAIN = "Run: pip install -e . (in the project's folder; with `make`, rm .venv/.ready && make setup)"


def look(case: Case) -> Iterator[Finding]:
    """Compare what is installed with what pyproject.toml asks for."""
    try:
        wanted = [Requirement(line) for line in requires(PACKAGE) or ()]
    except PackageNotFoundError:
        yield fault(f"the package {PACKAGE} is not installed here", AGAIN)
        return
    wrong = list(filter(None, map(_problem, wanted)))
    if wrong:
        yield fault("; ".join(wrong), AGAIN)
    else:
        shown = ", ".join(f"{name} {version(name)}" for name in SHOWN)
        yield ok(f"Python {platform.python_version()}; {shown}")


def _problem(wanted: Requirement) -> str | None:
    """Say what is wrong with an installed package, or None; extras are nobody's duty."""
    if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
        return None
    try:
        found = version(wanted.name)
    except PackageNotFoundError:
        return f"{wanted.name} is not installed"
    # A build for another device has a local part, as in 2.9.0+cpu, which specifiers let through.
    return None if wanted.specifier.contains(found, prereleases=True) else f"{wanted} is needed, {found} is installed"
