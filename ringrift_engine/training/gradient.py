"""The gradient of a batch, computed in shards by threads, or on a GPU; several processes take a part of it each.

Every shard is gathered, turned and sent through network and loss by one thread; its gradient counts by its share of
the batch's rows. Shards are cut alike for any number of threads and added in order, so weights do not depend on that
number. A GPU takes a part whole.
"""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ringrift_engine.devices import CPU
from ringrift_engine.encoding import Encoding
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.workers import Workers
from ringrift_engine.training.dataset import Dataset
from ringrift_engine.training.group import ALONE, Group
from ringrift_engine.training.loss import Losses, Targets, losses, total
from ringrift_engine.training.settings import TrainingSettings
from ringrift_engine.training.symmetry import turned

SHARDS: Final = 2
"""Two cost 7 % more processor time than one, four 25 % (4x64, 256 rows): as many as the usual machine has threads."""


class BatchGradient:
    """Writes the gradient of the loss over rows of a dataset into the parameters of a network."""

    def __init__(
        self,
        network: BoardNetwork,
        dataset: Dataset,
        encoding: Encoding,
        settings: TrainingSettings,
        workers: Workers,
        group: Group = ALONE,
    ) -> None:
        """`network` is on the device of `group`."""
        self._network = network
        self._dataset = dataset
        self._encoding = encoding
        self._settings = settings
        self._workers = workers
        self._group = group
        self._parameters = list(network.parameters())

    def __call__(
        self, rows: NDArray[np.int64], symmetry: NDArray[np.int64]
    ) -> tuple[float, list[tuple[Losses, Tensor]]]:
        """Rows int64 [R], each after its symmetry, int64 [R] -> the loss; and of this process's part, by shard, its
        rows' losses and weights.
        """
        own_rows, own_symmetry = self._group.part(rows), self._group.part(symmetry)
        shards = min(SHARDS if self._group.device.type == CPU else 1, len(own_rows))
        pieces = [np.array_split(part, shards) if shards else [] for part in (own_rows, own_symmetry)]
        found = self._workers.map(self._shard, *pieces)
        shares = [len(weights) / len(rows) for _, _, weights, _ in found]
        for number, parameter in enumerate(self._parameters):
            parameter.grad = sum(
                (share * gradients[number] for share, (*_, gradients) in zip(shares, found, strict=True)),
                start=torch.zeros_like(parameter),
            )
        loss = torch.tensor(sum(share * part for share, (part, *_) in zip(shares, found, strict=True)))
        loss = loss.to(self._group.device)
        self._group.add([loss, *(parameter.grad for parameter in self._parameters if parameter.grad is not None)])
        return loss.item(), [(heads, weights) for _, heads, weights, _ in found]

    def _shard(
        self, rows: NDArray[np.int64], symmetry: NDArray[np.int64]
    ) -> tuple[float, Losses, Tensor, tuple[Tensor, ...]]:
        """Loss, losses by head, weights of the rows, gradients by parameter."""
        samples = self._dataset.samples(rows)
        if symmetry.any():
            samples = turned(samples, self._encoding, symmetry)
        device = self._group.device
        planes, scalars = torch.from_numpy(samples.planes).to(device), torch.from_numpy(samples.scalars).to(device)
        targets = Targets.of(samples, device)
        heads = losses(self._network(planes, scalars), targets)
        loss = total(heads, targets.weights, self._settings)
        gradients = torch.autograd.grad(loss, self._parameters)
        return loss.item(), heads.detached(), targets.weights, gradients
