"""Replaying recorded games on the second opinion itself, before anything is judged by it.

    python -m tests.naive.replay [part of a file name ...]

compares every step of the chosen files (all, without arguments) and prints the first difference of each game.
"""

import sys
from collections.abc import Sequence
from typing import Any

from tests.naive.boards import Rules
from tests.naive.engine import legal_moves, play
from tests.support.traces import GAME_FILES, TraceGame, first_difference, games_of


class NaiveReplayer:
    """The second opinion in the shape that `first_difference` asks."""

    def __init__(self, game: TraceGame) -> None:
        name, players = game.header["board"], game.header["np"]
        self.rules = Rules(name, players, game.rings_per_player, game.swap_rule)
        self.current = game.start
        self.how = ""

    def legal(self) -> list[Sequence]:
        moves, self.refused = legal_moves(self.current, self.rules)
        return list(moves)

    def rejected(self) -> list[Sequence]:
        return list(self.refused)

    def play(self, move: list) -> None:
        frozen = tuple(tuple(part) if isinstance(part, list) else part for part in move)
        self.current, self.how = play(self.current, frozen, self.rules)

    def state(self) -> dict[str, Any]:
        return self.current

    def result(self) -> dict[str, Any]:
        return {"winner": self.current.get("w"), "how": self.how}


def naive_difference(game: TraceGame) -> str | None:
    """Where the second opinion departs from a recorded game."""
    return first_difference(game, NaiveReplayer(game))


def main(names: list[str]) -> int:
    failures = 0
    for path in GAME_FILES:
        if names and not any(name in path.name for name in names):
            continue
        differences = [difference for game in games_of(path) if (difference := naive_difference(game))]
        failures += len(differences)
        print(path.name, "as recorded" if not differences else "\n  ".join(["", *differences]), flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
