"""What lenses cost: a pass through the network with what they are made of, against one without; a mix as a query."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch
from shelf import drawing
from torchvision.models import get_model

from indexer.backbones import TorchEncoder, load
from indexer.lenses.features import features_of
from indexer.preprocess import network_pixels, normalise
from indexer.store import ArtworkStore
from indexer.store.collection import Collection
from indexer.store.edge import EdgeEngine
from indexer.store.model import CONTENT, STYLE, Artwork, Filters, ModelCard, Vector
from indexer.weights import find_weights

LEAST_OF_PLAIN = 0.85
WORKS, QUERIES, ROUNDS, BATCHES = 20_000, 200, 6, 3
WIDTHS = {CONTENT: 2048, STYLE: 512}
MIX = {CONTENT: 30, STYLE: 70}
MOST_OF_A_PLAIN_QUERY = 8.0


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> TorchEncoder:
    path = tmp_path_factory.mktemp("weights") / "weights.pt"
    torch.save(get_model("resnet50", weights=None).state_dict(), path)
    return load(find_weights("resnet50", path, print), "cpu")


def test_embedding_with_lenses_keeps_the_speed_of_embedding_without(encoder: TorchEncoder) -> None:
    pictures = [network_pixels(drawing(number)) for number in range(encoder.batch)]
    batch = normalise(pictures, encoder.normalisation)

    def ours() -> None:
        made = encoder.encode(batch)
        assert made.observed is not None
        features_of(made.observed, pictures)

    def plain() -> None:
        place = encoder._place
        torch.set_num_threads(place.threads)
        with torch.inference_mode():
            numbers = torch.from_numpy(batch).to(place.device, place.dtype, memory_format=torch.channels_last)
            features = encoder._body(numbers).float().mean((2, 3))
            encoder._head(features).softmax(1)
            torch.nn.functional.normalize(features)

    ours()
    plain()
    # By turns, so that the machine treats them alike.
    ratios = [seconds(plain) / seconds(ours) for _ in range(ROUNDS)]
    found = float(np.median(ratios))
    print(f"\nwith lenses {found:.2f} of the speed without (at least {LEAST_OF_PLAIN}), {encoder.where}")
    assert found >= LEAST_OF_PLAIN


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    for _ in range(BATCHES):
        work()
    return time.perf_counter() - began


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArtworkStore]:
    """A collection with its graph, of vectors around a few hundred middles."""
    with closing(Collection(EdgeEngine(Path(tmp_path_factory.mktemp("mix"))))) as store:
        store.prepare(ModelCard("resnet50", "ab" * 32, "none", {CONTENT: WIDTHS[CONTENT]}))
        store.extend({STYLE: WIDTHS[STYLE]}, "1-bench")
        for start in range(0, WORKS, 1_000):
            works = [work(number) for number in range(start, min(WORKS, start + 1_000))]
            store.add(works, {lens: around(width, start, len(works)) for lens, width in WIDTHS.items()})
        store.optimize()
        yield store


def around(width: int, start: int, count: int) -> Vector:
    middles = np.random.default_rng(width).normal(size=(300, width))
    dice = np.random.default_rng(start + width)
    rows: Vector = (middles[dice.integers(0, 300, count)] + dice.normal(size=(count, width))).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def work(number: int) -> Artwork:
    return Artwork(f"{number * 2_654_435_761 % 2**64:016x}" * 4, "", "", "", 1, 1, "JPEG", float(number), 1)


def test_a_mix_is_one_query_that_pages_can_afford(store: ArtworkStore) -> None:
    ids = [work(number).id for number in range(0, WORKS, max(1, WORKS // QUERIES))]
    taken: dict[str, list[float]] = {"plain": [], "mix": []}
    for artwork_id in ids:
        for name, lens in (("plain", CONTENT), ("mix", MIX)):
            began = time.perf_counter()
            store.similar(artwork_id, Filters(), lens=lens)  # type: ignore[arg-type]
            taken[name].append(1000 * (time.perf_counter() - began))
    (plain, plain_95), (mix, mix_95) = (np.percentile(taken[name], [50, 95]) for name in ("plain", "mix"))
    print(
        f"\n{WORKS:,} works: one lens p50 {plain:.1f} ms, p95 {plain_95:.1f}; a mix p50 {mix:.1f} ms, p95 {mix_95:.1f}"
    )
    assert mix <= MOST_OF_A_PLAIN_QUERY * plain
