"""The thresholds by subject. A name here is the name in `ringrift.yaml`; the numbers are those of the platform that
this one replaces, where it had any.

Two numbers are not repeated, because the engine decides them better: win rates against the fixed opponents rise
with the games that a model learnt from (`ringrift_engine.evaluation.floors`), and how many games a gauntlet plays
depends on the board (`ringrift_engine.evaluation.settings`). Here they can be overridden, for all models alike.
"""

from dataclasses import dataclass
from typing import Literal

from ringrift_engine.feedback.settings import DEFAULTS
from ringrift_engine.options import check_options, check_order, option


class _Section:
    """A section checks its own values."""

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True, kw_only=True)
class Freshness(_Section):
    """How old games may be that a network learns from."""

    max_age_hours: float = option(
        48.0,
        "h",
        "Age of the newest games of a training set above which training is blocked and new games are asked for.",
        least=0,
    )


@dataclass(frozen=True, kw_only=True)
class Quality(_Section):
    """How good games must be that a network learns from."""

    blocked_below: float = option(
        0.50, "score", "Training set with a lower quality score: training is blocked.", least=0, most=1
    )
    degraded_below: float = option(
        0.70, "score", "With a lower quality score training takes smaller batches and more epochs.", least=0, most=1
    )
    min_searched_share: float = option(
        0.80,
        "share",
        "From the second generation on: least share of rows from games in which the promoted network searched.",
        least=0,
        most=1,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_order(self, (("blocked_below", "degraded_below"),))


@dataclass(frozen=True, kw_only=True)
class Selfplay(_Section):
    """How much one generation plays.

    The bootstrap player needs no network and plays hundreds of games a second, and a first network needs many: who wins
    is one bit a game. Every searched decision asks a network dozens of times, and tells a learner more. So there are
    two numbers for games, and two for the games of a shard.
    """

    bootstrap_games: int = option(4_000, "games", "Games of a generation while there is no promoted model.", least=1)
    searched_games: int = option(
        1_000, "games", "Games of a generation of the promoted model: as many as start the next training.", least=1
    )
    bootstrap_batch: int = option(
        500, "games", "Games of a shard without search: a killed run loses at most these.", least=1
    )
    searched_batch: int = option(125, "games", "Games of a shard with search.", least=1)
    simulations: int = option(32, "simulations", "Search simulations a decision.", least=1)
    full_share: float = option(
        1.0,
        "share",
        "Share of the decisions of models that get all of them and are learnt from; 1: all.",
        least=0.01,
        most=1,
    )
    cheap_simulations: int = option(
        8, "simulations", "Search simulations of the other decisions, which only move the game on.", least=1
    )
    bootstrap_player: Literal["bootstrap", "teacher", "uct"] = option(
        "bootstrap",
        "",
        "Who plays while there is no promoted model: the drawn heuristic, or a search without a network.",
    )
    bootstrap_simulations: int | None = option(
        None,
        "simulations",
        "Simulations or playouts a decision of a bootstrap player that searches; null: the player's own number.",
        least=1,
    )
    memory_gib: float = option(
        1.0,
        "GiB",
        "Main memory that must be free before the loop starts a generation.",
        least=0,
    )


@dataclass(frozen=True, kw_only=True)
class Data(_Section):
    """How the exports of games become a training set."""

    surprise_share: float = option(
        0.5,
        "part",
        "Of a searched position's weight, the part that goes with how much its search changed the network's policy; 0: "
        "none.",
        least=0,
        most=1,
    )


@dataclass(frozen=True, kw_only=True)
class Training(_Section):
    """How much new data starts a training, what the training set must hold, and what differs from the engine's own
    settings of a training; null there means the engine's default of the board.
    """

    counts: Literal["games", "positions"] = option(
        "games", "", "What is counted; large boards count searched positions: one game there has hundreds."
    )
    new_games: int = option(
        1_000,
        "games",
        "New games since the last training that start one, where games are counted.",
        least=1,
        variable="RINGRIFT_TRAINING_THRESHOLD",
    )
    new_positions: int = option(
        20_000,
        "positions",
        "New searched positions since the last training that start one, where positions are counted.",
        least=1,
    )
    needed_games: int = option(100, "games", "Games that the training set must rest on.", least=0)
    needed_positions: int = option(2_000, "positions", "Positions to learn from that it must hold.", least=0)
    needed_held_out: int = option(
        100, "positions", "Positions of games held out for measuring that it must hold.", least=0
    )
    samples: int | None = option(None, "positions", "Positions shown to the network, repetitions counted.", least=1)
    batch_size: int | None = option(None, "positions", "Positions of one training step.", least=1)
    channels: int | None = option(None, "channels", "Width of the network.", least=1)
    blocks: int | None = option(None, "blocks", "Residual blocks of the network.", least=1)
    pooled_every: int | None = option(
        None, "blocks", "Every so many-th block sees the whole board's mean and maximum; 0: none.", least=0
    )
    learning_rate: float | None = option(None, "", "Highest learning rate.", least=1e-9)
    symmetries: bool | None = option(None, "", "Whether positions are turned by random symmetries of the board.")
    ownership_weight: float | None = option(None, "weight", "Of the final owners' loss; 0: not learnt.", least=0)
    score_weight: float | None = option(None, "weight", "Of the final scores' loss; 0: not learnt.", least=0)
    next_move_weight: float | None = option(None, "weight", "Of the next decision's loss; 0: not learnt.", least=0)
    search_value_share: float | None = option(
        None, "share", "Part of the value's target that searches stated; the rest is who won.", least=0, most=1
    )
    transfer_from: str = option(
        "",
        "",
        "Configuration of the same family of boards whose promoted model the first training starts from; empty: none.",
    )
    patience: int = option(
        DEFAULTS.patience,
        "points",
        "Points of the learning curve, of eight, without a better held-out loss: then a training is stopped.",
        least=1,
    )
    least_improvement: float = option(
        DEFAULTS.least_improvement, "part", "Of the best held-out loss that counts as better.", least=0, most=1
    )
    background_games: int = option(
        48,
        "games",
        "Games against the heuristic at every second of those points; a training that gets worse at them is stopped. "
        f"0 plays none; fewer than {DEFAULTS.background_games} are shown and stop nothing.",
        least=0,
    )


@dataclass(frozen=True, kw_only=True)
class Evaluation(_Section):
    """What a gauntlet plays, and what a candidate must reach in it."""

    games: int | None = option(
        None,
        "games",
        "Games against each fixed opponent; null: the board's own number.",
        least=1,
        variable="RINGRIFT_EVALUATION_GAMES",
    )
    simulations: int | None = option(
        None, "simulations", "Search simulations of the models; null: the board's own number.", least=1
    )
    min_games: int | None = option(
        None, "games", "Games before which the test against the promoted model decides nothing; null: its own.", least=1
    )
    max_games: int | None = option(None, "games", "Cap of that test; null: the board's own.", least=1)
    win_rate_random: float | None = option(
        None, "share", "Least win rate against the random player; null: the table of floors.", least=0, most=1
    )
    win_rate_heuristic: float | None = option(
        None, "share", "Least win rate against the heuristic player; null: the table of floors.", least=0, most=1
    )


@dataclass(frozen=True, kw_only=True)
class Breaker(_Section):
    """When a stage of a configuration that keeps failing is left alone."""

    faults: int = option(
        5, "faults", "Faults in a row that open the breaker.", least=1, variable="RINGRIFT_CB_FAILURE_THRESHOLD"
    )
    cool_down_s: float = option(
        300.0,
        "s",
        "Time after the last fault at which one trial is allowed.",
        least=0,
        variable="RINGRIFT_CB_RECOVERY_TIMEOUT",
    )


@dataclass(frozen=True, kw_only=True)
class Sync(_Section):
    """How often and how patiently games and models are moved between machines."""

    interval_s: float = option(60.0, "s", "Between two looks into the inbox.", least=1)
    min_interval_s: float = option(
        2.0, "s", "Never less between two syncs, whoever asks.", least=0, variable="RINGRIFT_MIN_SYNC_INTERVAL"
    )
    data_interval_s: float = option(
        120.0, "s", "Between two syncs with the nodes.", least=1, variable="RINGRIFT_DATA_SYNC_INTERVAL"
    )
    fast_interval_s: float = option(
        30.0, "s", "The same while a configuration's games are stale.", least=1, variable="RINGRIFT_FAST_SYNC_INTERVAL"
    )
    max_concurrent: int = option(
        6, "transfers", "Transfers at the same time.", least=1, variable="RINGRIFT_AUTO_SYNC_MAX_CONCURRENT"
    )
    write_through_timeout_s: float = option(
        60.0, "s", "How long a transfer of a node that may vanish is waited for before it is tried again.", least=1
    )
    capacity_max_age_s: float = option(
        300.0, "s", "How long what a store said about its free space is believed.", least=0
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_order(self, (("min_interval_s", "fast_interval_s"), ("fast_interval_s", "data_interval_s")))


@dataclass(frozen=True, kw_only=True)
class Promotion(_Section):
    """What a candidate must show.

    The numbers are the engine's own defaults; a test compares them.
    """

    auto_promote: bool = option(True, "", "Whether a cycle promotes by itself; if not, it only decides.")
    elo_threshold: float = option(
        25.0, "Elo", "Gain over the promoted model that the sequential test looks for.", least=1
    )
    min_games: int = option(50, "games", "Least games against each opponent.", least=1)
    min_win_rate: float = option(
        0.52,
        "share",
        "Least win rate against the promoted model; of a staging promotion and of a champion over all games.",
        least=0,
        most=1,
    )
    max_value_mse_degradation: float = option(
        0.05, "squared error", "How much worse the value may be on the same held-out games.", least=0
    )
    confidence_threshold: float = option(
        0.95, "probability", "Confidence of the tests: one minus the chance of each error.", least=0.51, most=0.9999
    )
    tier_games_required: int = option(100, "games", "Games of a promotion to the next tier.", least=1)
    sync_to_cluster: bool = option(False, "", "Whether a promoted model is published to the nodes at once.")


@dataclass(frozen=True, kw_only=True)
class Rollback(_Section):
    """When a promoted model is taken back. All but the last two are the engine's own defaults; a test compares them."""

    elo_regression_threshold: float = option(
        -30.0, "Elo", "A change in rating that counts as a regression; twice as much is severe.", most=0
    )
    min_games_for_regression: int = option(20, "games", "Fewer games say nothing about a regression.", least=1)
    consecutive_checks_required: int = option(3, "checks", "Regressions in a row that take a model back.", least=1)
    min_win_rate: float = option(
        0.40, "share", "A lower win rate against the model before takes a model back at once.", least=0, most=1
    )
    time_window_seconds: float = option(
        3_600.0, "s", "How far back the games count, and how long a promoted model is watched at least.", least=1
    )
    check_every_s: float = option(900.0, "s", "Between two checks of a promoted model.", least=1)
    games_a_check: int = option(
        100, "games", "Games of the promoted model against the one before that are played for a check.", least=1
    )


@dataclass(frozen=True, kw_only=True)
class Reconciliation(_Section):
    """How ratings are brought to agree with those of the nodes.

    The limits are the engine's own defaults; a test compares them.
    """

    conflict_resolution: Literal["skip", "last_write_wins", "first_write_wins", "raise"] = option(
        "last_write_wins",
        "",
        "Which outcome stands where a node's log has another one of the same game; `skip` keeps ours, `raise` imports "
        "nothing from that node.",
    )
    significant_max_elo: float = option(
        50.0, "Elo", "Difference of one participant's ratings above which drift is significant.", least=0.1
    )
    significant_mean_elo: float = option(
        25.0, "Elo", "The same of the mean over all participants that both logs have.", least=0.1
    )
    connect_timeout_s: float = option(30.0, "s", "How long ssh waits for a node to answer.", least=1)
    transfer_timeout_s: float = option(600.0, "s", "How long the transfer of a node's log may take.", least=1)
    ssh_config: str | None = option(
        None, "", "File for `ssh -F`, with ports, keys and names of the nodes; null: ssh's own files."
    )


@dataclass(frozen=True, kw_only=True)
class Idle(_Section):
    """When an idle machine begins to play again after a start that failed."""

    backoff_s: float = option(
        DEFAULTS.backoff_seconds, "s", "Wait after a start of self-play that failed; it doubles with each.", least=0
    )


@dataclass(frozen=True, kw_only=True)
class Housekeeping(_Section):
    """What is kept when the daily `housekeeping` removes what nothing needs any more."""

    window_factor: float = option(
        2.0, "windows", "Games are kept until newer ones fill the training window so many times.", least=1
    )
    checkpoints_kept: int = option(
        5, "checkpoints", "Newest checkpoints of a configuration, besides those of the promoted models.", least=1
    )
    results_kept: int = option(
        20, "files", "Newest results of gauntlets, and of feedback, of a configuration; newest ladders.", least=1
    )
    runs_days: float = option(30.0, "d", "How long Dagster's records of a run that has ended are kept.", least=1)
    leftover_hours: float = option(24.0, "h", "Age at which half-written or unnamed files are leftovers.", least=1)


@dataclass(frozen=True, kw_only=True)
class Loop(_Section):
    """What the loop does on this host, and how often it does what no data asks for."""

    disable_local_tasks: bool = option(
        False,
        "",
        "Start nothing heavy on this host: it only coordinates.",
        variable="RINGRIFT_DISABLE_LOCAL_TASKS",
    )
    configurations: str = option(
        "all",
        "",
        "Configurations that are looked after, separated by commas; `all` for every one.",
        variable="RINGRIFT_CONFIGURATIONS",
    )
    generate_slots: int = option(1, "runs", "Runs that may play games at the same time.", least=1)
    train_slots: int = option(1, "runs", "Runs that may train at the same time.", least=1)
    trace_debug: bool = option(
        False,
        "",
        "Log what the sensors decide by, every gate and every term of every plan, at each look; the UI shows it under "
        "View logs.",
        variable="RINGRIFT_TRACE_DEBUG",
    )
    shadow_tournament_minutes: int = option(15, "min", "Between two shadow tournaments.", least=1, most=1_440)
    shadow_tournament_games: int = option(32, "games", "Games of a shadow tournament, as whole rounds.", least=1)
    reconcile_elo_minutes: int = option(30, "min", "Between two reconciliations of ratings.", least=1, most=1_440)
