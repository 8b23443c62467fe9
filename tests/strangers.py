"""For tests of held works: pictures that look much alike, and others that look like none of them, from the web."""

from io import BytesIO

import numpy as np
from holdings import Holding, painting, saved
from PIL import Image
from shelf import keep


def version(number: int) -> bytes:
    """Return one of many pictures that look much alike."""
    pixels = np.asarray(painting(1, 120, 90), dtype=float)
    noise = np.random.default_rng(number).normal(0, 14, (6, 8, 3))
    soft = np.stack([np.asarray(Image.fromarray(layer).resize((120, 90))) for layer in noise.transpose(2, 0, 1)], -1)
    return saved(Image.fromarray(np.clip(pixels + soft, 0, 255).astype(np.uint8)), "PNG")


def unlike(number: int) -> bytes:
    """Return a picture in other colours than all those."""
    return saved(Image.fromarray(255 - np.asarray(Image.open(BytesIO(version(number))))), "PNG")


def collect(holding: Holding, *contents: bytes, title: str | None = None) -> list[str]:
    records = keep(holding.settings.library_dir, *contents, title=title)
    return [record.picture.sha256 for record in records]
