"""The checks of every asset: what would make its data damaged or impossible, as one table of rules.

A producer checks its temporary files before it publishes them and measures what the rules below judge; data that fails
is not published, the check shows why, the run fails, and the version before stays the latest. Checks have the
partitions of their asset: without `partitions_def` a failure of one configuration would block the other eleven. What is
a result and no fault, such as a candidate that was not shown to be stronger, or a foreign file in the inbox, is a note:
a check that never blocks.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import dagster as dg

from ringrift_assets.partitions import CONFIGURATIONS
from ringrift_engine.errors import DataError

PROMOTION_CRITERIA: Final = "promotion_criteria"
TRAINED_ON_COMBINATION: Final = "trained_on_combination"
INBOX_TAKEN_IN: Final = "inbox_taken_in"
NO_CIRCLES: Final = "no_circles"
ELO_DRIFT: Final = "elo_drift"
_WEIGHT_TOLERANCE: Final = 1e-3  # float32 weights of a million rows average to 1 within far less
_POLICY_TOLERANCE: Final = 1e-4  # float32 shares of up to a few thousand moves
_SHARE_TOLERANCE: Final = 1e-9
_CHECK_METADATA_LIMIT: Final = 50  # longest list or mapping shown with a check


@dataclass(frozen=True)
class Rule:
    """One blocking check: its name, what it says in the UI, and the judgement over the measured numbers."""

    name: str
    description: str
    judge: Callable[[Mapping[str, Any]], bool]
    shows: tuple[str, ...]
    """Which of the measured numbers the check shows."""


RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "game_databases": (
        Rule(
            "games_replay",
            "Every new game, replayed from its moves, ends as it was recorded.",
            lambda m: m["games_replayed"] == m["games_added"],
            ("games_replayed", "games_added"),
        ),
        Rule(
            "counts_match",
            "The shards of this generation hold exactly the planned games.",
            lambda m: m["games_of_generation"] == m["games_planned"],
            ("games_of_generation", "games_planned"),
        ),
    ),
    "synced_games": (
        Rule(
            "receipts_match",
            "Every shard here has the hash of its receipt.",
            lambda m: m["shards_verified"] == m["shards"],
            ("shards_verified", "shards"),
        ),
        Rule(
            "none_lost",
            "Every shard of the store and of the version before is here.",
            lambda m: not m["shards_missing"],
            ("shards_missing",),
        ),
    ),
    "npz_exports": (
        Rule(
            "schema_valid",
            "Every export has all its arrays with their shapes and types, and every number is finite.",
            lambda m: m["exports_valid"] == m["exports"],
            ("exports_valid", "exports"),
        ),
        Rule(
            "policies_sum_to_one",
            "Every policy target is a distribution over legal moves.",
            lambda m: m["largest_policy_error"] <= _POLICY_TOLERANCE,
            ("largest_policy_error",),
        ),
        Rule(
            "split_by_game",
            "No game has positions on both sides of the split into training and held-out data.",
            lambda m: m["games_on_both_sides"] == 0,
            ("games_on_both_sides", "games_held_out"),
        ),
    ),
    "combined_npz": (
        Rule(
            "weights_mean_one",
            "The sample weights are finite, positive and average to 1.",
            lambda m: (
                abs(m["weight_mean"] - 1) <= _WEIGHT_TOLERANCE
                and m["weight_least"] > 0
                and math.isfinite(m["weight_greatest"])
            ),
            ("weight_mean", "weight_least", "weight_greatest"),
        ),
        Rule(
            "no_duplicates",
            "No position occurs twice.",
            lambda m: m["duplicates_left"] == 0,
            ("duplicates_left", "duplicate_rows"),
        ),
        Rule(
            "one_source",
            "All sources are of one configuration, one rules version and one encoder version.",
            lambda m: len(m["source_versions"]) == 1,
            ("source_versions",),
        ),
    ),
    "checkpoints": (
        Rule(
            "losses_finite",
            "Every loss of the training is a finite number.",
            lambda m: bool(m["losses"]) and all(math.isfinite(loss) for loss in m["losses"].values()),
            ("losses",),
        ),
        Rule(
            "weights_load",
            "The checkpoint loads again and has the content hash in its name.",
            lambda m: m["loaded_sha256"] == m["sha256"],
            ("loaded_sha256", "sha256"),
        ),
    ),
    "gauntlet_results": (
        Rule("games_played", "At least one game was played.", lambda m: m["games"] > 0, ("games",)),
        Rule(
            "model_hash_equal",
            "The model that played is the checkpoint of this version.",
            lambda m: m["played"] == m["candidate"],
            ("played", "candidate"),
        ),
        Rule(
            "every_seat_played",
            "The candidate sat in every seat against every opponent.",
            lambda m: min(m["games_by_seat"].values()) > 0,
            ("games_by_seat",),
        ),
        Rule(
            "crashes_not_counted",
            "A game that crashed is no loss: every counted game was finished and has a winner.",
            lambda m: m["games_finished"] == m["games"],
            ("games_finished", "games"),
        ),
    ),
    "promoted_models": (
        Rule(
            "copy_verified",
            "The promoted file has the content hash that the registry names.",
            lambda m: m["file_sha256"] == m["registry_sha256"],
            ("file_sha256", "registry_sha256"),
        ),
    ),
    "feedback_state": (
        Rule(
            "earlier_generations_only",
            "Nothing is read of the generation that is to be planned: no feedback of a step on itself.",
            lambda m: m["newest_row"] < m["generation"],
            ("newest_row", "generation"),
        ),
    ),
    "selfplay_plan": (
        Rule(
            "plan_possible",
            "The plan has games, search and temperature above 0, and opponents whose shares sum to 1.",
            lambda m: (
                m["games"] > 0
                and m["simulations"] > 0
                and m["temperature"] > 0
                and abs(m["opponents_sum"] - 1) <= _SHARE_TOLERANCE
            ),
            ("games", "simulations", "temperature", "opponents_sum"),
        ),
    ),
    "elo_ladder": (
        Rule(
            "every_game_counted",
            "Every logged game under the present rules is in the pool of its configuration.",
            lambda m: m["games_rated"] == m["games_logged"],
            ("games_rated", "games_logged"),
        ),
        Rule(
            "anchors_in_place",
            "Wherever the anchor of a configuration played, it has the rating that it has by definition.",
            lambda m: not m["anchors_moved"],
            ("anchors_moved",),
        ),
    ),
}

# Checks that never block, of which the asset says the result itself.
NOTES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "synced_games": ((INBOX_TAKEN_IN, "Every file that this configuration had in the inbox could be taken in."),),
    "checkpoints": ((TRAINED_ON_COMBINATION, "Trained on the combined window, not on the latest export alone."),),
    "promoted_models": ((PROMOTION_CRITERIA, "The candidate met every criterion of promotion."),),
    "elo_reconciliation": (
        (ELO_DRIFT, "The ratings agree with those of every node; one that cannot be read may hold anything."),
    ),
    "elo_ladder": ((NO_CIRCLES, "Nobody was shown to beat one who beats another who beats them."),),
}


def specs_of(asset: str, *, partitioned: bool = True) -> list[dg.AssetCheckSpec]:
    """All checks of an asset as Dagster knows them."""
    partitions = CONFIGURATIONS if partitioned else None
    blocking = [(rule.name, rule.description, True) for rule in RULES.get(asset, ())]
    notes = [(name, description, False) for name, description in NOTES.get(asset, ())]
    return [
        dg.AssetCheckSpec(name, asset=asset, description=description, blocking=blocks, partitions_def=partitions)
        for name, description, blocks in blocking + notes
    ]


class CheckFailedError(DataError):
    """Data that a blocking check refuses; `results` are the checks to show."""

    def __init__(self, asset: str, results: Sequence[dg.AssetCheckResult]) -> None:
        failed = [result for result in results if not result.passed]
        reasons = "; ".join(f"{result.check_name} failed: {result.description}" for result in failed)
        super().__init__(f"{asset}: {reasons} Nothing was published; the version before is still the latest.")
        self.results = list(results)


def judge(asset: str, measured: Mapping[str, Any]) -> list[dg.AssetCheckResult]:
    """All blocking checks of an asset over what was measured; CheckFailedError if one of them does not pass."""
    results = [
        dg.AssetCheckResult(
            check_name=rule.name,
            passed=bool(rule.judge(measured)),
            description=rule.description,
            metadata={name: _shown(measured[name]) for name in rule.shows},
        )
        for rule in RULES[asset]
    ]
    if not all(result.passed for result in results):
        raise CheckFailedError(asset, results)
    return results


def note(name: str, passed: bool, description: str, metadata: Mapping[str, Any]) -> dg.AssetCheckResult:
    """The result of a check that never blocks: a warning where it does not pass."""
    return dg.AssetCheckResult(
        check_name=name,
        passed=passed,
        description=description,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={label: _shown(value) for label, value in metadata.items()},
    )


def showing_damage(asset: str, produce: Callable[[], Iterable[Any]]) -> Iterator[Any]:
    """Yield the events that `produce` gives; if it finds damage, yield the checks that show it before the run fails.

    Damage that a producer meets before it can measure anything, such as a torn file, is shown by the asset's first
    check.
    """
    try:
        yield from produce()
    except CheckFailedError as failure:
        yield from failure.results
        raise
    except DataError as damage:
        first = RULES[asset][0]
        yield dg.AssetCheckResult(check_name=first.name, passed=False, description=str(damage))
        raise


def _shown(value: Any) -> Any:
    """A measured value as Dagster can show it: numbers and text as they are, the rest as JSON, cut to a screen's
    length.
    """
    if isinstance(value, dg.MetadataValue):
        return value
    if isinstance(value, list):
        return dg.MetadataValue.json(value[:_CHECK_METADATA_LIMIT])
    if isinstance(value, Mapping):
        return dg.MetadataValue.json(dict(list(value.items())[:_CHECK_METADATA_LIMIT]))
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # Dagster stores metadata as JSON, which has no NaN
    return value
