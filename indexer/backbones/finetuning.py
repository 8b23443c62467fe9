"""Training the last block of a network on curators' classes; TensorBoard sees loss and accuracy."""

import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.tensorboard.writer import SummaryWriter

from indexer.backbones.devices import choose_device
from indexer.backbones.networks import Network, loaded
from indexer.preprocess import Pixels, normalise
from indexer.tagging.finetune import Course, Finetuned, Round
from indexer.weights import WeightsFile
from scraper.disk import whole_file


def finetune(
    weights: WeightsFile,
    read: Callable[[int], Pixels],
    truth: NDArray[np.float32],
    held_out: NDArray[np.bool_],
    course: Course,
    out: Path,
    logs: Path,
    say: Callable[[Round], None] = lambda told: None,
) -> Finetuned:
    """Train the last block with a new head on n works, `truth` n x k, and write a state-dict file for GALLERY_WEIGHTS.

    `read(row)` gives a picture's pixels; works `held_out` are only looked at. The file is whole or absent; it is of
    the epoch that was best on them. Raises `WeightsError`, `BackboneError`, and OSError if it cannot be written.
    """
    torch.manual_seed(course.seed)
    device = choose_device(course.device)
    whole, network = loaded(weights)
    whole.to(device)
    head = nn.Linear(weights.backbone.width, truth.shape[1]).to(device)
    block = last_block(network)
    block.requires_grad_(True)
    optimiser = torch.optim.AdamW(
        [{"params": block.parameters(), "lr": course.rate}, {"params": head.parameters(), "lr": 10 * course.rate}]
    )
    trainer = _Trainer(weights, read, truth, course, device, nn.Sequential(network.body, _Pool(), head))
    rounds: list[Round] = []
    best: dict[str, Tensor] = {}
    with SummaryWriter(str(logs)) as writer:
        for epoch in range(1, course.epochs + 1):
            loss, right = trainer.learn(np.flatnonzero(~held_out), optimiser, epoch)
            unseen_loss, unseen_right = trainer.look(np.flatnonzero(held_out))
            told = Round(epoch, loss, right, unseen_loss, unseen_right)
            _log(writer, told)
            say(told)
            if not rounds or unseen_right > max(each.unseen_accuracy for each in rounds):
                best = {name: value.detach().cpu().clone() for name, value in whole.state_dict().items()}
            rounds.append(told)
    return Finetuned(out, _write(best, out), tuple(rounds))


def last_block(network: Network) -> nn.Module:
    """Return the part that is trained: the last residual block, with the convolution behind it if there is one."""
    *_, blocks, last = network.body[-1].children()
    if not isinstance(last, nn.Sequential):
        return last
    return nn.ModuleList([list(blocks.children())[-1], last])


class _Pool(nn.Module):
    """The mean of each feature over the picture."""

    def forward(self, features: Tensor) -> Tensor:
        return features.mean((2, 3))


class _Trainer:
    """Batches of pictures through the network; norms keep their statistics, for a few pictures have none of note."""

    def __init__(
        self,
        weights: WeightsFile,
        read: Callable[[int], Pixels],
        truth: NDArray[np.float32],
        course: Course,
        device: torch.device,
        model: nn.Module,
    ) -> None:
        self._read, self._course, self._device, self._model = read, course, device, model.eval()
        self._normalisation = weights.backbone.normalisation
        self._truth = torch.from_numpy(np.nan_to_num(truth)).to(device)
        self._known = torch.from_numpy(~np.isnan(truth)).to(device)

    def learn(self, rows: NDArray[np.intp], optimiser: torch.optim.Optimizer, epoch: int) -> tuple[float, float]:
        """Go through the works once, in an order of chance, half of them mirrored; return mean loss and accuracy."""
        chance = np.random.default_rng((self._course.seed, epoch))
        losses, rights = [], []
        for some in self._batches(chance.permutation(rows)):
            flipped = chance.random(len(some)) < 0.5
            optimiser.zero_grad()
            loss, right = self._judge(some, flipped)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            losses.append(loss.item() * len(some))
            rights.append(right * len(some))
        return sum(losses) / len(rows), sum(rights) / len(rows)

    @torch.no_grad()
    def look(self, rows: NDArray[np.intp]) -> tuple[float, float]:
        """Return mean loss and accuracy without learning."""
        told = [(*self._judge(some, np.zeros(len(some), bool)), len(some)) for some in self._batches(rows)]
        return tuple(sum(float(each[at]) * each[2] for each in told) / len(rows) for at in (0, 1))  # type: ignore[return-value]

    def _batches(self, rows: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
        for start in range(0, len(rows), self._course.batch):
            yield rows[start : start + self._course.batch]

    def _judge(self, rows: NDArray[np.intp], flipped: NDArray[np.bool_]) -> tuple[Tensor, float]:
        pictures = [self._read(int(row)) for row in rows]
        mirrored = [pixels[:, ::-1] if flip else pixels for pixels, flip in zip(pictures, flipped, strict=True)]
        batch = torch.from_numpy(np.ascontiguousarray(normalise(mirrored, self._normalisation))).to(self._device)
        scores = self._model(batch)
        truth, known = self._truth[rows], self._known[rows]
        if self._course.exclusive:
            target = truth.argmax(1)
            return nn.functional.cross_entropy(scores, target), float((scores.argmax(1) == target).float().mean())
        each = nn.functional.binary_cross_entropy_with_logits(scores, truth, reduction="none")
        count = known.sum().clamp(min=1)
        return (each * known).sum() / count, float((((scores > 0) == (truth > 0.5)) & known).sum() / count)


def _log(writer: SummaryWriter, told: Round) -> None:
    for name, learned, unseen in (
        ("loss", told.loss, told.unseen_loss),
        ("accuracy", told.accuracy, told.unseen_accuracy),
    ):
        writer.add_scalar(f"{name}/learned", learned, told.epoch)
        writer.add_scalar(f"{name}/held out", unseen, told.epoch)
    writer.flush()


def _write(state: dict[str, Tensor], out: Path) -> str:
    content = io.BytesIO()
    torch.save(state, content)
    with whole_file(out) as file:
        file.write(content.getbuffer())
    return hashlib.sha256(content.getbuffer()).hexdigest()
