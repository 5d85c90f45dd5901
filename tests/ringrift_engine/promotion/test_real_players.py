"""Decisions about players that really play, and whose difference is known; `tests.benchmarks.known_difference` has the
players, and measures the same at length.
"""

import math

import numpy as np
import pytest

from ringrift_engine.evaluation.match import Arena
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.promotion import PromotionCriteria
from tests.benchmarks.known_difference import OPPONENT, Pairing, elo_with_error

pytestmark = pytest.mark.slow

FEW, ALL = 0.30, 1.0  # chances of a blunder: some hundred Elo above and below the opponent


def test_the_standard_error_of_a_score_is_that_of_its_rounds():
    """Even games in pairs that are won or lost whole: a standard error of 0.5 / sqrt(rounds) in score."""
    elo, error = elo_with_error(np.array([0.5, 0, 0, 0, 0.5]), 400)
    assert (elo, error) == pytest.approx((0, 0.025 * 400 / math.log(10) / 0.25))


@pytest.mark.parametrize(
    ("chance", "matches", "least", "most"),
    [
        pytest.param(OPPONENT, 5, 0, 1, id="equal"),
        pytest.param(FEW, 5, 5, 5, id="far_stronger"),
        pytest.param(ALL, 5, 0, 0, id="far_weaker"),
    ],
)
def test_real_players_of_known_difference_are_promoted_at_the_stated_error_rates(
    tmp_path, chance, matches, least, most
):
    """Of five equals more than one is promoted with a chance of 2 %; seeds are fixed, so a run repeats the last one."""
    with MatchLog(tmp_path / "matches.db") as log:
        pairing = Pairing("hex8_2p", chance, Arena(log=log, purpose="test", run_id=""), block=64)
        promoted, games = pairing.decisions(3, matches, PromotionCriteria())
    assert least <= sum(promoted) <= most
    assert all(PromotionCriteria().min_games_played <= one for one in games)
