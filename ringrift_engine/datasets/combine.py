"""Many exports to the one dataset that training reads: window, weights, duplicates, shuffle.

Inputs are the files that the caller lists and no others; nothing is searched for, so an output can never become its
own input. Age is counted in generations, which the caller states; no clock is read. Equal inputs, settings and
generations give equal bytes, whatever the order in which inputs are listed.

The planes never lie in memory: they go through a scratch file, in which each row is put at its shuffled place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig
from ringrift_engine.datasets.contract import CODE_NAMES, EXPORT_KEYS
from ringrift_engine.datasets.duplicates import Columns, Groups, group_positions, merge_rows
from ringrift_engine.datasets.npz import headers_of, iterate_rows, read_npz, writing_npz
from ringrift_engine.datasets.validate import position_digests, require_valid
from ringrift_engine.datasets.window import WindowSettings, window_rows
from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.files import PARTIAL_PREFIX, publishing, sha256_of
from ringrift_engine.progress import Progress, silent

_POLICY_NAMES: Final = ("policy_offsets", "policy_factors", "policy_values")
_SCALAR_NAMES: Final = ("config_key", "format_version", "rules_version", "encoder_version", "policy_size")
_TABLE_NAMES: Final = tuple(f"{name}_names" for name in CODE_NAMES)
_ROW_NAMES: Final = tuple(key.name for key in EXPORT_KEYS if key.axes[:1] == ("N",) and key.name != "features")
_LEAST_WEIGHT: Final = 1e-3  # a game of quality 0 still counts a little; `minimum_quality` is what leaves games out
_STEP: Final = 4_096


@dataclass(frozen=True, kw_only=True)
class CombineSettings:
    """How exports become a dataset."""

    window: WindowSettings = field(default_factory=WindowSettings)
    half_life: float = 10.0  # generations after which a row counts half
    least_freshness: float = 0.1  # no row counts less than this for its age
    minimum_quality: float = 0.2  # rows of games below are left out
    seed: int = 0  # of the shuffle

    def __post_init__(self) -> None:
        if not self.half_life > 0:
            raise ConfigError(f"half_life must be above 0 generations, not {self.half_life}.")
        for name in ("least_freshness", "minimum_quality"):
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
    """An export and the part of it that the window lets in: its first `rows` rows."""

    path: Path
    generation: int
    source: str
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
) -> CombineReport:
    """Write the dataset `out` from `inputs`, validated before it appears.

    `generations` are of each input, any whole numbers, higher is newer. `removed_rows` are rows of older exports that
    are no longer kept: the window has grown with them and does not shrink when they go. DataError for inputs of another
    configuration, version or shape, for one listed twice, or if no row is left.
    """
    listed = _window(_listed(inputs, generations, config), settings.window, removed_rows)
    used = [part for part in listed if part.rows]
    columns, scalars = _gather(used, progress)
    good = _good_rows(columns, settings, config)
    groups = _grouped(used, columns, good, progress)
    weights = merge_rows(columns, groups, _weights(columns, used, settings))
    order = np.random.default_rng(settings.seed).permutation(groups.kept)
    final = _take(columns, order) | scalars
    final["sources"] = np.array(sorted(part.source for part in used), dtype="<U64")
    final["sample_weights"] = (weights[order] / weights[order].mean()).astype(np.float32)
    with publishing(out) as partial:
        _write(partial, used, order, final, progress)
        require_valid(partial, config, combined=True)
    return CombineReport(
        path=out,
        sha256=sha256_of(out),
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
        shape, scalars = _identity(path)
        if first is None:
            first = (path, shape, scalars)
            if scalars["config_key"] != config.key:
                raise DataError(
                    f"{path}: an export of {scalars['config_key']} where {config.key} is combined. Leave it out."
                )
        elif (shape, scalars) != first[1:]:
            raise DataError(
                f"{path}: {scalars} with shapes {shape} cannot be combined with {first[2]} and {first[1]} of "
                f"{first[0]}. "
                "Export the shards again with this engine, or leave the file out."
            )
        source = "+".join(read_npz(path, ["sources"])["sources"].tolist())
        rows = headers_of(path)["seat"][0][0]
        listed.append(_Input(path, generation, source, rows, 0))
    listed.sort(key=lambda part: (-part.generation, part.source))
    sources = [part.source for part in listed]
    if repeated := sorted({source for source in sources if sources.count(source) > 1}):
        raise DataError(f"The shard {repeated[0]} was exported twice among the inputs. List each export once.")
    return listed


def _identity(path: Path) -> tuple[dict[str, tuple[int, ...]], dict[str, Any]]:
    """What inputs must have in common: shapes of a row, and versions. DataError for a file that is no export."""
    headers = headers_of(path)
    if missing := sorted({key.name for key in EXPORT_KEYS} - headers.keys()):
        raise DataError(f"{path}: no export, {', '.join(missing)} missing. Leave it out, or export its shard again.")
    if "sample_weights" in headers:
        raise DataError(f"{path}: a combined dataset, not an export. Combine the exports that it was made from.")
    scalars = {name: array.item() for name, array in read_npz(path, _SCALAR_NAMES).items()}
    return {name: headers[name][0][1:] for name in ("features", "globals")}, scalars


def _window(listed: Sequence[_Input], settings: WindowSettings, removed_rows: int) -> list[_Input]:
    """The inputs with as many rows as the window lets in, newest first."""
    left = window_rows(sum(part.available for part in listed) + removed_rows, settings)
    parts = []
    for part in listed:
        rows = min(part.available, left)
        parts.append(_Input(part.path, part.generation, part.source, part.available, rows))
        left -= rows
    return parts


def _gather(used: Sequence[_Input], progress: Progress) -> tuple[Columns, Columns]:
    """All columns but the planes of the rows in the window, newest first, codes in common tables; and tables and
    scalars.
    """
    parts = []
    for number, part in enumerate(used):
        progress("read exports", number, len(used), "files")
        arrays = read_npz(part.path, (*_ROW_NAMES, *_POLICY_NAMES, *_TABLE_NAMES, *_SCALAR_NAMES))
        parts.append(_cut(arrays, part.rows))
    progress("read exports", len(used), len(used), "files")
    tables = {name: np.unique(np.concatenate([part[name] for part in parts])) for name in _TABLE_NAMES}
    for name in CODE_NAMES:
        for part in parts:
            places = np.searchsorted(tables[f"{name}_names"], part[f"{name}_names"])
            part[name] = places[part[name]].astype(np.uint8)
    columns = {name: np.concatenate([part[name] for part in parts]) for name in (*_ROW_NAMES, *_POLICY_NAMES[1:])}
    counts = np.concatenate([np.diff(part["policy_offsets"]) for part in parts])
    columns["policy_offsets"] = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    return columns, tables | {name: parts[0][name] for name in _SCALAR_NAMES}


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


def _grouped(used: Sequence[_Input], columns: Columns, good: NDArray[np.bool_], progress: Progress) -> Groups:
    """Groups among the good rows, in numbers of all rows."""
    digests = []
    for number, (start, part) in enumerate(zip(_starts(used), used, strict=True)):
        progress("find duplicates", number, len(used), "files")
        digests.append(position_digests(_planes(part), columns["globals"][start : start + part.rows]))
    progress("find duplicates", len(used), len(used), "files")
    rows = np.flatnonzero(good)
    found = group_positions(np.concatenate(digests)[rows], columns["held_out"][rows])
    members = {int(rows[kept]): rows[group] for kept, group in found.members.items()}
    return Groups(rows[found.kept], members, found.leaking)


def _starts(used: Sequence[_Input]) -> NDArray[np.int64]:
    return np.concatenate(([0], np.cumsum([part.rows for part in used])[:-1])).astype(np.int64)


def _planes(part: _Input) -> Iterator[NDArray[np.int8]]:
    """The planes of an input's rows in the window, in pieces."""
    left = part.rows
    for piece in iterate_rows(part.path, "features"):
        if left <= 0:
            return
        yield piece[:left]
        left -= len(piece)


def _take(columns: Columns, order: NDArray[np.int64]) -> Columns:
    """Rows int64 [K] of all columns, policies with new offsets."""
    offsets = columns["policy_offsets"]
    counts = np.diff(offsets)[order]
    new_offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    entries = np.arange(new_offsets[-1]) + np.repeat(offsets[order] - new_offsets[:-1], counts)
    taken = {name: columns[name][order] for name in _ROW_NAMES}
    taken |= {name: columns[name][entries] for name in _POLICY_NAMES[1:]}
    return taken | {"policy_offsets": new_offsets}


def _write(path: Path, used: Sequence[_Input], order: NDArray[np.int64], columns: Columns, progress: Progress) -> None:
    """The NPZ, stored so that it can be mapped; the planes go through a scratch file beside it."""
    place = np.full(sum(part.rows for part in used), -1, dtype=np.int64)
    place[order] = np.arange(len(order))
    shape = (len(order), *headers_of(used[0].path)["features"][0][1:])
    scratch = path.with_name(f"{PARTIAL_PREFIX}planes-{path.name}")
    try:
        planes = np.memmap(scratch, dtype=np.int8, mode="w+", shape=shape)
        for number, (start, part) in enumerate(zip(_starts(used), used, strict=True)):
            progress("shuffle", number, len(used), "files")
            for piece in _planes(part):
                places = place[start : start + len(piece)]
                planes[places[places >= 0]] = piece[places >= 0]
                start += len(piece)
        progress("shuffle", len(used), len(used), "files")
        with writing_npz(path, deflate=False) as archive:
            pieces = (planes[row : row + _STEP] for row in range(0, len(order), _STEP))
            archive.add_chunks("features", np.dtype(np.int8), shape, pieces)
            for name in sorted(columns):
                archive.add(name, columns[name])
        del planes
    finally:
        scratch.unlink(missing_ok=True)
