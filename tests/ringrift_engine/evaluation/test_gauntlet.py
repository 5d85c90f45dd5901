"""The gauntlet with networks: who is played, under which identity, and what comes out."""

import json

import pytest

from ringrift_engine.boards import CONFIGS
from ringrift_engine.errors import DataError
from ringrift_engine.evaluation.gauntlet import Entrants, GauntletResult, model_contestant, run_gauntlet
from ringrift_engine.evaluation.match import Arena, Contestant
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.evaluation.sequential import SequentialSettings
from ringrift_engine.evaluation.settings import EvaluationSettings
from tests.ringrift_engine.evaluation.players import Habitual
from tests.ringrift_engine.nets.test_evaluator import written

SETTINGS = EvaluationSettings(
    games_random=6,
    games_heuristic=4,
    opening_decisions=4,
    simulations=2,
    sequential=SequentialSettings(max_games=8, games_a_look=4),
)


ALONE = Contestant(Habitual("alone"), "c" * 64)


@pytest.fixture
def arena(tmp_path):
    with MatchLog(tmp_path / "matches.db") as log:
        yield Arena(log=log, purpose="gauntlet", run_id="run-1")


@pytest.mark.parametrize(("key", "games"), [("square8_2p", 4 + 6 + 4 + 4 + 8), ("hex8_3p", 6 + 6 + 6 + 6 + 6)])
def test_a_model_plays_the_fixed_opponents_and_the_promoted_model(tmp_path, arena, key, games):
    config = CONFIGS[key]
    sha256 = written(tmp_path / "model", key)
    candidate, alone = (model_contestant(config, tmp_path / "model", sha256, count, 1, "cpu") for count in (2, 0))
    entrants = Entrants(
        candidate=candidate,
        alone=alone,
        promoted=Contestant(Habitual("promoted"), "p" * 64),
        search_free=Contestant(Habitual("baseline"), "s" * 64),
    )
    result = run_gauntlet(config, entrants, SETTINGS, 5, arena)
    assert result.games == games == arena.log.counts()[key]
    assert list(result.matches) == ["random", "heuristic", "policy_heuristic", "promoted", "search_free"]
    for name, match in result.matches.items():
        assert match.candidate.model == sha256
        searches = name in ("random", "heuristic", "promoted")
        assert (match.candidate.kind, match.candidate.simulations) == (("search", 2) if searches else ("policy", 0))
        assert sha256[:12] in match.candidate.name
    assert result.promoted is not None
    assert result.search_free is not None
    assert (result.promoted.opponent.model, result.search_free.opponent.model) == ("p" * 64, "s" * 64)
    assert result.policy_heuristic.opponent == result.heuristic.opponent
    assert GauntletResult.from_json(json.loads(json.dumps(result.to_json()))) == result


def entrants_named(candidate, promoted=None, search_free=None, alone=ALONE):
    return Entrants(candidate=candidate, alone=alone, promoted=promoted, search_free=search_free)


def test_the_first_model_and_one_that_is_its_own_opponent_play_the_fixed_opponents_only(arena):
    config, candidate = CONFIGS["square8_2p"], Contestant(Habitual(), "c" * 64)
    first = run_gauntlet(config, entrants_named(candidate), SETTINGS, 5, arena)
    assert list(first.matches) == ["random", "heuristic", "policy_heuristic"]
    itself = entrants_named(candidate, promoted=Contestant(Habitual(), "c" * 64), search_free=ALONE)
    assert run_gauntlet(config, itself, SETTINGS, 5, arena) == first
    assert GauntletResult.from_json(first.to_json()) == first


def test_a_gauntlet_that_is_repeated_plays_nothing_again(arena):
    config, candidate = CONFIGS["square8_2p"], Habitual()
    entrants = entrants_named(Contestant(candidate), Contestant(Habitual("promoted")), Contestant(Habitual("baseline")))
    first = run_gauntlet(config, entrants, SETTINGS, 5, arena)
    asked = len(candidate.asked)
    assert run_gauntlet(config, entrants, SETTINGS, 5, arena) == first
    assert len(candidate.asked) == asked


def test_a_model_file_swapped_under_its_name_is_refused(tmp_path):
    config = CONFIGS["square8_2p"]
    sha256 = written(tmp_path / "model", "square8_2p")
    (tmp_path / "model").write_bytes(b"another model")
    with pytest.raises(DataError, match="expected the model"):
        model_contestant(config, tmp_path / "model", sha256, 2, 1, "cpu")
    with pytest.raises(DataError, match="no file"):
        model_contestant(config, tmp_path / "missing", sha256, 2, 1, "cpu")


def test_something_else_is_no_gauntlet():
    with pytest.raises(DataError, match="Not the result of a gauntlet"):
        GauntletResult.from_json({"random": {}})
    with pytest.raises(DataError, match="Play the gauntlet again"):  # one from before networks played alone
        GauntletResult.from_json({"random": {}, "heuristic": {}, "promoted": {}})
