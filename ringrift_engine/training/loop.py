"""The training: AdamW, a rising and falling learning rate, averaged weights, one atomic checkpoint at the end.

At every point of the learning curve a `Watch` is asked whether to go on; a training that it stops publishes the best
weights so far instead of the last.

The order of samples, their symmetries and the first weights come from the seed, the work from counts: equal dataset,
settings and previous model give equal bytes, with any number of threads, on the same device and with as many
processes. Saved and measured are the averaged weights.
A previous model of equal architecture gives its weights, one of another configuration what `nets.transfer` takes over;
one of another architecture gives nothing, and the report says so.
"""

import copy
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig
from ringrift_engine.devices import CUDA
from ringrift_engine.encoding import ENCODER_VERSION, Encoding
from ringrift_engine.errors import DataError
from ringrift_engine.feedback.settings import DEFAULTS, FeedbackSettings
from ringrift_engine.files import sha256_of
from ringrift_engine.nets.checkpoint import (
    Checkpoint,
    CheckpointHeader,
    build_network,
    load_checkpoint,
    read_header,
    save_checkpoint,
)
from ringrift_engine.nets.network import BoardNetwork, load_weights
from ringrift_engine.nets.precision import resolve_precision, torch_dtype
from ringrift_engine.nets.settings import NetworkSettings, architecture_hash, network_settings
from ringrift_engine.nets.transfer import transfer
from ringrift_engine.nets.workers import Workers
from ringrift_engine.progress import Progress, silent
from ringrift_engine.resources import GB, MACHINE, batch_size_for
from ringrift_engine.training.dataset import Dataset
from ringrift_engine.training.gradient import BatchGradient
from ringrift_engine.training.group import ALONE, Group, joined
from ringrift_engine.training.measure import HeldOut, RunningLosses, constant_winner
from ringrift_engine.training.report import CurvePoint, HeadLosses, TrainingReport
from ringrift_engine.training.settings import TrainingSettings
from ringrift_engine.training.watch import STOPPING_CONSTANTS, Evaluate, Watch

_LAST_RATE: Final = 0.01  # of the highest learning rate
_CURVE_ROWS: Final = 2_048  # held-out rows that the learning curve is measured on
_ORDER, _SYMMETRY, _CURVE = range(3)  # streams of random numbers


def train(
    config_key: str,
    dataset: Path,
    out: Path,
    settings: TrainingSettings,
    previous: Path | None = None,
    threads: int = 1,
    progress: Progress = silent,
    *,
    network: NetworkSettings | None = None,
    export: bool = False,
    stopping: FeedbackSettings = DEFAULTS,
    evaluate: Evaluate | None = None,
) -> TrainingReport:
    """Train a network of `config_key` on a combined NPZ and publish its checkpoint at `out`, atomically.

    previous   checkpoint to start from: of this configuration, used if its architecture is the same, else the report
               says why not; or of another one of the same family of boards (`nets.transfer`)
    threads    that compute shards of a batch; weights do not depend on their number
    network    sizes; None for those of `previous`, without one the configuration's default
    export     `dataset` is a single export instead, to train on when combination fails; the report names it
    stopping   when it ends early: `patience`, `least_improvement` and `background_games` count
    evaluate   plays games with the weights so far, such as `evaluation.background.background_evaluation` makes

    DataError, with nothing written, for a dataset or checkpoint that is missing, torn or of another configuration or
    version, for too little data, and for a loss that is not finite; for a previous model of another configuration that
    is of another family or has other sizes. ConfigError for an impossible setting.
    """
    config = BoardConfig.from_key(config_key)
    sizes = network or starting_sizes(config, previous)
    task = TrainingTask(config, sizes, settings, threads, export, stopping, evaluate)
    return task.run(dataset, out, previous, progress)


def starting_sizes(config: BoardConfig, previous: Path | None) -> NetworkSettings:
    """Sizes of a network that nobody gave any: those of the model that it starts from, else the default."""
    return network_settings(config) if previous is None else read_header(previous).settings


@dataclass(frozen=True)
class TrainingTask:
    """A training but for its files; see `train`."""

    config: BoardConfig
    network: NetworkSettings
    settings: TrainingSettings
    threads: int
    export: bool
    stopping: FeedbackSettings
    evaluate: Evaluate | None

    def run(self, source: Path, out: Path, previous: Path | None, progress: Progress) -> TrainingReport:
        """Train on the NPZ `source`, publish at `out`; as `train`."""
        with joined(self.settings.device) as group:
            report = self.run_in(group, source, out, previous, progress if group.is_first else silent)
        if report is None:
            raise RuntimeError("the first process of a training sent no report")
        return report

    def run_in(
        self, group: Group, source: Path, out: Path, previous: Path | None, progress: Progress
    ) -> TrainingReport | None:
        """The same as one process of a group; what its first one reports, once it has written the checkpoint."""
        workers = Workers(self.threads)
        encoding = Encoding(self.config)
        dataset = Dataset(source, self.config, export=self.export)
        _require_enough(dataset, self.settings)
        network, start, inputs = self._first_weights(previous, encoding)
        loop = TrainingLoop(network.to(group.device), dataset, encoding, self.settings, workers, group)
        points = evaluation_steps(loop.steps, self.settings)
        watch = Watch(self.stopping, self.evaluate, {step * loop.batch_size for step in points})
        began = time.perf_counter()
        curve = loop.run(watch, progress)
        seconds = time.perf_counter() - began
        report = None
        if group.is_first:
            inputs[self._source()] = sha256_of(source)
            report = self._publish(out, self._report(dataset, loop, watch, start, curve, inputs), loop)
            report = replace(report, samples_per_s=report.samples / seconds)
        return group.of_first(report)

    def _publish(self, out: Path, report: TrainingReport, loop: "TrainingLoop") -> TrainingReport:
        """Write the checkpoint; the report with its hash."""
        header = CheckpointHeader(
            config_key=self.config.key,
            settings=self.network,
            encoder_version=ENCODER_VERSION,
            inputs=report.inputs,
            training={
                "settings": asdict(self.settings),
                "stopping": {name: getattr(self.stopping, name) for name in STOPPING_CONSTANTS},
                "report": report.recorded(),
            },
        )
        return replace(report, sha256=save_checkpoint(out, header, loop.average.network.cpu().state_dict()))

    def _first_weights(self, previous: Path | None, encoding: Encoding) -> tuple[BoardNetwork, str, dict[str, str]]:
        """The network to start with, where its weights come from in words, and the hashes of what they came from."""
        fresh = BoardNetwork(self.network, encoding, seed=self.settings.seed)
        if previous is None:
            return fresh, "from scratch: there is no previous model", {}
        origin = BoardConfig.from_key(read_header(previous).config_key)
        checkpoint = load_checkpoint(previous, origin)
        if origin.key != self.config.key:
            return self._transferred(checkpoint, encoding)
        if checkpoint.header.architecture != self._architecture():
            reason = f"the previous model {checkpoint.sha256[:12]} has the architecture {checkpoint.header.settings}"
            return fresh, f"from scratch: {reason}", {}
        return build_network(checkpoint, encoding), "previous model", {"previous": checkpoint.sha256}

    def _transferred(self, checkpoint: Checkpoint, encoding: Encoding) -> tuple[BoardNetwork, str, dict[str, str]]:
        """The same from a checkpoint of another configuration."""
        header, short = checkpoint.header, checkpoint.sha256[:12]
        if header.settings != self.network:
            raise DataError(
                f"checkpoint {short} of {header.config_key} has a network of {header.settings}, this training one of "
                f"{self.network}: weights are transferred between equal sizes only. Leave the sizes out: then they are "
                "the checkpoint's."
            )
        found = transfer(checkpoint, encoding, self.settings.seed)
        start = f"transferred from {header.config_key} {short}: {100 * found.share:.0f} % of the weights taken over"
        return found.network, start, {"previous": checkpoint.sha256}

    def _architecture(self) -> str:
        return architecture_hash(self.network, self.config, ENCODER_VERSION)

    def _source(self) -> str:
        return "npz_exports" if self.export else "combined_npz"

    def _report(
        self,
        dataset: Dataset,
        loop: "TrainingLoop",
        watch: Watch,
        start: str,
        curve: tuple[CurvePoint, ...],
        inputs: dict[str, str],
    ) -> TrainingReport:
        rows, held_out, samples = dataset.training_rows, dataset.held_out_rows, curve[-1].samples
        average = loop.average.network
        return TrainingReport(
            config_key=self.config.key,
            architecture=self._architecture(),
            parameters=sum(parameter.numel() for parameter in average.parameters()),
            start=start,
            source=self._source(),
            precision=loop.precision,
            device=loop.device,
            processes=loop.processes,
            batch_size=loop.batch_size,
            training_rows=len(rows),
            training_games=dataset.games(rows),
            held_out_rows=len(held_out),
            held_out_games=dataset.games(held_out),
            steps=samples // loop.batch_size,
            samples=samples,
            stopped=watch.stopped,
            saved_samples=watch.best.samples if watch.best is not None else samples,
            constant_winner=tuple(constant_winner(dataset).tolist()),
            curve=curve,
            evaluations=watch.evaluations,
            held_out=loop.held_out.measurement(average) if len(held_out) else None,
            inputs=inputs,
        )


class TrainingLoop:
    """Steps over the training rows of a dataset, by one process or by each of a group."""

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
        samples = min(round(settings.epochs * len(dataset.training_rows)), settings.max_samples)
        self.batch_size: int = max(1, min(group.of_first(batch_size_on(settings, group.device.type)), samples))
        self.steps: int = max(1, samples // self.batch_size)
        self.precision: str = resolve_precision(settings.precision, group.device.type)
        network.set_precision(torch_dtype(self.precision))
        self.average: AveragedWeights = AveragedWeights(network, self.batch_size / settings.average_samples)
        self.held_out: HeldOut = HeldOut(dataset, settings, workers, group.device)
        self.device: str = group.device.type
        self.processes: int = group.size
        self._group = group
        self._network = network
        self._dataset = dataset
        self._settings = settings
        self._symmetries = encoding.symmetries if settings.symmetries else 1
        self._turns = _random(settings.seed, _SYMMETRY)
        self._gradient = BatchGradient(network, dataset, encoding, settings, workers, group)
        self._optimiser = _optimiser(network, settings)

    def run(self, watch: Watch, progress: Progress) -> tuple[CurvePoint, ...]:
        """Take all steps, or those until `watch` stops: then `average` has the weights that it holds for the best.

        Only the first process of a group measures; the others get an empty curve. DataError as soon as a loss or
        gradient is not finite.
        """
        settings, label = self._settings, f"training {self._dataset.config_key}"
        curve: list[CurvePoint] = []
        running = RunningLosses(settings)
        measured_after = curve_steps(self.steps, settings.curve_points)
        progress(label, 0, self.steps * self.batch_size, "samples")
        rows_of_steps = row_batches(self._dataset.training_rows, self.batch_size, settings.seed)
        for step, rows in zip(range(self.steps), rows_of_steps, strict=False):
            self._step(step, rows, running)
            if step + 1 in measured_after:
                means, goes_on = running.means(self._group), True
                running = RunningLosses(settings)
                if self._group.is_first:
                    curve.append(self._measure((step + 1) * self.batch_size, means))
                    goes_on = watch.goes_on(curve[-1].samples, _held_out_total(curve[-1]), self.average.network)
                if not self._group.of_first(goes_on):
                    break
            progress(label, (step + 1) * self.batch_size, self.steps * self.batch_size, "samples")
        if watch.best is not None:
            load_weights(self.average.network, watch.best.weights)
        return tuple(curve)

    def _step(self, step: int, rows: NDArray[np.int64], running: RunningLosses) -> None:
        for group in self._optimiser.param_groups:
            group["lr"] = self._settings.learning_rate * rate_at(step, self.steps, self._settings.warmup)
        loss, shards = self._gradient(rows, self._turns.integers(self._symmetries, size=len(rows)))
        norm = torch.nn.utils.clip_grad_norm_(self._network.parameters(), self._settings.gradient_clip)
        if not (math.isfinite(loss) and math.isfinite(norm.item())):
            raise self._not_finite(step, f"the loss is {loss}, its gradient {norm.item()}")
        self._optimiser.step()
        self.average.update(self._network)
        for heads, weights in shards:
            running.add(heads, weights)

    def _measure(self, samples: int, training: HeadLosses) -> CurvePoint:
        rows = self._dataset.held_out_rows
        if len(rows) > _CURVE_ROWS:
            rows = np.sort(_random(self._settings.seed, _CURVE).choice(rows, _CURVE_ROWS, replace=False))
        held_out = self.held_out.losses(self.average.network, rows) if len(rows) else None
        # Weights that are broken by a step are found here or in the next step: it must come to the same.
        if held_out is not None and not math.isfinite(held_out.total):
            raise self._not_finite(samples // self.batch_size, f"the held-out loss is {held_out.total}")
        return CurvePoint(samples=samples, training=training, held_out=held_out)

    def _not_finite(self, step: int, found: str) -> DataError:
        return DataError(
            f"training {self._dataset.config_key} on {self._dataset.path}: after {step} of {self.steps} steps {found}. "
            f"Nothing was written. Lower learning_rate ({self._settings.learning_rate}) or set precision to fp32; else "
            "make the dataset anew."
        )


def batch_size_on(settings: TrainingSettings, device: str) -> int:
    """Samples of a step on a device, `cpu` or `cuda`: on a GPU more than the setting, where its memory allows that."""
    usage = MACHINE.gpu() if device == CUDA and settings.batch_by_memory else None
    return settings.batch_size if usage is None else max(settings.batch_size, batch_size_for(usage.free / GB))


class AveragedWeights:
    """A network whose weights are a running mean of another's."""

    def __init__(self, network: BoardNetwork, share: float) -> None:
        """`share`: a batch's samples divided by those that the mean is over; a step counts for 1 - exp(-share)."""
        self.network: BoardNetwork = copy.deepcopy(network).requires_grad_(False)
        self._weight = 1 - math.exp(-share)
        self._updates = 0

    def update(self, network: BoardNetwork) -> None:
        """Take a step's weights into the mean; the first steps count alike, none more than it will later."""
        self._updates += 1
        weight = max(self._weight, 1 / self._updates)
        with torch.no_grad():
            for mean, current in zip(self.network.parameters(), network.parameters(), strict=True):
                mean.lerp_(current, weight)


def rate_at(step: int, steps: int, warmup: float) -> float:
    """Learning rate of step number `step` of `steps` as part of the highest: a line up, then half a cosine down."""
    rising = max(1, round(warmup * steps))
    if step < rising:
        return (step + 1) / rising
    done = (step - rising + 1) / max(1, steps - rising)
    return _LAST_RATE + (1 - _LAST_RATE) * 0.5 * (1 + math.cos(math.pi * done))


def curve_steps(steps: int, points: int) -> frozenset[int]:
    """After how many steps the learning curve is measured: `points` times or at every step, evenly, the last at the
    end.
    """
    return frozenset(math.ceil(steps * point / points) for point in range(1, points + 1))


def evaluation_steps(steps: int, settings: TrainingSettings) -> frozenset[int]:
    """After how many steps games are played: points of the learning curve, evenly, the last at the end."""
    points = sorted(curve_steps(steps, settings.curve_points))
    return frozenset(points[number - 1] for number in curve_steps(len(points), settings.background_evaluations))


def row_batches(rows: NDArray[np.int64], batch_size: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Batches of `rows` without end: one random permutation after the other, none of them cut at a batch's end."""
    random = _random(seed, _ORDER)
    waiting = np.empty(0, np.int64)
    while True:
        while len(waiting) < batch_size:
            waiting = np.concatenate([waiting, random.permutation(rows)])
        yield waiting[:batch_size]
        waiting = waiting[batch_size:]


def _held_out_total(point: CurvePoint) -> float | None:
    return point.held_out.total if point.held_out is not None else None


def _random(seed: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, stream]))


def _optimiser(network: BoardNetwork, settings: TrainingSettings) -> torch.optim.AdamW:
    decayed, others = [], []
    for parameter in network.parameters():  # a bias or gain has one number per channel
        (decayed if parameter.numel() > len(parameter) else others).append(parameter)
    groups = [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)


def _require_enough(dataset: Dataset, settings: TrainingSettings) -> None:
    needed = {"training": settings.min_rows, "held-out": settings.min_held_out_rows}
    found = {"training": len(dataset.training_rows), "held-out": len(dataset.held_out_rows)}
    for part in needed:
        if found[part] < needed[part]:
            raise DataError(
                f"dataset {dataset.path}: {found[part]} {part} rows, {needed[part]} are needed; play more games of "
                f"{dataset.config_key} and materialise combined_npz again"
            )
