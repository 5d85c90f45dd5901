"""Random games, the same for every test that asks for the same one.

The kind of move is drawn before the move: drawn at once, slides and placements would crowd out skips, claims and
recoveries. On large boards players have fewer rings, so that games reach their end in a few hundred moves.
"""

import random
from dataclasses import dataclass, replace
from functools import lru_cache

from hypothesis import strategies as st

from ringrift_engine import CONFIGS, BoardConfig, Game
from tests.naive import Rules
from tests.support.traces import State

RINGS_ON_LARGE_BOARDS = 9


@dataclass(frozen=True)
class WalkStep:
    """A position, its legal moves, the move that was played, and the position after it."""

    before: State
    legal: tuple[tuple, ...]
    move: tuple
    after: State


@dataclass(frozen=True)
class Walk:
    """A whole random game."""

    config: BoardConfig
    seed: int
    steps: tuple[WalkStep, ...]
    how: str | None

    def __str__(self) -> str:
        return f"{self.config.key}, seed {self.seed}, {len(self.steps)} moves"

    __repr__ = __str__

    @property
    def moves(self) -> list[tuple]:
        return [step.move for step in self.steps]


def config_for_walks(key: str) -> BoardConfig:
    config = CONFIGS[key]
    return config if config.cells < 100 else replace(config, rings_per_player=RINGS_ON_LARGE_BOARDS)


def draw_move(legal: list[tuple], source: random.Random) -> tuple:
    """First the kind of move, then one of the kind; never the null move on a longer line, which may go on for ever."""
    longer = {move[1] for move in legal if move[0] == "LO" and move[1] != move[2]}
    useful = [move for move in legal if not (move[0] == "L" and move[1] in longer)]
    kind = source.choice(sorted({move[0] for move in useful}))
    return source.choice([move for move in useful if move[0] == kind])


@lru_cache(maxsize=256)
def walk_of(key: str, seed: int) -> Walk:
    """The random game of a configuration and a seed."""
    config, source = config_for_walks(key), random.Random(f"{key} {seed}")
    game, steps = Game(config), []
    before = game.snapshot()
    while not game.is_over and len(steps) < config.max_moves:
        playable = [move.to_tuple() for move in game.legal_moves()]
        legal = tuple(move.to_tuple() for move in game.legal_moves(include_rejected=True))
        move = draw_move(playable, source)
        game.apply(move)
        after = game.snapshot()
        steps.append(WalkStep(before, legal, move, after))
        before = after
    return Walk(config, seed, tuple(steps), game.how)


def walks(keys: tuple[str, ...] = tuple(CONFIGS)) -> st.SearchStrategy[Walk]:
    """Random games; few seeds a configuration, so that tests share what they play."""
    return st.builds(walk_of, st.sampled_from(keys), st.integers(0, 3))


def naive_rules(config: BoardConfig, swap_rule: bool = False) -> Rules:
    """The same configuration for the naive engine."""
    return Rules(config.board, config.num_players, config.rings_per_player, swap_rule)
