"""The networks themselves, with their weights read from a state-dict file."""

from dataclasses import dataclass
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn

from indexer.encoder import Backbone
from indexer.errors import WeightsError
from indexer.weights import WeightsFile

# How many blocks `layer3` has, and whether a block has a third convolution, tells the ResNets apart.
_RESNETS = {(2, False): "resnet18", (6, False): "resnet34", (6, True): "resnet50", (23, True): "resnet101"}


@dataclass(frozen=True, slots=True)
class Network:
    """A classifier in two parts: `body` has four stages, the last of which ends with n x width x h x w features.

    `head` scores their means. The stages before halve the picture twice, three times and four times.
    """

    body: nn.Sequential
    head: nn.Linear


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
        *first, second, third, fourth = list(whole.children())[:-2]
        return whole, Network(nn.Sequential(nn.Sequential(*first), second, third, fourth), whole.fc)
    from efficientnet_lite_pytorch import EfficientNet

    whole = EfficientNet.from_name(backbone.name.replace("_", "-"))
    return whole, Network(_lite_stages(whole), whole._fc)


def _lite_stages(whole: Any) -> nn.Sequential:
    """Return all of an EfficientNet-Lite but its pooling and classifier, cut where the picture is halved next."""
    blocks = list(whole._blocks)
    halving = [number for number, block in enumerate(blocks) if _stride(block) == 2]
    parts = [blocks[: halving[1]], blocks[halving[1] : halving[2]], blocks[halving[2] : halving[3]]]
    first, *others = (nn.Sequential(*part) for part in (*parts, blocks[halving[3] :]))
    stem = nn.Sequential(whole._conv_stem, whole._bn0, whole._swish)
    end = nn.Sequential(whole._conv_head, whole._bn1, whole._swish)
    return nn.Sequential(nn.Sequential(stem, first), *others[:-1], nn.Sequential(others[-1], end))


def _stride(block: Any) -> int:
    stride: int = block._depthwise_conv.stride[0]
    return stride


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
