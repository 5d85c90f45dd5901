"""Training: from a combined dataset to a checkpoint.

    settings   what a training may be told. Imports no torch
    dataset    reads and checks a combined NPZ, gives batches of it
    symmetry   turns a batch by symmetries of the board
    loss       what the network is asked for, head by head
    group      the processes of one training, each with its device
    gradient   the gradient of a batch, by threads or on a GPU
    report     what is written about a training
    measure    held-out losses, and the constant predictor they are compared with
    watch      whether a running training should go on, and its best weights so far
    loop       the training itself

`train` is resolved when first asked for (PEP 562): torch takes seconds to import.
"""

from typing import TYPE_CHECKING, Any

from ringrift_engine.training.settings import TrainingSettings, training_settings

if TYPE_CHECKING:
    from ringrift_engine.training.loop import train
    from ringrift_engine.training.report import TrainingReport

__all__ = ["TrainingReport", "TrainingSettings", "train", "training_settings"]

_HOMES = {"train": "loop", "TrainingReport": "report"}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"ringrift_engine.training.{_HOMES[name]}"), name)
