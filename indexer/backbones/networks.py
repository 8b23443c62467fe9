"""The networks themselves, with their weights read from a state-dict file."""

from dataclasses import dataclass
from pickle import UnpicklingError

import torch
from torch import Tensor, nn

from indexer.encoder import Backbone
from indexer.errors import WeightsError
from indexer.weights import WeightsFile

# How many blocks `layer3` has, and whether a block has a third convolution, tells the ResNets apart.
_RESNETS = {(2, False): "resnet18", (6, False): "resnet34", (6, True): "resnet50", (23, True): "resnet101"}


@dataclass(frozen=True, slots=True)
class Network:
    """A classifier in two parts: `body` ends with n x width x h x w features, `head` scores their means."""

    body: nn.Module
    head: nn.Module


def trained(weights: WeightsFile) -> Network:
    """Return the network of these weights, ready for inference; raise `WeightsError` saying what is wrong."""
    return loaded(weights)[1]


def loaded(weights: WeightsFile) -> tuple[nn.Module, Network]:
    """Return the whole network as its file knows it, and its two parts, frozen; raise `WeightsError`."""
    whole, network = _untrained(weights.backbone)
    state = _state(weights)
    try:
        whole.load_state_dict(state)
    except RuntimeError as error:
        raise _unfit(weights, f"they do not fit {weights.backbone.name}{_looks_like(state)}") from error
    for part in (network.body, network.head):
        part.eval().requires_grad_(False)
    return whole, network


def _untrained(backbone: Backbone) -> tuple[nn.Module, Network]:
    if backbone.name.startswith("resnet"):
        from torchvision.models import get_model

        whole = get_model(backbone.name, weights=None)
        return whole, Network(nn.Sequential(*list(whole.children())[:-2]), whole.fc)
    from efficientnet_lite_pytorch import EfficientNet

    whole = EfficientNet.from_name(backbone.name.replace("_", "-"))
    return whole, Network(_LiteBody(whole), whole._fc)


class _LiteBody(nn.Module):
    """All of an EfficientNet-Lite but its pooling and classifier."""

    def __init__(self, whole: nn.Module) -> None:
        super().__init__()
        self.whole = whole

    def forward(self, pictures: Tensor) -> Tensor:
        features: Tensor = self.whole.extract_features(pictures)  # type: ignore[operator]
        return features


def _state(weights: WeightsFile) -> dict[str, Tensor]:
    """Read a state dict, trusting nothing but tensors, with half precision cast to float32."""
    try:
        state = torch.load(weights.path, map_location="cpu", weights_only=True)
    except (UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise _unfit(weights, "not a state-dict file that torch can read safely") from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise _unfit(weights, "not a state dict: names with tensors are expected, and nothing else")
    return {name: value.float() if value.is_floating_point() else value for name, value in state.items()}


def _looks_like(state: dict[str, Tensor]) -> str:
    blocks = {name.split(".")[1] for name in state if name.startswith("layer3.")}
    name = _RESNETS.get((len(blocks), "layer3.0.conv3.weight" in state))
    return f" but look like {name}" if name else ""


def _unfit(weights: WeightsFile, problem: str) -> WeightsError:
    ways = [
        f"give a state-dict file of {weights.backbone.name}, or name the backbone that the file is of: --backbone NAME",
        "leave GALLERY_WEIGHTS and --weights empty to use torchvision's own",
    ]
    return WeightsError(weights.backbone.name, [(str(weights.path), problem)], ways)
