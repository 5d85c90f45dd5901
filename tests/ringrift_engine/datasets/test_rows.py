"""Columns worked out by hand, and the final board against what the friendly `Game` says of it."""

from dataclasses import replace

import numpy as np
import pytest

from ringrift_engine import Game
from ringrift_engine.batch import Batch
from ringrift_engine.boards import BoardConfig, geometry_of
from ringrift_engine.datasets.rows import (
    GameRows,
    encode_words,
    game_numbers,
    is_held_out,
    kind_columns,
    outcome_columns,
    ownership_of,
    rows_of,
    score_fractions,
    sitting_participants,
)
from ringrift_engine.records.packed import pack_record
from ringrift_engine.rules import moves as m
from tests.ringrift_engine.datasets.conftest import CONFIG
from tests.support.records import header_of, random_records


@pytest.fixture(scope="module")
def game():
    return pack_record(header_of(CONFIG), random_records(CONFIG, 1)[0])


def test_rows_are_the_choices_after_the_opening_of_a_finished_game(game):
    counts = np.array([5, 1, 2, 3, 0, 1, 4, 2], dtype=np.int32)  # 0: a move that is no choice of players
    assert rows_of(replace(game, opening_plies=0), counts).plies.tolist() == [0, 2, 3, 6, 7]
    assert rows_of(replace(game, opening_plies=2), counts).plies.tolist() == [3, 6, 7]
    assert rows_of(replace(game, opening_plies=0, winner=0), counts).plies.tolist() == []


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


def test_players_change_seats_with_a_swap(game):
    swapped = replace(game, seats=(4, 9), moves=np.array([m.PLACE, m.PLACE, m.SWAP_SIDES, m.PLACE, m.PLACE]))
    rows = GameRows(swapped, np.array([0, 2, 3, 4]))
    assert sitting_participants(rows).tolist() == [[4, 9], [4, 9], [9, 4], [9, 4]]
    assert sitting_participants(GameRows(replace(swapped, moves=swapped.moves[:2]), np.array([1]))).tolist() == [[4, 9]]


def test_kinds_of_mover_and_opponents():
    sitting = np.array([[0, 1, 2], [0, 1, 2], [1, 1, 1]])
    own, others = kind_columns(sitting, np.array([1, 3, 2]), ["search", "random", "heuristic"])
    assert own.tolist() == ["search", "heuristic", "random"]
    assert others.tolist() == ["heuristic+random", "random+search", "random"]


def test_words_become_codes_of_a_sorted_table():
    codes, names = encode_words(np.array(["b", "a", "b"]))
    assert (codes.dtype, codes.tolist(), names.tolist()) == (np.uint8, [1, 0, 1], ["a", "b"])


def test_one_game_in_twenty_is_held_out_and_always_the_same():
    numbers = game_numbers([f"{value:016x}ffffffff" for value in (0, 20, 21, 2**64 - 1)])
    assert numbers.tolist() == [0, 20, 21, 2**64 - 1]
    assert is_held_out(numbers).tolist() == [True, True, False, False]
    many = np.random.default_rng(0).integers(0, 2**64, 100_000, dtype=np.uint64)
    assert is_held_out(many).mean() == pytest.approx(0.05, abs=0.004)
