"""The strongest player at hand for a configuration: who plays against a person who names nobody, and who gives hints.

The promoted model of the data root, else the model that ships with the package, both with search; else the
heuristic. A promoted model whose file is gone is an error, and no reason to take another.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ringrift_engine.boards import BoardConfig
from ringrift_engine.models import shipped_model
from ringrift_engine.players.factory import PlayerSpec
from ringrift_engine.players.models import PROMOTED, SHIPPED, model_path, promoted_models

# Twice the budget of self-play where games are short, half of it where they are ten times as long.
SIMULATIONS_ON_SMALL_BOARDS: Final = 64
SIMULATIONS_ON_LARGE_BOARDS: Final = 16
_LARGE: Final = 100  # cells


@dataclass(frozen=True)
class Strongest:
    """Which player that is, and why it is no other."""

    spec: PlayerSpec
    why: str


def strongest_player(config: BoardConfig, root: Path, simulations: int | None = None) -> Strongest:
    """The strongest player of `config` with the data root `root`; `simulations` a decision, if not the usual number.

    DataError if a model was promoted and its file is gone.
    """
    budget = simulations or usual_simulations(config)
    if promoted_models(config, root):
        model_path(PROMOTED, config, root)
        return Strongest(_search(PROMOTED, budget), f"the promoted model of {root}")
    if shipped_model(config.key):
        return Strongest(_search(SHIPPED, budget), f"it ships with the package; {root} has no promoted model")
    why = f"{root} has no promoted model of {config.key}, and none ships with the package"
    return Strongest(PlayerSpec("heuristic"), why)


def strongest_adviser(config: BoardConfig, root: Path, simulations: int | None = None) -> Strongest:
    """The same for hints: in the heuristic's place the teacher, which looks ahead and knows a win chance."""
    found = strongest_player(config, root, simulations)
    return found if found.spec.model else Strongest(PlayerSpec("teacher", simulations=simulations), found.why)


def usual_simulations(config: BoardConfig) -> int:
    """Simulations a decision where nobody names a number."""
    return SIMULATIONS_ON_SMALL_BOARDS if config.cells < _LARGE else SIMULATIONS_ON_LARGE_BOARDS


def _search(model: str, simulations: int) -> PlayerSpec:
    return PlayerSpec("search", model=Path(model), simulations=simulations)
