"""Where a network runs, in which numbers, and how its work is shared out there."""

from dataclasses import dataclass

import torch

from indexer.errors import BackboneError

_MOST_LANES = 8

# Asked before anything here changes it; it follows OMP_NUM_THREADS.
_CORES = torch.get_num_threads()


@dataclass(frozen=True, slots=True)
class Place:
    """A device with the numbers it is fast at; `lanes` batches of `batch` pictures run at a time, each on `threads`."""

    device: torch.device
    dtype: torch.dtype
    lanes: int
    threads: int
    batch: int

    def __str__(self) -> str:
        return f"{self.device.type}, {str(self.dtype).removeprefix('torch.')}"


def place(wanted: str) -> Place:
    """Return how to run on a device; `auto` takes the best there is. Raises `BackboneError`."""
    device = choose_device(wanted)
    if device.type != "cpu":
        return Place(device, fast_dtype(device), lanes=1, threads=1, batch=64)
    # Several batches side by side, each on a core of its own, beat one batch on all cores: threads that share a layer
    # wait for each other at its end, and for whichever of them a decoder has pushed aside. Batches are small because
    # what lies between two layers should stay in the core's cache.
    lanes = min(_CORES, _MOST_LANES)
    return Place(device, fast_dtype(device), lanes, threads=_CORES // lanes, batch=8)


def choose_device(wanted: str) -> torch.device:
    """Return the device to run on; `auto` takes cuda, then mps, then cpu."""
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return torch.device(next(name for name, there in present.items() if there))
    if not present[wanted]:
        have = ", ".join(name for name, there in present.items() if there)
        raise BackboneError(f"device {wanted} is not available to torch {torch.__version__} here. Use one of: {have}.")
    return torch.device(wanted)


def fast_dtype(device: torch.device) -> torch.dtype:
    """Return bfloat16 where the device computes in it, else float32.

    Where it does, it is twice to four times as fast and moves vectors by less than 0.003 in cosine, so
    both may share a collection; where it is emulated it would be slower.
    """
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    elif device.type == "cpu" and hasattr(torch.cpu, "get_capabilities"):
        able = torch.cpu.get_capabilities()
        fast = bool(able.get("avx512_bf16") or able.get("amx_bf16"))
    else:
        fast = False
    return torch.bfloat16 if fast else torch.float32
