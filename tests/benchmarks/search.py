"""How fast does the search grow trees, and how fast are random games? Without a network, so nothing else is measured.

    python -m tests.benchmarks.search [--key square8_2p] [--games 256] [--rounds 9] [--threads 2]

Prints one JSON object. Rates are quartiles over the rounds, after one that compiles and warms up; every round must find
what the first one found. `per_cpu_second` is measured on one thread and counts the process's own time, so a busy
machine hardly moves it; `per_second` is what the given threads do by the clock.
"""

import argparse
import hashlib
import json
import statistics
import time
from collections.abc import Callable

import numpy as np

from ringrift_engine.batch import Batch, LegalMoves
from ringrift_engine.boards import CONFIGS, BoardConfig
from ringrift_engine.search import GumbelSearch, SearchSettings
from ringrift_engine.search.evaluators import RolloutEvaluator, UniformEvaluator

_MIDDLE = 20
"""Random decisions before a position is searched."""
_ROLLOUTS = 8


def quartiles(work: Callable[[], bytes], amount: float, clock: Callable[[], float], rounds: int) -> list[int]:
    """Amount of work done in a second: quartiles over the rounds; all rounds must return the same bytes."""
    expected = work()
    rates = []
    for _ in range(rounds):
        start = clock()
        assert work() == expected, "two rounds found different things"
        rates.append(amount / (clock() - start))
    return [round(rate) for rate in statistics.quantiles(rates, n=4)]


def middle_positions(config: BoardConfig, count: int) -> tuple[np.recarray, LegalMoves]:
    """Positions of random games that are under way, and their choices."""
    random = np.random.default_rng(0)
    batch = Batch(config, count)
    rows = np.arange(count)
    for _ in range(_MIDDLE):
        legal = batch.legal(rows)
        batch.apply(rows, legal.moves[legal.offsets[:-1] + (random.random(len(rows)) * legal.counts).astype(int)])
        batch.play_forced(rows)
        rows = rows[~batch.over()[rows]]
    return batch.games[rows].view(np.recarray), batch.legal(rows)


def moves_to_the_end(config: BoardConfig, games: np.recarray) -> float:
    """Mean number of moves, bookkeeping included, that random games from these positions take."""
    random = np.random.default_rng(1)
    batch = Batch(config, len(games) * _ROLLOUTS, games=np.repeat(games, _ROLLOUTS))
    while len(rows := np.flatnonzero(~batch.over())):
        legal = batch.legal(rows)
        batch.apply(rows, legal.moves[legal.offsets[:-1] + (random.random(len(rows)) * legal.counts).astype(int)])
    return float(batch.length.mean())


def measure(key: str, count: int, rounds: int, threads: int) -> dict[str, object]:
    """All rates of one configuration."""
    config, settings = CONFIGS[key], SearchSettings()
    games, legal = middle_positions(config, count)
    seeds = np.arange(len(games), dtype=np.uint64)

    def search(with_threads: int) -> Callable[[], bytes]:
        searching = GumbelSearch(config, UniformEvaluator(config), settings, with_threads)
        return lambda: hashlib.sha256(searching.run(games, legal, seeds).policy.tobytes()).digest()

    def rollouts(with_threads: int) -> Callable[[], bytes]:
        evaluator = RolloutEvaluator(config, _ROLLOUTS, with_threads)
        return lambda: evaluator.evaluate(games, legal).values.tobytes()

    nodes = len(games) * settings.simulations
    moves = len(games) * _ROLLOUTS * moves_to_the_end(config, games)
    return {
        "key": key,
        "games": len(games),
        "choices": float(legal.counts.mean().round(1)),
        "threads": threads,
        "nodes_per_cpu_second": quartiles(search(1), nodes, time.process_time, rounds),
        "nodes_per_second": quartiles(search(threads), nodes, time.perf_counter, rounds),
        "rollout_moves_per_cpu_second": quartiles(rollouts(1), moves, time.process_time, rounds),
        "rollout_moves_per_second": quartiles(rollouts(threads), moves, time.perf_counter, rounds),
    }


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--key", default="square8_2p", choices=list(CONFIGS), help="configuration")
    parser.add_argument("--games", type=int, default=256, help="positions searched together")
    parser.add_argument("--rounds", type=int, default=9, help="measured rounds of each kind")
    parser.add_argument("--threads", type=int, default=2, help="threads of the rates by the clock")
    options = parser.parse_args()
    print(json.dumps(measure(options.key, options.games, options.rounds, options.threads), indent=2))


if __name__ == "__main__":
    main()
