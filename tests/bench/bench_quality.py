"""How surely each damage is found, in paintings kept beside the project.

Each picture is judged as it is and damaged in every way, compressed as a thumbnail is. Precision is of as many pictures
damaged as not; what a folder has of its own borders and frames counts as mistakes.
"""

import io
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from indexer.quality.judging import KINDS, Found, judge
from indexer.quality.measuring import SIDE, measure
from indexer.thumbnails import shrink

pytestmark = pytest.mark.shared

ART = Path(__file__).parents[3] / "shared" / "art" / "dev"
PICTURES, LEAST_PRECISION = 300, 0.9

Damage = Callable[[Image.Image, random.Random], Image.Image]


def _levels(factor: float, base: float) -> Damage:
    def damage(image: Image.Image, chance: random.Random) -> Image.Image:
        return image.point(lambda level: min(255, round(level * factor + base)))

    return damage


def _blurred(share: float) -> Damage:
    return lambda image, chance: image.filter(ImageFilter.GaussianBlur(max(1.0, share * max(image.size))))


def _bordered(image: Image.Image, chance: random.Random) -> Image.Image:
    deep = max(3, round(chance.choice([0.02, 0.04, 0.08]) * max(image.size)))
    left, top, right, bottom = (
        deep * side for side in chance.choice([(1, 1, 1, 1), (1, 0, 1, 0), (0, 1, 0, 1), (0, 0, 0, 1)])
    )
    colour = chance.choice([(255, 255, 255), (0, 0, 0), (240, 236, 228), (30, 30, 30), (200, 200, 200)])
    whole = Image.new("RGB", (image.width + left + right, image.height + top + bottom), colour)
    whole.paste(image, (left, top))
    return whole


def _framed(image: Image.Image, chance: random.Random) -> Image.Image:
    deep = max(8, round(chance.choice([0.05, 0.08, 0.12]) * max(image.size)))
    width, height = image.width + 2 * deep, image.height + 2 * deep
    wood = np.array(chance.choice([(120, 85, 40), (60, 40, 25), (190, 160, 90), (40, 38, 36), (150, 140, 130)]))
    down, across = np.mgrid[0:height, 0:width]
    depth = np.minimum(np.minimum(down, height - 1 - down), np.minimum(across, width - 1 - across)) / deep
    light = 0.75 + 0.35 * np.sin(depth * np.pi * chance.choice([1, 2, 3])) + 0.1 * (across / width - down / height)
    grain = np.random.default_rng(chance.randrange(10**6)).normal(0, 8, (height, width, 1))
    whole = Image.fromarray((wood * light[..., None] + grain).clip(0, 255).astype(np.uint8))
    whole.paste(image, (deep, deep))
    return whole


def _captioned(image: Image.Image, chance: random.Random) -> Image.Image:
    high = max(10, round(0.035 * max(image.size)))
    ground = chance.choice([0, 255])
    whole = Image.new("RGB", (image.width, image.height + 2 * high), (ground,) * 3)
    whole.paste(image, (0, 0))
    said = chance.choice(["The National Gallery, 1890", "© Bridgeman Images", "www.art-prints.com"])
    at = (high, image.height + 0.3 * high)
    ImageDraw.Draw(whole).text(at, said, (255 - ground,) * 3, ImageFont.load_default(high))
    return whole


def _stamped(image: Image.Image, chance: random.Random) -> Image.Image:
    image, high = image.copy(), max(9, round(0.03 * max(image.size)))
    at = (0.5 * high, image.height - 1.6 * high)
    said = chance.choice(["© Bridgeman Images", "www.art-prints.com", "alamy stock photo"])
    ImageDraw.Draw(image).text(at, said, chance.choice([(255,) * 3, (0,) * 3]), ImageFont.load_default(high))
    return image


DAMAGES: dict[str, tuple[str, Damage]] = {
    "blurred a little": ("blurry", _blurred(0.006)),
    "blurred": ("blurry", _blurred(0.012)),
    "darkened to 0.3": ("dark", _levels(0.3, 0)),
    "blown out": ("bright", _levels(3, 40)),
    "washed out": ("bright", _levels(0.4, 150)),
    "contrast 0.06": ("flat", _levels(0.06, 120)),
    "grey": ("greyscale", lambda image, chance: image.convert("L").convert("RGB")),
    "border": ("border", _bordered),
    "frame": ("frame", _framed),
    "caption": ("text", _captioned),
    "stamp in a corner": ("text", _stamped),
}


def _judged(image: Image.Image, times: list[float]) -> dict[str, Found]:
    out = io.BytesIO()
    shrink(image, SIDE).save(out, "WEBP", quality=82, method=2)
    with Image.open(out) as opened:
        large = opened.convert("RGB")
    small, start = shrink(large, SIDE // 2), time.process_time()
    numbers = measure(large, small, *image.size)
    times.append(time.process_time() - start)
    return {found.kind: found for found in judge("", numbers, medium="oil", typical=image.width * image.height)}


def test_alarms_are_mostly_right() -> None:
    if not ART.exists():
        pytest.skip("the paintings are not beside the project")
    files = sorted(path for path in ART.rglob("*") if path.suffix.lower() in (".jpg", ".png"))
    random.Random(0).shuffle(files)
    clean, found, noted, times = Counter[str](), Counter[str](), Counter[str](), list[float]()
    for number, path in enumerate(files[:PICTURES]):
        image = Image.open(path).convert("RGB")
        clean.update(kind for kind, finding in _judged(image, times).items() if not finding.note)
        for name, (kind, damage) in DAMAGES.items():
            finding = _judged(damage(image, random.Random(number)), times).get(kind)
            found[name] += finding is not None and not finding.note
            noted[name] += finding is not None
    print(f"\n{PICTURES} pictures, {1000 * sum(times) / len(times):.1f} ms of processor each")
    precisions = {}
    for name, (kind, _) in DAMAGES.items():
        right, wrong = found[name], clean[kind]
        precisions[name] = right / max(1, right + wrong)
        recalls = f"recall {right / PICTURES:.3f} (with notes {noted[name] / PICTURES:.3f})"
        print(f"{name:18} {recalls}  precision {precisions[name]:.3f} (at least {LEAST_PRECISION})")
    print("as they are: " + ", ".join(f"{kind} {clean[kind]}" for kind in KINDS if clean[kind]))
    assert min(precisions.values()) >= LEAST_PRECISION
