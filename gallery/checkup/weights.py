"""Weights and the network made of them: can they be had, and do they run?"""

from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from gallery.checkup.finding import Case, Finding, fault, note, ok
from indexer.encoder import Backbone
from indexer.errors import BackboneError, WeightsError
from indexer.settings import IndexerSettings
from indexer.store.model import ModelCard
from indexer.weights import WeightsFile, find_weights

NOT_NOW = "not downloaded by the doctor"


def look(case: Case) -> Iterator[Finding]:
    """Find the backbone's weights without downloading any, and load them on the device."""
    notices: list[str] = []
    try:
        found = offline(case.gallery, None, notices)
    except WeightsError as error:
        if case.gallery.weights is None and NOT_NOW in str(error):
            yield note(
                f"no weights for {error.backbone} on this machine yet",
                "`gallery index` downloads them the first time. Without internet: " + "; ".join(error.remedies) + ".",
            )
        else:
            yield fault(str(error), "See the ways on above.")
        return
    yield from (
        note(notice, "Connect to the internet before the first `gallery index` for more able ones.")
        for notice in notices
    )
    yield _runs(found, case.gallery.device)


def offline(settings: IndexerSettings, stored: ModelCard | None, notices: list[str]) -> WeightsFile:
    """Return the weights `gallery index` would use if it could not download any; raise `WeightsError`."""
    return find_weights(settings.backbone, settings.weights, notices.append, stored=stored, download=_refuse)


def _refuse(backbone: Backbone, target: Path) -> NoReturn:
    raise OSError(NOT_NOW)


def _runs(found: WeightsFile, device: str) -> Finding:
    try:
        from indexer.backbones import load

        encoder = load(found, device)
    except (WeightsError, BackboneError) as error:
        return fault(str(error), "Then run `gallery doctor` again.")
    except (ImportError, RuntimeError) as error:
        # torchvision beside a torch of another build says this at import.
        return fault(
            f"torch or torchvision does not load: {error}",
            "Install the two from the same place: pip install --force-reinstall torch torchvision",
        )
    return ok(f"{found.backbone.name}, {found.origin}: {found.path} ({encoder.where})")
