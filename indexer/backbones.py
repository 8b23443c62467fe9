"""The networks: the only module that imports torch; import it inside functions, for it takes seconds to load."""

import copy
import http.client
import socket
import urllib.error
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from indexer.encoder import Backbone, Encoded
from indexer.errors import BackboneError, WeightsError
from indexer.preprocess import Normalisation
from indexer.store.model import CONTENT, ModelCard
from indexer.weights import WeightsFile

_DOWNLOAD_TIMEOUT = 30.0

# How many blocks `layer3` has, and whether a block has a third convolution, tells the ResNets apart.
_RESNETS = {(2, False): "resnet18", (6, False): "resnet34", (6, True): "resnet50", (23, True): "resnet101"}


class TorchEncoder:
    """A backbone on a device; `encode` may be called from one thread at a time."""

    def __init__(self, weights: WeightsFile, network: "Network", device: torch.device, dtype: torch.dtype) -> None:
        self._card, self._normalisation = weights.card, weights.backbone.normalisation
        self._device, self._dtype = device, dtype
        # A copy, for the head may be a part of what is cast next, and it stays in full precision.
        self._head = copy.deepcopy(network.head).to(device)
        body = _fold_norms(network.body).to(device, dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._body: nn.Module = body

    @property
    def card(self) -> ModelCard:
        """Which model this is."""
        return self._card

    @property
    def normalisation(self) -> Normalisation:
        """How pixels become its input."""
        return self._normalisation

    @property
    def where(self) -> str:
        """Device and number format, such as `cpu, bfloat16`."""
        return f"{self._device.type}, {str(self._dtype).removeprefix('torch.')}"

    def encode(self, batch: NDArray[np.float32]) -> Encoded:
        """Encode n x 3 x 224 x 224 normalised pictures; raise `BackboneError` when memory does not suffice."""
        try:
            with torch.inference_mode():
                pictures = torch.from_numpy(batch).to(self._device, self._dtype, memory_format=torch.channels_last)
                # Pooled in full precision: the mean of 49 rounded numbers is better than their rounded mean.
                features = self._body(pictures).float().mean((2, 3))
                scores = self._head(features).softmax(1)
                vectors = nn.functional.normalize(features)
                return Encoded({CONTENT: vectors.cpu().numpy()}, scores.cpu().numpy())
        except torch.OutOfMemoryError as error:
            raise BackboneError(
                f"{self._device}: not enough memory for {len(batch)} pictures at a time. Lower --batch-size, or use "
                f"--device cpu."
            ) from error


@dataclass(frozen=True, slots=True)
class Network:
    """A classifier in two parts: `body` ends with n x width x h x w features, `head` scores their means."""

    body: nn.Module
    head: nn.Module
    whole: nn.Module


def load(weights: WeightsFile, device: str = "auto") -> TorchEncoder:
    """Return the encoder of these weights; raise `WeightsError` or `BackboneError` saying what is wrong."""
    place = choose_device(device)
    network = _network(weights.backbone)
    state = _state(weights)
    try:
        network.whole.load_state_dict(state)
    except RuntimeError as error:
        raise _unfit(weights, f"they do not fit {weights.backbone.name}{_looks_like(state)}") from error
    network.whole.eval().requires_grad_(False)
    return TorchEncoder(weights, network, place, _fast_dtype(place))


def choose_device(wanted: str) -> torch.device:
    """Return the device to run on; `auto` takes cuda, then mps, then cpu."""
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return torch.device(next(name for name, there in present.items() if there))
    if not present[wanted]:
        have = ", ".join(name for name, there in present.items() if there)
        raise BackboneError(f"device {wanted} is not available to torch {torch.__version__} here. Use one of: {have}.")
    return torch.device(wanted)


def download_weights(backbone: Backbone, target: Path) -> None:
    """Download a torchvision backbone's weights with progress and checksum; raise OSError saying why it failed."""
    url = f"https://download.pytorch.org/models/{backbone.file}"
    before = socket.getdefaulttimeout()
    # torch gives no time limit of its own: behind a wall that drops packets it would wait for ever.
    socket.setdefaulttimeout(_DOWNLOAD_TIMEOUT)
    try:
        torch.hub.download_url_to_file(url, str(target), hash_prefix=backbone.checksum)
    except urllib.error.URLError as error:
        raise OSError(f"{url}: {error.reason}") from error
    except (RuntimeError, http.client.HTTPException) as error:  # a wrong checksum, a broken answer
        raise OSError(f"{url}: {error}") from error
    finally:
        socket.setdefaulttimeout(before)


def _network(backbone: Backbone) -> Network:
    if backbone.name.startswith("resnet"):
        from torchvision.models import get_model

        whole = get_model(backbone.name, weights=None)
        return Network(nn.Sequential(*list(whole.children())[:-2]), whole.fc, whole)
    from efficientnet_lite_pytorch import EfficientNet

    whole = EfficientNet.from_name(backbone.name.replace("_", "-"))
    return Network(_LiteBody(whole), whole._fc, whole)


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


def _fast_dtype(device: torch.device) -> torch.dtype:
    """Return bfloat16 where the device computes in it, else float32.

    Where it does, it doubles the speed and moves vectors by less than 0.002 in cosine, so both may
    share a collection; where it is emulated it would be slower.
    """
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    elif device.type == "cpu" and hasattr(torch.cpu, "get_capabilities"):
        able = torch.cpu.get_capabilities()
        fast = bool(able.get("avx512_bf16") or able.get("amx_bf16"))
    else:
        fast = False
    return torch.bfloat16 if fast else torch.float32


def _fold_norms(module: nn.Module) -> nn.Module:
    """Fold each batch norm into the convolution before it: fewer passes over memory, the same numbers."""
    before: tuple[str, nn.Conv2d] | None = None
    for name, child in list(module.named_children()):
        if isinstance(child, nn.Conv2d):
            before = (name, child)
        elif isinstance(child, nn.BatchNorm2d) and before and before[1].out_channels == child.num_features:
            setattr(module, before[0], fuse_conv_bn_eval(before[1], child))
            setattr(module, name, nn.Identity())
            before = None
        else:
            _fold_norms(child)
    return module
