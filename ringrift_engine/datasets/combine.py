"""Many exports to the one dataset that training reads: window, weights, duplicates, shuffle.

Inputs are the files that the caller lists and no others; nothing is searched for, so an output can never become its
own input. Age is counted in generations, which the caller states; no clock is read. Equal inputs, settings and
generations give equal bytes, whatever the order in which inputs are listed.

The planes are read once, while other columns are, and fetched in their new order while those before are hashed and
written. Where they are too many for memory they wait in a scratch file.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig
from ringrift_engine.datasets.contract import CODE_NAMES, EXPORT_KEYS
from ringrift_engine.datasets.duplicates import Columns, Groups, group_positions, merge_rows, merge_surprise
from ringrift_engine.datasets.gather import take_lists, take_rows
from ringrift_engine.datasets.npz_reader import reading_npz
from ringrift_engine.datasets.npz_writer import writing_npz
from ringrift_engine.datasets.positions import position_digests
from ringrift_engine.datasets.validate import require_valid_arrays
from ringrift_engine.datasets.window import WindowSettings, window_rows
from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.files import PARTIAL_PREFIX, publishing
from ringrift_engine.progress import Progress, silent

_POLICY_NAMES: Final = ("policy_offsets", "policy_factors", "policy_values")
_SCALAR_NAMES: Final = ("config_key", "format_version", "rules_version", "encoder_version", "policy_size")
_TABLE_NAMES: Final = tuple(f"{name}_names" for name in CODE_NAMES)
_ROW_NAMES: Final = tuple(key.name for key in EXPORT_KEYS if key.axes[:1] == ("N",) and key.name != "features")
_LEAST_WEIGHT: Final = 1e-3  # a game of quality 0 still counts a little; `minimum_quality` is what leaves games out
_MOST_SURPRISE: Final = 8.0  # times the mean that a row's surprise counts at most: one search may also be wrong
_MEMORY_BYTES: Final = 1 << 30  # planes up to so many are held in memory
_PIECE_BYTES: Final = 1 << 22  # of planes, on their way to the file
_AHEAD: Final = 2  # pieces fetched while one is written


@dataclass(frozen=True, kw_only=True)
class CombineSettings:
    """How exports become a dataset."""

    window: WindowSettings = field(default_factory=WindowSettings)
    half_life: float = 10.0  # generations after which a row counts half
    least_freshness: float = 0.1  # no row counts less than this for its age
    minimum_quality: float = 0.2  # rows of games below are left out
    surprise_share: float = 0.5  # of a searched row's weight, the part that goes with its surprise; 0 for none
    seed: int = 0  # of the shuffle

    def __post_init__(self) -> None:
        if not self.half_life > 0:
            raise ConfigError(f"half_life must be above 0 generations, not {self.half_life}.")
        for name in ("least_freshness", "minimum_quality", "surprise_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} must be from 0 to 1, not {getattr(self, name)}.")
        if self.seed < 0:
            raise ConfigError(f"The seed of the shuffle must be 0 or more, not {self.seed}.")


@dataclass(frozen=True)
class CombineReport:
    """What a combined dataset holds and what was left out.

    available_rows       rows of all inputs
    window_rows          the newest of them that the window let in
    low_quality_rows     rows in the window left out for their games' quality
    duplicate_rows       rows merged into another of the same position
    leaking_rows         held-out rows dropped because training has the position
    inputs_used          inputs that have rows in the window
    """

    path: Path
    sha256: str
    rows: int
    games: int
    held_out_rows: int
    available_rows: int
    window_rows: int
    low_quality_rows: int
    duplicate_rows: int
    leaking_rows: int
    inputs_used: int
    sources: tuple[str, ...]
    largest_weight: float


@dataclass(frozen=True, eq=False)
class _Input:
    """An export and the part of it that the window lets in: its first `rows` rows; `planes` is the shape of one."""

    path: Path
    generation: int
    source: str
    planes: tuple[int, ...]
    available: int
    rows: int


def combine(
    inputs: Sequence[Path],
    out: Path,
    settings: CombineSettings,
    generations: Sequence[int],
    config: BoardConfig,
    progress: Progress = silent,
    *,
    removed_rows: int = 0,
    threads: int = 2,
) -> CombineReport:
    """Write the dataset `out` from `inputs`, validated before it appears.

    `generations` are of each input, any whole numbers, higher is newer. `removed_rows` are rows of older exports that
    are no longer kept: the window has grown with them and does not shrink when they go. `threads` read, fetch and
    check; the file does not depend on their number. DataError for inputs of another configuration, version or shape,
    for one listed twice, or if no row is left.
    """
    listed = _window(_listed(inputs, generations, config), settings.window, removed_rows)
    used = [part for part in listed if part.rows]
    scratch = out.with_name(f"{PARTIAL_PREFIX}planes-{out.name}")
    shape = (sum(part.rows for part in used), *used[0].planes)
    with ThreadPoolExecutor(threads) as pool, _room(shape, scratch) as planes:
        columns, scalars, digests = _gather(used, planes, pool, progress)
        good = _good_rows(columns, settings, config)
        progress("merge duplicates", 0, 1, "datasets")
        groups = _grouped(columns, digests, good)
        weights = merge_rows(columns, groups, _weights(columns, used, settings))
        merge_surprise(columns["surprise"], groups)
        weights *= _surprise_factors(columns, groups.kept, settings.surprise_share)
        progress("merge duplicates", 1, 1, "datasets")
        order = np.random.default_rng(settings.seed).permutation(groups.kept)
        progress("shuffle and write", 0, 1, "datasets")
        final = _take(columns, order, pool) | scalars
        final["sources"] = np.array(sorted(part.source for part in used), dtype="<U64")
        final["sample_weights"] = (weights[order] / weights[order].mean()).astype(np.float32)
        header = ((len(order), *shape[1:]), planes.dtype)
        check = pool.submit(require_valid_arrays, final, header, digests[order], out, config)
        with publishing(out) as partial:
            sha256 = _write(partial, planes, order, final, pool)
            check.result()
            progress("shuffle and write", 1, 1, "datasets")
    return CombineReport(
        path=out,
        sha256=sha256,
        rows=len(order),
        games=len(np.unique(final["game_id"])),
        held_out_rows=int(final["held_out"].sum()),
        available_rows=sum(part.available for part in listed),
        window_rows=len(good),
        low_quality_rows=int((~good).sum()),
        duplicate_rows=sum(len(members) - 1 for members in groups.members.values()),
        leaking_rows=groups.leaking,
        inputs_used=len(used),
        sources=tuple(final["sources"].tolist()),
        largest_weight=float(final["sample_weights"].max()),
    )


@contextmanager
def _room(shape: tuple[int, ...], scratch: Path) -> Iterator[NDArray[np.int8]]:
    """An array for planes of that shape, in memory or in the file `scratch`, which is removed afterwards."""
    if int(np.prod(shape, dtype=np.int64)) <= _MEMORY_BYTES:
        yield np.empty(shape, dtype=np.int8)
        return
    scratch.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield np.memmap(scratch, dtype=np.int8, mode="w+", shape=shape)
    finally:
        scratch.unlink(missing_ok=True)


def _good_rows(columns: Columns, settings: CombineSettings, config: BoardConfig) -> NDArray[np.bool_]:
    """bool [N]: rows of games that are good enough; DataError if there are none."""
    good = columns["quality_score"] >= settings.minimum_quality
    if not good.any():
        raise DataError(
            f"No row for {config.key} is left: all {len(good)} in the window are of games with a quality below "
            f"{settings.minimum_quality}. Play more games, or lower minimum_quality."
        )
    return good


def _listed(inputs: Sequence[Path], generations: Sequence[int], config: BoardConfig) -> list[_Input]:
    """The inputs newest first; DataError if they do not belong together."""
    if len(inputs) != len(generations):
        raise ConfigError(f"{len(inputs)} inputs have {len(generations)} generations; give one each.")
    if not inputs:
        raise DataError(f"There is no export of {config.key} to combine. Materialise npz_exports first.")
    listed, first = [], None
    for path, generation in zip(inputs, generations, strict=True):
        part, common = _opened(path, generation)
        if first is None:
            first = (path, common)
            if common["config_key"] != config.key:
                raise DataError(
                    f"{path}: an export of {common['config_key']} where {config.key} is combined. Leave it out."
                )
        elif common != first[1]:
            raise DataError(
                f"{path}: {common} cannot be combined with {first[1]} of {first[0]}. Export the shards again with this "
                "engine, or leave the file out."
            )
        listed.append(part)
    listed.sort(key=lambda part: (-part.generation, part.source))
    sources = [part.source for part in listed]
    if repeated := sorted({source for source in sources if sources.count(source) > 1}):
        raise DataError(f"The shard {repeated[0]} was exported twice among the inputs. List each export once.")
    return listed


def _opened(path: Path, generation: int) -> tuple[_Input, dict[str, Any]]:
    """An input, and what all inputs must have in common: versions, and shapes of a row. DataError if it is no
    export.
    """
    with reading_npz(path) as archive:
        names = set(archive.names)
        if missing := sorted({key.name for key in EXPORT_KEYS} - names):
            raise DataError(
                f"{path}: no export, {', '.join(missing)} missing. Leave it out, or export its shard again."
            )
        if "sample_weights" in names:
            raise DataError(f"{path}: a combined dataset, not an export. Combine the exports that it was made from.")
        common = {name: archive.read(name).item() for name in _SCALAR_NAMES}
        common |= {name: archive.header(name)[0][1:] for name in ("features", "globals")}
        source = "+".join(archive.read("sources").tolist())
        rows = archive.header("seat")[0][0]
    return _Input(path, generation, source, common["features"], rows, 0), common


def _window(listed: Sequence[_Input], settings: WindowSettings, removed_rows: int) -> list[_Input]:
    """The inputs with as many rows as the window lets in, newest first."""
    left = window_rows(sum(part.available for part in listed) + removed_rows, settings)
    parts = []
    for part in listed:
        rows = min(part.available, left)
        parts.append(replace(part, rows=rows))
        left -= rows
    return parts


def _gather(
    used: Sequence[_Input], planes: NDArray[np.int8], pool: ThreadPoolExecutor, progress: Progress
) -> tuple[Columns, Columns, NDArray[np.uint64]]:
    """Fill `planes` int8 [N, C, W, W] with the rows of the window, newest first.

    Returns all other columns, codes in common tables; tables and scalars; and digests uint64 [N, 2] of the positions.
    """
    starts = np.concatenate(([0], np.cumsum([part.rows for part in used]))).tolist()
    reading = [pool.submit(_read_columns, part) for part in used]
    digesting = [
        pool.submit(_read_planes, part, planes[start : start + part.rows])
        for part, start in zip(used, starts, strict=False)
    ]
    parts, digests = [], []
    for number, (columns_of, digests_of) in enumerate(zip(reading, digesting, strict=True)):
        progress("read exports", number, len(used), "files")
        parts.append(columns_of.result())
        digests.append(digests_of.result())
    progress("read exports", len(used), len(used), "files")
    tables = {name: np.unique(np.concatenate([part[name] for part in parts])) for name in _TABLE_NAMES}
    for name in CODE_NAMES:
        for part in parts:
            places = np.searchsorted(tables[f"{name}_names"], part[f"{name}_names"])
            part[name] = places[part[name]].astype(np.uint8)
    columns = {name: np.concatenate([part[name] for part in parts]) for name in (*_ROW_NAMES, *_POLICY_NAMES[1:])}
    counts = np.concatenate([np.diff(part["policy_offsets"]) for part in parts])
    columns["policy_offsets"] = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    return columns, tables | {name: parts[0][name] for name in _SCALAR_NAMES}, np.concatenate(digests)


def _read_columns(part: _Input) -> Columns:
    """All arrays of an input but the planes, of its rows in the window."""
    with reading_npz(part.path) as archive:
        names = (*_ROW_NAMES, *_POLICY_NAMES, *_TABLE_NAMES, *_SCALAR_NAMES)
        return _cut({name: archive.read(name) for name in names}, part.rows)


def _read_planes(part: _Input, planes: NDArray[np.int8]) -> NDArray[np.uint64]:
    """Fill `planes` with those of an input's rows in the window; digests of their positions."""
    row = 0
    with reading_npz(part.path) as archive:
        for piece in archive.iterate("features"):
            end = min(row + len(piece), part.rows)
            planes[row:end] = piece[: end - row]
            row = end
        return position_digests([planes], archive.read("globals")[: part.rows])


def _cut(arrays: Columns, rows: int) -> Columns:
    """The first `rows` rows."""
    entries = int(arrays["policy_offsets"][rows])
    cut = {name: arrays[name][:rows] for name in _ROW_NAMES}
    cut |= {name: arrays[name][:entries] for name in _POLICY_NAMES[1:]}
    return arrays | cut | {"policy_offsets": arrays["policy_offsets"][: rows + 1]}


def _weights(columns: Columns, used: Sequence[_Input], settings: CombineSettings) -> NDArray[np.float64]:
    """float64 [N]: quality times freshness, not normalised."""
    newest = max(part.generation for part in used)
    ages = np.repeat([newest - part.generation for part in used], [part.rows for part in used])
    freshness = np.maximum(np.exp2(-ages / settings.half_life), settings.least_freshness)
    return np.maximum(columns["quality_score"].astype(np.float64) * freshness, _LEAST_WEIGHT)


def _surprise_factors(columns: Columns, kept: NDArray[np.int64], share: float) -> NDArray[np.float64]:
    """float64 [N]: 1 - share + share * surprise / mean surprise for searched rows to train on, 1 for the rest.

    Where the search changed the network's mind there is most to learn. The mean is that of the `kept` rows concerned;
    multiples of it are cut at _MOST_SURPRISE. Held-out rows measure a network as games will ask it, so they stay as
    frequent as they are.
    Source: KataGo, docs/KataGoMethods.md, "Policy surprise weighting", which takes the mean of each game.
    """
    surprise = columns["surprise"].astype(np.float64)
    weighed = (surprise > 0) & ~columns["held_out"]
    counted = surprise[kept][weighed[kept]]
    mean = counted.mean() if len(counted) else 1.0
    return np.where(weighed, 1 - share + share * np.minimum(surprise / mean, _MOST_SURPRISE), 1.0)


def _grouped(columns: Columns, digests: NDArray[np.uint64], good: NDArray[np.bool_]) -> Groups:
    """Groups among the good rows, in numbers of all rows."""
    rows = np.flatnonzero(good)
    found = group_positions(digests[rows], columns["held_out"][rows])
    members = {int(rows[kept]): rows[group] for kept, group in found.members.items()}
    return Groups(rows[found.kept], members, found.leaking)


def _take(columns: Columns, order: NDArray[np.int64], pool: ThreadPoolExecutor) -> Columns:
    """Rows int64 [K] of all columns, policies with new offsets."""
    offsets = columns["policy_offsets"]
    new_offsets = np.concatenate(([0], np.cumsum(np.diff(offsets)[order]))).astype(np.int64)
    taken = {name: pool.submit(take_rows, columns[name], order) for name in _ROW_NAMES}
    taken |= {name: pool.submit(take_lists, columns[name], offsets, order, new_offsets) for name in _POLICY_NAMES[1:]}
    return {name: column.result() for name, column in taken.items()} | {"policy_offsets": new_offsets}


def _write(
    path: Path, planes: NDArray[np.int8], order: NDArray[np.int64], columns: Columns, pool: ThreadPoolExecutor
) -> str:
    """The NPZ, stored so that it can be mapped; its SHA-256."""
    with writing_npz(path, deflate=False) as archive:
        shape = (len(order), *planes.shape[1:])
        archive.add_chunks("features", planes.dtype, shape, _shuffled(planes, order, pool))
        for name in sorted(columns):
            archive.add(name, columns[name])
    return archive.sha256


def _shuffled(
    planes: NDArray[np.int8], order: NDArray[np.int64], pool: ThreadPoolExecutor
) -> Iterator[NDArray[np.int8]]:
    """Rows int64 [K] of the planes in pieces, some of them fetched ahead."""
    step = max(_PIECE_BYTES // planes[0].nbytes, 1)
    fetched = deque()
    for start in range(0, len(order), step):
        fetched.append(pool.submit(take_rows, planes, order[start : start + step]))
        if len(fetched) > _AHEAD:
            yield fetched.popleft().result()
    while fetched:
        yield fetched.popleft().result()
