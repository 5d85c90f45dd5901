"""The engine's public face in the shape that `first_difference` asks: what recorded games judge is what users call."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ringrift_engine import BoardConfig, Game
from tests.support.traces import TraceGame, first_difference


def config_of(game: TraceGame) -> BoardConfig:
    """The configuration that a recorded game was played with; some have fewer rings than usual."""
    return replace(BoardConfig.from_key(game.config_key), rings_per_player=game.rings_per_player)


class EngineReplayer:
    """A `Game` that stands where the recording starts."""

    def __init__(self, game: TraceGame) -> None:
        config = config_of(game)
        if game.from_the_start:
            self.game = Game(config, swap_rule=game.swap_rule)
        else:
            self.game = Game.from_snapshot(config, game.start, swap_rule=game.swap_rule)

    def legal(self) -> list[Sequence]:
        return [move.to_tuple() for move in self.game.legal_moves(include_rejected=True)]

    def rejected(self) -> list[Sequence]:
        playable = {move.to_tuple() for move in self.game.legal_moves()}
        return [move for move in self.legal() if move not in playable]

    def play(self, move: list) -> None:
        self.game.apply(move)

    def state(self) -> dict[str, Any]:
        return self.game.snapshot()

    def result(self) -> dict[str, Any]:
        return {"winner": self.game.winner, "reason": self.game.reason, "how": self.game.how}


def engine_difference(game: TraceGame) -> str | None:
    """Where the engine departs from a recorded game."""
    return first_difference(game, EngineReplayer(game))
