"""Promotion, ratings, reconciliation and rollback together: one model's way, told by one match log."""

import time

import dagster as dg
import pytest

from ringrift_assets.definitions import build_defs
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.evaluation.sequential import SequentialSettings
from ringrift_engine.evaluation.stopped import elo_after
from ringrift_engine.promotion.controller import CHECK
from ringrift_engine.promotion.rollback import CHECK as ROLLBACK_CHECK
from ringrift_engine.ratings import fit_ratings, results_of
from ringrift_engine.records.shard_schema import Participant
from tests.support.cycle import Place
from tests.support.logs import HEURISTIC, played, write_log
from tests.support.stand_ins import StandInWorkers, made_games

KEY = "hex8_2p"
WINS = {"random": [9, 9], "heuristic": [7, 7], "promoted": [8, 8]}
COUNTS = (0, 0, 2, 0, 8)  # what the stand-in gauntlet makes of them: 18 of 20 games won against the promoted model


class LoggingWorkers(StandInWorkers):
    """Stand-ins whose gauntlets leave in the match log what they report."""

    def run(self, context, task, request):
        made = super().run(context, task, request)
        if task == "evaluate":
            who = [request[name]["sha256"] for name in ("candidate", "promoted") if request[name]]
            with MatchLog(Storage(root=request["folder"]).base.parents[1] / "matches.db") as log:
                if len(who) == 2:
                    log.record(made_games(who, 20, 0.9, purpose="gauntlet", run_id=request["run_id"]))
                log.record(against_heuristic(who[0], 14))
        return made


def participant(model):
    return Participant(f"search(model={model[:12]})", model, 2)


def against_heuristic(model, wins):
    """Twenty games of a model with the anchor of all ratings."""
    number = int(model[:8], 16)
    orders = [(1, 2)] * wins + [(2, 1)] * (20 - wins)
    return [played(number + game, (participant(model), HEURISTIC), order) for game, order in enumerate(orders)]


def execute(place, job, key=None, **options):
    """One run of a job."""
    definitions = build_defs({"storage": Storage(root=str(place.data)), "workers": place.workers})
    with place.instance() as instance:
        return definitions.resolve_job_def(job).execute_in_process(
            partition_key=key,
            instance=instance,
            run_config={"ops": options, "loggers": {"console": {"config": {"log_level": "ERROR"}}}},
        )


def rows(place, subject):
    with Registry().open(place.store) as registry:
        return [row.facts for row in registry.history(subject, KEY)]


def promoted(place):
    return Registry().promoted(place.store, KEY)


def elo_by_ladder(result):
    """Participant -> Elo in the ladder that a run made."""
    (made,) = result.asset_materializations_for_node("elo_ladder")
    assert isinstance(made.metadata["ratings"], dg.TableMetadataValue)
    return {record.data["participant"]: float(record.data["elo"]) for record in made.metadata["ratings"].records}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A data root in which a second model has just been promoted in place of the first; another node is known."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RINGRIFT_CONFIG", raising=False)
    (tmp_path / "ringrift.yaml").write_text(f"nodes:\n  - {{name: attic, path: {tmp_path / 'attic'}, role: store}}\n")
    made = Place(tmp_path, LoggingWorkers(wins=WINS))
    assert made.run().success
    assert made.run().success
    return made


def test_a_promotion_is_believed_until_another_nodes_games_say_otherwise(place):
    first, second = (row["candidate"] for row in rows(place, CHECK))
    assert promoted(place) == second

    # What the decision keeps of the strength is the estimate of the match that it was made by.
    with Registry().open(place.store) as registry:
        recorded = registry.decisions(KEY)[-1].decision
    report = place.manifest("gauntlet_results")["report"]
    assert tuple(report["matches"]["promoted"]["counts"]) == COUNTS
    estimate = elo_after(COUNTS, SequentialSettings(**report["sequential"]))
    assert recorded.elo_improvement == rows(place, CHECK)[-1]["elo_improvement"] == estimate.value
    assert f"Elo {estimate}" in recorded.summary

    # The ladder, of the same games, agrees that the second is stronger.
    before = elo_by_ladder(execute(place, "ladder"))
    assert before[participant(second).name] > before[participant(first).name]

    # Another machine's gauntlet of the same two saw the opposite. A sync brings its games and rates them.
    theirs = made_games([second, first], 100, 0.1, purpose="gauntlet", run_id="attic")
    write_log(place.root / "attic" / "matches.db", [*theirs, *against_heuristic(first, 16)], at=time.time())
    reconciled = execute(place, "reconcile")
    (check,) = [one for one in reconciled.get_asset_check_evaluations() if one.check_name == "elo_drift"]
    assert (check.description or "").startswith("significant drift: hex8_2p@attic")
    after = elo_by_ladder(reconciled)
    with MatchLog(place.data / "matches.db") as log:
        union = fit_ratings(results_of(log.games(KEY)))
    for model in (first, second):
        assert after[participant(model).name] == pytest.approx(union.of(participant(model)), abs=0.5)
    assert after[participant(second).name] < after[participant(first).name]

    # The monitor needs no game of its own to take the second back.
    assert execute(place, "rollback", KEY, check_promoted_model={"config": {"games": 0}}).success
    check = rows(place, ROLLBACK_CHECK)[-1]["check"]
    assert (check["trigger"], check["games"], check["score"]) == ("severe", 120, pytest.approx(28 / 120)), check["why"]
    assert promoted(place) == first
