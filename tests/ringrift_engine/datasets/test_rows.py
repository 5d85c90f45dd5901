"""Columns worked out by hand, and the final board against what the friendly `Game` says of it."""

from dataclasses import replace

import numpy as np
import pytest

from ringrift_engine import Game
from ringrift_engine.batch import Batch, LegalMoves
from ringrift_engine.boards import BoardConfig, geometry_of
from ringrift_engine.datasets.rows import (
    Rows,
    game_numbers,
    is_held_out,
    kind_columns,
    moves_at_random,
    next_moves_of,
    outcome_columns,
    ownership_of,
    score_fractions,
    sitting_participants,
    surprise_of,
)
from ringrift_engine.encoding import Encoding
from ringrift_engine.records.packed import pack_records
from ringrift_engine.records.replay import RecordedGames, Replay, final_scores, replay
from ringrift_engine.rules import moves as m
from ringrift_engine.rules.state import game_dtype
from tests.ringrift_engine.datasets.conftest import CONFIG
from tests.support.records import header_of, random_records


@pytest.fixture(scope="module")
def game():
    return pack_records(header_of(CONFIG), random_records(CONFIG, 1))[0]


def decided_plies(game) -> list[int]:
    """Where the game was decided by a choice, met by playing it."""
    batch, row, plies = Batch(CONFIG, 1), np.zeros(1, dtype=np.int64), []
    for ply, move in enumerate(game.moves):
        if len(batch.legal(row).moves) > 1:
            plies.append(ply)
        batch.apply(row, np.array([move]))
    return plies


def test_rows_are_the_choices_after_the_opening_of_a_finished_game(game):
    plies = decided_plies(game)
    silent = pack_records(header_of(CONFIG), [replace(random_records(CONFIG, 1)[0], decisions=())])[0]
    unfinished = replace(silent, moves=game.moves[:20], winner=0, how=0, scores=scores_after(20))
    games = [replace(game, opening_plies=0), unfinished, replace(game, opening_plies=5)]
    rows = Rows.of(CONFIG, games, "a test", positions=False)
    assert rows.owners.tolist() == [0] * len(plies) + [2] * len(plies[5:])
    assert rows.plies.tolist() == plies + plies[5:]
    assert rows.played.tolist() == game.moves[plies + plies[5:]].tolist()
    assert len(rows) == len(rows.owners)


def test_the_next_move_is_found_where_the_next_decision_is_no_row(game):
    """Rows are every third move: met by playing, the next choice after each of them, but for the last game's last."""
    encoding, games = Encoding(CONFIG), [game, game]
    recorded = RecordedGames.of(["a", "b"], [game.swap_rule] * 2, [game.moves] * 2)
    keep = np.tile(np.arange(len(game.moves)) % 3 == 0, 2)
    rows = Rows(games, recorded, replay(CONFIG, recorded, "a test", keep))
    batch, row, own = Batch(CONFIG, 1), np.zeros(1, dtype=np.int64), {}
    for ply, move in enumerate(game.moves):
        legal = batch.legal(row)
        if len(legal.moves) > 1:
            own[ply] = int(encoding.factors(batch.games, legal)[legal.moves == move][0, 0])
        batch.apply(row, np.array([move]))
    expected = [next((index for later, index in own.items() if later > ply), -1) for ply in rows.plies]
    found = next_moves_of(rows, encoding, "a test")
    assert found.tolist() == expected
    assert len(set(found.tolist())) > 10


def test_decisions_that_may_not_be_learnt_from_are_no_rows(game):
    record = random_records(CONFIG, 1)[0]
    decisions = [replace(one, taught=number % 3 == 0) for number, one in enumerate(record.decisions)]
    capped = pack_records(header_of(CONFIG), [replace(record, decisions=tuple(decisions))])[0]
    rows = Rows.of(CONFIG, [capped, game], "a test", positions=False)
    whole = Rows.of(CONFIG, [game], "a test", positions=False)
    taught = [one.ply for one in decisions if one.taught]
    assert 0 < len(taught) < len(decisions)
    assert rows.plies.tolist() == taught + whole.plies.tolist()
    assert rows.owners.tolist() == [0] * len(taught) + [1] * len(whole)
    nats = [one.surprise for one in record.decisions]
    assert surprise_of(rows) == pytest.approx(nats[::3] + nats, rel=0.03, abs=0.0003)


def scores_after(moves: int) -> np.ndarray:
    """Scores of the unfinished game of so many moves."""
    batch = Batch(CONFIG, 1)
    for move in random_records(CONFIG, 1)[0].moves[:moves]:
        batch.apply(np.zeros(1, dtype=np.int64), np.array([move]))
    return final_scores(batch.games, CONFIG.num_players)[0]


def test_the_winner_s_own_rows_are_plus_one_and_its_column_is_one():
    found = outcome_columns(np.array([2, 2, 3]), np.array([2, 1, 3]))
    assert found["values"].tolist() == [1, -1, 1]
    assert found["values_mp"].tolist() == [[0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]


def test_final_scores_are_parts_of_what_wins():
    scores = np.array([[[24, 0, 5, 6], [6, 21, 0, 0], [12, 42, 1, 1]]], dtype=np.int16)
    config = BoardConfig.from_key("hex8_3p")  # 24 rings or 21 cells win
    expected = [[1.0, 0.0], [0.25, 1.0], [0.5, 2.0], [0.0, 0.0]]
    assert score_fractions(config, scores)[0].tolist() == expected


@pytest.mark.parametrize("key", ["hex8_2p", "square8_3p"])
def test_final_owners_are_those_of_the_snapshot(key):
    config = BoardConfig.from_key(key)
    record = random_records(config, 1)[0]
    batch, game = Batch(config, 1), Game(config)
    for move in record.moves:
        choices = batch.legal(np.zeros(1, np.int64), complete=True).moves
        tuples = game.legal_moves(include_rejected=True)
        game.apply(tuples[choices.tolist().index(move)])
        batch.apply(np.zeros(1, np.int64), np.array([move]))
    expected = np.where(geometry_of(config.board).playable, 0, -1)
    for cell, content in game.snapshot()["b"].items():
        expected[int(cell)] = int(content[1])  # "m2", "c1", or "s" and the owners of a stack's rings, top first
    assert ownership_of(config, batch.games)[0].reshape(-1).tolist() == expected.tolist()


def rows_at(games, places) -> Rows:
    """Rows before some of the games' moves, that nothing was found of."""
    recorded = RecordedGames.of([""] * len(games), [True] * len(games), [game.moves for game in games])
    nothing = np.zeros(0, dtype=game_dtype(CONFIG.board)).view(np.recarray)
    choices = LegalMoves(np.zeros(0, np.int64), np.zeros(1, np.int64))
    return Rows(games, recorded, Replay(nothing, np.zeros(0, np.int32), np.array(places), nothing, choices))


def test_players_change_seats_with_a_swap(game):
    swapped = replace(game, seats=(4, 9), moves=np.array([m.PLACE, m.PLACE, m.SWAP_SIDES, m.PLACE, m.PLACE]))
    plain = replace(game, seats=(7, 5), moves=np.array([m.PLACE, m.PLACE]))
    rows = rows_at([swapped, plain, swapped], [0, 2, 3, 4, 5, 6, 8, 10])
    before, after, other = [4, 9], [9, 4], [7, 5]
    assert sitting_participants(rows).tolist() == [before, before, after, after, other, other, before, after]


def test_kinds_of_mover_and_opponents():
    sitting, kinds = np.array([[0, 1, 2], [0, 1, 2], [1, 1, 1]]), ["search", "random", "heuristic"]
    movers = np.array([1, 3, 2], dtype=np.int8)
    found = kind_columns(sitting, movers, kinds)
    for name, words in (
        ("engine_modes", ["search", "heuristic", "random"]),
        ("opponent_types", ["heuristic+random", "random+search", "random"]),
    ):
        names = found[f"{name}_names"].tolist()
        assert names == sorted(set(words))
        assert [names[code] for code in found[name]] == words
        assert found[name].dtype == np.uint8
    assert moves_at_random(sitting, movers, kinds).tolist() == [False, False, True]


def test_one_game_in_twenty_is_held_out_and_always_the_same():
    numbers = game_numbers([f"{value:016x}ffffffff" for value in (0, 20, 21, 2**64 - 1)])
    assert numbers.tolist() == [0, 20, 21, 2**64 - 1]
    assert is_held_out(numbers).tolist() == [True, True, False, False]
    many = np.random.default_rng(0).integers(0, 2**64, 100_000, dtype=np.uint64)
    assert is_held_out(many).mean() == pytest.approx(0.05, abs=0.004)
