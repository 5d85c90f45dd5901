"""A board that a person can read in a terminal.

Each cell is three characters: `.` empty, `x2` a marker of player 2, `#2` territory of player 2, `2:5` a stack of
player 2 with five rings; those with rings of several players are listed below the board, top ring first. Hexagonal
boards are sheared so that neighbours touch. A row begins with the number of its first cell; the cells to the right of
it count on.
"""

import textwrap
from typing import Any, Final

import numpy as np

from ringrift_engine.boards import BoardConfig, geometry_of
from ringrift_engine.game.snapshot import stack_text
from ringrift_engine.rules import state as s

_WIDTH: Final = 100


def draw(config: BoardConfig, game: Any) -> str:
    """The position as lines of text: whose turn, the board, the players, the mixed stacks."""
    below = [*_player_lines(config, game), *_mixed_stack_lines(game)]
    return "\n".join([_headline(config, game), "", *_board_lines(config, game), "", *below])


def _headline(config: BoardConfig, game: Any) -> str:
    if game.winner:
        return f"{config.key}  over: player {game.winner} won by {s.HOW_NAMES[game.how] or 'record'}"
    return f"{config.key}  turn {game.turn}: player {game.player} in {s.PHASE_NAMES[game.phase]}"


def _board_lines(config: BoardConfig, game: Any) -> list[str]:
    size, playable = config.size, geometry_of(config.board).playable
    lines = ["      " + "".join(f"{x:<4}" for x in range(size)).rstrip()] if not config.is_hex else []
    for y in range(size):
        row = [cell for cell in range(y * size, (y + 1) * size) if playable[cell]]
        indent = " " * (2 * abs(y - size // 2)) if config.is_hex else ""
        lines.append(f"{row[0]:>4}  {indent}" + "".join(f"{_cell_text(game, cell):<4}" for cell in row).rstrip())
    return lines


def _cell_text(game: Any, cell: int) -> str:
    code = int(game.cell[cell])
    if code == s.EMPTY:
        return "."
    if code > s.COLLAPSED:
        return f"#{code - s.COLLAPSED}"
    if code > s.STACK:
        return f"{code - s.STACK}:{game.height[cell]}"
    return f"x{code}"


def _player_lines(config: BoardConfig, game: Any) -> list[str]:
    lines = []
    for seat in range(1, config.num_players + 1):
        mark = ">" if seat == game.player and not game.winner else " "
        lines.append(
            f"{mark} player {seat}: {game.hand[seat]} in hand, {game.eliminated[seat]}/{config.ring_victory_threshold} "
            f"eliminated, {game.territory[seat]}/{config.territory_victory_minimum} territory, "
            f"{game.stacks[seat]} stacks, {game.markers[seat]} markers"
        )
    return lines


def _mixed_stack_lines(game: Any) -> list[str]:
    """The stacks of which height and controller do not tell the cap."""
    mixed = [f"{cell} is {stack_text(game, cell)}" for cell in np.flatnonzero(game.height > game.cap).tolist()]
    text = f"mixed stacks, top ring first: {', '.join(mixed)}"
    return textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="    ") if mixed else []
