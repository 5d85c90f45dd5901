"""The ladder: every opponent is a player that exists, under the name that the match log has of it."""

import pytest

from ringrift_engine.boards import CONFIGS
from ringrift_engine.cli.contestants import load_contestant
from ringrift_engine.errors import ConfigError
from ringrift_engine.promotion.tiers import LADDER, tier


def test_the_ladder_counts_from_one_and_ends_without_an_opponent():
    assert [one.name for one in LADDER] == [f"D{number}" for number in range(1, len(LADDER) + 1)]
    assert [one.opponent == "" for one in LADDER] == [False] * (len(LADDER) - 1) + [True]
    assert LADDER[-1].participant is None
    assert tier(2) is LADDER[1]
    for number in (0, len(LADDER) + 1):
        with pytest.raises(ConfigError, match="There is no tier"):
            tier(number)


@pytest.mark.parametrize("one", LADDER[:-1], ids=lambda one: one.name)
def test_an_opponent_is_logged_under_the_name_in_the_ladder(one):
    assert load_contestant(one.opponent, CONFIGS["hex8_2p"], 1, "cpu").participant == one.participant
