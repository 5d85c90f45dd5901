"""What an evaluation may be told, and the defaults of the twelve configurations.

A game on a large board has ten times the moves and each costs ten times the work, so fewer are played there. Fifty
games against each opponent are what promotion asks for at least (`promotion.criteria`); openings of a few random
choices are enough for games to differ and too short to decide them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Final, Self

from ringrift_engine.boards import CONFIGS, BoardConfig
from ringrift_engine.errors import ConfigError, refuse_unknown
from ringrift_engine.evaluation.sequential import SequentialSettings


@dataclass(frozen=True, kw_only=True)
class EvaluationSettings:
    """Settings of one gauntlet; ConfigError if one is impossible."""

    games_random: int = 100
    """Games against the random player; rounded up to whole rounds of one game a seat."""
    games_heuristic: int = 100
    """Games against the heuristic player, rounded up likewise; without search as many against it and the baseline."""
    opening_decisions: int = 4
    """Random choices before the players take over."""
    simulations: int = 32
    """Search simulations a decision of candidate and promoted model: those of self-play."""
    concurrency: int = 256
    """Games on the board at once."""
    sequential: SequentialSettings = field(default_factory=SequentialSettings)
    """The test against the promoted model."""

    def __post_init__(self) -> None:
        for name in ("games_random", "games_heuristic", "opening_decisions", "simulations", "concurrency"):
            if getattr(self, name) < 1:
                raise ConfigError(f"Evaluation setting {name} = {getattr(self, name)}: it must be 1 or more.")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], source: str) -> Self:
        """Settings of `values`, defaults elsewhere; options of the sequential test under the key `sequential`.

        ConfigError names `source` and, for an unknown option, the nearest known one.
        """
        _refuse_unknown(cls, values, source)
        test = values.get("sequential", {})
        if isinstance(test, Mapping):
            _refuse_unknown(SequentialSettings, test, f"{source}, sequential")
            test = SequentialSettings(**test)
        return cls(**{**values, "sequential": test})


def _refuse_unknown(settings: type, values: Mapping[str, Any], source: str) -> None:
    refuse_unknown("evaluation option", values, [option.name for option in fields(settings)], source)


_SMALL_BOARD: Final = EvaluationSettings()
_LARGE_BOARD: Final = replace(
    _SMALL_BOARD,
    games_random=50,
    games_heuristic=50,
    simulations=8,
    concurrency=64,
    sequential=SequentialSettings(max_games=400, games_a_look=16),
)
_BY_BOARD: Final = {"hex8": _SMALL_BOARD, "square8": _SMALL_BOARD, "square19": _LARGE_BOARD, "hexagonal": _LARGE_BOARD}
EVALUATION_SETTINGS: Final[Mapping[str, EvaluationSettings]] = MappingProxyType(
    {key: _BY_BOARD[config.board] for key, config in CONFIGS.items()}
)


def evaluation_settings(config: BoardConfig) -> EvaluationSettings:
    """The default settings of a configuration's gauntlet."""
    return EVALUATION_SETTINGS[config.key]
