"""The gauntlet with networks: who is played, under which identity, and what comes out."""

import pytest

from ringrift_engine.boards import CONFIGS
from ringrift_engine.errors import DataError
from ringrift_engine.evaluation.gauntlet import GauntletResult, model_contestant, run_gauntlet
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


@pytest.fixture
def arena(tmp_path):
    with MatchLog(tmp_path / "matches.db") as log:
        yield Arena(log=log, purpose="gauntlet", run_id="run-1")


@pytest.mark.parametrize(("key", "games"), [("square8_2p", 4 + 6 + 8), ("hex8_3p", 6 + 6 + 6)])
def test_a_model_plays_the_fixed_opponents_and_the_promoted_model(tmp_path, arena, key, games):
    config = CONFIGS[key]
    sha256 = written(tmp_path / "model", key)
    candidate = model_contestant(config, tmp_path / "model", sha256, 2, 1, "cpu")
    result = run_gauntlet(config, candidate, Contestant(Habitual("promoted"), "p" * 64), SETTINGS, 5, arena)
    assert result.games == games == arena.log.counts()[key]
    assert list(result.matches) == ["random", "heuristic", "promoted"]
    for match in result.matches.values():
        assert match.candidate.model == sha256
        assert match.candidate.simulations == 2
        assert sha256[:12] in match.candidate.name
    assert result.promoted is not None
    assert result.promoted.opponent.model == "p" * 64
    assert GauntletResult.from_json(result.to_json()) == result


def test_the_first_model_and_the_promoted_one_itself_play_the_fixed_opponents_only(arena):
    config, candidate = CONFIGS["square8_2p"], Contestant(Habitual(), "c" * 64)
    first = run_gauntlet(config, candidate, None, SETTINGS, 5, arena)
    assert list(first.matches) == ["random", "heuristic"]
    assert run_gauntlet(config, candidate, Contestant(Habitual(), "c" * 64), SETTINGS, 5, arena) == first
    assert GauntletResult.from_json(first.to_json()) == first


def test_a_gauntlet_that_is_repeated_plays_nothing_again(arena):
    config, candidate, promoted = CONFIGS["square8_2p"], Habitual(), Contestant(Habitual("promoted"))
    first = run_gauntlet(config, Contestant(candidate), promoted, SETTINGS, 5, arena)
    asked = len(candidate.asked)
    assert run_gauntlet(config, Contestant(candidate), promoted, SETTINGS, 5, arena) == first
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
