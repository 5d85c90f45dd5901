"""Ratings: `elo_ladder`, how strong every participant of every configuration is, and how that grew.

One asset without partitions, because a plot over time is of all configurations. It reads the match log, in which
gauntlets, tournaments and other nodes' games come together, and fits everything again each time; its one edge makes a
run that takes in other nodes' games rate them as well. Which generation a model belongs to is read from the decisions
about it.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import dagster as dg

from ringrift_assets import checks, gates
from ringrift_assets.assets.reconciliation import elo_reconciliation
from ringrift_assets.history import GAUNTLET
from ringrift_assets.making import make_once, materialized, request_of
from ringrift_assets.metadata import bands, table
from ringrift_assets.partitions import ALL_CONFIGURATIONS
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.storage import Store, Version, fingerprint
from ringrift_assets.tasks import publish_json

if TYPE_CHECKING:
    from ringrift_engine.ratings import PoolReport, Results

LADDER_VERSION: Final = "ladder-1"
_ASSET: Final = "elo_ladder"
CURVE_TITLE: Final = "Elo over generations, 95 % intervals"
CURVE_STEP: Final = "generation"
_SHOWN: Final = 12  # of every configuration; the file has all


@dg.asset(
    deps=[elo_reconciliation],
    check_specs=checks.specs_of(_ASSET, partitioned=False),
    group_name="ratings",
    kinds={"json"},
    owners=["team:ringrift"],
    code_version=LADDER_VERSION,
)
def elo_ladder(context: dg.AssetExecutionContext, storage: Storage, registry: Registry) -> Iterator[Any]:
    """Ratings of everybody with 95 % intervals, from all logged games; models over their generations."""
    with storage.working_on(context, _ASSET) as store:
        yield from checks.showing_damage(_ASSET, lambda: _rate(context, storage, store, registry))


def _rate(
    context: dg.AssetExecutionContext, storage: Storage, store: Store, registry: Registry
) -> list[dg.MaterializeResult]:
    pools, logged = _pools(storage)
    gates.require(gates.games_logged(sum(logged.values())))
    generations = {key: generations_of(store, registry, key) for key in pools}
    inputs = {f"games of {key}": _identity(pool) for key, pool in pools.items()}
    request = request_of(inputs, {"generations": generations}, LADDER_VERSION)

    def produce() -> Version:
        content = _content(pools, generations)
        files = publish_json(store.folder(_ASSET, ALL_CONFIGURATIONS), content)
        report = {**content, **_measures(content["pools"], logged)}
        return Version(asset=_ASSET, key=ALL_CONFIGURATIONS, files=files, inputs=inputs, request=request, report=report)

    version = make_once(context, store, _ASSET, request, produce)
    return materialized(store, version, _shown(version.report), (_circles_note(version.report["pools"]),))


def _pools(storage: Storage) -> tuple[dict[str, "Results"], dict[str, int]]:
    """Results of every configuration that has games under the present rules, and how many games each has."""
    from ringrift_engine.boards import CONFIG_KEYS
    from ringrift_engine.ratings import read_results

    logged = _logged(storage)
    return {key: read_results(storage.matches, key) for key in CONFIG_KEYS if key in logged}, logged


def _logged(storage: Storage) -> dict[str, int]:
    """Configuration key -> games that can be rated; none where there is no log yet."""
    from ringrift_engine import RULES_VERSION
    from ringrift_engine.evaluation.match_log import MatchLog

    if not storage.matches.is_file():
        return {}
    with MatchLog(storage.matches, read_only=True) as log:
        return log.counts(RULES_VERSION)


def games_to_rate(storage: Storage) -> tuple[int, int]:
    """How many games can be rated, and how many of them the latest ladder does not know."""
    logged, latest = sum(_logged(storage).values()), storage.store.latest(_ASSET, ALL_CONFIGURATIONS)
    return logged, logged - (0 if latest is None else latest.report["games_logged"])


def _identity(pool: "Results") -> str:
    """Hash of the games of a pool, whatever order they are in: equal games, equal ladder."""
    import numpy as np

    rows = np.concatenate([pool.seats, pool.ranks], axis=1)
    rows = rows[np.lexsort(rows.T)]
    who = [[one.name, one.model, one.simulations] for one in pool.participants]
    return fingerprint([who, hashlib.sha256(rows.astype("<i4").tobytes()).hexdigest()])


def generations_of(store: Store, registry: Registry, key: str) -> dict[str, int]:
    """Model -> generation, of all models about which there was a decision."""
    with registry.open(store) as opened:
        of_run = {row.run_id: row.facts["generation"] for row in opened.history(GAUNTLET, key)}
        decisions = [(row.decision.candidate, row.run_id) for row in opened.decisions(key)]
    return {candidate: of_run[run_id] for candidate, run_id in decisions if run_id in of_run}


def _content(pools: Mapping[str, "Results"], generations: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """The ladder as it is kept: the report of every pool, every participant with its generation if it has one."""
    from ringrift_engine.ratings import report_of

    return {"pools": {key: _with_generations(report_of(pool), generations[key]) for key, pool in pools.items()}}


def _with_generations(report: "PoolReport", generations: Mapping[str, int]) -> dict[str, Any]:
    plain = asdict(report)
    rows = [{**row, "generation": generations.get(row["model"] or "")} for row in plain["participants"]]
    return {**plain, "participants": rows}


def _measures(pools: Mapping[str, Mapping[str, Any]], logged: Mapping[str, int]) -> dict[str, Any]:
    """What the checks judge."""
    from ringrift_engine.ratings import anchors_of

    moved = [
        f"{key}: {row['name']} at {row['elo']}"
        for key, pool in pools.items()
        for row in pool["participants"]
        for anchor, elo in anchors_of(key).items()
        if (row["name"], row["model"], row["simulations"]) == (anchor.name, anchor.model, anchor.simulations)
        and not math.isclose(row["elo"], elo)
    ]
    rated = sum(pool["games"] for pool in pools.values())
    return {"games_rated": rated, "games_logged": sum(logged.values()), "anchors_moved": moved}


def _shown(report: Mapping[str, Any]) -> dict[str, Any]:
    pools = report["pools"]
    rows = [
        {
            "configuration": key,
            "generation": "" if row["generation"] is None else str(row["generation"]),
            "participant": row["name"],
            "elo": "not rated" if row["elo"] is None else f"{row['elo']:.0f}",
            "interval": "" if row["elo"] is None else f"{row['low']:.0f} to {row['high']:.0f}",
            "games": row["games"],
        }
        for key, pool in pools.items()
        for row in pool["participants"][:_SHOWN]
    ]
    fits = [
        {
            "configuration": key,
            "games": pool["games"],
            "chi_squared": pool["statistic"],
            "degrees": pool["degrees"],
            "p_value": pool["p_value"],
            "surest_circle": _circle_text(pool["circle"]),
        }
        for key, pool in pools.items()
    ]
    return {
        "games": report["games_rated"],
        "ratings": table(rows),
        "ratings_against_pairs": table(fits),
        "over_time": bands(CURVE_TITLE, CURVE_STEP, over_time(pools)),
    }


def over_time(pools: Mapping[str, Mapping[str, Any]]) -> dict[str, Sequence[tuple[float, float, float, float]]]:
    """Configuration -> (generation, Elo, low, high) of `pools` of a ladder's report: of every model the search with the
    most games, however many it played without search.
    """
    panels: dict[str, Sequence[tuple[float, float, float, float]]] = {}
    for key, pool in pools.items():
        searches = [row for row in pool["participants"] if row["simulations"]]
        rows = [row for row in searches if row["generation"] is not None and row["elo"] is not None]
        most = {row["generation"]: row for row in sorted(rows, key=lambda row: row["games"])}
        panels[key] = [(number, row["elo"], row["low"], row["high"]) for number, row in sorted(most.items())]
    return panels


def _circles_note(pools: Mapping[str, Mapping[str, Any]]) -> dg.AssetCheckResult:
    """The check that names the surest circle of every configuration."""
    circles = {key: pool["circle"] for key, pool in pools.items() if pool["circle"] is not None}
    shown = [key for key, circle in circles.items() if circle["shown"]]
    said = f"Each beats the next in {', '.join(shown)}." if shown else "No circle is more than chance makes."
    rows = [{"configuration": key, "circle": _circle_text(circle)} for key, circle in circles.items()]
    return checks.note(checks.NO_CIRCLES, not shown, said, {"surest_circles": table(rows)})


def _circle_text(circle: Mapping[str, Any] | None) -> str:
    if circle is None:
        return "none"
    ring = " > ".join((*circle["names"], circle["names"][0]))
    return f"{ring}: weakest {circle['weakest']:.1f} standard deviations{', shown' if circle['shown'] else ''}"
