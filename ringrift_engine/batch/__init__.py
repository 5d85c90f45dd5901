"""Thousands of games at once, on the rules core: list, play, finish."""

from ringrift_engine.batch.batch import Batch
from ringrift_engine.batch.legal_moves import LegalMoves, list_moves_of

__all__ = ["Batch", "LegalMoves", "list_moves_of"]
