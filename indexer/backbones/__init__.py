"""The networks: the only place that imports torch; import it inside functions, for it takes seconds to load."""

from indexer.backbones.devices import choose_device
from indexer.backbones.download import download_weights
from indexer.backbones.finetuning import finetune
from indexer.backbones.running import TorchEncoder, load

__all__ = ["TorchEncoder", "choose_device", "download_weights", "finetune", "load"]
