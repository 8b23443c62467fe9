"""The networks: known numbers, folded and rounded networks against plain ones, and unusable weights."""

import csv
import platform
import urllib.error
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.models import get_model

from indexer.backbones import TorchEncoder, choose_device, devices, download_weights, folding, load, networks, running
from indexer.encoder import BACKBONES, IMAGENET
from indexer.errors import BackboneError, WeightsError
from indexer.evaluate import agreement
from indexer.preprocess import network_pixels, normalise
from indexer.store.model import CONTENT
from indexer.weights import WeightsFile, find_weights

SHARED = Path(__file__).parents[2] / "shared"


def waves(width: int = 320, height: int = 260) -> Image.Image:
    rows, columns = np.mgrid[0:height, 0:width]
    channels = [
        np.sin(rows / 9) * 100 + 128,
        np.cos(columns / 7) * 100 + 128,
        np.sin((rows + columns) / 11) * 100 + 128,
    ]
    return Image.fromarray(np.stack(channels, -1).astype(np.uint8))


def batch_of(*images: Image.Image, encoder: TorchEncoder) -> NDArray[np.float32]:
    return normalise([network_pixels(image) for image in images], encoder.normalisation)


# The largest numbers of the bundled network's vector for `waves()`, by their places; two of three are zero.
KNOWN = {674: 0.2237, 226: 0.2267, 747: 0.2473, 71: 0.2527}


@pytest.fixture(scope="module")
def lite() -> TorchEncoder:
    return load(find_weights("efficientnet_lite0", None, print), "cpu")


def random_weights(name: str, folder: Path, half: bool = False) -> WeightsFile:
    torch.manual_seed(7)
    model = get_model(name, weights=None)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            # As after training: a norm that changes nothing would hide a wrong fold.
            torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.8, 1.2)
    path = folder / f"{name}.pt"
    torch.save({k: v.half() if half and v.is_floating_point() else v for k, v in model.state_dict().items()}, path)
    return find_weights(name, path, print)


def test_the_bundled_network_gives_known_numbers(lite: TorchEncoder) -> None:
    encoded = lite.encode(batch_of(waves(), encoder=lite))
    vector, scores = encoded.vectors[CONTENT], encoded.scores
    assert vector.shape == (1, 1280)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1)
    assert scores.shape == (1, 1000)
    assert scores.sum() == pytest.approx(1, abs=1e-5)
    assert set(vector[0].argsort()[-4:].tolist()) == KNOWN.keys()
    assert vector[0, list(KNOWN)] == pytest.approx(list(KNOWN.values()), abs=5e-3)
    assert int(scores[0].argmax()) == 906  # a tie: the nearest thing to stripes among the classes


def test_vectors_do_not_depend_on_the_company(lite: TorchEncoder) -> None:
    alone = lite.encode(batch_of(waves(), encoder=lite)).vectors[CONTENT][0]
    other = Image.new("RGB", (300, 300), (200, 30, 30))
    among = lite.encode(batch_of(other, waves(), other, encoder=lite)).vectors[CONTENT][1]
    assert float(alone @ among) > 0.9999


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_a_resnet_gives_what_torchvision_gives(name: str, tmp_path: Path) -> None:
    weights = random_weights(name, tmp_path)
    encoder = load(weights, "cpu")
    batch = batch_of(waves(), waves(200, 500), encoder=encoder)
    plain = get_model(name, weights=None).eval()
    plain.load_state_dict(torch.load(weights.path, weights_only=True))
    with torch.inference_mode():
        logits = plain(torch.from_numpy(batch))
        plain.fc = torch.nn.Identity()
        features = torch.nn.functional.normalize(plain(torch.from_numpy(batch))).numpy()
    encoded = encoder.encode(batch)
    assert ((encoded.vectors[CONTENT] * features).sum(1) > 0.995).all()
    assert np.allclose(encoded.scores, logits.softmax(1).numpy(), atol=0.02)
    assert encoder.card == weights.card
    assert encoder.card.widths == {CONTENT: BACKBONES[name].width}


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_in_full_precision_a_network_in_fewer_steps_is_the_same(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = random_weights(name, tmp_path)
    monkeypatch.setattr(devices, "fast_dtype", lambda device: torch.float32)
    fewer = load(weights, "cpu")
    assert fewer.where == "cpu, float32"
    batch = batch_of(waves(), waves(200, 500), encoder=fewer)
    monkeypatch.setattr(running, "fold_norms", lambda module: module)
    monkeypatch.setattr(running, "fuse", lambda module, *where: module)
    plain = load(weights, "cpu")
    assert np.allclose(fewer.encode(batch).vectors[CONTENT], plain.encode(batch).vectors[CONTENT], atol=1e-5)


def folded(name: str) -> torch.nn.Sequential:
    torch.manual_seed(7)
    body = networks._untrained(BACKBONES[name])[1].body
    folding.fold_norms(body.eval())
    return body


CPU = torch.device("cpu")


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="fused calls are for x86-64")
def test_where_fused_calls_are_missing_or_wrong_the_plain_network_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    body = folded("resnet18")
    assert folding.fuse(body, CPU, torch.float32) is not body
    monkeypatch.setattr(folding._Convolution, "onto", lambda self, other, pictures: other)
    assert folding.fuse(body, CPU, torch.float32) is body
    monkeypatch.delattr(torch._C._nn, "mkldnn_reorder_conv2d_weight")
    assert folding.fuse(body, CPU, torch.float32) is body


def test_other_devices_and_machines_run_the_plain_network(monkeypatch: pytest.MonkeyPatch) -> None:
    body = folded("resnet18")
    assert folding.fuse(body, torch.device("mps"), torch.float32) is body
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert folding.fuse(body, CPU, torch.float32) is body


@pytest.mark.parametrize(("cores", "lanes", "threads"), [(1, 1, 1), (2, 2, 1), (6, 6, 1), (16, 8, 2), (64, 8, 8)])
def test_cores_are_shared_out_among_lanes(
    cores: int, lanes: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "_CORES", cores)
    there = devices.place("cpu")
    assert (there.lanes, there.threads) == (lanes, threads)


def test_lanes_side_by_side_give_what_one_gives(lite: TorchEncoder) -> None:
    batches = [batch_of(waves(300 + 20 * n, 260), encoder=lite) for n in range(6)]
    alone = [lite.encode(batch).vectors[CONTENT] for batch in batches]
    with ThreadPoolExecutor(3) as threads:
        together = list(threads.map(lambda batch: lite.encode(batch).vectors[CONTENT], batches))
    assert np.allclose(np.concatenate(alone), np.concatenate(together), atol=1e-4)


@pytest.mark.parametrize("name", ["resnet18", "efficientnet_lite0"])
def test_a_cell_of_the_last_map_looks_around_the_place_its_backbone_tells(name: str, tmp_path: Path) -> None:
    weights = random_weights(name, tmp_path) if name == "resnet18" else find_weights(name, None, print)
    numbers = torch.Generator().manual_seed(3)
    pictures = torch.randn(4, 3, 224, 224, generator=numbers, requires_grad=True)
    features = networks.trained(weights).body(pictures)
    (features[:, :, 3, 3] * torch.randn(4, features.shape[1], generator=numbers)).sum().backward()
    assert pictures.grad is not None
    told = pictures.grad.square().sum((0, 1))
    for along in (told.sum(0), told.sum(1)):
        middle = float(along @ (torch.arange(224) + 0.5) / along.sum())
        assert abs(middle - (BACKBONES[name].first_cell + 3 * 32)) < 7


def test_half_precision_files_are_read(tmp_path: Path) -> None:
    encoder = load(random_weights("resnet18", tmp_path, half=True), "cpu")
    assert encoder.encode(batch_of(waves(), encoder=encoder)).vectors[CONTENT].shape == (1, 512)


def given(path: Path) -> WeightsFile:
    return find_weights("resnet50", path, print)


def test_weights_of_another_network_are_recognised(tmp_path: Path) -> None:
    path = random_weights("resnet18", tmp_path).path
    with pytest.raises(WeightsError, match="they do not fit resnet50 but look like resnet18"):
        load(given(path), "cpu")


@pytest.mark.parametrize("content", [b"", b"not weights at all", b"PK\x03\x04 cut short"])
def test_a_file_that_is_no_weights_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"weights\.pt: not a state-dict file") as caught:
        load(given(path), "cpu")
    assert "Ways on" in str(caught.value)


class Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.mkdir, (Path("sprung"),)


def test_a_file_with_code_in_it_runs_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"weight": Trap()}, tmp_path / "trap.pt")
    with pytest.raises(WeightsError, match="read safely"):
        load(given(tmp_path / "trap.pt"), "cpu")
    assert not (tmp_path / "sprung").exists()


def test_tensors_without_names_are_refused(tmp_path: Path) -> None:
    torch.save([torch.zeros(3)], tmp_path / "list.pt")
    with pytest.raises(WeightsError, match="not a state dict"):
        load(given(tmp_path / "list.pt"), "cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_an_absent_device_is_a_sentence() -> None:
    with pytest.raises(BackboneError, match=r"device cuda is not available .* Use one of: .*cpu"):
        choose_device("cuda")
    assert choose_device("auto").type in ("cpu", "mps")


def test_running_out_of_memory_says_what_to_do(lite: TorchEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_memory(*args: object) -> None:
        raise torch.OutOfMemoryError("no memory")

    monkeypatch.setattr(lite, "_body", [out_of_memory, out_of_memory])
    with pytest.raises(BackboneError, match=r"not enough memory for 1 pictures at a time\. Lower --batch-size"):
        lite.encode(batch_of(waves(), encoder=lite))


@pytest.mark.parametrize(
    "failure", [urllib.error.URLError("no route"), RuntimeError("invalid hash value"), TimeoutError()]
)
def test_a_failed_download_is_an_os_error(failure: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise failure

    monkeypatch.setattr(torch.hub, "download_url_to_file", fail)
    with pytest.raises(OSError):
        download_weights(BACKBONES["resnet18"], tmp_path / "weights.pth")


@pytest.mark.shared
def test_real_weights_find_painters_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight painters x 20 works; the same with rounded and with full numbers."""
    weights, art = SHARED / "weights" / "resnet18-imagenet-fp16.pt", SHARED / "art" / "dev"
    if not weights.exists() or not art.exists():
        pytest.skip("the real weights and paintings are not beside the project")
    with (art / "metadata.csv").open() as file:
        rows = list(csv.DictReader(file))
    names = sorted({row["artist"] for row in rows})[:8]
    chosen = [row for name in names for row in rows if row["artist"] == name][::4]
    pixels = [network_pixels(Image.open(art / row["file"]).convert("RGB")) for row in chosen]
    labels = [row["artist"] for row in chosen]

    def embed() -> NDArray[np.float32]:
        encoder = load(find_weights("resnet18", weights, print), "cpu")
        parts = [pixels[start : start + 32] for start in range(0, len(pixels), 32)]
        return np.concatenate([encoder.encode(normalise(part, IMAGENET)).vectors[CONTENT] for part in parts])

    fast = embed()
    monkeypatch.setattr(devices, "fast_dtype", lambda device: torch.float32)
    full = embed()
    assert (fast * full).sum(1).min() > 0.995
    assert agreement(full, labels).at_10 == pytest.approx(agreement(fast, labels).at_10, abs=0.02)
    assert agreement(full, labels).at_1 > 0.4
