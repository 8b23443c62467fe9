"""From files on disk to vectors: how much of the model's own speed is left, and how much faster than a plain loop.

The model alone is run in the fastest way we know, with a batch on each core: where a processor computes in bfloat16, a
picture of 1,100 pixels takes nearly as long to decode as to embed, so larger ones are shown and not judged.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from shelf import drawing, encoded
from torchvision import transforms
from torchvision.models import get_model

from indexer.backbones import TorchEncoder, load
from indexer.lenses.features import Shelf
from indexer.lenses.keeping import Lenses
from indexer.pipeline.decoders import Decoders
from indexer.pipeline.embedding import Embedding
from indexer.pipeline.picture import Made, Task
from indexer.pipeline.run import cores
from indexer.preprocess import network_pixels, normalise
from indexer.store.model import CONTENT, Artwork, StoreStats
from indexer.weights import find_weights
from scraper.pictures import open_upright

LEAST_OF_BARE, LEAST_OF_PLAIN = 0.85, 1.3
JUDGED = 224  # the longest side of the paintings the gallery is developed with
BACKBONE = "resnet50"
MAX_PIXELS = 10**7
COUNT, DIFFERENT, ROUNDS = 320, 24, 4


class Vectors:
    """Takes the place of the store, which is measured elsewhere."""

    def __init__(self) -> None:
        self.found: dict[str, NDArray[np.float32]] = {}

    def add(self, artworks: Sequence[Artwork], vectors: dict[str, NDArray[np.float32]]) -> None:
        self.found |= {work.sha256: row for work, row in zip(artworks, vectors[CONTENT], strict=True)}

    def stats(self) -> StoreStats:
        return StoreStats(len(self.found), 0, "", "", None)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state dict as training begins with: no worse than any for measuring speed."""
    path = tmp_path_factory.mktemp("weights") / "weights.pt"
    torch.save(get_model(BACKBONE, weights=None).state_dict(), path)
    return path


@pytest.fixture(scope="module")
def encoder(weights: Path) -> TorchEncoder:
    return load(find_weights(BACKBONE, weights, print), "cpu")


@pytest.fixture(scope="module", params=[JUDGED, 640, 1100])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """JPEGs with this longest side."""
    folder = tmp_path_factory.mktemp("files")
    longest: int = request.param
    contents = [encoded(noisy(number, longest), quality=85) for number in range(DIFFERENT)]
    paths = [folder / f"{longest}-{number}.jpg" for number in range(COUNT)]
    for number, path in enumerate(paths):
        path.write_bytes(contents[number % len(contents)])
    return paths


def noisy(number: int, longest: int) -> Image.Image:
    """Return a picture with detail at every scale, as paintings have: smooth ones decode faster."""
    image = drawing(number, (longest, longest * 3 // 4))
    grain = np.random.default_rng(number).normal(0, 12, (*image.size[::-1], 1))
    return Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def per_second(count: int, work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


def artwork(sha256: str) -> Artwork:
    return Artwork(sha256, "", "", "", 1, 1, "JPEG", 0.0, 1)


def from_disk(paths: Sequence[Path], encoder: TorchEncoder) -> float:
    """Run the pipeline and return pictures per second from the first batch stored to the last."""
    size = size_of(paths[0])
    tasks = [Task(str(path), f"{number:064x}", *size, True, ()) for number, path in enumerate(paths)]
    vectors, stored = Vectors(), [(time.perf_counter(), 0)]

    def note(count: int, again: int) -> None:
        stored.append((time.perf_counter(), stored[-1][1] + count))

    with ExitStack() as stack:
        decoders = stack.enter_context(
            Decoders(
                iter(tasks),
                paths[0].parent,
                processes=cores(),
                ahead=128,
                max_pixels=MAX_PIXELS,
                stopped=lambda: False,
            )
        )
        lenses = Lenses(vectors, Shelf(paths[0].parent / "kept", "key"), paths[0].parent)  # type: ignore[arg-type]
        embedding = stack.enter_context(Embedding(encoder, vectors, encoder.batch, note, lenses))  # type: ignore[arg-type]
        for task, made in decoders:
            assert isinstance(made, Made)
            assert made.pixels is not None
            embedding.add(artwork(task.sha256), made.pixels)
    assert len(vectors.found) == len(paths)
    (began, first), (ended, last) = stored[1], stored[-1]
    return (last - first) / (ended - began)


def bare(paths: Sequence[Path], encoder: TorchEncoder) -> Callable[[], object]:
    """Return what runs the model, as fast as it can be run, on the tensors of these pictures."""
    images = [network_pixels(open_upright(path, max_pixels=MAX_PIXELS)) for path in paths[:DIFFERENT]]
    pixels = [images[number % len(images)] for number in range(len(paths))]
    starts = range(0, len(pixels), encoder.batch)
    batches = [normalise(pixels[start : start + encoder.batch], encoder.normalisation) for start in starts]

    def run() -> None:
        with ThreadPoolExecutor(encoder.lanes) as lanes:
            list(lanes.map(encoder.encode, batches))

    return run


def plain(paths: Sequence[Path], weights: Path) -> Callable[[], object]:
    """Return the loop everybody writes first: open, transform, eager model, one picture at a time."""
    model = get_model(BACKBONE, weights=None)
    model.load_state_dict(torch.load(weights, weights_only=True))
    model.fc = torch.nn.Identity()
    model.eval()
    transform = transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ]
    )

    def run() -> None:
        torch.set_num_threads(cores())
        with torch.inference_mode():
            for path in paths:
                with Image.open(path) as image:
                    torch.nn.functional.normalize(model(transform(image.convert("RGB"))[None]))

    return run


def test_embedding_keeps_the_speed_of_the_bare_model(files: list[Path], weights: Path, encoder: TorchEncoder) -> None:
    few = 24
    model, loop = bare(files, encoder), plain(files[:few], weights)
    model()
    pairs = []
    # All three in each round, so that the machine treats them alike.
    for _ in range(ROUNDS):
        pairs.append((from_disk(files, encoder), per_second(len(files), model), per_second(few, loop)))
    ours, alone, slow = np.array(pairs).T
    of_bare, of_plain = np.median(ours / alone), np.median(ours / slow)
    longest = max(size_of(files[0]))
    print(f"\n{longest} px, {BACKBONE}, {encoder.where}, {cores()} cores")
    print(
        f"from disk {np.median(ours):.1f}/s, model alone {np.median(alone):.1f}/s, plain loop {np.median(slow):.1f}/s"
    )
    print(f"of the model alone {of_bare:.2f} (at least {LEAST_OF_BARE}), of the plain loop {of_plain:.2f}")
    assert of_plain >= LEAST_OF_PLAIN
    if longest == JUDGED:
        assert of_bare >= LEAST_OF_BARE
