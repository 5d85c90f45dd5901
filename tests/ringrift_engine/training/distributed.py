"""One process of a training of several, started by torchrun from `test_group`.

    torchrun --nproc-per-node 2 -m tests.ringrift_engine.training.distributed DATASET FOLDER

Every process writes the gradient that it holds after the processes' were added; the first one also trains on.
"""

import sys
from pathlib import Path

import numpy as np
import torch

from ringrift_engine.encoding import Encoding
from ringrift_engine.feedback.settings import DEFAULTS
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.workers import Workers
from ringrift_engine.progress import silent
from ringrift_engine.training.dataset import Dataset
from ringrift_engine.training.gradient import BatchGradient
from ringrift_engine.training.group import Group, joined
from ringrift_engine.training.loop import TrainingTask
from tests.ringrift_engine.training.test_loop import CONFIGS, KEY, NETWORK, QUICK

ROWS = 37  # an odd number: the parts differ
CONFIG = CONFIGS[KEY]


def gradient(dataset: Path, group: Group) -> tuple[float, list[np.ndarray]]:
    """Loss and gradient of the first rows, each after its symmetry."""
    encoding = Encoding(CONFIG)
    network = BoardNetwork(NETWORK, encoding)
    compute = BatchGradient(network, Dataset(dataset, CONFIG), encoding, QUICK, Workers(1), group)
    rows = np.arange(ROWS)
    loss, _ = compute(rows, rows % encoding.symmetries)
    return loss, [parameter.grad.numpy() for parameter in network.parameters() if parameter.grad is not None]


def main() -> None:
    dataset, folder = map(Path, sys.argv[1:])
    torch.set_num_threads(1)
    with joined("cpu") as group:
        loss, gradients = gradient(dataset, group)
        np.savez(folder / f"gradient-{group.rank}.npz", np.array(loss), *gradients)
        task = TrainingTask(CONFIG, NETWORK, QUICK, 1, False, DEFAULTS, None)
        report = task.run_in(group, dataset, folder / "model", None, silent)
        assert report is not None
        (folder / f"report-{group.rank}.txt").write_text(f"{report.sha256} {report.processes}")


if __name__ == "__main__":
    main()
