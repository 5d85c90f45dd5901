"""The training: what of a bare torch loop's speed it keeps, and how much of a step goes into reading rows."""

import copy
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
import torch
from torch import Tensor

from ringrift_engine.bench.bench import Bench, Task
from ringrift_engine.bench.networks import flops_of
from ringrift_engine.bench.rows import Row
from ringrift_engine.bench.samples import training_set
from ringrift_engine.bench.timing import measure_in_turns, rate_row, ratios, row_of
from ringrift_engine.boards import BoardConfig
from ringrift_engine.encoding import Encoding
from ringrift_engine.feedback.settings import DEFAULTS
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.precision import resolve_precision, torch_dtype
from ringrift_engine.nets.settings import NetworkSettings
from ringrift_engine.nets.workers import Workers
from ringrift_engine.progress import silent
from ringrift_engine.training.dataset import Dataset, Samples
from ringrift_engine.training.gradient import SHARDS
from ringrift_engine.training.loop import TrainingLoop
from ringrift_engine.training.loss import Targets, losses, total
from ringrift_engine.training.settings import TrainingSettings, training_settings
from ringrift_engine.training.watch import Watch

NETWORK: Final = NetworkSettings(blocks=6, channels=96)
_STEPS: Final = 2  # a repeat
_READINGS: Final = 20  # as often: reading alone is over in milliseconds


def tasks(bench: Bench) -> Iterator[Task]:
    """What is measured of the training."""
    for config in bench.scope.on(["square8_2p"]):
        yield Task(f"steps on {config.key}", partial(steps, bench, config))


class BareLoop:
    """What a training is without everything that is ours: one batch in memory, forward, loss, backward, AdamW.

    `samples` are the batch, whole or in pieces. Each of several pieces is computed by a thread of `workers`; a single
    one torch spreads over `threads` of its own, as it does by itself.
    """

    def __init__(
        self, network: BoardNetwork, samples: list[Samples], settings: TrainingSettings, threads: int, workers: Workers
    ) -> None:
        self._network = copy.deepcopy(network)
        self._network.set_precision(torch_dtype(resolve_precision(settings.precision)))
        self._parameters = list(self._network.parameters())
        self._optimiser = torch.optim.AdamW(self._parameters, lr=settings.learning_rate, fused=True)
        self._batches = [
            (torch.from_numpy(part.planes), torch.from_numpy(part.scalars), Targets.of(part)) for part in samples
        ]
        self._settings = settings
        self._threads = threads
        self._workers = workers

    @property
    def gradients(self) -> list[Tensor]:
        """Of the last step, by parameter."""
        return [parameter.grad for parameter in self._parameters if parameter.grad is not None]

    def step(self) -> float:
        """One step; the loss before it."""
        if len(self._batches) == 1:
            torch.set_num_threads(self._threads)
            parts = [self._gradient_of(*self._batches[0])]
        else:
            parts = self._workers.map(self._gradient_of, *zip(*self._batches, strict=True))
        for number, parameter in enumerate(self._parameters):
            pieces = [gradients[number] for _, gradients in parts]
            parameter.grad = pieces[0] if len(pieces) == 1 else torch.stack(pieces).mean(dim=0)
        torch.nn.utils.clip_grad_norm_(self._parameters, self._settings.gradient_clip)
        self._optimiser.step()
        return sum(loss for loss, _ in parts) / len(parts)

    def _gradient_of(self, planes: Tensor, scalars: Tensor, targets: Targets) -> tuple[float, tuple[Tensor, ...]]:
        loss = total(losses(self._network(planes, scalars), targets), targets.weights, self._settings)
        return loss.item(), torch.autograd.grad(loss, self._parameters)


def steps(bench: Bench, config: BoardConfig) -> Iterable[Row]:
    """The engine's steps and the bare loop's in turns: the bare one both ways, of which the faster counts."""
    threads, encoding = bench.scope.threads, Encoding(config)
    dataset = Dataset(training_set(config, bench.folder / f"{config.key}-training", threads), config)
    base = training_settings(config)
    settings = replace(base, max_samples=_STEPS * base.batch_size, curve_points=1, min_rows=1, min_held_out_rows=0)
    workers = Workers(threads)
    network = BoardNetwork(NETWORK, encoding)
    rows = dataset.training_rows[: settings.batch_size]
    halves = [dataset.samples(part) for part in np.array_split(rows, SHARDS)]
    whole = BareLoop(network, [dataset.samples(rows)], settings, threads, workers)
    cut = BareLoop(network, halves, settings, threads, workers)
    loop = TrainingLoop(network, dataset, encoding, settings, workers)
    samples = loop.steps * loop.batch_size

    def bare(one: BareLoop) -> float:
        for _ in range(loop.steps):
            one.step()
        return samples

    def real() -> float:
        return loop.run(Watch(DEFAULTS), silent)[-1].samples

    def reading() -> float:
        for _ in range(_READINGS * loop.steps):
            workers.map(dataset.samples, np.array_split(rows, SHARDS))
        return _READINGS * samples

    works = {"whole": partial(bare, whole), "cut": partial(bare, cut), "loop": real, "reading": reading}
    found = measure_in_turns(works, replace(bench.scope.effort, seconds=0.0))
    fastest = max(("whole", "cut"), key=lambda name: found[name].rate)
    flops = flops_of(whole.step) / settings.batch_size
    details = {
        "network": f"{NETWORK.blocks}x{NETWORK.channels}",
        "precision": resolve_precision(settings.precision),
        "batch": settings.batch_size,
    }
    bare_details = {
        **details,
        "flops_a_sample": flops,
        "with_torch_threads_per_s": found["whole"].rate,
        "with_pieces_per_s": found["cut"].rate,
    }
    limit = bench.limits.matmul(threads) / flops
    yield rate_row("training.bare_loop", config, found[fastest], threads=threads, limit=limit, details=bare_details)
    yield rate_row("training.loop", config, found["loop"], threads=threads, limit=found[fastest].rate, details=details)
    shares = ratios(found["loop"], found[fastest])
    yield row_of("training.share_of_bare_loop", config, shares, threads=threads, limit=1.0, details=details)
    reading_shares = ratios(found["loop"], found["reading"])
    yield row_of("training.reading_share", config, reading_shares, threads=threads, details=details)
