"""A small dataset whose targets follow from its inputs, and which keeps the contract of `ringrift_engine.datasets`.

The relative seat with more on its plane wins, the best move is the one whose cell is highest on plane 0. So a network
can learn both, and a test can say what the targets must be. Searches are four fifths sure of the winner. Rows are not
positions of real games.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ringrift_engine import RULES_VERSION
from ringrift_engine.boards import CONFIGS
from ringrift_engine.datasets.contract import (
    CODE_NAMES,
    FORMAT_VERSION,
    HELD_OUT_ONE_IN,
    NO_NEXT_MOVE,
    SEAT_COLUMNS,
)
from ringrift_engine.datasets.npz_writer import writing_npz
from ringrift_engine.encoding import ENCODER_VERSION, Encoding

ROWS_A_GAME = 5


def arrays_of(key: str, games: int, seed: int = 0) -> dict[str, NDArray[Any]]:
    """The arrays of a combined dataset of `games` games, five rows each; every fifth game is held out."""
    encoding, random = Encoding(CONFIGS[key]), np.random.default_rng(seed)
    seats, size, rows = encoding.config.num_players, encoding.config.size, games * ROWS_A_GAME
    game = np.repeat(np.arange(games), ROWS_A_GAME)
    leader = random.integers(0, seats, rows)
    features = random.integers(0, 3, (rows, encoding.planes, size, size), dtype=np.int8)
    features[np.arange(rows), leader] += 1
    seat = random.integers(1, seats + 1, rows).astype(np.int8)
    winner = (leader + seat - 1) % seats
    features *= encoding.playable
    offsets, factors, policy = _policies(encoding, features, random)
    weights = random.uniform(0.5, 1.5, rows)
    owners = np.where(encoding.playable, random.integers(0, seats + 1, (games, size, size)), -1)
    scores = np.zeros((games, SEAT_COLUMNS, 2), np.float32)
    scores[:, :seats] = random.random((games, seats, 2))
    won = np.eye(SEAT_COLUMNS, dtype=np.float32)[winner]
    stated = 0.8 * won
    stated[:, :seats] += 0.2 / seats
    arrays = {
        "features": features,
        "globals": random.random((rows, encoding.globals), dtype=np.float32),
        "values": np.where(winner == seat - 1, 1, -1).astype(np.float32),
        "values_mp": won,
        "search_values": stated.astype(np.float32),
        "num_players": np.full(rows, seats, np.int32),
        "seat": seat,
        # The side of the split is decided by the name.
        "game_id": (game * HELD_OUT_ONE_IN + (game % 5 != 0)).astype(np.uint64),
        "policy_offsets": offsets,
        "policy_factors": factors,
        "policy_values": policy,
        "next_move": _next_moves(offsets, factors),
        "ownership": owners[game].astype(np.int8),
        "final_scores": scores[game],
        "move_numbers": np.tile(np.arange(ROWS_A_GAME, dtype=np.int32) * 10, games),
        "total_game_moves": np.full(rows, 60, np.int32),
        "quality_score": np.ones(rows, np.float32),
        "simulations": np.zeros(rows, np.int32),
        "surprise": np.zeros(rows, np.float32),
        "held_out": game % 5 == 0,
        "config_key": np.array(key),
        "format_version": np.array(FORMAT_VERSION),
        "rules_version": np.array(RULES_VERSION),
        "encoder_version": np.array(ENCODER_VERSION),
        "policy_size": np.array(encoding.policy_size),
        "sources": np.array(["ab" * 32]),
        "sample_weights": (weights / weights.mean()).astype(np.float32),
    }
    codes = {name: np.zeros(rows, np.uint8) for name in CODE_NAMES}
    return arrays | codes | {f"{name}_names": np.array(["one"]) for name in CODE_NAMES}


def write_dataset(path: Path, key: str = "square8_2p", games: int = 60, **changes: Any) -> Path:
    """Write the arrays, some of them replaced (or left out, if None), and return the path."""
    with writing_npz(path, deflate=False) as writer:
        for name, array in (arrays_of(key, games) | changes).items():
            if array is not None:
                writer.add(name, array)
    return path


def _next_moves(offsets: NDArray[np.int64], factors: NDArray[np.int32]) -> NDArray[np.int32]:
    """Every row's first choice is what was played; the last row of a game has no next one."""
    following = np.roll(factors[offsets[:-1], 0], -1)
    following[ROWS_A_GAME - 1 :: ROWS_A_GAME] = NO_NEXT_MOVE
    return following


def _policies(
    encoding: Encoding, features: NDArray[np.int8], random: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Offsets, factors and shares: 2 to 12 placements of one ring each (plane 0 of the policy), all of them on
    different cells.
    """
    cells = np.flatnonzero(encoding.playable)
    counts = random.integers(2, 13, len(features))
    chosen = [random.choice(cells, count, replace=False) for count in counts]
    heights = [row.reshape(encoding.planes, -1)[0, cells] for row, cells in zip(features, chosen, strict=True)]
    shares = [np.exp(2.0 * height) / np.exp(2.0 * height).sum() for height in heights]
    first = np.concatenate(chosen)
    factors = np.stack([first, np.full(len(first), encoding.policy_size - 1)], axis=1)
    return np.concatenate([[0], np.cumsum(counts)]), factors.astype(np.int32), np.concatenate(shares).astype(np.float32)
