"""What each criterion of a promotion asks, and what to do where one fails: for `ringrift promote --explain`."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ringrift_engine.promotion.criteria import (
    BASELINE_PLAYED,
    CONFIDENCE,
    DISTINCT_OPPONENTS,
    ELO_IMPROVEMENT,
    HEURISTIC_FLOOR,
    MIN_GAMES,
    MIN_WIN_RATE,
    MODEL_FILE,
    NEW_MODEL,
    NO_CRASH,
    RANDOM_FLOOR,
    REGRESSION,
    TIER_GAMES,
    TIER_WIN_RATE,
    VALUE_ERROR,
    WINNER,
)

if TYPE_CHECKING:
    from ringrift_engine.promotion.criteria import PromotionDecision
    from ringrift_engine.promotion.registry import Registry

_LATEST: Final = 20  # decisions that the trend is read from
_MANY: Final = 0.8  # share of refusals that says that something else is wrong

_GAUNTLET: Final = "materialise gauntlet_results of this configuration: it plays the missing games"
_TRAIN: Final = "more and better games help most: `ringrift status` says what the next generation plays and why"
ADVICE: Final[dict[str, tuple[str, str]]] = {
    RANDOM_FLOOR: (
        "games won against the random player (evaluation.win_rate_random, else the table of floors)",
        _TRAIN,
    ),
    HEURISTIC_FLOOR: ("games won against the heuristic (evaluation.win_rate_heuristic, else the floors)", _TRAIN),
    MIN_GAMES: ("games against those it is compared with (promotion.min_games)", _GAUNTLET),
    MIN_WIN_RATE: ("share of opponents that finished behind (promotion.min_win_rate)", _TRAIN),
    ELO_IMPROVEMENT: (
        "the sequential test of promotion.elo_threshold at promotion.confidence_threshold",
        f"if it is undecided, a higher evaluation.max_games lets it go on; if it is refused, {_TRAIN}",
    ),
    VALUE_ERROR: (
        "value error against the promoted model's, on the same held-out games (promotion.max_value_mse_degradation)",
        "if it rose, look at the learning curve and the quality of the checkpoint's data; if it was not measured, the "
        "training set holds no games out",
    ),
    CONFIDENCE: (
        "how sure it is that it stands above even play (promotion.confidence_threshold)",
        "more games make a true difference surer",
    ),
    TIER_GAMES: (
        "games against the opponent of its tier (promotion.tier_games_required)",
        "play them into the match log: `ringrift evaluate search:MODEL OPPONENT --config CONFIG --log data/matches.db`",
    ),
    TIER_WIN_RATE: ("win rate against the opponent of its tier", _TRAIN),
    WINNER: ("the best win rate of the newest tournament in the match log", "play a tournament in which it takes part"),
    BASELINE_PLAYED: ("the champion took part in the tournament", "play one with the champion in it"),
    REGRESSION: ("a regression that the rollback monitor found", "`ringrift rollback status` says what it found"),
    NEW_MODEL: ("another model than the one that holds the place", "train the next one"),
    MODEL_FILE: (
        "the file of the model has the content that its name says",
        "restore the file from a copy; `ringrift doctor` looks for what else is damaged",
    ),
    NO_CRASH: ("every game that was begun was finished", "`ringrift failures list` says what broke; play again"),
    DISTINCT_OPPONENTS: ("every opponent counts once", "name each opponent once and decide again"),
}
"""Criterion -> what it asks, and what to do where it fails."""


@dataclass(frozen=True)
class Advice:
    """One criterion that failed: what it asks, and what to do."""

    criterion: str
    asks: str
    do: str


def advice_for(decision: "PromotionDecision", registry: "Registry", key: str) -> tuple[Advice, ...]:
    """What to do about every criterion that failed, and about many refusals."""
    failed = [result.name for result in decision.criteria if not result.passed and result.name in ADVICE]
    return (*(Advice(name, *ADVICE[name]) for name in failed), *_trend(registry, key))


def _trend(registry: "Registry", key: str) -> tuple[Advice, ...]:
    """Whether nearly everything is refused, and by what."""
    rows = [row.decision for row in registry.decisions(key) if not row.dry_run][-_LATEST:]
    refused = [row for row in rows if not row.promoted]
    if len(rows) < _LATEST or len(refused) < _MANY * len(rows):
        return ()
    counted = Counter(result.name for row in refused for result in row.criteria if not result.passed)
    often = ", ".join(f"{name} {count} times" for name, count in counted.most_common(3))
    asks = f"{len(refused)} of the latest {len(rows)} decisions refused: {often}"
    do = (
        "compare the thresholds with docs/promotion.md, then the trend of strength and the quality in `ringrift status`"
    )
    return (Advice("many refusals", asks, do),)
