"""Recorded positions for the tests of the encoding: as dicts for oracles, and as blocks of engine records."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ringrift_engine import BoardConfig, Game
from ringrift_engine.batch import LegalMoves, list_moves_of
from ringrift_engine.game.snapshot import read_snapshot
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import make_work
from tests.support.replay import config_of
from tests.support.traces import GAME_FILES, TraceGame, games_of


@dataclass(frozen=True, eq=False)
class Position:
    """One recorded position in which somebody is to move."""

    config: BoardConfig
    snapshot: dict[str, Any]
    swap_rule: bool
    legal_count: int

    def game(self) -> Game:
        return Game.from_snapshot(self.config, self.snapshot, swap_rule=self.swap_rule)


def positions_of(game: TraceGame) -> Iterator[Position]:
    """The position before every move of a recorded game, with the recorded number of legal moves."""
    config, state = config_of(game), game.start
    for step in game.steps():
        yield Position(config, state, game.swap_rule, step.legal_count)
        state = step.after


@cache
def sample(key: str, a_kind: int) -> tuple[Position, ...]:
    """Of every kind of move up to `a_kind` recorded positions in which it was played, spread over all files."""
    board, players = key.split("_")
    groups: dict[str, list[Position]] = {}
    for path in GAME_FILES:
        if f"-{board}-{players}." in path.name:
            for game in games_of(path):
                for step, position in zip(game.steps(), positions_of(game), strict=True):
                    groups.setdefault(step.move[0], []).append(position)
    spread = [np.linspace(0, len(group) - 1, min(a_kind, len(group))).astype(int) for group in groups.values()]
    return tuple(group[i] for group, chosen in zip(groups.values(), spread, strict=True) for i in chosen)


def records_of(positions: list[Position]) -> np.recarray:
    """recarray [R]: the engine's records of some positions of one board."""
    return np.concatenate([read_snapshot(p.config, p.snapshot, p.swap_rule) for p in positions]).view(np.recarray)


def legal_of(board: str, games: np.recarray) -> LegalMoves:
    """The complete legal sets, with moves that are listed and then refused, and both names of an exact line."""
    return list_moves_of(games, np.arange(len(games)), board_table(board), make_work(board), complete=True)


def next_seat(state: dict[str, Any], players: int) -> dict[str, Any]:
    """The position in which a_kind player sits one place later."""

    def shift(seat: int) -> int:
        return seat % players + 1 if seat else 0

    board = {cell: what[0] + "".join(str(shift(int(owner))) for owner in what[1:]) for cell, what in state["b"].items()}
    opened, first, mask, last, rounds, exclusive = state["lp"]
    lps = [opened, shift(first), [[shift(seat), real] for seat, real in mask], shift(last), rounds, shift(exclusive)]
    return state | {"b": board, "cp": shift(state["cp"]), "pl": [state["pl"][-1], *state["pl"][:-1]], "lp": lps}
