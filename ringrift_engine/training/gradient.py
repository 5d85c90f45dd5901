"""The gradient of a batch, computed in shards by threads.

Every shard is gathered, turned and sent through network and loss by one thread; its gradient counts by its share of
the batch's rows. Shards are cut alike for any number of threads and added in order, so weights do not depend on that
number.
"""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ringrift_engine.encoding import Encoding
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.workers import Workers
from ringrift_engine.training.dataset import Dataset
from ringrift_engine.training.loss import Losses, Targets, losses, total
from ringrift_engine.training.settings import TrainingSettings
from ringrift_engine.training.symmetry import turned

SHARDS: Final = 2
"""Two cost 7 % more processor time than one, four 25 % (4x64, 256 rows): as many as the usual machine has threads."""


class BatchGradient:
    """Writes the gradient of the loss over rows of a dataset into the parameters of a network."""

    def __init__(
        self, network: BoardNetwork, dataset: Dataset, encoding: Encoding, settings: TrainingSettings, workers: Workers
    ) -> None:
        self._network = network
        self._dataset = dataset
        self._encoding = encoding
        self._settings = settings
        self._workers = workers
        self._parameters = list(network.parameters())

    def __call__(
        self, rows: NDArray[np.int64], symmetry: NDArray[np.int64]
    ) -> tuple[float, list[tuple[Losses, Tensor]]]:
        """Rows int64 [R], each after its symmetry, int64 [R] -> the loss, and by shard its rows' losses and weights."""
        shards = min(SHARDS, len(rows))
        found = self._workers.map(self._shard, np.array_split(rows, shards), np.array_split(symmetry, shards))
        shares = [len(weights) / len(rows) for _, _, weights, _ in found]
        for number, parameter in enumerate(self._parameters):
            parameter.grad = sum(
                (share * gradients[number] for share, (*_, gradients) in zip(shares, found, strict=True)),
                start=torch.zeros_like(parameter),
            )
        loss = sum(share * part for share, (part, *_) in zip(shares, found, strict=True))
        return loss, [(heads, weights) for _, heads, weights, _ in found]

    def _shard(
        self, rows: NDArray[np.int64], symmetry: NDArray[np.int64]
    ) -> tuple[float, Losses, Tensor, tuple[Tensor, ...]]:
        """Loss, losses by head, weights of the rows, gradients by parameter."""
        samples = self._dataset.samples(rows)
        if symmetry.any():
            samples = turned(samples, self._encoding, symmetry)
        targets = Targets.of(samples)
        heads = losses(self._network(torch.from_numpy(samples.planes), torch.from_numpy(samples.scalars)), targets)
        loss = total(heads, targets.weights, self._settings)
        gradients = torch.autograd.grad(loss, self._parameters)
        return loss.item(), heads.detached(), targets.weights, gradients
