"""For tests of suspicious labels: three artists who paint in a colour each, and one work filed under the wrong one."""

from pathlib import Path

import numpy as np
from exhibition import settings_for
from holdings import Holding, saved
from PIL import Image

from gallery.db import Database
from indexer.store import open_store

COLOURS = {"Ada Ochre": (190, 40, 30), "Émile Brandt": (30, 60, 190), "Noor Vale": (40, 170, 60)}
WRONG, STATED, RATHER = "Ada Ochre 9", "Émile Brandt", "Ada Ochre"


def tinted(number: int, artist: str) -> Image.Image:
    coarse = np.random.default_rng(number).integers(-90, 91, (4, 4, 3)) + np.array(COLOURS[artist])
    return Image.fromarray(coarse.clip(0, 255).astype(np.uint8)).resize((320, 240), Image.Resampling.BICUBIC)


def labelled(folder: Path, database: Database, each: int = 7) -> None:
    """Make a gallery of so many works of each artist, and one in Ada Ochre's colour filed under Émile Brandt."""
    settings = settings_for(folder / "data")
    holding = Holding(settings, database, open_store(settings), folder / "pictures")
    try:
        for at, artist in enumerate(COLOURS):
            for number in range(each):
                content = saved(tinted(100 * at + number, artist), quality=90)
                holding.put(f"{artist} {number}.jpg", content, artist)
        holding.put(f"{WRONG}.jpg", saved(tinted(77, RATHER), quality=90), STATED)
        for artist in COLOURS:
            holding.take_in(artist)
        holding.index()
    finally:
        holding.store.close()
