"""A second opinion on the rules: slow, readable, written from RULES.md alone, importing nothing of the engine.

It speaks the move tuples and the state dicts of recorded games (tests/traces/README.md, sections 3 and 5), so that its
answers can be compared with recordings and with the engine without a translation that could hide a mistake.

    boards      cells, rays, neighbours from coordinates
    position    the state dict as sets and dicts, and back
    movement, placement, lines, territory, recovery
                one family of rules each: what is legal, what a move does
    turn        phases, turn ends, last player standing, victory
    engine      `legal_moves`, `apply`, `play`
"""

from tests.naive.boards import Rules, start_state
from tests.naive.engine import apply, legal_moves, play

__all__ = ["Rules", "apply", "legal_moves", "play", "start_state"]
