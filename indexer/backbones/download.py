"""Published weights, by torch's own download."""

import http.client
import socket
import urllib.error
from pathlib import Path

import torch

from indexer.encoder import Backbone

_TIMEOUT = 30.0


def download_weights(backbone: Backbone, target: Path) -> None:
    """Download a torchvision backbone's weights with progress and checksum; raise OSError saying why it failed."""
    url = f"https://download.pytorch.org/models/{backbone.file}"
    before = socket.getdefaulttimeout()
    # torch gives no time limit of its own: behind a wall that drops packets it would wait for ever.
    socket.setdefaulttimeout(_TIMEOUT)
    try:
        torch.hub.download_url_to_file(url, str(target), hash_prefix=backbone.checksum)
    except urllib.error.URLError as error:
        raise OSError(f"{url}: {error.reason}") from error
    except (RuntimeError, http.client.HTTPException) as error:  # a wrong checksum, a broken answer
        raise OSError(f"{url}: {error}") from error
    finally:
        socket.setdefaulttimeout(before)
