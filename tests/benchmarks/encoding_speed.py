"""How many positions and moves a second one core encodes.

    python -m tests.benchmarks.encoding_speed [--games 2000] [--rounds 15]

Positions are from the middle of random games, a tenth of `--games` on large boards. First calls, which compile, are
not counted; boards take turns, so that a machine that slows down favours none. The last line is JSON: quartiles of
thousands a second.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Final

import numpy as np

from ringrift_engine.batch import Batch, LegalMoves
from ringrift_engine.boards import BOARD_NAMES, BoardConfig
from ringrift_engine.encoding import Encoding

_RANDOM_PLIES: Final = 60


def positions(config: BoardConfig, count: int) -> tuple[np.recarray, LegalMoves]:
    """Unfinished games after random moves, and their choices."""
    batch, random = Batch(config, count), np.random.default_rng(0)
    for _ in range(_RANDOM_PLIES):
        rows = np.flatnonzero(~batch.over())
        legal = batch.legal(rows)
        batch.apply(rows, legal.moves[legal.offsets[:-1] + (random.random(len(rows)) * legal.counts).astype(np.int64)])
    rows = np.flatnonzero(~batch.over())
    return batch.games[rows], batch.legal(rows)


def thousands_a_second(work: Callable[[], object], items: int) -> float:
    """Items that one call does in a second, in thousands."""
    began = time.perf_counter()
    work()
    return items / (time.perf_counter() - began) / 1_000


def measure(games: int, rounds: int) -> dict[str, dict[str, list[float]]]:
    """Per configuration of two players the quartiles for positions and for moves."""
    works: dict[str, tuple[Callable[[], object], Callable[[], object], int, int]] = {}
    for board in BOARD_NAMES:
        config = BoardConfig.from_key(f"{board}_2p")
        encoding = Encoding(config)
        records, legal = positions(config, games if config.cells < 100 else games // 10)
        encode, factors = _bound(encoding, records, legal)
        encode(), factors()
        works[config.key] = (encode, factors, len(records), len(legal.moves))
    rates: dict[str, dict[str, list[float]]] = {key: {"positions": [], "moves": []} for key in works}
    for _ in range(rounds):
        for key, (encode, factors, rows, moves) in works.items():
            rates[key]["positions"].append(thousands_a_second(encode, rows))
            rates[key]["moves"].append(thousands_a_second(factors, moves))
    return {
        key: {
            name: [round(quartile) for quartile in statistics.quantiles(values, n=4)] for name, values in both.items()
        }
        for key, both in rates.items()
    }


def _bound(
    encoding: Encoding, records: np.recarray, legal: LegalMoves
) -> tuple[Callable[[], object], Callable[[], object]]:
    return lambda: encoding.encode(records), lambda: encoding.factors(records, legal)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    print(json.dumps(measure(arguments.games, arguments.rounds)))
