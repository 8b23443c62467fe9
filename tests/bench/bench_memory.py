"""The memory that indexing takes, its decoders included, at 10,000 pictures and at pictures as large as are allowed."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import torch
from PIL import Image
from shelf import Shelf, drawing, encoded
from torchvision.models import get_model

MOST_GB = 2.0
COUNT, LARGE = 10_000, 12
BACKBONE = "resnet50"
GALLERY = Path(sys.executable).parent / "gallery"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "weights.pt"
    torch.save(get_model(BACKBONE, weights=None).state_dict(), path)
    return path


def small(count: int) -> Iterator[bytes]:
    """Yield pictures of 240 x 180 pixels, no two alike."""
    return (encoded(drawing(number, (240, 180)), quality=75) for number in range(count))


def large(count: int) -> Iterator[bytes]:
    """Yield PNGs of 56 million pixels with transparency: nothing needs more memory and is still decoded."""
    for number in range(count):
        image = drawing(number, (160, 140)).resize((8000, 7000), Image.Resampling.NEAREST)
        image.putalpha(128)
        yield encoded(image, "PNG", compress_level=1)


def peak_gb(process: subprocess.Popen[bytes]) -> float:
    """Return the most memory that a process and its children ever had, shared pages counted once."""
    watched, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        total = 0
        for each in [watched, *watched.children(recursive=True)]:
            try:
                total += each.memory_full_info().pss
            except psutil.Error:
                continue
        peak = max(peak, total)
        time.sleep(0.1)
    return peak / 1e9


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="proportional memory is read from /proc")
@pytest.mark.parametrize(("pictures", "count"), [(small, COUNT), (large, LARGE)])
def test_indexing_stays_small(tmp_path: Path, weights: Path, pictures: object, count: int) -> None:
    shelf, batch = Shelf(tmp_path / "data"), []
    for content in pictures(count):  # type: ignore[operator]
        batch.append(content)
        if len(batch) == min(count, 500):
            shelf.keep(*batch)
            batch.clear()
    environment = os.environ | {"GALLERY_DATA_DIR": str(shelf.data_dir), "GALLERY_MAX_PIXELS": "60000000"}
    command = [GALLERY, "index", "--backbone", BACKBONE, "--weights", weights]
    began = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        peak = peak_gb(process)
    seconds = time.perf_counter() - began
    print(f"\n{count:,} {pictures.__name__} pictures: at most {peak:.2f} GB, {count / seconds:.1f}/s in all")  # type: ignore[attr-defined]
    assert process.returncode == 0
    assert len(shelf.collection()["works"]) == count
    assert peak < MOST_GB
