"""Seconds of one core that games cost between the board and the training set: verifying, exporting, combining.

    python -m tests.benchmarks.data_speed [--rounds 7]

Random games with made-up searches over all choices, as costly to keep as any. First calls, which compile, are not
counted; boards take turns, so that a machine that slows down favours none. CPU seconds, not wall time: writing waits
for the disk. The last line is JSON: medians with quartiles.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ringrift_engine.boards import BoardConfig
from ringrift_engine.datasets.combine import CombineSettings, combine
from ringrift_engine.datasets.export import export_shard
from ringrift_engine.records.shard import publish_shard, verify_shard
from tests.support.records import header_of, random_records

_GAMES: Final = {"hex8_2p": 200, "square8_2p": 200, "square19_2p": 20, "hexagonal_2p": 10}
_SEEDS: Final = (1, 2)


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of one call."""
    began = time.process_time()
    work()
    return time.process_time() - began


def works_of(
    key: str, games: int, folder: Path
) -> tuple[dict[str, tuple[Callable[[], object], int]], dict[str, float]]:
    """What is measured of a configuration, with how many moves or rows each call handles; and sizes in bytes."""
    config = BoardConfig.from_key(key)
    infos = [publish_shard(folder, header_of(config, seed), random_records(config, games, seed)) for seed in _SEEDS]
    outs = [folder / f"{info.path.stem}.npz" for info in infos]
    exports = [export_shard(info.path, out, config) for info, out in zip(infos, outs, strict=True)]
    total = combine(outs, folder / f"{key}.npz", CombineSettings(), [1, 2], config)
    verify_shard(infos[0].path)
    works = {
        "moves verified": (lambda: verify_shard(infos[0].path), infos[0].moves),
        "rows exported": (lambda: export_shard(infos[0].path, outs[0], config), exports[0].rows),
        "rows combined": (lambda: combine(outs, total.path, CombineSettings(), [1, 2], config), total.rows),
    }
    sizes = {
        "bytes a move in a shard": infos[0].size_bytes / infos[0].moves,
        "bytes a row in an export": outs[0].stat().st_size / exports[0].rows,
        "bytes a row in a combined set": total.path.stat().st_size / total.rows,
    }
    return works, sizes


def measure(rounds: int, folder: Path) -> dict[str, dict[str, object]]:
    """Per configuration: quartiles of thousands a CPU second for each kind of work, and sizes."""
    made = {key: works_of(key, games, folder) for key, games in _GAMES.items()}
    rates: dict[str, dict[str, list[float]]] = {key: {name: [] for name in works} for key, (works, _) in made.items()}
    for _ in range(rounds):
        for key, (works, _) in made.items():
            for name, (work, items) in works.items():
                rates[key][name].append(items / cpu_seconds(work) / 1_000)
    return {
        key: {
            **{f"{name}, thousands/s": rounded(statistics.quantiles(found, n=4)) for name, found in rates[key].items()},
            **{name: round(size, 1) for name, size in sizes.items()},
        }
        for key, (_, sizes) in made.items()
    }


def rounded(values: list[float]) -> list[float]:
    """One digit after the point."""
    return [round(value, 1) for value in values]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(parser.parse_args().rounds, Path(folder))
    for key, numbers in found.items():
        print(key, *(f"\n    {name}: {value}" for name, value in numbers.items()))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
