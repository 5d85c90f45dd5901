"""How fast the engine lists and plays moves: leaves of frozen game trees a second, beside the naive engine.

    python -m tests.benchmarks.perft [--rounds 9]

Both engines must find the frozen number of leaves before anything is timed, which also compiles and warms. Rounds take
turns in who goes first, so that a machine that slows down favours neither. The last line is JSON with quartiles.
"""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any

from ringrift_engine import CONFIGS, Game
from tests.naive.perft import leaves
from tests.ringrift_engine.rules.test_perft import CASES, leaves_by_level
from tests.support.walks import naive_rules


def measured_cases() -> list[dict[str, Any]]:
    """One position from the middle of a game for each board: the one with the most leaves."""
    best: dict[str, dict[str, Any]] = {}
    for case in CASES:
        board = case["key"].split("_")[0]
        if case["state"] and case["leaves"][-1] > best.get(board, {"leaves": [0]})["leaves"][-1]:
            best[board] = case
    return list(best.values())


def contenders(case: dict[str, Any]) -> tuple[Callable[[], int], Callable[[], int]]:
    """The engine and the naive engine on the same tree; both return its leaves."""
    config, depth = CONFIGS[case["key"]], len(case["leaves"])
    game = Game.from_snapshot(config, case["state"])
    return lambda: leaves_by_level(game, depth)[-1], lambda: leaves(case["state"], naive_rules(config), depth)


def seconds(work: Callable[[], int]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(case: dict[str, Any], rounds: int) -> dict[str, Any]:
    """Quartiles of the engine's leaves a second, and of how often it does the naive engine's work in the same time."""
    engine, naive = contenders(case)
    if not engine() == naive() == case["leaves"][-1]:
        raise SystemExit(f"{case['name']}: the engines count {engine()} and {naive()}, frozen {case['leaves'][-1]}")
    rates, ratios = [], []
    for turn in range(rounds):
        order = (engine, naive) if turn % 2 == 0 else (naive, engine)
        taken = {work: seconds(work) for work in order}
        rates.append(case["leaves"][-1] / taken[engine])
        ratios.append(taken[naive] / taken[engine])
    return {
        "case": case["name"],
        "leaves": case["leaves"][-1],
        "leaves_per_second": [round(value) for value in statistics.quantiles(rates, n=4)],
        "times_naive": [round(value, 1) for value in statistics.quantiles(ratios, n=4)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="paired measurements a board (default 9)")
    results = [measure(case, parser.parse_args().rounds) for case in measured_cases()]
    for result in results:
        rate, ratio = result["leaves_per_second"][1], result["times_naive"][1]
        print(f"{result['case']:<40} {rate:>10,} leaves/s, {ratio:,.0f} x naive")
    print(json.dumps({"machine": platform.machine(), "python": platform.python_version(), "results": results}))


if __name__ == "__main__":
    main()
