"""What is written about a training: losses by head, the learning curve, and what the losses are compared with.

All of it is a function of dataset, settings and previous model, so it may stand in the checkpoint; what is
not (speed, and the hash of the file itself) is left out by `recorded`.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from ringrift_engine.feedback.history import OpponentResult


@dataclass(frozen=True)
class HeadLosses:
    """Weighted means over rows; `total` is the sum that training lowers, held out with the outcome as the only target
    of the value. Units: nats, for score and length Huber errors.
    """

    policy: float
    value: float
    search_value: float
    """Of the value too, to what searches stated."""
    ownership: float
    score: float
    length: float
    next_move: float
    total: float


@dataclass(frozen=True)
class HeldOutMeasurement:
    """How well saved weights predict rows of games that were not trained on."""

    losses: HeadLosses
    constant_value_loss: float
    """Value loss of one who always says how often each relative seat won in the training rows."""
    uniform_policy_loss: float
    """Policy loss of one who holds all legal moves for equally good."""
    policy_entropy: float
    """Entropy of the targets: no policy loss can be lower."""
    winner_accuracy: float
    """Part of the rows in which the likeliest seat won."""
    move_agreement: float
    """Part of the rows in which the likeliest move is one of highest target."""


@dataclass(frozen=True)
class CurvePoint:
    """The learning curve after a number of samples."""

    samples: int
    training: HeadLosses
    """Means over the batches since the point before, of the weights as they were."""
    held_out: HeadLosses | None
    """Of the averaged weights, on a fixed part of the held-out rows; None where there are none."""


@dataclass(frozen=True, kw_only=True)
class EvaluationPoint:
    """Games that the averaged weights played after a number of samples."""

    samples: int
    result: OpponentResult


@dataclass(frozen=True, kw_only=True)
class TrainingReport:
    """One finished training."""

    config_key: str
    architecture: str
    parameters: int
    start: str
    """`previous model`, `transferred from` with the model of another configuration, or `from scratch` with the reason.
    """
    source: str
    """`combined_npz`, or `npz_exports` where combination was left out by choice."""
    precision: str
    device: str
    """`cpu` or `cuda`."""
    processes: int
    """That took a part of every batch each."""
    batch_size: int
    training_rows: int
    training_games: int
    held_out_rows: int
    held_out_games: int
    steps: int
    """That were taken; fewer than planned if the training was stopped."""
    samples: int
    """Shown in those steps."""
    stopped: str
    """Why it was stopped, empty if it ran to its end."""
    saved_samples: int
    """After how many samples the saved weights were: all of them, or of a stopped training those of its best point."""
    constant_winner: tuple[float, ...]
    """How often each relative seat won in the training rows; what the constant predictor says."""
    curve: tuple[CurvePoint, ...]
    evaluations: tuple[EvaluationPoint, ...]
    """Of the weights so far, if games were asked for."""
    held_out: HeldOutMeasurement | None
    """Of the saved weights; None if the dataset holds no rows out."""
    inputs: dict[str, str] = field(default_factory=dict)
    """Name -> SHA-256 of what the model was made from."""
    sha256: str = ""
    """Identity of the checkpoint."""
    samples_per_s: float = 0.0
    """Speed of the loop, measurements included."""

    def recorded(self) -> dict[str, Any]:
        """The part that equal trainings share, as JSON values."""
        facts = asdict(self)
        for outside in ("inputs", "sha256", "samples_per_s"):
            del facts[outside]
        return facts
