"""Duplicates: precision and recall by kind beside imagehash and imagededup's CNN on the same files; time by number.

The peers are not among our dependencies. Put them into a folder and name it:
pip install --no-deps --target PEERS imagehash imagededup PyWavelets scipy scikit-learn joblib threadpoolctl \\
    narwhals cloudpickle tqdm matplotlib kiwisolver cycler fonttools contourpy pyparsing python-dateutil six
GALLERY_PEERS=PEERS pytest tests/bench/bench_duplicates.py -s
"""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from copies import EXEMPT, KINDS, jpeg
from PIL import Image

from indexer.duplicates.finding import Candidate, candidates, candidates_by_hash, verify
from indexer.duplicates.nearest import nearest_pairs
from indexer.duplicates.prints import Print, Prints
from indexer.duplicates.sketch import View, sketch
from indexer.preprocess import network_pixels, normalise
from indexer.store.model import Vector
from indexer.thumbnails import shrink
from indexer.weights import find_weights

SHARED = Path(__file__).parents[3] / "shared"
ART, WEIGHTS = SHARED / "art" / "dev", SHARED / "weights" / "resnet50-imagenet-fp16.pt"
LEAST_RECALL, LEAST_PRECISION, MOST_SECONDS = 0.9, 0.99, 600
COPIED = int(os.environ.get("GALLERY_COPIED", "100"))
FITS_ONLY = ("exact", "near", "part")

# Looked at by eye: the same painting twice among the originals, by the first digits of their sha256.
TWICE = {
    frozenset(pair.split())
    for pair in (
        "0a4ffa 466e39", "609aea 8ab3cf", "59bcf2 729abe", "85980d e9d9ea", "b419be e90b92", "1eeb59 ea986b",
        "537026 de894b", "0a87a8 db6324", "3bbd53 40509a", "6fa87e 95075e", "56f1e2 edadac", "27e243 77f613",
        "181243 60da72", "007da5 6786c1", "0e7a6b acafa7",
    )
}  # fmt: skip


class Hung:
    """Originals and copies as files of one folder, with vectors; a copy's name begins with its original's."""

    def __init__(self, folder: Path) -> None:
        import hashlib

        self.files = folder / "files"
        self.files.mkdir()
        random, self.names, self.kind = Random(8), [], {}
        originals = sorted(ART.glob("*/*.jpg"))
        self.sources = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in originals}
        for sha256, path in self.sources.items():
            (self.files / f"{sha256}.jpg").symlink_to(path)
            self.names.append(sha256)
        for sha256 in random.sample(sorted(self.sources), COPIED):
            image = Image.open(self.sources[sha256]).convert("RGB")
            for number, (kind, copy) in enumerate(KINDS.items()):
                name = f"{sha256[:60]}{number:04x}"
                jpeg(copy(image, random)).save(self.files / f"{name}.jpg", quality=90)
                self.kind[name] = kind
                self.names.append(name)
        self.prints = Prints(folder / "prints")
        names = iter(self.names)
        while some := list(islice(names, 500)):
            self.prints.add(
                [Print(name, number, sketch(shrink(self.open(name), 240))) for number, name in enumerate(some)]
            )
        self.encoder = find_weights("resnet50", WEIGHTS, print).model("cpu").load()
        self.vectors = self._embed()

    def open(self, name: str) -> Image.Image:
        return Image.open(self.files / f"{name}.jpg").convert("RGB")

    def _embed(self) -> Vector:
        found = []
        for start in range(0, len(self.names), 32):
            pixels = [network_pixels(self.open(name)) for name in self.names[start : start + 32]]
            found.append(self.encoder.encode(normalise(pixels, self.encoder.normalisation)).vectors["content"])
        return np.concatenate(found)

    def pairs_of(self, kind: str, found: set[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return those pairs of a copy of a kind and any original, the copy first."""
        both = found | {(other, one) for one, other in found}
        return {(one, other) for one, other in both if self.kind.get(one) == kind and other not in self.kind}

    def right(self, pair: tuple[str, str]) -> bool:
        copy, original = pair
        return copy[:60] == original[:60] or frozenset((copy[:6], original[:6])) in TWICE


@pytest.fixture(scope="module")
def hung(tmp_path_factory: pytest.TempPathFactory) -> Hung:
    if not ART.is_dir() or not WEIGHTS.is_file():
        pytest.skip(f"needs the paintings at {ART} and the weights at {WEIGHTS}")
    return Hung(tmp_path_factory.mktemp("hung"))


def ours(hung: Hung) -> set[tuple[str, str]]:
    """Return what the gallery finds, each kind of copies hung beside the originals by itself."""
    at = {name: place for place, name in enumerate(hung.names)}
    originals = [name for name in hung.names if name not in hung.kind]
    asked: set[Candidate] = set()
    for kind in KINDS:
        copies = [name for name in hung.names if hung.kind.get(name) == kind]
        works = originals + copies
        rows = [at[name] for name in works]

        def blocks(rows: list[int] = rows) -> Iterator[Vector]:
            yield from np.array_split(hung.vectors[rows], 4)

        one, other, cosines = nearest_pairs(blocks, len(works))
        alike = {(works[a], works[b]): float(c) for a, b, c in zip(one, other, cosines, strict=True)}
        hashed = candidates_by_hash(hung.prints, copies, works)
        asked |= {each for each in candidates(hashed, alike) if (each.one in hung.kind) != (each.other in hung.kind)}
    found = verify(hung.prints, sorted(asked, key=lambda each: (each.one, each.other)))
    return {(each.one, each.other) for each in found if each.kind in FITS_ONLY}


def by_imagehash(hung: Hung) -> set[tuple[str, str]]:
    """Return pairs within imagehash's usual 10 bits of its phash."""
    import imagehash

    bits = np.array([imagehash.phash(hung.open(name)).hash.ravel() for name in hung.names])
    signs = np.where(bits, 1.0, -1.0).astype(np.float32)
    apart = (64 - signs @ signs.T) / 2
    return {(hung.names[a], hung.names[b]) for a, b in np.argwhere(np.triu(apart <= 10, 1))}


def by_imagededup(hung: Hung) -> set[tuple[str, str]]:
    """Return pairs from a cosine of 0.9 on by imagededup's CNN: with our ResNet-50 where its own weights lack."""
    import torch
    from imagededup.methods import CNN
    from imagededup.utils import CustomModel
    from torchvision.models import ResNet50_Weights, resnet50

    # Our own encoder has its lanes instead.
    torch.set_num_threads(os.cpu_count() or 1)
    try:
        network = CNN(verbose=False)
        print("\nimagededup with its own MobileNetV3")
    except Exception as error:
        print(f"\nimagededup with ResNet-50, for its own weights cannot be had: {type(error).__name__}")
        body = resnet50()
        body.load_state_dict({name: value.float() for name, value in torch.load(WEIGHTS).items()})
        body.fc = torch.nn.Identity()
        network = CNN(
            verbose=False,
            model_config=CustomModel("resnet50", body.eval(), ResNet50_Weights.IMAGENET1K_V2.transforms()),
        )
    encoded = network.encode_images(str(hung.files))
    found = network.find_duplicates(encoding_map=encoded, min_similarity_threshold=0.9)
    return {(Path(one).stem, Path(other).stem) for one, others in found.items() for other in others}


def measured(hung: Hung, kind: str, found: set[tuple[str, str]]) -> tuple[float, float]:
    """Return precision and recall for the copies of a kind."""
    pairs = hung.pairs_of(kind, found)
    right = {pair for pair in pairs if hung.right(pair)}
    hits = sum(copy[:60] == original[:60] for copy, original in right)
    return len(right) / len(pairs) if pairs else 1.0, hits / COPIED


@pytest.mark.timeout(0)
@pytest.mark.filterwarnings("ignore")
def test_copies_are_found_and_nothing_else_beside_the_peers(hung: Hung) -> None:
    finders: dict[str, Any] = {"gallery": ours}
    if peers := os.environ.get("GALLERY_PEERS"):
        sys.path.append(peers)
        finders |= {"imagehash": by_imagehash, "imagededup CNN": by_imagededup}
    else:
        print("\nno peers: GALLERY_PEERS is not set")
    found = {}
    for name, finder in finders.items():
        began = time.perf_counter()
        found[name] = finder(hung)
        print(f"\n{name}: {time.perf_counter() - began:.0f} s", end="")
    print(f"\n{len(hung.sources)} originals, {COPIED} copies of each kind: precision / recall\n{'':14}", end="")
    print("".join(f"{name:>18}" for name in found))
    for kind in KINDS:
        figures = [measured(hung, kind, pairs) for pairs in found.values()]
        print(f"{kind:14}" + "".join(f"{precision:10.3f} / {recall:.3f}" for precision, recall in figures))
    precisions, recalls = zip(*(measured(hung, kind, found["gallery"]) for kind in KINDS), strict=True)
    wrong = [pair for kind in KINDS for pair in hung.pairs_of(kind, found["gallery"]) if not hung.right(pair)]
    print("wrong:", sorted({(copy[:6], original[:6], hung.kind[copy]) for copy, original in wrong}))
    counted = [at for at, kind in enumerate(KINDS) if kind != EXEMPT]
    every = [pair for kind in KINDS if kind != EXEMPT for pair in hung.pairs_of(kind, found["gallery"])]
    precision = sum(map(hung.right, every)) / len(every)
    recall = float(np.mean([recalls[at] for at in counted]))
    print(f"over all but {EXEMPT}: precision {precision:.4f}, recall {recall:.3f}")
    assert precision >= LEAST_PRECISION and min(recalls[at] for at in counted) >= LEAST_RECALL
    assert recall >= LEAST_RECALL


def collection(count: int, folder: Path) -> tuple[list[str], Vector]:
    """Make prints and vectors of many works that are as alike as paintings are: one in twenty is a copy of another."""
    random = np.random.default_rng(5)
    names = [f"{number + 1:064x}" for number in range(count)]
    bases = [
        np.asarray(Image.fromarray(random.integers(0, 256, (9, 9), dtype=np.uint8)).resize((96, 96), 3))
        for _ in range(400)
    ]
    prints = Prints(folder)
    for start in range(0, count, 2000):
        made = []
        for number in range(start, min(count, start + 2000)):
            like = number - 1 if number % 20 == 1 else number
            left, top = np.random.default_rng(like).integers(0, 48, 2)
            greys = bases[like % 400][top : top + 48, left : left + 48] // 2 + bases[like * 7 % 399][:48, :48] // 2
            made.append(Print(names[number], number, [View(greys.astype(np.uint8), 1.0)]))
        prints.add(made)
    # As crowded as paintings: each has a few at a cosine of 0.75 to 0.9.
    centres = random.normal(size=(count // 6 + 1, 128)).astype(np.float32)
    vectors = centres[np.arange(count) // 6] + 0.5 * random.normal(size=(count, 128)).astype(np.float32)
    vectors[1::20] = vectors[::20][: len(vectors[1::20])] + 0.1 * random.normal(size=(len(vectors[1::20]), 128))
    wide = vectors @ np.linalg.qr(random.normal(size=(2048, 128)))[0].T.astype(np.float32)
    return names, wide / np.linalg.norm(wide, axis=1, keepdims=True)


@pytest.mark.timeout(0)
@pytest.mark.parametrize("count", [10_000, 100_000])
def test_a_whole_collection_takes_minutes_and_one_new_work_a_moment(count: int, tmp_path: Path) -> None:
    names, vectors = collection(count, tmp_path)
    spent: dict[str, float] = {}
    began = time.perf_counter()
    prints = Prints(tmp_path)
    spent["reading prints"] = time.perf_counter() - began
    hashed = list(candidates_by_hash(prints, names, names))
    spent["hashes"] = time.perf_counter() - began

    def blocks() -> Iterator[Vector]:
        for start in range(0, count, 500):
            yield vectors[start : start + 500]

    one, other, cosines = nearest_pairs(blocks, count)
    alike = {(names[a], names[b]): float(c) for a, b, c in zip(one, other, cosines, strict=True)}
    spent["vectors"] = time.perf_counter() - began
    asked = candidates(hashed, alike)
    found = verify(prints, asked)
    spent["comparing"] = time.perf_counter() - began
    print(f"\n{count:,} works, {len(asked):,} candidates, {len(found):,} pairs; seconds so far:", end=" ")
    print(", ".join(f"{what} {seconds:.1f}" for what, seconds in spent.items()))
    assert spent["comparing"] <= MOST_SECONDS
    copies = {(names[n - 1], names[n]) for n in range(1, count, 20)}
    assert len(copies & {(each.one, each.other) for each in found}) >= 0.95 * len(copies)
    one_new(tmp_path, names)


def one_new(folder: Path, names: Sequence[str]) -> None:
    image = Image.fromarray(np.random.default_rng(1).integers(0, 256, (9, 9, 3), dtype=np.uint8)).resize((240, 180), 3)
    began = time.perf_counter()
    prints = Prints(folder)
    read = time.perf_counter() - began
    new = "f" * 64
    began = time.perf_counter()
    prints.add([Print(new, 1, sketch(image))])
    hashed = candidates_by_hash(prints, [new], list(prints))
    verify(prints, candidates(hashed, {(new, name): 0.8 for name in names[:4]}))
    taken = time.perf_counter() - began
    print(f"one new work: {1000 * taken:.0f} ms, once prints are read ({1000 * read:.0f} ms for all works of a run)")
