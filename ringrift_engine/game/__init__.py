"""One game, for people, tests and scripts; the same compiled rules as the batches."""

from ringrift_engine.game.game import Game
from ringrift_engine.game.move import Move

__all__ = ["Game", "Move"]
