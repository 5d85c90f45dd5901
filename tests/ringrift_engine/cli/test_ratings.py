"""ringrift ratings: tables of pools whose games are known."""

import numpy as np
import pytest

from ringrift_engine.evaluation.match_log import LoggedGame, MatchLog
from ringrift_engine.ratings.anchors import HEURISTIC
from ringrift_engine.records.shard_schema import Participant
from tests.ringrift_engine.cli.conftest import ringrift, told
from tests.ringrift_engine.ratings.simulated import round_robin, simulate

WHO = [HEURISTIC, Participant("random"), Participant("search(model=a)", "a" * 64, 8), Participant("policy(model=b)")]


def logged(key, seats, seed):
    pool = simulate(key, seats, [1200, 1000, 1300, 1300], np.random.default_rng(seed))
    return [
        LoggedGame(
            config_key=key, purpose="gauntlet", run_id="run", opening_seed=game, opening_decisions=4,
            opening_hash="0" * 16, play_seed=seed, seats=tuple(WHO[one] for one in who), winner=ranks.index(1) + 1,
            how="lps_rounds", ranks=tuple(ranks), scores=((0, 0, 0, 0),) * len(ranks), plies=9,
        )
        for game, (who, ranks) in enumerate(zip(pool.seats.tolist(), pool.ranks.tolist(), strict=True))
    ]  # fmt: skip


@pytest.fixture
def root(tmp_path):
    with MatchLog(tmp_path / "matches.db") as log:
        log.record(logged("square8_3p", round_robin(4, 3, 20), seed=1))
        log.record(logged("hex8_2p", round_robin(3, 2, 30), seed=2))
    return tmp_path


def test_all_configurations_with_games_are_rated_in_their_order(root):
    reports = told("ratings", "--data-root", root)
    assert [(one["config_key"], one["games"]) for one in reports] == [("hex8_2p", 180), ("square8_3p", 240)]
    rows = reports[1]["participants"]
    assert [row["elo"] for row in rows] == sorted((row["elo"] for row in rows), reverse=True)
    assert {row["name"]: row["elo"] for row in rows}[HEURISTIC.name] == 1200
    assert all(row["low"] < row["elo"] < row["high"] for row in rows if not row["anchored"])
    assert len(reports[1]["seats"]) == 3


def test_the_table_names_everybody_and_what_ratings_do_not_explain(root):
    output = ringrift("ratings", "square8_3p", "--log", root / "matches.db").output
    assert output.startswith("square8_3p: 4 participants, 240 games")
    assert "by definition" in output
    assert all(who.name in output for who in WHO)
    assert "chi-squared" in output
    assert "seats: 1 " in output


def test_without_a_log_or_games_the_error_says_what_makes_some(root, tmp_path_factory):
    empty = ringrift("ratings", "--data-root", tmp_path_factory.mktemp("empty"))
    assert (empty.exit_code, "no match log" in empty.output) == (1, True)
    none = ringrift("ratings", "hex8_4p", "--data-root", root)
    assert (none.exit_code, "no game of hex8_4p" in none.output) == (1, True)
