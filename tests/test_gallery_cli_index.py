"""`gallery index`, `reindex`, `stats` and `evaluate` as people run them, with a real network that comes from PyPI."""

import csv
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from shelf import Averages, Shelf, drawing, encoded

from gallery.cli import main
from indexer.backbones import TorchEncoder
from indexer.encoder import Model
from indexer.errors import StoreLocked
from indexer.pipeline.run import index
from indexer.store import open_store

GALLERY = Path(sys.executable).parent / "gallery"
SHARED = Path(__file__).parents[2] / "shared"
LITE = ("--backbone", "efficientnet_lite0")


@dataclass
class Done:
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


Gallery = Callable[..., Done]


@pytest.fixture
def gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Gallery:
    """Run the command on the data folder `data`, with nothing of ours in the environment but what is given."""
    for name in [name for name in os.environ if name.startswith("GALLERY_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GALLERY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))

    def run(*arguments: object, **settings: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["gallery", *map(str, arguments)])
        with monkeypatch.context() as here:
            for name, value in settings.items():
                here.setenv(f"GALLERY_{name}", value)
            with pytest.raises(SystemExit) as ended:
                main()
        said = capsys.readouterr()
        return Done(int(str(ended.value.code or 0)), said.out, said.err)

    return run


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "data")


def test_from_an_empty_folder_to_a_measured_collection(gallery: Gallery, shelf: Shelf) -> None:
    nothing = gallery("index", *LITE)
    assert (nothing.returncode, nothing.stdout) == (3, "")
    assert (
        nothing.stderr
        == "gallery: data/library: no pictures. Run `gallery scrape` or `gallery import` first.\n".replace(
            "data/", f"{shelf.data_dir}/"
        )
    )
    shelf.keep(*(encoded(drawing(number)) for number in range(6)))
    waiting = gallery("stats").stdout
    assert "6 works of 1 artists" in waiting
    assert "none yet. Next: gallery index" in waiting

    first = gallery("index", *LITE)
    assert first.returncode == 0
    assert re.fullmatch(r"6 works: 6 embedded( \([\d.]+/s\))?\.\nNext: gallery serve\n", first.stdout)
    assert "embedding 6/6" in first.stderr

    assert "artists 6/6" in first.stderr
    assert (shelf.data_dir / "derived" / "portraits.npz").is_file()

    again = gallery("index", BACKBONE="auto")  # auto stays with the model of the collection
    assert (again.returncode, again.stdout) == (0, "6 works: nothing to do.\n")

    held = gallery("stats").stdout
    assert re.search(r"collection +6 works", held)
    assert re.search(r"model +efficientnet_lite0 \(weights 57934424", held)
    assert "waiting" not in held

    measured = gallery("evaluate", "--field", "artist")
    assert (measured.returncode, measured.stdout) == (0, "P@1 1.000  P@10 1.000  mAP 1.000\n")
    unknown = gallery("evaluate", "--field", "movement")
    assert (unknown.returncode, unknown.stdout) == (3, "")
    assert "No two works share their movement" in unknown.stderr


def test_bad_pictures_are_listed_and_end_it_with_4(gallery: Gallery, shelf: Shelf) -> None:
    records = shelf.keep(*(encoded(drawing(number)) for number in range(14)))
    for record in records[2:]:
        shelf.path(record).write_bytes(b"\x1b[31mnot a picture")
    done = gallery("index", *LITE)
    assert done.returncode == 4
    assert "14 works: 2 embedded, 12 failed" in done.stdout
    assert "  ... and 2 more; -v names all" in done.stdout
    assert sum("not-a-picture" in line for line in done.stdout.splitlines()) == 10
    verbose = gallery("index", *LITE, "-v").stdout
    assert all(str(shelf.path(record)) in verbose for record in records[2:])
    assert "\x1b" not in verbose


def test_another_model_is_refused_and_reindex_changes_over(gallery: Gallery, shelf: Shelf) -> None:
    shelf.keep(*(encoded(drawing(number)) for number in range(3)))
    shelf.index(Averages())
    refused = gallery("index", *LITE)
    assert refused.returncode == 2
    assert re.search(r"made with averages .* not with efficientnet_lite0 .* `gallery reindex`", refused.stderr)
    assert gallery("reindex", *LITE).stdout.startswith("3 works: 3 embedded")
    assert "efficientnet_lite0" in gallery("stats").stdout


def test_without_weights_at_hand_an_old_collection_is_kept_up_to_date(gallery: Gallery, shelf: Shelf) -> None:
    shelf.keep(encoded(drawing(1)))
    card = replace(Averages.card, backbone="resnet18")
    with closing(open_store(shelf.settings)) as store:
        index(shelf.library, store, Model(card, Averages), shelf.settings.thumbnails_dir, max_pixels=10**6, decoders=1)
    settings = {"WEIGHTS": "absent.pt", "BACKBONE": "resnet18"}
    kept_up = gallery("index", **settings)
    assert (kept_up.returncode, kept_up.stdout) == (0, "1 works: nothing to do.\n")
    waits = "No weights for resnet18 are at hand: what the network has not seen waits for them.\n"
    assert kept_up.stderr.startswith(waits)
    shelf.keep(encoded(drawing(2)))
    new = gallery("index", **settings)
    assert new.returncode == 2
    assert "absent.pt: no such file" in new.stderr


def test_a_collection_in_use_says_by_whom(gallery: Gallery, shelf: Shelf) -> None:
    shelf.keep(encoded(drawing(1)))
    shelf.index(Averages())
    with closing(open_store(shelf.settings)):
        for verb in ("index", "reindex", "stats", "evaluate"):
            done = gallery(verb, *(LITE if "index" in verb else ()))
            assert done.returncode == StoreLocked.exit_code
            assert f"the gallery is already open in process {os.getpid()}" in done.stderr
            assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--weights", "absent.pt"), r"no weights for efficientnet_lite0\. Tried:\n  - absent\.pt: no such file"),
        (("--device", "cuda"), r"device cuda is not available .* Use one of: "),
        (("--batch-size", "513"), r"513 is not in the range"),
        (("--backbone", "vgg"), r"'vgg' is not one of"),
    ],
)
def test_what_cannot_be_run_is_a_sentence(
    gallery: Gallery, shelf: Shelf, arguments: tuple[str, ...], said: str
) -> None:
    if arguments[1] == "cuda" and shutil.which("nvidia-smi"):
        pytest.skip("this machine may have CUDA")
    shelf.keep(encoded(drawing(1)))
    done = gallery("index", *LITE, *arguments)
    assert done.returncode == 2
    assert re.search(said, done.stderr)
    assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_written_is_a_sentence(gallery: Gallery, shelf: Shelf) -> None:
    shelf.keep(*(encoded(drawing(number)) for number in range(3)))
    shelf.settings.thumbnails_dir.parent.mkdir()
    shelf.settings.thumbnails_dir.symlink_to("/proc")
    done = gallery("index", *LITE)
    assert done.returncode == 7
    assert re.search(r"^gallery: /\S+: .* Free space or check the folder's permissions", done.stderr, re.M)
    shelf.settings.thumbnails_dir.unlink()
    assert gallery("index", *LITE).returncode == 0


def test_a_full_disk_is_a_sentence_and_what_was_done_stays(gallery: Gallery, shelf: Shelf) -> None:
    shelf.keep(encoded(drawing(12)))
    assert gallery("index", *LITE).returncode == 0
    # Thumbnails of 12 large pictures do not fit into a megabyte.
    shelf.keep(*(encoded(drawing(number, (1000, 800))) for number in range(12)))
    folder = shelf.settings.thumbnails_dir
    mount = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"', str(folder)]
    if subprocess.run([*mount, "true"], capture_output=True).returncode:
        pytest.skip("a small disk can be mounted only by root on Linux")
    full = subprocess.run(
        [*mount, GALLERY, "index", *LITE, "--batch-size", "1"], text=True, capture_output=True, timeout=120
    )
    assert full.returncode == 7
    assert "no space left on device" in full.stderr.lower()
    assert "Traceback" not in full.stderr
    stored = len(shelf.collection()["works"])
    assert 1 <= stored < 13
    done = gallery("index", *LITE)
    assert f"13 works: {13 - stored} embedded" in done.stdout
    assert done.returncode == 0


def test_ctrl_c_ends_it_cleanly_and_the_same_again_goes_on(gallery: Gallery, shelf: Shelf) -> None:
    # Enough of them that it cannot be done before the signal comes.
    shelf.keep(*(encoded(drawing(number)) for number in range(150)))
    command = [GALLERY, "index", *LITE, "--batch-size", "1"]
    process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        while not list(shelf.settings.thumbnails_dir.glob("??/*.webp")):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said, warned = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopped. The same command goes on from here." in said
    assert "Traceback" not in warned
    done = int(found[1]) if (found := re.search(r"(\d+) embedded", said)) else 0
    assert done < 150
    assert f"{150 - done} embedded" in gallery("index", *LITE).stdout


def test_a_second_ctrl_c_ends_it_at_once(gallery: Gallery, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.keep(encoded(drawing(1)))

    def interrupted(*arguments: object) -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(TorchEncoder, "__init__", interrupted)
    done = gallery("index", *LITE)
    assert done.returncode == 130
    assert "Stopped at once." in done.stdout
    monkeypatch.undo()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.shared
def test_real_painters_are_found_again(tmp_path: Path, gallery: Gallery) -> None:
    """Six painters x 20 works, by way of import, index and evaluate, with a real ResNet-18."""
    art, weights = SHARED / "art" / "dev", SHARED / "weights" / "resnet18-imagenet-fp16.pt"
    if not art.exists() or not weights.exists():
        pytest.skip("the real weights and paintings are not beside the project")
    with (art / "metadata.csv").open() as file:
        rows = list(csv.DictReader(file))
    names = sorted({row["artist"] for row in rows})[:6]
    chosen = [row for name in names for row in [row for row in rows if row["artist"] == name][:20]]
    folder = tmp_path / "art"
    for row in chosen:
        (folder / row["file"]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(art / row["file"], folder / row["file"])
    with (folder / "metadata.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(chosen)
    assert gallery("import", folder, KEEP_FREE_GB="0").returncode == 0
    assert gallery("index", "--backbone", "resnet18", "--weights", weights).returncode == 0
    found = re.fullmatch(r"P@1 (\S+)  P@10 (\S+)  mAP (\S+)\n", gallery("evaluate").stdout)
    assert found
    assert float(found[1]) > 0.6
    assert float(found[2]) > 0.4
