"""What a training may be told, and the defaults per configuration. Imports no torch.

Work is counted in samples, never in time: a training of equal settings and data does equal work on every machine. The
budget of the 8-boards is what two cores train in two and a half minutes.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Final, Self

from ringrift_engine.boards import BoardConfig
from ringrift_engine.devices import DEVICES
from ringrift_engine.errors import ConfigError, refuse_unknown
from ringrift_engine.nets.precision import AUTO, PRECISIONS


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """Settings of one training; ConfigError if one is impossible."""

    seed: int = 0
    """Decides first weights, order of samples and symmetries."""
    batch_size: int = 256
    """Samples a step."""
    batch_by_memory: bool = True
    """Whether a GPU with much free memory takes larger batches: those of `resources.batch_size_for`."""
    epochs: float = 4.0
    """Times that a training row is seen at most."""
    max_samples: int = 300_000
    """Samples seen at most, whatever the number of rows."""
    learning_rate: float = 2e-2
    """Highest learning rate: risen to linearly, then lowered along a cosine to a hundredth."""
    warmup: float = 0.05
    """Part of the steps in which the learning rate rises."""
    weight_decay: float = 1e-2
    """Decay per step and learning rate of all weight matrices and kernels; biases and gains have none."""
    gradient_clip: float = 1.0
    """Largest norm of the gradient of all weights together."""
    average_samples: int = 5_000
    """Samples over which saved weights average: after so many, a step's weights count for 1 / e of what they did."""
    value_weight: float = 1.0
    """Weight of the value's cross-entropy in the loss; the policy's is 1."""
    search_value_share: float = 0.5
    """Part of the value's target that is what the row's search stated; the rest is who won. With 0 the outcome alone.
    """
    ownership_weight: float = 0.25
    """Weight of the final owners' cross-entropy, mean over cells."""
    score_weight: float = 0.25
    """Weight of the final scores' error."""
    length_weight: float = 0.05
    """Weight of the remaining length's error."""
    next_move_weight: float = 0.15
    """Weight of the next decision's cross-entropy."""
    symmetries: bool = True
    """Whether samples are turned by random symmetries of the board."""
    precision: str = AUTO
    """`bf16`, `fp32`, or `auto`: bf16 where the device computes with it."""
    device: str = AUTO
    """`cpu`, `cuda`, or `auto`: the GPU where torch can use one."""
    curve_points: int = 8
    """How often the held-out loss is measured for the learning curve, the last time at the end."""
    background_evaluations: int = 4
    """At how many of those points the weights so far play games, if games are asked for; the last time at the end."""
    min_rows: int = 1_000
    """Fewer training rows than this are refused."""
    min_held_out_rows: int = 100
    """Fewer held-out rows than this are refused; with 0 a training without any is possible, and measures nothing."""

    def __post_init__(self) -> None:
        counts = {"batch_size", "max_samples", "average_samples", "curve_points", "background_evaluations", "min_rows"}
        for name, value in asdict(self).items():
            if isinstance(value, str | bool):
                continue
            least = 1 if name in counts else 0
            if not math.isfinite(value) or value < least:
                raise ConfigError(f"training setting {name} = {value}: at least {least} is needed")
        for name in ("epochs", "learning_rate", "gradient_clip"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"training setting {name} = {getattr(self, name)}: it must exceed 0")
        for name, whole in (("warmup", "the steps"), ("search_value_share", "the target")):
            if getattr(self, name) > 1:
                raise ConfigError(
                    f"training setting {name} = {getattr(self, name)}: it is a part of {whole}, at most 1"
                )
        if self.precision not in PRECISIONS:
            raise ConfigError(f"training setting precision = {self.precision!r}; known: {', '.join(PRECISIONS)}")
        if self.device not in DEVICES:
            raise ConfigError(f"training setting device = {self.device!r}; known: {', '.join(DEVICES)}")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], source: str) -> Self:
        """Settings of `values`, defaults elsewhere; ConfigError names `source` and, for an unknown one, the nearest."""
        refuse_unknown("training setting", values, [field.name for field in fields(cls)], source)
        return cls(**values)


_SMALL_BOARD: Final = TrainingSettings()
_LARGE_BOARD: Final = replace(_SMALL_BOARD, batch_size=128, max_samples=60_000, average_samples=4_000)
_BY_BOARD: Final[Mapping[str, TrainingSettings]] = MappingProxyType(
    {"hex8": _SMALL_BOARD, "square8": _SMALL_BOARD, "square19": _LARGE_BOARD, "hexagonal": _LARGE_BOARD}
)


def training_settings(config: BoardConfig) -> TrainingSettings:
    """The default settings of a configuration's training."""
    return _BY_BOARD[config.board]
