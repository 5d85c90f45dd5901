"""How much of everything one cycle of a configuration takes: what the assets are given.

The numbers come from the thresholds (`ringrift_assets.thresholds`: defaults, `ringrift.yaml`, environment). A run may
override any of them through the fields of its asset's configuration (`assets/`), and what it used is in the metadata of
what it made.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Self

from ringrift_assets.thresholds import Thresholds, read_thresholds
from ringrift_assets.thresholds.sections import Training
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ConfigError
from ringrift_engine.evaluation.settings import evaluation_settings
from ringrift_engine.nets.settings import NetworkSettings
from ringrift_engine.training.settings import TrainingSettings, training_settings

if TYPE_CHECKING:
    from ringrift_engine.feedback.quality import TrainingAdjustment


@dataclass(frozen=True, kw_only=True)
class _Settings:
    """Numbers of one stage, with overrides."""

    def override(self, values: Mapping[str, Any]) -> Self:
        """These settings with the values that are not None; ConfigError names a value below the field's least one."""
        return replace(self, **{name: value for name, value in values.items() if value is not None})

    def _at_least(self, least: float, *names: str) -> None:
        for name in names:
            if not getattr(self, name) >= least:
                raise ConfigError(
                    f"{type(self).__name__}: {name} is {getattr(self, name)}, it must be at least {least:g}."
                )


@dataclass(frozen=True, kw_only=True)
class SelfplayBudget(_Settings):
    """Games that one generation plays, with and without a promoted model (`thresholds.sections.Selfplay`)."""

    bootstrap_games: int
    searched_games: int
    bootstrap_batch: int
    searched_batch: int
    simulations: int
    full_share: float = 1.0
    """Share of the decisions that get these simulations (`search.settings.PlayoutCap`)."""
    cheap_simulations: int = 8
    """Of the others."""
    bootstrap_player: str = "bootstrap"
    bootstrap_simulations: int | None = None
    """Simulations or playouts a decision of a bootstrap player that searches; None for the player's own default."""
    games: int | None = None
    """Games of this generation, whoever plays; None for the numbers above."""
    batch_games: int | None = None
    """Games of a shard of this generation, likewise."""
    temperature: float = 1.0
    """Of the moves that are drawn, in games of the promoted model."""
    opponents: Mapping[str, float] = field(default_factory=lambda: {"self": 1.0})
    """Share of the games against each opponent: self, earlier, heuristic, random."""
    seed: int = 0

    def __post_init__(self) -> None:
        self._at_least(1, "bootstrap_games", "searched_games", "bootstrap_batch", "searched_batch")
        self._at_least(1, "simulations", "cheap_simulations")
        self._at_least(1, *(name for name in ("games", "batch_games") if getattr(self, name) is not None))
        self._at_least(0, "seed")

    def amount(self, searched: bool) -> tuple[int, int]:
        """Games of a generation with or without a promoted model, and games of one of its shards."""
        games, batch = (
            (self.searched_games, self.searched_batch) if searched else (self.bootstrap_games, self.bootstrap_batch)
        )
        return self.games or games, self.batch_games or batch


@dataclass(frozen=True, kw_only=True)
class TrainingBudget(_Settings):
    """What there must be before training starts, and what differs from the engine's training settings.

    needed_new        games or searched positions (`counts`) that must have come since the last training
    needed_games, needed_positions, needed_held_out   what the training set must hold
    max_age_hours     oldest acceptable age of the newest games: older data belongs to a player that is no longer there
    minimum_quality   least quality score of the training set
    samples, epochs, batch_size, channels, blocks     None for the engine's default of the board
    engine            other settings of the engine's training and network that are not its defaults, by name
    patience, least_improvement   when held-out losses stop a training (`FeedbackSettings`)
    background_games  played beside a training at some points of it; 0 for none
    transfer_from     configuration whose promoted model the first training starts from, empty for none
    """

    counts: str
    needed_new: int
    needed_games: int
    needed_positions: int
    needed_held_out: int
    max_age_hours: float
    minimum_quality: float
    patience: int
    least_improvement: float
    background_games: int
    samples: int | None = None
    epochs: float | None = None
    batch_size: int | None = None
    channels: int | None = None
    blocks: int | None = None
    engine: Mapping[str, Any] = field(default_factory=dict)
    transfer_from: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        self._at_least(0, "needed_new", "needed_games", "needed_positions", "needed_held_out")
        self._at_least(0, "max_age_hours", "minimum_quality", "seed", "least_improvement", "background_games")
        self._at_least(1, "patience")

    def adjusted(self, adjustment: "TrainingAdjustment", config: BoardConfig) -> "TrainingBudget":
        """The budget as feedback changes it for data of poor quality: smaller batches, more epochs."""
        if (adjustment.batch_factor, adjustment.epoch_factor) == (1.0, 1.0):
            return self
        usual = training_settings(config)
        batch, epochs = self.batch_size or usual.batch_size, self.epochs or usual.epochs
        samples = self.samples or usual.max_samples
        return replace(
            self,
            batch_size=max(1, round(batch * adjustment.batch_factor)),
            epochs=epochs * adjustment.epoch_factor,
            samples=round(samples * adjustment.epoch_factor),
        )

    def engine_part(self, kind: type) -> dict[str, Any]:
        """Those of `engine` that a settings class of the engine has."""
        return {one.name: self.engine[one.name] for one in fields(kind) if one.name in self.engine}

    @property
    def work(self) -> dict[str, Any]:
        """What decides the checkpoint; the rest decides when it is made, and where a first one starts."""
        others = ("counts", "needed_new", "needed_games", "max_age_hours", "minimum_quality", "transfer_from")
        return {name: value for name, value in asdict(self).items() if name not in others}


@dataclass(frozen=True, kw_only=True)
class GauntletBudget(_Settings):
    """What differs from the engine's settings of a gauntlet; None for the engine's default of the board."""

    games_random: int | None = None
    games_heuristic: int | None = None
    simulations: int | None = None
    min_games: int | None = None
    """Games before which the sequential test against the promoted model decides nothing."""
    max_games: int | None = None
    """Cap of that test."""
    elo_threshold: float = 25.0
    """Gain over the promoted model that it looks for, Elo."""
    confidence: float = 0.95
    """One minus the chance of each of its errors."""
    seed: int = 0

    def __post_init__(self) -> None:
        self._at_least(0, "seed")


@dataclass(frozen=True, kw_only=True)
class ConfigurationSettings:
    """All budgets of one configuration, and the thresholds that they were taken from."""

    selfplay: SelfplayBudget
    training: TrainingBudget
    gauntlet: GauntletBudget
    thresholds: Thresholds


def settings_of(key: str, thresholds: Thresholds | None = None) -> ConfigurationSettings:
    """The settings of a configuration as they hold now; ConfigError for a configuration file or variable that cannot be
    read.
    """
    own = (thresholds or read_thresholds()).of(key)
    training, evaluation = own.training, own.evaluation
    selfplay = {name: value for name, value in asdict(own.selfplay).items() if name != "memory_gib"}
    return ConfigurationSettings(
        selfplay=SelfplayBudget(**selfplay),
        training=TrainingBudget(
            counts=training.counts,
            needed_new=training.new_games if training.counts == "games" else training.new_positions,
            needed_games=training.needed_games,
            needed_positions=training.needed_positions,
            needed_held_out=training.needed_held_out,
            max_age_hours=own.freshness.max_age_hours,
            minimum_quality=own.quality.blocked_below,
            patience=training.patience,
            least_improvement=training.least_improvement,
            background_games=training.background_games,
            samples=training.samples,
            batch_size=training.batch_size,
            channels=training.channels,
            blocks=training.blocks,
            engine=_for_the_engine(training),
            transfer_from=_of_the_family(key, training.transfer_from),
        ),
        gauntlet=GauntletBudget(
            games_random=evaluation.games,
            games_heuristic=evaluation.games,
            simulations=evaluation.simulations,
            min_games=_games_before_a_decision(key, own),
            max_games=evaluation.max_games,
            elo_threshold=own.promotion.elo_threshold,
            confidence=own.promotion.confidence_threshold,
        ),
        thresholds=own,
    )


def _games_before_a_decision(key: str, own: Thresholds) -> int:
    """Games before which the test against the promoted model decides nothing: its own number, and at least those that a
    promotion asks for; a test that stops sooner would find a stronger network and have it refused.
    """
    usual = evaluation_settings(BoardConfig.from_key(key)).sequential
    least = max(own.evaluation.min_games or usual.min_games, own.promotion.min_games)
    return min(least, own.evaluation.max_games or usual.max_games)


def _for_the_engine(training: Training) -> dict[str, Any]:
    """The thresholds that have the name of a setting of the engine and are none of the budget's own; null is left out:
    it means the engine's default.
    """
    known = {one.name for kind in (TrainingSettings, NetworkSettings) for one in fields(kind)}
    known -= {one.name for one in fields(TrainingBudget)}
    return {name: value for name, value in asdict(training).items() if name in known and value is not None}


def _of_the_family(key: str, transfer_from: str) -> str:
    """`transfer_from` if a network of `key` can begin with the weights of that configuration; ConfigError if not."""
    if not transfer_from:
        return ""
    family = BoardConfig.from_key(key).family
    if transfer_from == key or BoardConfig.from_key(transfer_from).board not in family:
        raise ConfigError(
            f"{key}: training.transfer_from is {transfer_from}. It must be another configuration of the same family of "
            f"boards, {' or '.join(family)} with any number of players. Set it for each configuration by itself."
        )
    return transfer_from
