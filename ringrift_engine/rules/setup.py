"""Games at their start (RULES.md 1.3)."""

import numpy as np

from ringrift_engine.boards import BoardConfig, geometry_of
from ringrift_engine.rules.state import NOWHERE, OFF_BOARD, RING_PLACEMENT, UNSET, game_dtype
from ringrift_engine.rules.tables import board_table


def new_games(config: BoardConfig, count: int, swap_rule: bool = False) -> np.recarray:
    """recarray [count] of games of `config` in the initial position; the swap rule exists for two players only."""
    games = np.zeros(count, dtype=game_dtype(config.board)).view(np.recarray)
    seats = slice(1, config.num_players + 1)
    games.cell[:, ~geometry_of(config.board).playable] = OFF_BOARD
    table = board_table(config.board)[0]
    games.open_rows[:, : config.size] = table.playable_rows
    games.lanes[:] = table.empty_lanes
    games.pieces[:, : config.num_players + 1] = 1
    games.hand[:, seats] = config.rings_per_player
    games.lps_mask[:] = UNSET
    for field in ("must_move", "chain_cell", "capture_origin"):
        games[field] = NOWHERE
    games.turn = 1
    games.player = 1
    games.phase = RING_PLACEMENT
    games.swap_open = swap_rule and config.num_players == 2
    games.num_players = config.num_players
    games.line_length = config.line_length
    games.detected_line_length = config.detected_line_length
    games.built_in_line_length = config.built_in_line_length
    games.ring_threshold = config.ring_victory_threshold
    games.territory_minimum = config.territory_victory_minimum
    return games
