"""Measures a network on rows of a dataset: losses by head, and the simple predictors that it must beat.

Held-out values are compared with outcomes alone, however much of a training's target is what searches stated: a search
that is wrong must not make the network that repeats it look right, and trainings with other shares stay comparable.
"""

from dataclasses import fields, replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ringrift_engine.nets.network import BoardNetwork, Predictions
from ringrift_engine.nets.workers import Workers
from ringrift_engine.training.dataset import Dataset
from ringrift_engine.training.group import ALONE, Group
from ringrift_engine.training.loss import Losses, Targets, legal_log_probabilities, losses, total
from ringrift_engine.training.report import HeadLosses, HeldOutMeasurement
from ringrift_engine.training.settings import TrainingSettings

_BATCH: Final = 256
_COMPARISONS: Final = 5
_HEADS: Final = tuple(field.name for field in fields(Losses))


class RunningLosses:
    """Weighted means of losses over batches; sums stay on the device that the losses are on."""

    def __init__(self, settings: TrainingSettings) -> None:
        self._settings = settings
        self._sums: Tensor | None = None

    def add(self, found: Losses, weights: Tensor) -> None:
        """Add a batch: losses and weights of its rows, float32 [R]."""
        with torch.no_grad():
            sums = [(getattr(found, name) * weights).sum().double() for name in _HEADS]
            whole = total(found, weights, self._settings).double() * len(weights)
            batch = torch.stack([*sums, whole, weights.sum().double()])
            self._sums = batch if self._sums is None else self._sums + batch

    def means(self, group: Group = ALONE) -> HeadLosses:
        """Sums over all processes divided by the weight of all rows added; there must be one."""
        sums = self._sums if self._sums is not None else torch.zeros(len(_HEADS) + 2, dtype=torch.float64)
        sums = sums.to(group.device)
        group.add([sums])
        *heads, weight = sums.tolist()
        return HeadLosses(**{name: value / weight for name, value in zip((*_HEADS, "total"), heads, strict=True)})


def constant_winner(dataset: Dataset) -> NDArray[np.float64]:
    """float64 [n]: how often each relative seat won in the training rows.

    One win is added to each seat (Laplace): a seat that never won there may win a held-out game, at a finite loss.
    """
    weights = dataset.weights(dataset.training_rows).astype(np.float64)
    wins = (dataset.winners(dataset.training_rows) * weights[:, None]).sum(axis=0) + 1
    return wins / wins.sum()


class HeldOut:
    """Measures networks on held-out rows of a dataset, batches spread over threads."""

    def __init__(
        self, dataset: Dataset, settings: TrainingSettings, workers: Workers, device: torch.device = ALONE.device
    ) -> None:
        """`device`: where the networks are."""
        self._dataset = dataset
        self._settings = replace(settings, search_value_share=0.0)
        self._workers = workers
        self._device = device

    def losses(self, network: BoardNetwork, rows: NDArray[np.int64]) -> HeadLosses:
        """Losses of `network` on rows, int64 [R], of which there must be one."""
        running = RunningLosses(self._settings)
        for heads, weights, _ in self._batches(network, rows):
            running.add(heads, weights)
        return running.means()

    def measurement(self, network: BoardNetwork) -> HeldOutMeasurement:
        """Everything measured of `network` on all held-out rows, by their weights; there must be one row."""
        running = RunningLosses(self._settings)
        sums, weight = np.zeros(_COMPARISONS), 0.0
        for heads, weights, compared in self._batches(network, self._dataset.held_out_rows):
            running.add(heads, weights)
            sums += compared.cpu().numpy()
            weight += float(weights.sum())
        return HeldOutMeasurement(running.means(), *(sums / weight).tolist())

    def _batches(self, network: BoardNetwork, rows: NDArray[np.int64]) -> list[tuple[Losses, Tensor, Tensor]]:
        """Of each batch: losses and weights of its rows, float32 [R], and `_comparisons`; no logits are kept."""
        device = self._device
        log_constant = torch.from_numpy(np.log(constant_winner(self._dataset))).to(device)

        def measured(part: NDArray[np.int64]) -> tuple[Losses, Tensor, Tensor]:
            samples = self._dataset.samples(part)
            targets = Targets.of(samples, device)
            with torch.inference_mode():
                found = network(
                    torch.from_numpy(samples.planes).to(device), torch.from_numpy(samples.scalars).to(device)
                )
                return losses(found, targets), targets.weights, _comparisons(targets, found, log_constant)

        return self._workers.map(measured, [rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH)])


def _comparisons(targets: Targets, found: Predictions, log_constant: Tensor) -> Tensor:
    """float64 [5]: sums over rows, by weight, of all that `HeldOutMeasurement` has beside losses, in its order."""
    moves = legal_log_probabilities(found.policy, targets).masked_fill(~targets.legal, -torch.inf)
    chosen = targets.policy.gather(1, moves.argmax(dim=1, keepdim=True)).squeeze(1)
    rows = torch.stack(
        [
            -(targets.winner * log_constant).sum(dim=1),
            targets.legal.sum(dim=1).double().log(),
            torch.special.entr(targets.policy.double()).sum(dim=1),
            (found.value.argmax(dim=1) == targets.winner.argmax(dim=1)).double(),
            (chosen == targets.policy.amax(dim=1)).double(),
        ]
    )
    return rows @ targets.weights.double()
