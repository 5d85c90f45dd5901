"""Three players: the search against the whole game tree of late positions, enumerated.

max^n: everybody maximises his own component of the result. In the positions chosen here some first choices let the
player to move win against any play and others do not, so that the right answer does not depend on how ties between
losses are broken.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from ringrift_engine.batch import Batch, LegalMoves
from ringrift_engine.boards import CONFIGS, BoardConfig
from ringrift_engine.search import GumbelSearch, SearchSettings
from ringrift_engine.search.evaluators import UniformEvaluator

MOST_POSITIONS = 1_500  # in a tree that is enumerated


@dataclass
class Level:
    """All positions that are reached by so many decisions, one after the other."""

    batch: Batch
    legal: LegalMoves


def enumerate_tree(config: BoardConfig, game: np.ndarray) -> list[Level] | None:
    """The levels of the whole tree below a position, down to the ends of all games; None if it is too large."""
    levels, batch, total = [], Batch(config, 1, games=game), 0
    while True:
        legal = batch.legal(np.arange(len(batch)))
        levels.append(Level(batch, legal))
        total += len(legal.moves)
        if total > MOST_POSITIONS:
            return None
        if not len(legal.moves):
            return levels
        parents = np.repeat(np.arange(len(batch)), legal.counts)
        batch = Batch(config, len(parents), games=batch.games[parents])
        batch.apply(np.arange(len(parents)), legal.moves)
        batch.play_forced(np.arange(len(parents)))


def winners_from(levels: list[Level]) -> tuple[set[int], int]:
    """The root's choices that win for its player whatever the others do, and the depth of the tree.

    Backward induction with sets: who can still be the winner if everybody plays by max^n, ties broken in any way.
    """
    below: list[set[int]] = []
    for level in reversed(levels):
        here = []
        for row in range(len(level.batch)):
            low, high = level.legal.offsets[row], level.legal.offsets[row + 1]
            here.append(outcomes(int(level.batch.games.player[row]), int(level.batch.winners()[row]), below[low:high]))
        kept, below = below, here
    mover = int(levels[0].batch.games.player[0])
    return {choice for choice, found in enumerate(kept) if found == {mover}}, len(levels) - 1


def outcomes(mover: int, winner: int, choices: list[set[int]]) -> set[int]:
    """Possible winners of a position: a player who can surely win does; otherwise any choice may be as good."""
    if not choices:
        return {winner}
    if {mover} in choices:
        return {mover}
    return set().union(*choices)


def late_positions(config: BoardConfig, games: int, seed: int) -> list[np.ndarray]:
    """Positions with a choice from the last decisions of random games."""
    random = np.random.default_rng(seed)
    batch = Batch(config, games)
    history: list[list[np.ndarray]] = [[] for _ in range(games)]
    batch.play_forced(np.arange(games))
    while len(rows := np.flatnonzero(~batch.over())):
        for row in rows:
            history[row] = [*history[row][-7:], batch.games[row : row + 1].copy()]
        legal = batch.legal(rows)
        batch.apply(rows, legal.moves[legal.offsets[:-1] + (random.random(len(rows)) * legal.counts).astype(int)])
        batch.play_forced(rows)
    return [game for late in history for game in late]


def telling_positions(key: str, games: int, seed: int) -> list[tuple[np.ndarray, set[int], int, int]]:
    """(position, winning choices, number of choices, depth) where choosing well decides."""
    found = []
    for game in late_positions(CONFIGS[key], games, seed):
        levels = enumerate_tree(CONFIGS[key], game)
        if levels is None:
            continue
        winning, depth = winners_from(levels)
        if 0 < len(winning) < len(levels[0].legal.moves):
            found.append((game, winning, len(levels[0].legal.moves), depth))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("key", ["square8_3p", "hex8_3p"])
def test_the_search_finds_every_win_that_the_whole_tree_shows(key):
    positions = telling_positions(key, games=150, seed=3)
    deep = [position for position in positions if position[3] >= 2]
    assert len(positions) >= 10
    assert len(deep) >= 3, [position[3] for position in positions]
    config = CONFIGS[key]
    search = GumbelSearch(config, UniformEvaluator(config), SearchSettings(simulations=2_000, considered=64))
    games = np.concatenate([game for game, *_ in positions])
    legal = Batch(config, len(games), games=games).legal(np.arange(len(games)))
    found = search.run(games, legal, np.arange(len(games), dtype=np.uint64))
    for row, (_, winning, _, _) in enumerate(positions):
        assert legal.of(row).tolist().index(found.moves[row]) in winning
        own = found.policy[legal.offsets[row] : legal.offsets[row + 1]]
        assert own[sorted(winning)].sum() > 0.95
    # A mean over simulations nears the true value of 1 slowly where a long way to the win is narrow.
    own_values = found.root_values[np.arange(len(games)), games["player"].astype(int) - 1]
    assert np.median(own_values) > 0.95
    assert (own_values > 0.9).mean() > 0.8
