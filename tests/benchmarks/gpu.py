"""Random games on a real GPU: bit for bit those of the CPU? How many a second? `gpu.sh` runs it.

    python -m tests.benchmarks.gpu [--games 1000000] [--seconds 420] [--threads N]

A second process plays the same seeds on the CPU meanwhile and leaves what came of them in files. `--games` are compared
in all, shared among the twelve configurations so that each takes the CPU about as long. Equal means all
bits of every field: the last position of every game, its number of moves, and a hash of the moves in their order. The
first difference ends the run with status 1.

Rates are of one launch that fills the device at least once, from its start to its end; results stay on the device. The
launch that is compared has warmed up and compiled. `--seconds` is for all of it: what no time is left for is "-".
Prints one table, then one JSON object.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ringrift_engine.batch.random_games import RandomGames, play_random_games
from ringrift_engine.boards import CONFIGS, BoardConfig
from ringrift_engine.errors import RingRiftError
from ringrift_engine.rules.backend import CUDA, resolve_device
from ringrift_engine.rules.setup import new_games

_SHARE: Final = {"square8": 0.15, "hex8": 0.15, "square19": 0.025, "hexagonal": 0.0084}  # of the games, a configuration
_SEED: Final = 1_000_000_007
_TARGET_SECONDS: Final = 4.0  # of one measured launch
_MOST_ROUNDS: Final = 8  # games a thread in it, at most: results take memory


@dataclass(frozen=True)
class Row:
    """One line of the table; a rate is None where no time was left."""

    key: str
    equal_games: int
    compile_seconds: float
    registers: int
    stack_bytes: int
    cpu_moves: float  # a second, on all threads
    gpu_games_played: int
    gpu_games: float | None  # a second
    gpu_moves: float | None  # a second


def seeds_of(config: BoardConfig, games: int) -> np.ndarray:
    """The seeds whose games are compared."""
    count = max(64, int(games * _SHARE[config.board]))
    return np.arange(count, dtype=np.uint64) + np.uint64(_SEED * (1 + list(CONFIGS).index(config.key)))


# --- the CPU's side, in a process of its own


def play_references(folder: Path, games: int, threads: int) -> None:
    """Play the games of every configuration and leave them, and the moves a second, in `folder`."""
    for key, config in CONFIGS.items():
        play_random_games(config, np.zeros(1, dtype=np.uint64))  # compiles
        started = time.perf_counter()
        played = play_random_games(config, seeds_of(config, games), threads=threads)
        rate = played.length.sum() / (time.perf_counter() - started)
        np.savez(folder / f"{key}.part.npz", final=played.final, length=played.length, trails=played.trails, rate=rate)
        (folder / f"{key}.part.npz").rename(folder / f"{key}.npz")


def wait_for_reference(folder: Path, key: str, process: subprocess.Popen[bytes]) -> tuple[RandomGames, float]:
    """What the other process found, and its moves a second."""
    path = folder / f"{key}.npz"
    while not path.exists():
        if process.poll() is not None and not path.exists():
            raise SystemExit(f"the process that plays on the CPU ended with status {process.returncode}")
        time.sleep(0.2)
    with np.load(path) as found:
        games = RandomGames(found["final"].view(np.recarray), found["length"], found["trails"])
        return games, float(found["rate"])


# --- the GPU's side


def first_difference(found: RandomGames, expected: RandomGames) -> str:
    """Which game differs in what; empty if all fields of all games are equal."""
    for name in ("length", "trails", "final"):
        different = np.flatnonzero(getattr(found, name) != getattr(expected, name))
        if len(different):
            return f"{name} of game {different[0]}; {len(different)} games in all"
    return ""


def timed_games(games: Any, seeds: np.ndarray) -> tuple[Any, float]:
    """The finished games, on the device, and the seconds they took."""
    from ringrift_engine.rules.device import synchronize

    synchronize()
    started = time.perf_counter()
    played = games.play_random(seeds)
    synchronize()
    return played, time.perf_counter() - started


def measure(config: BoardConfig, folder: Path, process: subprocess.Popen[bytes], options: Any, deadline: float) -> Row:
    """Compare and time one configuration."""
    from ringrift_engine.batch.device_games import DeviceGames
    from ringrift_engine.batch.device_kernels import play_random_queue

    games = DeviceGames(config, new_games(config, 1))
    _, compile_seconds = timed_games(games, np.zeros(1, dtype=np.uint64))
    seeds = seeds_of(config, options.games)
    played, seconds = timed_games(games, seeds)
    expected, cpu_moves = wait_for_reference(folder, config.key, process)
    if difference := first_difference(played.to_host(), expected):
        raise SystemExit(f"{config.key}: the GPU's games are not the CPU's: {difference}")
    del played
    rounds = min(_MOST_ROUNDS, max(1, int(_TARGET_SECONDS * len(seeds) / seconds / games.places)))
    many = np.arange(rounds * games.places, dtype=np.uint64)
    rates: tuple[float, float] | tuple[None, None] = (None, None)
    # A launch of many games runs no slower, a game, than the one that was compared.
    if time.monotonic() + len(many) * seconds / len(seeds) < deadline:
        played, seconds = timed_games(games, many)
        rates = len(many) / seconds, int(played.length.copy_to_host().sum()) / seconds
    return Row(
        config.key,
        len(seeds),
        compile_seconds,
        registers=list(play_random_queue.get_regs_per_thread().values())[-1],
        stack_bytes=list(play_random_queue.get_local_mem_per_thread().values())[-1],
        cpu_moves=cpu_moves,
        gpu_games_played=len(many),
        gpu_games=rates[0],
        gpu_moves=rates[1],
    )


def torch_reads_in_place() -> str:
    """Whether torch sees a field of the games on the device without a copy, and the same numbers in it."""
    try:
        import torch
    except ImportError:
        return "torch is not installed"
    if not torch.cuda.is_available():
        return "torch is not built for CUDA"
    from ringrift_engine.batch.device_games import DeviceGames

    config = CONFIGS["hex8_3p"]
    played = DeviceGames(config, new_games(config, 1)).play_random(np.arange(1_000, dtype=np.uint64))
    host = played.to_host()
    for name in ("cell", "rings", "winner"):
        field = played.field(name)
        tensor = torch.as_tensor(field, device="cuda")
        if tensor.data_ptr() != field.__cuda_array_interface__["data"][0]:
            raise SystemExit(f"torch copied {name}")
        if not np.array_equal(tensor.cpu().numpy(), host.final[name]):
            raise SystemExit(f"torch reads other numbers in {name}")
    return f"torch {torch.__version__} reads fields in place"


def print_table(rows: list[Row]) -> None:
    def rate(number: float | None) -> str:
        return "-" if number is None else f"{number:,.0f}"

    print("configuration   games equal   compile s   registers   stack B     CPU moves/s   GPU games/s     GPU moves/s")
    for row in rows:
        print(
            f"{row.key:<13}{row.equal_games:>14,}{row.compile_seconds:>12.1f}{row.registers:>12}{row.stack_bytes:>10}"
            f"{rate(row.cpu_moves):>16}{rate(row.gpu_games):>14}{rate(row.gpu_moves):>16}"
        )
    print(f"in all       {sum(row.equal_games for row in rows):>14,}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=420.0)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--references", type=Path, help="only play on the CPU, into this folder")
    options = parser.parse_args()
    if options.references is not None:
        play_references(options.references, options.games, options.threads)
        return
    deadline = time.monotonic() + options.seconds
    try:
        resolve_device(CUDA)
    except RingRiftError as error:
        raise SystemExit(str(error)) from error
    from numba import cuda

    print(f"{cuda.get_current_device().name.decode()}, {options.threads} CPU threads")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "tests.benchmarks.gpu", "--references", name]
        command += ["--games", str(options.games), "--threads", str(options.threads)]
        process = subprocess.Popen(command)
        try:
            rows = [measure(config, folder, process, options, deadline) for config in CONFIGS.values()]
        finally:
            process.kill()
            process.wait()
    said = torch_reads_in_place()
    print_table(rows)
    print(said)
    print(json.dumps({"rows": [asdict(row) for row in rows], "torch": said, "threads": options.threads}))


if __name__ == "__main__":
    main()
