"""What the compiled loops count is what happens: the same games and successors, made by other code."""

import numpy as np
import pytest

from ringrift_engine.batch import Batch
from ringrift_engine.bench.random_play import RandomGames
from ringrift_engine.bench.successors import Successors
from ringrift_engine.boards import CONFIGS
from ringrift_engine.rules.moves import KIND_CODES

CONFIG = CONFIGS["square8_2p"]
FORCED = {"NP", "NM", "NL", "NT"}
MASK = 2**64 - 1
KIND_BITS = 31


def split_mix(state):
    """SplitMix64 as its paper has it, in Python's integers: uniforms in [0, 1)."""
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        word = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & MASK
        yield ((word ^ (word >> 31)) >> 11) * 2.0**-53


def counted(stream, games):
    """Moves, bookkeeping moves, decisions and listed moves of random games played through the batch."""
    counts, row = np.zeros(4, dtype=int), np.zeros(1, dtype=np.int64)
    for _ in range(games):
        batch = Batch(CONFIG, 1)
        while not batch.over()[0]:
            moves = batch.legal(row).moves
            chosen = moves[int(next(stream) * len(moves))] if len(moves) > 1 else moves[0]
            kind = KIND_CODES[int(chosen) & KIND_BITS]
            counts += (1, kind in FORCED, len(moves) > 1, len(moves))
            batch.apply(row, np.array([chosen]))
    return counts


@pytest.mark.slow
def test_moves_bookkeeping_and_decisions_are_those_of_the_same_games():
    seed = 3
    played = RandomGames(CONFIG, threads=1).play(5, seed)
    moves, bookkeeping, decisions, listed = counted(split_mix(seed), 5)
    assert (played.moves, played.bookkeeping, played.decisions, played.listed, played.games) == (
        moves, bookkeeping, decisions, listed, 5
    )  # fmt: skip


@pytest.mark.slow
def test_two_threads_play_the_games_of_two_streams():
    both = RandomGames(CONFIG, threads=2).play(3, seed=5)
    first, second = (counted(split_mix(stream), 3) for stream in (10, 11))
    assert [both.moves, both.bookkeeping, both.decisions, both.listed] == list(first + second)
    assert both.games == 6


@pytest.mark.slow
def test_successors_are_the_positions_after_the_choices():
    made = Successors.of(CONFIG)
    assert made.make() == len(made.legal.moves)
    last = len(made.legal.moves) - len(made.copies)
    owners = np.repeat(np.arange(len(made.games)), made.legal.counts)[last:]
    expected = Batch(CONFIG, len(owners), games=made.games[owners])
    expected.apply(np.arange(len(owners)), made.legal.moves[last:])
    order = [index % len(made.copies) for index in range(last, len(made.legal.moves))]
    for field in expected.games.dtype.names or ():  # not the bytes: those between fields may differ
        np.testing.assert_array_equal(made.copies[order][field], expected.games[field], field)
    assert made.choices_a_position > 5
