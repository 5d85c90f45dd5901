"""The settings object: all thresholds, where each value came from, and what differs from the defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from ringrift_assets.thresholds.nodes import Node
from ringrift_assets.thresholds.sections import (
    Breaker,
    Data,
    Evaluation,
    Freshness,
    Housekeeping,
    Idle,
    Loop,
    Promotion,
    Quality,
    Reconciliation,
    Rollback,
    Selfplay,
    Sync,
    Training,
)
from ringrift_engine.boards import CONFIG_KEYS
from ringrift_engine.errors import unknown_name
from ringrift_engine.options import Option, options_of
from ringrift_engine.resources import ResourceLimits

DEFAULT: Final = "default"

SECTIONS: Final[Mapping[str, type]] = MappingProxyType(
    {
        "selfplay": Selfplay,
        "data": Data,
        "freshness": Freshness,
        "quality": Quality,
        "training": Training,
        "evaluation": Evaluation,
        "breaker": Breaker,
        "sync": Sync,
        "resources": ResourceLimits,
        "promotion": Promotion,
        "rollback": Rollback,
        "reconciliation": Reconciliation,
        "idle": Idle,
        "housekeeping": Housekeeping,
        "loop": Loop,
    }
)
"""Section of `ringrift.yaml` -> its class, in the order of the page."""

PER_CONFIGURATION: Final = frozenset(
    {"selfplay", "freshness", "quality", "data", "training", "evaluation", "breaker", "promotion", "rollback"}
)
"""Sections that `configurations:` may set; the others are about the machine, which all configurations share."""

BY_BOARD: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        board: {
            "selfplay.bootstrap_games": bootstrap,
            "selfplay.searched_games": searched,
            "selfplay.bootstrap_batch": bootstrap_batch,
            "selfplay.searched_batch": 8,
            "selfplay.simulations": 8,
            "selfplay.cheap_simulations": 2,
            "training.counts": "positions",
            "training.new_positions": 5_000,
            "training.needed_games": needed,
            "training.needed_positions": 1_000,
            "training.needed_held_out": 50,
            "rollback.games_a_check": 40,
            "training.background_games": 0,  # a game costs what a hundredth of the training does
        }
        for board, bootstrap, searched, bootstrap_batch, needed in (
            ("square19", 160, 40, 20, 16),
            ("hexagonal", 96, 24, 12, 12),
        )
    }
)
"""Defaults where one value cannot serve all boards: on a large one a game has ten times the moves, and each costs ten
times the work.
"""

OPTIONS: Final[Mapping[str, Option]] = MappingProxyType(
    {f"{section}.{name}": one for section, kind in SECTIONS.items() for name, one in options_of(kind).items()}
)
"""Every threshold by its full name, `section.name`."""


def default_of(name: str, key: str | None) -> Any:
    """The default of a threshold for one configuration, or for all (None)."""
    board = BY_BOARD.get(key.rsplit("_", 1)[0], {}) if key else {}
    return board.get(name, OPTIONS[name].default)


@dataclass(frozen=True)
class Override:
    """A threshold that is not at its default: its value, the default, and who says so."""

    value: Any
    default: Any
    source: str


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """All thresholds, of one configuration (`key`) or common to all (`key` None)."""

    selfplay: Selfplay
    data: Data
    freshness: Freshness
    quality: Quality
    training: Training
    evaluation: Evaluation
    breaker: Breaker
    sync: Sync
    resources: ResourceLimits
    promotion: Promotion
    rollback: Rollback
    reconciliation: Reconciliation
    idle: Idle
    housekeeping: Housekeeping
    loop: Loop
    key: str | None = None
    nodes: tuple[Node, ...] = ()
    sources: Mapping[str, str]
    """Full name -> `default`, the file, or the environment variable that the value came from."""
    configurations: Mapping[str, "Thresholds"] = field(default_factory=dict, repr=False)
    """The thresholds of each configuration, in those that are common to all; empty in a configuration's own."""

    def of(self, key: str) -> "Thresholds":
        """The thresholds of one configuration; ConfigError for an unknown one."""
        if key not in self.configurations:
            raise unknown_name("configuration", key, CONFIG_KEYS)
        return self.configurations[key]

    def value(self, name: str) -> Any:
        """A threshold by its full name."""
        section, option = name.split(".")
        return getattr(getattr(self, section), option)

    def overrides(self) -> dict[str, Override]:
        """What differs from the defaults, by full name: to be recorded with whatever it let through."""
        found = {}
        for name, source in self.sources.items():
            value, default = self.value(name), default_of(name, self.key)
            if value != default:
                found[name] = Override(value, default, source)
        return found
