"""From a picture to the network's input, against torchvision's own transforms."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torchvision import transforms

from indexer.encoder import IMAGENET, LITE
from indexer.preprocess import network_pixels, normalise


def picture(width: int, height: int) -> Image.Image:
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [np.sin(rows / 9) * 100 + 128, np.cos(columns / 7) * 100 + 128, np.sin((rows + columns) / 11) * 100 + 128]
    return Image.fromarray(np.stack(waves, -1).astype(np.uint8))


@pytest.mark.parametrize("size", [(256, 256), (224, 160), (160, 224), (640, 481), (333, 1000), (30, 31)])
def test_pixels_are_those_of_torchvision(size: tuple[int, int]) -> None:
    theirs = transforms.Resize((224, 224))(picture(*size))
    difference = np.abs(network_pixels(picture(*size)).astype(int) - np.asarray(theirs).astype(int))
    assert difference.max() == 0


def test_normalised_numbers_are_those_of_torchvision() -> None:
    image = picture(300, 280)
    theirs = transforms.Compose(
        [
            transforms.Resize((224, 224)),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ]
    )(image)
    ours = normalise([network_pixels(image)], IMAGENET)
    assert ours.shape == (1, 3, 224, 224)
    assert ours.dtype == np.float32
    one_level = 1 / (255 * 0.224)
    assert np.abs(ours[0] - theirs.numpy()).max() < 1.01 * one_level
    assert torch.from_numpy(ours).is_contiguous(memory_format=torch.channels_last)


def test_lite_networks_take_minus_one_to_one() -> None:
    black, white = (np.full((224, 224, 3), level, np.uint8) for level in (0, 255))
    batch = normalise([black, white], LITE)
    assert batch[0].max() == pytest.approx(-127 / 128)
    assert batch[1].min() == pytest.approx(1.0)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 700), st.integers(1, 700))
def test_any_size_gives_the_same_shape(width: int, height: int) -> None:
    pixels = network_pixels(Image.new("RGB", (width, height), (10, 200, 30)))
    assert pixels.shape == (224, 224, 3)
    assert pixels.dtype == np.uint8
    assert (pixels == (10, 200, 30)).all()


def test_the_network_sees_the_whole_picture() -> None:
    image = Image.new("RGB", (900, 300))
    for left, top in ((0, 0), (700, 0), (0, 200), (700, 200)):
        image.paste((255, 255, 255), (left, top, left + 200, top + 100))
    corners = network_pixels(image)[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert (corners == 255).all()


@pytest.mark.parametrize("size", [(20_000, 1), (1, 20_000), (20_000, 3)])
def test_a_line_does_not_fill_the_memory(size: tuple[int, int]) -> None:
    assert network_pixels(Image.new("RGB", size)).shape == (224, 224, 3)


def test_the_treatment_is_named_with_all_its_numbers() -> None:
    assert str(IMAGENET) == "whole to 224 x 224, mean 123.675,116.28,103.53, deviation 58.395,57.12,57.375"
