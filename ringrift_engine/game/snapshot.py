"""A position as the dict of recorded games (TRACES.md 5), both ways."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ringrift_engine.boards import BoardConfig, geometry_of
from ringrift_engine.errors import SnapshotError
from ringrift_engine.rules import state as s
from ringrift_engine.rules.cells import cap_height
from ringrift_engine.rules.setup import new_games
from ringrift_engine.rules.tables import board_table

_CELL_FIELDS = (("mm", "must_move"), ("ch", "chain_cell"), ("ca", "capture_origin"))
_FLAG_FIELDS = (
    ("pe", "line_payment_due"),
    ("pt", "territory_payment_due"),
    ("rc", "recovered"),
    ("ha", "acted"),
)


def write_snapshot(config: BoardConfig, game: Any) -> dict[str, Any]:
    """The dict of a game record; flags appear only while set."""
    seats = range(1, config.num_players + 1)
    snapshot: dict[str, Any] = {
        "b": _write_board(game),
        "cp": int(game.player),
        "ph": s.PHASE_CODES[game.phase],
        "st": "c" if game.winner else "a",
        "pl": [[int(game.hand[p]), int(game.eliminated[p]), int(game.territory[p])] for p in seats],
        "tn": int(game.turn),
    }
    if game.winner:
        return snapshot | {
            "w": int(game.winner)
        }  # what only the rest of a game depends on is not recorded after its end
    snapshot["lp"] = [
        int(game.lps_round_index),
        int(game.lps_first),
        [[p, int(game.lps_mask[p])] for p in seats if game.lps_mask[p] != s.UNSET],
        int(game.lps_exclusive),
        int(game.lps_rounds),
        int(game.lps_player),
    ]
    snapshot.update({key: int(game[field]) for key, field in _CELL_FIELDS if game[field] != s.NOWHERE})
    snapshot.update({key: 1 for key, field in _FLAG_FIELDS if game[field]})
    if swap_on_offer(game):
        snapshot["sw"] = 1
    return snapshot


def swap_on_offer(game: Any) -> bool:
    """Whether the player to move may swap sides now."""
    return bool(game.swap_open and game.player == 2 and game.phase == s.RING_PLACEMENT and not game.winner)


def read_snapshot(config: BoardConfig, snapshot: Mapping[str, Any], swap_rule: bool = False) -> np.recarray:
    """recarray [1] with the position of a dict; SnapshotError names what no board can hold."""
    games = new_games(config, 1)
    game = games[0]
    if len(snapshot["pl"]) != config.num_players:
        raise SnapshotError(f"the position has {len(snapshot['pl'])} players, {config.key} has {config.num_players}")
    for seat, (hand, eliminated, territory) in enumerate(snapshot["pl"], start=1):
        game.hand[seat], game.eliminated[seat], game.territory[seat] = hand, eliminated, territory
    game.pieces[: config.num_players + 1] = s.UNCOUNTED
    for cell, content in snapshot["b"].items():
        _read_cell(config, game, int(cell), content)
    game.player = snapshot["cp"]
    game.phase = s.PHASE_CODES.index(snapshot["ph"])
    game.turn = snapshot.get("tn", 1)
    game.winner = snapshot.get("w", 0)
    for key, field in _CELL_FIELDS:
        games[field] = snapshot.get(key, s.NOWHERE)
    for key, field in _FLAG_FIELDS:
        games[field] = snapshot.get(key, 0)
    before_second_player = game.turn == 1 and game.player == 1
    game.swap_open = swap_rule and config.num_players == 2 and bool(snapshot.get("sw") or before_second_player)
    _read_last_player_standing(game, snapshot.get("lp", [0, 0, [], 0, 0, 0]))
    return games


def stack_text(game: Any, cell: int) -> str:
    """The owners of a stack's rings, the top one first, such as `112`."""
    rings = int(game.rings[cell])
    return "".join(str((rings >> 2 * k & 3) + 1) for k in range(int(game.height[cell])))


def _write_board(game: Any) -> dict[str, str]:
    board = {}
    codes = game.cell.tolist()
    for cell, code in enumerate(codes):
        if code == s.EMPTY or code == s.OFF_BOARD:
            continue
        if code > s.COLLAPSED:
            board[str(cell)] = f"c{code - s.COLLAPSED}"
        elif code > s.STACK:
            board[str(cell)] = f"s{stack_text(game, cell)}"
        else:
            board[str(cell)] = f"m{code}"
    return board


def _read_cell(config: BoardConfig, game: Any, cell: int, content: str) -> None:
    if not (0 <= cell < config.box and geometry_of(config.board).playable[cell]):
        raise SnapshotError(f"{cell} is no cell of {config.board}")
    kind, owners = content[:1], [int(digit) for digit in content[1:]]
    if kind not in ("m", "c", "s") or not owners or not all(1 <= owner <= config.num_players for owner in owners):
        raise SnapshotError(
            f"cell {cell} holds {content!r}; expected s, m or c followed by players up to {config.num_players}"
        )
    if kind == "s":
        if len(owners) > config.max_height:
            raise SnapshotError(
                f"cell {cell} holds {len(owners)} rings, {config.board} stacks hold {config.max_height}"
            )
        rings = sum((owner - 1) << 2 * depth for depth, owner in enumerate(owners))
        game.rings[cell], game.height[cell] = rings, len(owners)
        game.cap[cell] = cap_height(rings, len(owners))
        game.stacks[owners[0]] += 1
        for owner in owners:
            game.on_board[owner] += 1
    elif kind == "m":
        game.markers[owners[0]] += 1
    game.cell[cell] = {"m": s.MARKER, "c": s.COLLAPSED, "s": s.STACK}[kind] + owners[0]
    y, bit = cell // config.size, 1 << cell % config.size
    if kind != "m":
        table = board_table(config.board)[0]
        game.lanes[table.lane[cell]] |= np.int32(1) << table.place[cell]
    if kind == "c":
        game.open_rows[y] &= ~bit
    else:
        rows = game.stack_rows if kind == "s" else game.marker_rows
        rows[0, y] |= bit
        rows[owners[0], y] |= bit


def _read_last_player_standing(game: Any, lps: list[Any]) -> None:
    game.lps_round_index, game.lps_first, mask, game.lps_exclusive, game.lps_rounds, game.lps_player = lps
    for seat, real in mask:
        game.lps_mask[seat] = real
