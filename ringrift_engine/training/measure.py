"""Measures a network on rows of a dataset: losses by head, and the simple predictors that it must beat."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.training.dataset import Dataset
from ringrift_engine.training.loss import Losses, Targets, legal_log_probabilities, losses, total
from ringrift_engine.training.report import HeadLosses, HeldOutMeasurement
from ringrift_engine.training.settings import TrainingSettings

_BATCH: Final = 256


class RunningLosses:
    """Weighted means of losses over batches."""

    def __init__(self, settings: TrainingSettings) -> None:
        self._settings = settings
        self._sums: dict[str, float] = {}
        self._weight = 0.0

    def add(self, found: Losses, weights: torch.Tensor) -> None:
        """Add a batch: losses and weights of its rows, float32 [R]."""
        with torch.no_grad():
            sums = {field.name: (getattr(found, field.name) * weights).sum().item() for field in fields(found)}
            sums["total"] = total(found, weights, self._settings).item() * len(weights)
        self._sums = {name: self._sums.get(name, 0.0) + value for name, value in sums.items()}
        self._weight += float(weights.sum())

    def means(self) -> HeadLosses:
        """Sums divided by the weight of all rows added; ZeroDivisionError before the first."""
        return HeadLosses(**{name: value / self._weight for name, value in self._sums.items()})


def constant_winner(dataset: Dataset) -> NDArray[np.float64]:
    """float64 [n]: how often each relative seat won in the training rows.

    One win is added to each seat (Laplace): a seat that never won there may win a held-out game, at a finite loss.
    """
    weights = dataset.weights(dataset.training_rows).astype(np.float64)
    wins = (dataset.winners(dataset.training_rows) * weights[:, None]).sum(axis=0) + 1
    return wins / wins.sum()


def held_out_losses(
    network: BoardNetwork, dataset: Dataset, rows: NDArray[np.int64], settings: TrainingSettings
) -> HeadLosses:
    """Losses of `network` on rows, int64 [R], of which there must be one."""
    running = RunningLosses(settings)
    for targets, found, _ in _batches(network, dataset, rows):
        running.add(found, targets.weights)
    return running.means()


def held_out_measurement(network: BoardNetwork, dataset: Dataset, settings: TrainingSettings) -> HeldOutMeasurement:
    """Everything measured of `network` on all held-out rows, by their weights; there must be one row."""
    running = RunningLosses(settings)
    log_constant = torch.from_numpy(np.log(constant_winner(dataset)))
    sums = torch.zeros(5, dtype=torch.float64)
    weight = 0.0
    for targets, found, guesses in _batches(network, dataset, dataset.held_out_rows):
        running.add(found, targets.weights)
        policy, value = guesses
        best = targets.policy.gather(1, policy.argmax(dim=1, keepdim=True)).squeeze(1)
        rows = torch.stack(
            [
                -(targets.winner * log_constant).sum(dim=1),
                targets.legal.sum(dim=1).double().log(),
                torch.special.entr(targets.policy.double()).sum(dim=1),
                (value.argmax(dim=1) == targets.winner.argmax(dim=1)).double(),
                (best == targets.policy.amax(dim=1)).double(),
            ]
        )
        sums += rows @ targets.weights.double()
        weight += float(targets.weights.sum())
    return HeldOutMeasurement(running.means(), *(sums / weight).tolist())


def _batches(
    network: BoardNetwork, dataset: Dataset, rows: NDArray[np.int64]
) -> Iterator[tuple[Targets, Losses, tuple[torch.Tensor, torch.Tensor]]]:
    """Per batch: targets, losses, and the log probabilities of legal moves [R, L] (minus infinity elsewhere) and
    seats [R, n].
    """
    for start in range(0, len(rows), _BATCH):
        samples = dataset.samples(rows[start : start + _BATCH])
        targets = Targets.of(samples)
        with torch.inference_mode():
            found = network(torch.from_numpy(samples.planes), torch.from_numpy(samples.scalars))
            policy = legal_log_probabilities(found.policy, targets).masked_fill(~targets.legal, -torch.inf)
            yield targets, losses(found, targets), (policy, found.value.log_softmax(dim=1))
