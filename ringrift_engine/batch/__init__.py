"""Thousands of games at once, on the rules core: list, play, finish. Random games on a GPU too."""

from ringrift_engine.batch.batch import Batch
from ringrift_engine.batch.legal_moves import LegalMoves, list_moves_of
from ringrift_engine.batch.random_games import RandomGames, play_random_games

__all__ = ["Batch", "LegalMoves", "RandomGames", "list_moves_of", "play_random_games"]
