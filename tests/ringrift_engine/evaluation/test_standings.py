"""Standings: points counted by hand, ratings in the order of what was won, and the picture."""

import json

import numpy as np
import pytest

from ringrift_engine.errors import DataError
from ringrift_engine.evaluation.intervals import expected_score
from ringrift_engine.evaluation.match_log import LoggedGame
from ringrift_engine.evaluation.standings import draw_crosstable, standings_of
from ringrift_engine.records.shard_schema import Participant

A, B, C = (Participant(name) for name in ("heuristic(profile=default)", "random", "uct(playouts=2)"))


def game(number, seats, ranks, key="hex8_2p"):
    return LoggedGame(
        config_key=key,
        purpose="tournament",
        run_id="run",
        opening_seed=number,
        opening_decisions=4,
        opening_hash="0" * 16,
        play_seed=number,
        seats=seats,
        winner=ranks.index(1) + 1,
        how="lps_rounds",
        ranks=ranks,
        scores=((0, 0, 0, 0),) * len(seats),
        plies=60,
    )


def pair(first, second, wins, games):
    """Games in which `first` wins so many, seats in turn."""
    found = []
    for number in range(games):
        seats = (first, second) if number % 2 == 0 else (second, first)
        won = number < wins
        found.append(game(number, seats, (1, 2) if won == (number % 2 == 0) else (2, 1)))
    return found


def test_everybody_against_everybody_by_hand():
    found = standings_of([*pair(A, B, 30, 40), *pair(C, A, 28, 40), *pair(C, B, 36, 40)])
    assert [row.participant for row in found.rows] == [C, A, B]
    assert found.games == 120
    expected = [[np.nan, 0.7, 0.9], [0.3, np.nan, 0.75], [0.1, 0.25, np.nan]]
    assert found.scores == pytest.approx(np.array(expected), nan_ok=True)
    assert (found.meetings == [[0, 40, 40], [40, 0, 40], [40, 40, 0]]).all()
    assert [(row.games, row.wins) for row in found.rows] == [(80, 64), (80, 42), (80, 14)]
    assert [row.score for row in found.rows] == pytest.approx([64 / 80, 42 / 80, 14 / 80])
    for row in found.rows:
        assert row.low <= row.elo <= row.high
    assert found.rows[1].elo == 1_200, "the anchor took part, so the scale is its"


def test_a_rating_says_how_often_one_wins():
    found = standings_of(pair(A, B, 150, 200))
    assert expected_score(found.rows[0].elo - found.rows[1].elo) == pytest.approx(0.75, abs=0.01)


def test_without_the_anchor_there_are_ratings_all_the_same():
    found = standings_of(pair(C, B, 30, 40))
    assert found.rows[0].participant == C
    assert found.rows[0].elo - found.rows[1].elo > 100


def test_three_players_are_compared_by_their_finishing_order():
    games = [game(number, (A, B, C), (1, 2, 3), "hex8_3p") for number in range(3)]
    games += [game(9, (C, A, B), (1, 2, 2), "hex8_3p"), game(10, (B, B, A), (3, 1, 2), "hex8_3p")]
    found = standings_of(games)
    place = {row.participant: number for number, row in enumerate(found.rows)}
    assert found.points[place[A], place[B]] == 3 + 0.5 + 1
    assert found.points[place[B], place[A]] == 0.5 + 1
    assert found.meetings[place[A], place[B]] == 3 + 1 + 2
    assert found.meetings[place[B], place[B]] == 0, "copies of one player are not compared"
    assert {row.participant: (row.games, row.wins) for row in found.rows} == {A: (5, 3), B: (5, 1), C: (4, 1)}


def test_it_is_json_and_a_picture(tmp_path):
    found = standings_of(pair(A, B, 3, 4))
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert [row["name"] for row in told["standings"]] == [A.name, B.name]
    assert told["crosstable"] == [[None, 0.75], [0.25, None]]
    draw_crosstable(found, tmp_path / "made" / "hex8_2p.png")
    assert (tmp_path / "made" / "hex8_2p.png").read_bytes().startswith(b"\x89PNG")


def test_no_games_have_no_standings():
    with pytest.raises(DataError, match="without games has no standings"):
        standings_of([])
