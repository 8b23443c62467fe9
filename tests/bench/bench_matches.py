"""Whether places that match are the same place, in paintings and details of them, and in their mirror images.

Run with `pytest tests/bench/bench_matches.py -s`. Needs the paintings and weights kept beside the project.
"""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from gallery.matching import LEAST
from indexer.encoder import BACKBONES
from indexer.lenses.features import Features, features_of
from indexer.lenses.matching import Place, best_matches, place_of
from indexer.lenses.statistics import fit
from indexer.preprocess import network_pixels, normalise
from indexer.weights import find_weights
from scraper.pictures import open_upright

pytestmark = pytest.mark.shared

SHARED = Path(__file__).parents[3] / "shared"
WEIGHTS, ART = SHARED / "weights" / "resnet50-imagenet-fp16.pt", SHARED / "art" / "dev"
PAINTINGS, BATCH = 100, 20
FIRST = BACKBONES["resnet50"].first_cell

Back = Callable[[Place], Place]
"""Where on the painting a place of its copy is."""


def detail(image: Image.Image, share: float, numbers: np.random.Generator) -> tuple[Image.Image, Back]:
    """Return a part of a picture, of this share of its area, and the way back."""
    side = share**0.5
    left, top = numbers.uniform(0, 1 - side, 2)
    width, height = image.size
    box = (round(left * width), round(top * height), round((left + side) * width), round((top + side) * height))

    def back(place: Place) -> Place:
        return Place(left + place.left * side, top + place.top * side, place.width * side, place.height * side)

    return image.crop(box), back


def mirrored(image: Image.Image) -> tuple[Image.Image, Back]:
    """Return a picture's mirror image, and the way back."""

    def back(place: Place) -> Place:
        return Place(1 - place.left - place.width, place.top, place.width, place.height)

    return ImageOps.mirror(image), back


def meet(one: Place, other: Place) -> bool:
    """Tell whether two places overlap."""
    across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    down = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    return across > 1e-6 and down > 1e-6


@pytest.fixture(scope="module")
def paintings() -> list[Image.Image]:
    if not (WEIGHTS.exists() and ART.exists()):
        pytest.skip("the paintings and weights are not beside the project")
    with (ART / "metadata.csv").open(encoding="utf-8", newline="") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    chosen = np.random.default_rng(1).choice(len(names), PAINTINGS, replace=False)
    return [open_upright(ART / names[row], max_pixels=10**7) for row in chosen]


def test_places_that_match_are_the_same_place(paintings: list[Image.Image]) -> None:
    from indexer.backbones import load

    encoder = load(find_weights("resnet50", WEIGHTS, print), "cpu")

    def features(images: list[Image.Image]) -> list[Features]:
        found: list[Features] = []
        for start in range(0, len(images), BATCH):
            pixels = [network_pixels(image) for image in images[start : start + BATCH]]
            observed = encoder.encode(normalise(pixels, encoder.normalisation)).observed
            assert observed is not None
            found += features_of(observed, pixels)
        return found

    numbers = np.random.default_rng(2)
    wholes = features(paintings)
    statistics = fit(wholes)
    kinds = {
        "a detail of 70 % of the area": lambda image: detail(image, 0.7, numbers),
        "a detail of 30 % of the area": lambda image: detail(image, 0.3, numbers),
        "its mirror image": mirrored,
    }
    for kind, make in kinds.items():
        copies = [make(image) for image in paintings]
        right, all_, chance, first = 0, 0, [], []
        for whole, (_, back), seen in zip(wholes, copies, features([copy for copy, _ in copies]), strict=True):
            matches = [match for match in best_matches(whole, seen, statistics) if match.cosine >= LEAST]
            theirs = [back(place_of(divmod(cell, 7), 7, FIRST)) for cell in range(49)]
            for at, match in enumerate(matches):
                ours = place_of(match.ours, match.side, FIRST)
                met = [meet(ours, place) for place in theirs]
                hit = met[match.theirs[0] * 7 + match.theirs[1]]
                right, all_ = right + hit, all_ + 1
                chance.append(np.mean(met))
                first += [hit] if at == 0 else []
        print(
            f"{kind}: {all_ / PAINTINGS:.1f} matches a painting, {right / all_:.3f} at the same place "
            f"({np.mean(chance):.3f} by chance), the best one {np.mean(first):.3f}"
        )
        assert right / all_ > 2 * np.mean(chance)
