"""Where weights come from, in which order, and what is said when none can be had."""

import hashlib
from pathlib import Path

import pytest

from indexer.encoder import BACKBONES, Backbone, card_of
from indexer.errors import WeightsError
from indexer.store.model import CONTENT, ModelCard
from indexer.weights import BUNDLED, find_weights, torch_cache

CONTENT_BYTES = b"published weights"
DIGEST = hashlib.sha256(CONTENT_BYTES).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Backbone:
    """Let ResNet-50's published file be one that a test can write."""
    backbone = Backbone("resnet50", 2048, f"resnet50-{DIGEST[:8]}.pth", "BSD-3-Clause", "here")
    monkeypatch.setitem(BACKBONES, "resnet50", backbone)
    return backbone


class Downloads:
    """A network that is there (with `content`) or not."""

    def __init__(self, content: bytes | None = None) -> None:
        self.content, self.calls = content, 0

    def __call__(self, backbone: Backbone, target: Path) -> None:
        self.calls += 1
        if self.content is None:
            raise OSError("no route to host")
        target.write_bytes(self.content)


def unheard(sentence: str) -> None:
    raise AssertionError(f"nothing was to be noticed: {sentence}")


def test_a_given_file_comes_first_and_nothing_is_downloaded(tmp_path: Path, cache: Path) -> None:
    given = tmp_path / "mine.pt"
    given.write_bytes(b"my weights")
    download = Downloads()
    found = find_weights("resnet50", given, unheard, download=download)
    assert (found.path, found.backbone.name, download.calls) == (given, "resnet50", 0)
    assert found.sha256 == hashlib.sha256(b"my weights").hexdigest()


def test_a_given_file_that_is_absent_is_not_replaced_by_another(
    tmp_path: Path, published: Backbone, cache: Path
) -> None:
    cache.mkdir(parents=True)
    (cache / published.file).write_bytes(CONTENT_BYTES)
    with pytest.raises(WeightsError, match=r"absent\.pt: no such file") as caught:
        find_weights("auto", tmp_path / "absent.pt", unheard, download=Downloads(CONTENT_BYTES))
    assert len(caught.value.tried) == 1


def test_the_cache_comes_before_a_download(published: Backbone, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / published.file).write_bytes(CONTENT_BYTES)
    download = Downloads()
    found = find_weights("resnet50", None, unheard, download=download)
    assert (found.path, download.calls) == (cache / published.file, 0)
    assert found.card == ModelCard("resnet50", DIGEST, str(published.normalisation), {CONTENT: 2048})


def test_a_download_fills_the_cache(published: Backbone, cache: Path) -> None:
    download = Downloads(CONTENT_BYTES)
    first = find_weights("resnet50", None, unheard, download=download)
    second = find_weights("resnet50", None, unheard, download=download)
    assert (first.sha256, second.sha256, download.calls) == (DIGEST, DIGEST, 1)


def test_a_damaged_cached_file_is_fetched_again(published: Backbone, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / published.file).write_bytes(CONTENT_BYTES[:5])
    assert find_weights("resnet50", None, unheard, download=Downloads(CONTENT_BYTES)).sha256 == DIGEST


def test_without_any_the_error_names_each_place_and_each_way_on(published: Backbone, cache: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        find_weights("resnet50", None, unheard, download=Downloads())
    text = str(caught.value)
    assert caught.value.exit_code == 2
    for part in (
        str(cache / published.file),
        "no such file",
        "no route to host",
        "GALLERY_WEIGHTS",
        "efficientnet_lite0",
    ):
        assert part in text


def test_auto_falls_back_to_the_bundled_weights_and_says_so() -> None:
    heard: list[str] = []
    found = find_weights("auto", None, heard.append, download=Downloads())
    assert found.backbone.name == BUNDLED
    assert found.sha256.startswith(found.backbone.checksum)
    assert len(heard) == 1
    assert "no route to host" in heard[0]
    assert "GALLERY_WEIGHTS" in heard[0]


def test_auto_stays_with_the_model_of_a_collection_that_exists(published: Backbone) -> None:
    download = Downloads(CONTENT_BYTES)
    stored = card_of(BACKBONES[BUNDLED], "00")
    assert find_weights("auto", None, unheard, stored=stored, download=download).backbone.name == BUNDLED
    assert download.calls == 0


def test_torch_agrees_where_its_cache_is(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    assert torch_cache() == Path(torch.hub.get_dir()) / "checkpoints"
    monkeypatch.delenv("TORCH_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert torch_cache() == Path(torch.hub.get_dir()) / "checkpoints"


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50", "resnet101"])
def test_file_names_are_torchvisions_best(name: str) -> None:
    from torchvision.models import get_model_weights

    assert get_model_weights(name).DEFAULT.url == f"https://download.pytorch.org/models/{BACKBONES[name].file}"
