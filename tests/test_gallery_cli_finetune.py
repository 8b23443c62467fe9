"""`gallery finetune`: the last block learns from labelled pictures, tells TensorBoard, and writes usable weights."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from holdings import Opened
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torchvision.models import get_model

from gallery.accounts import people
from gallery.cli.finetune import command
from gallery.db import Database
from gallery.tagging import deciding
from gallery.tagging.errors import UnknownTagSet
from indexer.backbones import finetune, load
from indexer.backbones.networks import loaded
from indexer.store import open_store
from indexer.tagging.errors import TooFewLabels
from indexer.tagging.finetune import Course, held_out_fifth
from indexer.weights import WeightsFile, find_weights

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> WeightsFile:
    """A ResNet-18 that has learned nothing."""
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("weights") / "resnet18.pt"
    torch.save(get_model("resnet18", weights=None).state_dict(), path)
    return find_weights("resnet18", path, print)


@pytest.mark.parametrize("exclusive", [True, False])
def test_the_last_block_learns_and_nothing_else_changes(small: WeightsFile, tmp_path: Path, exclusive: bool) -> None:
    """Dark pictures and bright ones: the loss falls, the file loads as weights, and only layer 4's end differs."""
    pictures = [np.full((224, 224, 3), 40 if row % 2 else 210, np.uint8) for row in range(8)]
    truth = np.eye(2, dtype=np.float32)[np.arange(8) % 2]
    course = Course(exclusive, epochs=3, rate=1e-3, batch=3, device="cpu")
    out, logs = tmp_path / "new.pt", tmp_path / "logs"
    made = finetune(small, pictures.__getitem__, truth, np.arange(8) >= 6, course, out, logs)
    assert len(made.rounds) == 3 and made.rounds[-1].loss < made.rounds[0].loss
    again = find_weights("resnet18", out, print)
    assert again.sha256 == made.sha256
    assert load(again, "cpu").card.backbone == "resnet18"
    before, after = loaded(small)[0].state_dict(), loaded(again)[0].state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed and all(name.startswith("layer4.1.") for name in changed)
    told = EventAccumulator(str(logs))
    told.Reload()
    assert set(told.Tags()["scalars"]) == {"loss/learned", "loss/held out", "accuracy/learned", "accuracy/held out"}
    assert [event.step for event in told.Scalars("loss/learned")] == [1, 2, 3]
    assert told.Scalars("loss/held out")[-1].value == pytest.approx(made.rounds[-1].unseen_loss)
    assert not list(tmp_path.glob(".*"))


def test_a_fifth_of_the_pictures_is_held_out_with_all_their_copies() -> None:
    groups = np.repeat(np.arange(20), 3)
    held_out = held_out_fifth(groups, 0)
    assert held_out.sum() == 12
    assert set(groups[held_out]).isdisjoint(groups[~held_out])


def test_the_command_learns_from_a_set(
    small: WeightsFile, tmp_path: Path, sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.add(sqlite, "Cleo", "seven brass lanterns", "curator")
    cleo = people.find(sqlite, "Cleo")
    with Opened(tmp_path, sqlite, works=10) as holding:
        tags = deciding.define(sqlite, cleo, name="Sort of thing", classes=["odd", "even"], exclusive=True)
        works = sorted((work for batch in holding.store.scan() for work in batch), key=lambda work: work.title)
        models = holding.settings.models_dir
        for at, work in enumerate(works[:9]):
            deciding.decide(sqlite, holding.store, models, tags.id, {work.id: {("odd", "even")[at % 2]: True}}, cleo)
        data = holding.settings.data_dir
        holding.store.close()
        monkeypatch.setenv("GALLERY_DATA_DIR", str(data))
        monkeypatch.setenv("GALLERY_DATABASE_URL", f"sqlite:///{tmp_path / 'gallery.sqlite3'}")
        monkeypatch.setenv("GALLERY_BACKBONE", "resnet18")
        asked = ["sort-of-thing", "--epochs", "1", "--device", "cpu", "--weights", str(small.path)]
        few = CliRunner().invoke(command, asked)
        assert isinstance(few.exception, TooFewLabels)
        with closing(open_store(holding.settings)) as store:
            deciding.decide(sqlite, store, models, tags.id, {works[9].id: {"even": True}}, cleo)
        done = CliRunner().invoke(command, asked, catch_exceptions=False)
        assert done.exit_code == 0
        assert "10 labelled works, 2 of them held out" in done.output
        assert "epoch 1: loss" in done.output and "gallery reindex --weights" in done.output
        assert (models / "resnet18-sort-of-thing.pt").is_file()
        assert isinstance(CliRunner().invoke(command, ["nothing"]).exception, UnknownTagSet)
