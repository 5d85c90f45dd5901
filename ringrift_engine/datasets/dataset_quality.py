"""How good a dataset is to learn from: the quality of its rows and of the games behind them, read from the file itself.

A row does not say which generation it is of, nor by which network a game was searched; the exports that it came from
do, by the names of their games.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig
from ringrift_engine.datasets.npz_reader import read_npz
from ringrift_engine.errors import DataError
from ringrift_engine.records import criteria
from ringrift_engine.records.quality_score import Quality, SubScore, judge
from ringrift_engine.rules.moves import KINDS
from ringrift_engine.rules.state import HOW_NAMES, NOT_OVER, PHASE_NAMES

_NETWORK_SEARCH: Final = "search"  # the kind of player that searches with a network (`players.factory`)
_PIECE_ROWS: Final = 1 << 15
_COLUMNS: Final = (
    "config_key", "seat", "game_id", "simulations", "phases", "move_types", "victory_types", "values_mp",
    "policy_offsets", "policy_values",
)  # fmt: skip
_DECISIVE: Final = np.array([code != NOT_OVER and code not in criteria.TIE_BREAKS for code in range(len(HOW_NAMES))])


@dataclass(frozen=True)
class Origin:
    """Where an export is from: the generation of its games, from 1, and the hash of the network that was promoted when
    they were played, None if it had no seat or there was none.
    """

    generation: int
    promoted: str | None


@dataclass(frozen=True, kw_only=True)
class DatasetQuality(Quality):
    """What was measured of a dataset, and the judgement; `games` of the base class are those that rows are from.

    rows                  of the file
    newest_generation     of the exports behind it
    later_rows            rows from generations that had a promoted network: the second and later ones, if the first
                          candidate was promoted
    later_searched_share  of those rows, those from games in which the promoted network searched; None without any
    searched_share        rows whose policy a search made
    soft_share            rows whose policy gives more than one move a share
    policy_entropy        mean entropy of the policies, each over the logarithm of its choices
    decisive_share        games won by a victory condition
    seat_deviation        largest difference of a seat's mean outcome over all rows from fair
    seat_errors           the same in standard errors of as many games
    seat_values           outcome from -1 to 1 in the rows where a seat is to move, seat 1 first; None without such rows
    phase_balance         entropy of the rows' phases, over log 7
    move_balance          entropy of the kinds of the moves played, over log 16
    duplicate_share       positions of the window that were merged into others; None if that is not known
    """

    rows: int
    newest_generation: int
    later_rows: int
    later_searched_share: float | None
    searched_share: float
    soft_share: float
    policy_entropy: float
    decisive_share: float
    seat_deviation: float
    seat_errors: float
    seat_values: tuple[float | None, ...]
    phase_balance: float
    move_balance: float
    duplicate_share: float | None


def dataset_quality(
    path: Path,
    config: BoardConfig,
    origins: Mapping[Path, Origin],
    duplicate_share: float | None = None,
    first_searched: int | None = 2,
) -> DatasetQuality:
    """The quality of an export or a combined dataset of at least one row.

    `origins` are of all exports that its rows are from, by path; `duplicate_share` is what combining left out;
    `first_searched` is the first generation for which there was a promoted network, None if there is none yet: then no
    generation counts as a later one.
    DataError for a damaged file or one of another configuration.
    """
    columns = read_npz(path, _COLUMNS)
    if columns["config_key"].item() != config.key:
        raise DataError(
            f"{path}: a dataset of {columns['config_key'].item()} where one of {config.key} is wanted. Name the right "
            "file or configuration."
        )
    games, first_rows = np.unique(columns["game_id"], return_index=True)
    later, share = _later_rows(columns["game_id"], origins, first_searched)
    seats = criteria.seat_balance(
        columns["values_mp"][:, : config.num_players].mean(axis=0, dtype=np.float64), len(games)
    )
    measured = {
        "decisive_share": float(_DECISIVE[columns["victory_types"][first_rows]].mean()),
        "phase_balance": _evenness(columns["phases"], len(PHASE_NAMES), criteria.PHASES),
        "move_balance": _evenness(columns["move_types"], KINDS, criteria.MOVE_KINDS),
        **_targets(columns),
    }
    subscores = (*_subscores(measured, seats), *_subscores_of_exports(share, duplicate_share))
    mean, score, grade = judge(subscores, len(games))
    return DatasetQuality(
        games=len(games),
        mean=mean,
        score=score,
        grade=grade,
        subscores=subscores,
        rows=len(columns["seat"]),
        newest_generation=max(origin.generation for origin in origins.values()),
        later_rows=later,
        later_searched_share=share,
        seat_deviation=seats.deviation,
        seat_errors=seats.errors,
        seat_values=_values_to_move(columns, config.num_players),
        duplicate_share=duplicate_share,
        **measured,
    )


def _later_rows(
    game_ids: NDArray[np.uint64], origins: Mapping[Path, Origin], first_searched: int | None
) -> tuple[int, float | None]:
    """Rows since there is a promoted network, and the share of them from games in which it searched."""
    empty = np.zeros(0, dtype=np.uint64)
    later, searched = [empty], [empty]
    for path, origin in origins.items():
        if first_searched is None or origin.generation < first_searched:
            continue
        names = ("game_id", "simulations", "engine_modes", "engine_modes_names")
        columns = read_npz(path, names)
        later.append(np.unique(columns["game_id"]))
        if origin.promoted is not None:
            by_network = columns["engine_modes_names"][columns["engine_modes"]] == _NETWORK_SEARCH
            searched.append(np.unique(columns["game_id"][by_network & (columns["simulations"] > 0)]))
    is_later = np.isin(game_ids, np.concatenate(later))
    if not is_later.any():
        return 0, None
    return int(is_later.sum()), float(np.isin(game_ids[is_later], np.concatenate(searched)).mean())


def _values_to_move(columns: Mapping[str, NDArray[Any]], players: int) -> tuple[float | None, ...]:
    """For each seat the mean outcome, -1 to 1, of the rows in which it is to move."""
    seats = columns["seat"]
    own = 2 * columns["values_mp"][np.arange(len(seats)), seats - 1].astype(np.float64) - 1
    moving = [own[seats == seat] for seat in range(1, players + 1)]
    return tuple(float(values.mean()) if len(values) else None for values in moving)


def _targets(columns: Mapping[str, NDArray[Any]]) -> dict[str, float]:
    """What the policies of the rows are like."""
    entropies, soft = [], []
    for shares, starts, counts in _pieces(columns["policy_values"], columns["policy_offsets"]):
        nats = -np.add.reduceat(shares * np.log(np.where(shares > 0, shares, 1)), starts)
        entropies.append(nats / np.log(np.maximum(counts, 2)))
        soft.append(np.add.reduceat((shares > 0).astype(np.int64), starts) > 1)
    return {
        "searched_share": float((columns["simulations"] > 0).mean()),
        "soft_share": float(np.concatenate(soft).mean()),
        "policy_entropy": float(np.concatenate(entropies).mean()),
    }


def _pieces(
    values: NDArray[np.float32], offsets: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]]:
    """Some rows' shares float64 at a time, where each row begins among them, and how many choices it has."""
    for row in range(0, len(offsets) - 1, _PIECE_ROWS):
        part = offsets[row : row + _PIECE_ROWS + 1]
        yield values[part[0] : part[-1]].astype(np.float64), part[:-1] - part[0], np.diff(part)


def _evenness(codes: NDArray[np.uint8], size: int, kinds: int) -> float:
    return criteria.evenness(np.bincount(codes, minlength=size), kinds)


def _subscores(measured: Mapping[str, float], seats: criteria.SeatBalance) -> list[SubScore]:
    decided, searched, entropy = (measured[name] for name in ("decisive_share", "searched_share", "policy_entropy"))
    phases, moves = measured["phase_balance"], measured["move_balance"]
    return [
        criteria.DECISIVE.of_dataset(decided, f"{decided:.0%} of the games"),
        criteria.PHASE_BALANCE.of_dataset(criteria.phase_balance_value(phases), f"entropy {phases:.2f} of log 7"),
        criteria.MOVE_BALANCE.of_dataset(criteria.move_balance_value(moves), f"entropy {moves:.2f} of log 16"),
        criteria.SEATS.of_dataset(seats.value, seats.why),
        criteria.SEARCHED.of_dataset(searched, f"{searched:.0%} of the rows"),
        criteria.ENTROPY.of_dataset(criteria.entropy_value(entropy), f"{entropy:.2f} of log(choices)"),
    ]


def _subscores_of_exports(later: float | None, duplicates: float | None) -> list[SubScore]:
    """What depends on where the rows are from, as far as there is something to judge."""
    parts = []
    if duplicates is not None:
        why = f"{duplicates:.1%} of the window's positions were merged into others"
        parts.append(criteria.DUPLICATES.of_dataset(1 - duplicates, why))
    if later is not None:
        why = f"in the games of {later:.0%} of the rows of later generations"
        parts.append(criteria.PROMOTED.of_dataset(later, why))
    return parts
