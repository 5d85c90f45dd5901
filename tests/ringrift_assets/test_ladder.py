"""The ladder: ratings of all configurations from a match log of known truth, over generations that were judged."""

import json
from dataclasses import replace

import dagster as dg
import numpy as np
import pytest

from ringrift_assets.assets.ladder import over_time
from ringrift_assets.definitions import build_defs
from ringrift_assets.housekeeping.keeping import keep_house
from ringrift_assets.partitions import ALL_KEYS
from ringrift_assets.registry import REGISTRY_NAME
from ringrift_assets.registry import Registry as RegistryResource
from ringrift_assets.resources import Storage
from ringrift_assets.thresholds.sections import Housekeeping
from ringrift_engine.evaluation.match_log import LoggedGame, MatchLog
from ringrift_engine.promotion.criteria import PromotionDecision
from ringrift_engine.promotion.registry import Registry
from ringrift_engine.ratings.anchors import HEURISTIC
from ringrift_engine.records.shard_schema import Participant
from tests.ringrift_engine.ratings.simulated import gauntlet, round_robin, simulate

MODELS = ["a" * 64, "b" * 64]
WHO = [HEURISTIC, Participant("random"), *(Participant(f"search(model={name[:12]})", name, 8) for name in MODELS)]


def logged(key, seats, strength, seed):
    pool = simulate(key, seats, strength, np.random.default_rng(seed))
    return [
        LoggedGame(
            config_key=key, purpose="gauntlet", run_id="run", opening_seed=game, opening_decisions=4,
            opening_hash="0" * 16, play_seed=seed, seats=tuple(WHO[one] for one in who),
            winner=ranks.index(1) + 1, how="lps_rounds", ranks=tuple(ranks), scores=((0, 0, 0, 0),) * len(ranks),
            plies=9,
        )
        for game, (who, ranks) in enumerate(zip(pool.seats.tolist(), pool.ranks.tolist(), strict=True))
    ]  # fmt: skip


@pytest.fixture
def data(tmp_path):
    """A data root with games of two configurations, in one of which two generations were judged."""
    with MatchLog(tmp_path / "matches.db") as log:
        log.record(logged("hex8_2p", round_robin(4, 2, 40), [1200, 1000, 1250, 1300], seed=1))
        log.record(logged("hex8_3p", gauntlet(2, 3, 40), [1200, 1000, 1300], seed=2))
    with Registry(tmp_path / REGISTRY_NAME) as registry:
        for number, model in enumerate(MODELS, start=1):
            registry.register(model, "hex8_2p", f"checkpoints/{model[:12]}", {})
            decision = PromotionDecision(candidate=model, baseline=None, promoted=False, criteria=())
            registry.record_decision("hex8_2p", decision, f"run {number}")
            registry.add_history("hex8_2p", "gauntlet", f"run {number}", {"generation": number})
    return tmp_path


def climb(data):
    definitions = build_defs({"storage": Storage(root=str(data))})
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def("ladder").execute_in_process(instance=instance, raise_on_error=False)
        checks = {one.check_name: one.passed for one in result.get_asset_check_evaluations()}
        made = result.asset_materializations_for_node("elo_ladder") if result.success else []
    return result, made, checks


def test_every_configuration_is_rated_and_models_stand_at_their_generations(data):
    result, (made,), checks = climb(data)
    assert result.success
    assert checks == {"every_game_counted": True, "anchors_in_place": True, "no_circles": True}
    (path,) = [one for one in (data / "elo_ladder" / "all").glob("*.json") if one.name != "latest.json"]
    pools = json.loads(path.read_text())["pools"]
    assert list(pools) == ["hex8_2p", "hex8_3p"]
    rows = {row["name"]: row for row in pools["hex8_2p"]["participants"]}
    assert {name: row["generation"] for name, row in rows.items()} == {
        WHO[0].name: None, WHO[1].name: None, WHO[2].name: 1, WHO[3].name: 2,
    }  # fmt: skip
    assert rows[WHO[0].name]["elo"] == 1200
    assert rows[WHO[3].name]["low"] < 1300 < rows[WHO[3].name]["high"]
    assert made.metadata["games"].value == 480 + 240
    assert str(made.metadata["over_time"].value).startswith("![Elo over generations")
    shown = [record.data for record in made.metadata["ratings"].records]
    assert [row["configuration"] for row in shown] == ["hex8_2p"] * 4 + ["hex8_3p"] * 3


def test_the_curve_is_of_searches_however_much_a_network_played_alone():
    def row(generation, simulations, games, elo):
        interval = {"low": (elo or 0) - 9, "high": (elo or 0) + 9}
        return {"generation": generation, "simulations": simulations, "games": games, "elo": elo, **interval}

    rows = [row(1, 8, 200, 1300), row(1, 0, 200, 1100), row(1, 16, 20, 1500), row(2, 0, 999, 1250), row(3, 8, 10, None)]
    assert over_time({"hex8_2p": {"participants": rows}}) == {"hex8_2p": [(1, 1300, 1291, 1309)]}


def test_the_same_games_are_the_same_version_whatever_order_they_came_in(data, tmp_path_factory):
    _, (first,), _ = climb(data)
    _, (again,), _ = climb(data)
    turned = tmp_path_factory.mktemp("turned")
    with MatchLog(data / "matches.db") as log, MatchLog(turned / "matches.db") as other:
        other.record(log.games()[::-1])
    (turned / REGISTRY_NAME).write_bytes((data / REGISTRY_NAME).read_bytes())
    _, (moved,), _ = climb(turned)
    versions = [one.tags["dagster/data_version"] for one in (first, again, moved)]
    assert versions == versions[:1] * 3
    with MatchLog(data / "matches.db") as log:
        log.record(logged("square8_2p", round_robin(2, 2, 10), [1200, 1000], seed=3))
    _, (more,), _ = climb(data)
    assert more.tags["dagster/data_version"] != versions[0]


def test_housekeeping_keeps_the_newest_ladders(data):
    for seed in range(3):
        with MatchLog(data / "matches.db") as log:
            log.record(logged("square8_2p", round_robin(2, 2, 5), [1200, 1000], seed=20 + seed))
        climb(data)
    limits, folder = Housekeeping(results_kept=1), data / "elo_ladder" / "all"
    report = keep_house(
        Storage(root=str(data)), RegistryResource(), ALL_KEYS, limits, now=2e9, run_id="run", dry_run=False
    )
    assert [(one.kind, one.key) for one in report.removed] == [("ladder", "all")] * 2
    assert len([one for one in folder.glob("*.json") if one.name != "latest.json"]) == 1
    assert climb(data)[0].success


def test_without_games_the_gate_is_closed(tmp_path):
    result, _, _ = climb(tmp_path)
    assert not result.success
    assert "gate games_logged is closed" in str(result.failure_data_for_node("elo_ladder").error)


def test_a_circle_is_a_warning_that_names_it(data):
    wins = [(0, 1), (1, 2), (2, 0)]
    games = [
        game
        for number, (winner, loser) in enumerate(wins)
        for game in logged(
            "square8_2p", np.tile([[winner, loser], [loser, winner]], (60, 1)), [0, 0, 0, 0], seed=10 + number
        )
    ]
    won = {(WHO[a], WHO[b]) for a, b in wins}
    games = [
        replace(game, winner=seat, ranks=(1, 2) if seat == 1 else (2, 1))
        for place, game in enumerate(games)
        for seat in [(1 if (game.seats in won) else 2) if place % 5 else (2 if (game.seats in won) else 1)]
    ]
    with MatchLog(data / "matches.db") as log:
        log.record(games)
    result, (made,), checks = climb(data)
    assert result.success
    assert not checks["no_circles"]
    (row,) = [
        one.data for one in made.metadata["ratings_against_pairs"].records if one.data["configuration"] == "square8_2p"
    ]
    assert row["surest_circle"].endswith("shown")
    assert all(who.name in row["surest_circle"] for who in WHO[:3])
