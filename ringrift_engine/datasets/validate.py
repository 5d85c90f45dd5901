"""Whether a dataset keeps the contract. Producers ask before they publish, checks ask of what was published.

Everything wrong is listed, not only the first thing, so that one look at the report is enough. The planes are read in
pieces; a file larger than memory can be validated.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine import RULES_VERSION
from ringrift_engine.boards import BoardConfig
from ringrift_engine.datasets.contract import (
    CODE_NAMES,
    COMBINED_KEYS,
    EXPORT_KEYS,
    FORMAT_VERSION,
    HELD_OUT_ONE_IN,
    NO_NEXT_MOVE,
    Key,
)
from ringrift_engine.datasets.npz_reader import headers_of, iterate_rows, read_npz
from ringrift_engine.datasets.positions import count_positions, position_digests
from ringrift_engine.errors import DataError

POLICY_TOLERANCE: Final = 1e-5
SEARCH_TOLERANCE: Final = 1e-5
WEIGHT_TOLERANCE: Final = 1e-4
_LARGE: Final = ("features", "ownership")

Arrays = Mapping[str, NDArray[Any]]
Header = tuple[tuple[int, ...], np.dtype]


@dataclass(frozen=True)
class ValidationReport:
    """What was found in a file; `violations` is empty if it keeps the contract."""

    path: Path
    rows: int
    games: int
    violations: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong."""
        return not self.violations


def require_valid(path: Path, config: BoardConfig, *, combined: bool) -> ValidationReport:
    """The report of a valid file; DataError lists what is wrong with another."""
    report = validate_npz(path, config, combined=combined)
    if not report.valid:
        raise _broken(path, config, report.violations)
    return report


def require_valid_arrays(
    arrays: Arrays,
    planes: Header,
    digests: NDArray[np.uint64] | None,
    path: Path,
    config: BoardConfig,
) -> None:
    """DataError unless these arrays may be published at `path`; what is asked is what `require_valid` asks of a file.

    arrays   all but the planes
    planes   shape and dtype of the planes
    digests  uint64 [N, 2] of the positions of a combined dataset (`positions.position_digests`); None for an export
    """
    headers = {name: (array.shape, array.dtype) for name, array in arrays.items()} | {"features": planes}
    found = tuple(_violations(headers, lambda: arrays, lambda: [arrays["ownership"]], config, digests is not None))
    if not found and digests is not None:
        found = tuple(_repetitions(digests))
    if found:
        raise _broken(path, config, found)


def validate_npz(path: Path, config: BoardConfig, *, combined: bool) -> ValidationReport:
    """Compare a file with the contract for exports or for combined datasets; DataError only if it cannot be read."""
    headers = headers_of(path)
    arrays: dict[str, NDArray[Any]] = {}

    def small() -> Arrays:
        arrays.update(read_npz(path, [name for name in headers if name not in _LARGE]))
        return arrays

    violations = list(_violations(headers, small, lambda: iterate_rows(path, "ownership"), config, combined))
    if not arrays:  # Contents cannot be judged where shapes are wrong.
        return ValidationReport(path, 0, 0, tuple(violations))
    violations += _position_violations(path, arrays["globals"], unique=combined)
    games = len(np.unique(arrays["game_id"]))
    return ValidationReport(path, len(arrays["seat"]), games, tuple(violations))


def _violations(
    headers: Mapping[str, Header],
    arrays: Callable[[], Arrays],
    owners: Callable[[], Iterable[NDArray[np.int8]]],
    config: BoardConfig,
    combined: bool,
) -> Iterator[str]:
    """All but what concerns the planes; contents are asked for only where the shapes are right."""
    wrong = list(_schema_violations(headers, COMBINED_KEYS if combined else EXPORT_KEYS, config))
    yield from wrong
    if wrong:
        return
    found = arrays()
    yield from _version_violations(found, config)
    yield from _policy_violations(found)
    yield from _row_violations(found, config)
    yield from _target_violations(found, config)
    yield from _code_violations(found)
    yield from _split_violations(found)
    yield from _owner_violations(owners(), config)
    if combined:
        yield from _weight_violations(found)


def _broken(path: Path, config: BoardConfig, violations: tuple[str, ...]) -> DataError:
    return DataError(
        f"{path}: not a dataset of {config.key} as the contract has it: {'; '.join(violations)}. Remove it and "
        "materialise npz_exports or combined_npz again."
    )


def _schema_violations(headers: Mapping[str, Header], keys: tuple[Key, ...], config: BoardConfig) -> Iterator[str]:
    """Keys, dtypes, and axes that must agree."""
    names = {key.name for key in keys}
    if missing := sorted(names - headers.keys()):
        yield f"keys missing: {', '.join(missing)}"
    if unknown := sorted(headers.keys() - names):
        yield f"unknown keys: {', '.join(unknown)}"
    if missing:
        return
    sizes = {"W": config.size, "N": headers["seat"][0][0] if headers["seat"][0] else 0}
    sizes |= {"N+1": sizes["N"] + 1}
    for key in keys:
        shape, dtype = headers[key.name]
        if (dtype.kind != "U") if key.dtype == "str" else (dtype != np.dtype(key.dtype)):
            yield f"{key.name} is {dtype}, not {key.dtype}"
        if len(shape) != len(key.axes):
            yield f"{key.name} has shape {shape}, not {len(key.axes)} axes"
            continue
        for axis, size in zip(key.axes, shape, strict=True):
            # The table of names has its own length each; the first array with an axis fixes the size of the others.
            expected = size if axis == "T" else axis if isinstance(axis, int) else sizes.setdefault(axis, size)
            if size != expected:
                yield f"{key.name} has {size} where axis {axis} is {expected}"
    if sizes["N"] == 0:
        yield "no rows"


def _version_violations(arrays: Arrays, config: BoardConfig) -> Iterator[str]:
    from ringrift_engine.encoding import ENCODER_VERSION, Encoding

    expected = {
        "config_key": config.key,
        "format_version": FORMAT_VERSION,
        "rules_version": RULES_VERSION,
        "encoder_version": ENCODER_VERSION,
        "policy_size": Encoding(config).policy_size,
    }
    for name, value in expected.items():
        if arrays[name].item() != value:
            yield f"{name} is {arrays[name].item()!r}, not {value!r}"
    sources = arrays["sources"].tolist()
    if not sources or sources != sorted(set(sources)) or any(len(source) != 64 for source in sources):
        yield "sources are not sorted, different hashes of 64 digits"


def _policy_violations(arrays: Arrays) -> Iterator[str]:
    offsets, values, factors = arrays["policy_offsets"], arrays["policy_values"], arrays["policy_factors"]
    if offsets[0] != 0 or offsets[-1] != len(values) or np.any(np.diff(offsets) < 2):
        yield "policy_offsets do not cut the policy into rows of two choices or more"
        return
    if not np.all(np.isfinite(values)) or np.any(values < 0):
        yield "policy_values are negative or not finite"
    sums = np.add.reduceat(values.astype(np.float64), offsets[:-1])
    if wrong := int(np.count_nonzero(~(np.abs(sums - 1) <= POLICY_TOLERANCE))):
        yield f"{wrong} policies do not sum to 1"
    if np.any(factors < 0) or np.any(factors >= arrays["policy_size"].item()):
        yield "policy_factors are not all below the policy size"


def _row_violations(arrays: Arrays, config: BoardConfig) -> Iterator[str]:
    """Finite numbers in their ranges, and columns that must agree with each other."""
    players = config.num_players
    for name in ("globals", "values", "values_mp", "final_scores", "quality_score"):
        if not np.all(np.isfinite(arrays[name])):
            yield f"{name} are not all finite"
    seat, outcomes = arrays["seat"], arrays["values_mp"]
    if np.any(arrays["num_players"] != players):
        yield f"num_players is not {players} everywhere"
    if np.any((seat < 1) | (seat > players)):
        yield f"seat is not from 1 to {players} everywhere"
        return
    if np.any(outcomes < 0) or np.any(outcomes[:, players:] != 0) or np.any(outcomes.sum(axis=1) != 1):
        yield "values_mp are not shares of the real seats that sum to 1"
    if not np.allclose(arrays["values"], 2 * outcomes[np.arange(len(seat)), seat - 1] - 1, atol=1e-6):
        yield "values and values_mp disagree about the mover"
    if np.any(arrays["final_scores"] < 0) or np.any(arrays["final_scores"][:, players:] != 0):
        yield "final_scores are negative or name seats that nobody has"
    if np.any((arrays["quality_score"] < 0) | (arrays["quality_score"] > 1)):
        yield "quality_score is not from 0 to 1 everywhere"
    moves = arrays["move_numbers"]
    if np.any((moves < 0) | (moves >= arrays["total_game_moves"])) or np.any(arrays["simulations"] < 0):
        yield "move_numbers lie outside their games, or simulations are negative"
    if not np.all(np.isfinite(arrays["surprise"])) or np.any(arrays["surprise"] < 0):
        yield "surprise is negative or not finite"


def _target_violations(arrays: Arrays, config: BoardConfig) -> Iterator[str]:
    """What a game's next move and the searches may be."""
    following, stated = arrays["next_move"], arrays["search_values"]
    if np.any(following < NO_NEXT_MOVE) or np.any(following >= arrays["policy_size"].item() - 1):
        yield "next_move is neither -1 nor the policy index of a move everywhere"
    sums = stated.sum(axis=1, dtype=np.float64)
    fits = np.all(np.abs(sums - 1) <= SEARCH_TOLERANCE)  # not so either if one is no number
    if not fits or np.any(stated < 0) or np.any(stated[:, config.num_players :] != 0):
        yield "search_values are not probabilities of the real seats that sum to 1"


def _code_violations(arrays: Arrays) -> Iterator[str]:
    for name in CODE_NAMES:
        if np.any(arrays[name] >= len(arrays[f"{name}_names"])):
            yield f"{name} has codes without a name"


def _split_violations(arrays: Arrays) -> Iterator[str]:
    """One side of the split a game: the side that its number gives it."""
    if wrong := int(np.count_nonzero(arrays["held_out"] != (arrays["game_id"] % np.uint64(HELD_OUT_ONE_IN) == 0))):
        yield f"{wrong} rows are on the wrong side of the split"


def _owner_violations(owners: Iterable[NDArray[np.int8]], config: BoardConfig) -> Iterator[str]:
    from ringrift_engine.boards import geometry_of

    outside = ~geometry_of(config.board).playable.reshape(config.size, config.size)
    for piece in owners:
        if np.any((piece == -1) != outside) or np.any(piece > config.num_players) or np.any(piece < -1):
            yield "ownership names seats that nobody has, or cells that do not exist"
            return


def _weight_violations(arrays: Arrays) -> Iterator[str]:
    weights = arrays["sample_weights"]
    if not np.all(np.isfinite(weights)) or np.any(weights <= 0):
        yield "sample_weights are not all above 0 and finite"
    if not abs(weights.mean(dtype=np.float64) - 1) <= WEIGHT_TOLERANCE:
        yield f"sample_weights have mean {weights.mean(dtype=np.float64):.6f}, not 1"


def _position_violations(path: Path, numbers: NDArray[np.float32], *, unique: bool) -> Iterator[str]:
    """Reads all planes, which checks their checksum; only combined files promise that positions differ."""
    planes = iterate_rows(path, "features")
    if unique:
        yield from _repetitions(position_digests(planes, numbers))
    else:
        for _ in planes:
            pass


def _repetitions(digests: NDArray[np.uint64]) -> Iterator[str]:
    if repeated := len(digests) - count_positions(digests):
        yield f"{repeated} positions occur more than once"
