"""A board that a person can read in a terminal.

Each cell is three characters: `.` empty, `x2` a marker of player 2, `#2` territory of player 2, `2:5` a stack of
player 2 with five rings (its cap is in the list below the board). Hexagonal boards are sheared so that neighbours
touch.
"""

from typing import Any

from ringrift_engine.boards import BoardConfig, geometry_of
from ringrift_engine.rules import state as s


def draw(config: BoardConfig, game: Any) -> str:
    """The position as lines of text: whose turn, the board, the players, the tall stacks."""
    return "\n".join([_headline(config, game), "", *_board_lines(config, game), "", *_player_lines(config, game)])


def _headline(config: BoardConfig, game: Any) -> str:
    if game.winner:
        return f"{config.key}  over: player {game.winner} won by {s.HOW_NAMES[game.how] or 'record'}"
    return f"{config.key}  turn {game.turn}: player {game.player} in {s.PHASE_NAMES[game.phase]}"


def _board_lines(config: BoardConfig, game: Any) -> list[str]:
    size, playable = config.size, geometry_of(config.board).playable
    lines = ["      " + "".join(f"{x:<4}" for x in range(size))] if not config.is_hex else []
    for y in range(size):
        cells = [_cell_text(game, y * size + x) for x in range(size) if playable[y * size + x]]
        indent = " " * (2 * abs(y - size // 2)) if config.is_hex else ""
        lines.append(f"{y * size:>4}  {indent}" + "".join(f"{cell:<4}" for cell in cells).rstrip())
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
