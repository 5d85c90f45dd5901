"""How moves and decisions become bytes: at most 200 of them a move, where the platform before this one took 106,000.

Moves are 64-bit integers whose high bytes are nearly always 0, so their bytes are sorted by place before they are
deflated. A decision's policy is one byte for each choice, in the fixed order of the choices: a logarithm with 16
steps to the octave, so that shares are kept within 2.2 % of their value from 1 down to 1/60,000 and smaller ones
become 0. A search knows its shares far less well than that, and one-hot and even halves stay exact. No move has to be
named beside its share: whoever reads the file replays the game anyway. Surprise is such a logarithm too.
"""

import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.errors import DataError

_LEVEL: Final = 9  # of deflate: part of the format, since equal content must give equal bytes
_STEPS: Final = 16  # codes to the octave
_TOP: Final = 255  # code of the share 1
_VALUE_SCALE: Final = 65_535
_COUNT_BYTES: Final = 4
_SAMPLED: Final = 1
_ESTIMATED: Final = 2
_TAUGHT: Final = 4
_TOP_SURPRISE: Final = 4.0  # binary logarithm of the largest: 16 nats

SHARE_OF_CODE: Final = np.concatenate(([0.0], np.exp2((np.arange(1, _TOP + 1) - _TOP) / _STEPS)))
"""float64 [256]; a policy's are scaled to sum 1."""

SURPRISE_OF_CODE: Final = np.concatenate(([0.0], np.exp2((np.arange(1, _TOP + 1) - _TOP) / _STEPS + _TOP_SURPRISE)))
"""float64 [256], nats: 16 down to 0.0003; 0 where no search said any."""


@dataclass(frozen=True, eq=False)
class DecisionColumns:
    """The decisions of one game, D of them, as columns.

    plies        int64 [D], ascending
    choices      int64 [D], how many choices each had
    simulations  int64 [D]
    sampled      bool [D]
    taught       bool [D], see `Decision`
    surprise     uint8 [D], see `surprise_codes`
    estimated    bool [D], whether there are root values
    root_values  float32 [D, n], rows sum to 1; 0 where there are none
    codes        uint8 [sum of choices], see `share_codes`
    """

    plies: NDArray[np.int64]
    choices: NDArray[np.int64]
    simulations: NDArray[np.int64]
    sampled: NDArray[np.bool_]
    taught: NDArray[np.bool_]
    surprise: NDArray[np.uint8]
    estimated: NDArray[np.bool_]
    root_values: NDArray[np.float32]
    codes: NDArray[np.uint8]

    @property
    def offsets(self) -> NDArray[np.int64]:
        """int64 [D + 1]: decision d has codes[offsets[d] : offsets[d + 1]]."""
        return np.concatenate(([0], np.cumsum(self.choices))).astype(np.int64)


def share_codes(policy: NDArray[np.float32]) -> NDArray[np.uint8]:
    """uint8 of the same shape: 255 + 16 log2 of each share, rounded; 0 for shares too small for a code."""
    with np.errstate(divide="ignore"):
        codes = _TOP + np.rint(_STEPS * np.log2(policy.astype(np.float64)))
    return np.clip(codes, 0, _TOP).astype(np.uint8)


def surprise_codes(surprise: NDArray[np.float64]) -> NDArray[np.uint8]:
    """uint8 of the same shape from nats: 1 to 255, 16 to the octave; 0 for NaN, which means that there is none."""
    with np.errstate(divide="ignore"):
        codes = _TOP + np.rint(_STEPS * (np.log2(surprise) - _TOP_SURPRISE))
    return np.where(np.isnan(surprise), 0, np.clip(codes, 1, _TOP)).astype(np.uint8)


def shares_of(codes: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.float32]:
    """float32 [M]: the shares that codes uint8 [M] stand for, each part between two `offsets` (not empty) scaled to
    sum 1.
    """
    shares = SHARE_OF_CODE[codes]
    if len(offsets) < 2:
        return shares.astype(np.float32)
    sums = np.add.reduceat(shares, offsets[:-1])
    return (shares / np.repeat(sums, np.diff(offsets))).astype(np.float32)


def pack_moves(moves: NDArray[np.int64]) -> bytes:
    """int64 [T] as deflated bytes, the lowest byte of all moves first."""
    planes = np.ascontiguousarray(moves.astype("<i8")).view(np.uint8).reshape(-1, 8).T
    return zlib.compress(planes.tobytes(), _LEVEL)


def unpack_moves(blob: bytes, source: str) -> NDArray[np.int64]:
    """The inverse of `pack_moves`; DataError naming `source` if the bytes are damaged."""
    plain = _inflate(blob, source)
    if len(plain) % 8:
        raise DataError(
            f"{source}: the moves take {len(plain)} bytes, not a multiple of 8. The file is damaged; remove it."
        )
    planes = np.frombuffer(plain, dtype=np.uint8).reshape(8, -1)
    return np.ascontiguousarray(planes.T).view("<i8").reshape(-1).astype(np.int64, copy=False)


def pack_decisions(decisions: DecisionColumns) -> bytes:
    """Number of decisions, then each column, deflated together; root values as 16-bit fractions."""
    flags = decisions.sampled * _SAMPLED + decisions.estimated * _ESTIMATED + decisions.taught * _TAUGHT
    values = np.rint(np.clip(decisions.root_values, 0, 1).astype(np.float64) * _VALUE_SCALE)
    parts = [
        np.array([len(decisions.plies)], dtype="<u4").tobytes(),
        decisions.plies.astype("<u2").tobytes(),
        decisions.choices.astype("<u2").tobytes(),
        decisions.simulations.astype("<u4").tobytes(),
        flags.astype(np.uint8).tobytes(),
        decisions.surprise.tobytes(),
        values.astype("<u2").tobytes(),
        decisions.codes.tobytes(),
    ]
    return zlib.compress(b"".join(parts), _LEVEL)


def unpack_decisions(blob: bytes, num_players: int, source: str) -> DecisionColumns:
    """The inverse of `pack_decisions`, shares and values rounded; DataError with `source` if the bytes are damaged."""
    plain = _inflate(blob, source)
    count = int.from_bytes(plain[:_COUNT_BYTES], "little")
    values_at = _COUNT_BYTES + 10 * count
    codes_at = values_at + 2 * num_players * count
    plies_and_choices = np.zeros(0, dtype=np.int64)
    if len(plain) >= codes_at:
        plies_and_choices = np.frombuffer(plain, "<u2", 2 * count, _COUNT_BYTES).astype(np.int64)
    choices = plies_and_choices[count:]
    if len(choices) != count or len(plain) != codes_at + int(choices.sum()):
        raise DataError(
            f"{source}: the decisions do not have the length that they state. The file is damaged; remove it."
        )
    flags = np.frombuffer(plain, np.uint8, count, _COUNT_BYTES + 8 * count)
    values = np.frombuffer(plain, "<u2", num_players * count, values_at).reshape(count, num_players)
    sums = np.maximum(values.sum(axis=1, dtype=np.int64, keepdims=True), 1)
    return DecisionColumns(
        plies=plies_and_choices[:count],
        choices=choices,
        simulations=np.frombuffer(plain, "<u4", count, _COUNT_BYTES + 4 * count).astype(np.int64),
        sampled=(flags & _SAMPLED) != 0,
        taught=(flags & _TAUGHT) != 0,
        surprise=np.frombuffer(plain, np.uint8, count, _COUNT_BYTES + 9 * count),
        estimated=(flags & _ESTIMATED) != 0,
        root_values=(values / sums).astype(np.float32),
        codes=np.frombuffer(plain, np.uint8, -1, codes_at),
    )


def _inflate(blob: bytes, source: str) -> bytes:
    try:
        return zlib.decompress(blob)
    except zlib.error as error:
        raise DataError(f"{source}: {error}. The file is damaged; remove it, or fetch it again.") from error
