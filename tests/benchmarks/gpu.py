"""Everything on a real GPU: does it give what the CPU gives, and how fast? `gpu.sh` runs it.

    python -m tests.benchmarks.gpu [--games 1000000] [--seconds 420] [--threads N]

In this order:

compile    every kernel, for every board, several processes at once: from nothing, if RINGRIFT_CACHE_DIR is empty.
compare    random games of all twelve configurations, `--games` in all, shared so that each takes the CPU about as long:
           the last position bit for bit, the number of moves, and a hash of the moves in their order. With two players
           in every way that they can be played. A second process plays them on the CPU meanwhile. Then searches, move
           for move and visit for visit, with a judge who knows nothing. Then what torch reads in place. The first
           difference ends the run with status 1.
measure    the group `gpu` of `ringrift bench`.

`--seconds` is for all of it; what no time is left for is not measured, and says so. Prints one table, then one JSON
object.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ringrift_engine.batch import Batch
from ringrift_engine.batch.random_games import RandomGames, play_random_games
from ringrift_engine.bench.positions import middle_positions
from ringrift_engine.boards import BOARD_NAMES, CONFIGS, BoardConfig
from ringrift_engine.devices import CUDA
from ringrift_engine.encoding import Encoding
from ringrift_engine.errors import RingRiftError
from ringrift_engine.rules.backend import resolve_device
from ringrift_engine.rules.setup import new_games
from ringrift_engine.search import GumbelSearch, SearchSettings
from ringrift_engine.search.evaluators import UniformEvaluator

_MODULE: Final = "tests.benchmarks.gpu"
_SHARE: Final = {"square8": 0.15, "hex8": 0.15, "square19": 0.025, "hexagonal": 0.0084}  # of the games, a configuration
_SEED: Final = 1_000_000_007
_SEARCHED: Final = ("square8_2p", "hex8_3p", "hexagonal_2p")
_SEARCH: Final = SearchSettings(simulations=24, memory_mb=8_000)
_POSITIONS: Final = 1_000  # searched on both, of each
# What is compiled beside the ways of random games: the search, and what the CPU needs to play and search the same.
_SEARCH_KERNELS: Final = "search"
_OF_THE_CPU: Final = "CPU"


@dataclass(frozen=True)
class Compiled:
    """A kernel that was compiled from nothing: the seconds of its first call, and what a thread of it needs."""

    board: str
    kernel: str
    seconds: float
    registers: int
    local_bytes: int


# --- compile


def compile_all(processes: int) -> list[Compiled]:
    """Every kernel of every board, in processes of their own."""
    from ringrift_engine.batch.device_games import IN_STEP, SORTED

    orders = [
        (board, what)
        for board in BOARD_NAMES
        for what in (_OF_THE_CPU, IN_STEP, SORTED, _SEARCH_KERNELS)  # "free": that of "in step"
    ]
    with ThreadPoolExecutor(processes) as pool:
        return [one for found in pool.map(lambda order: _compile_aside(*order), orders) for one in found]


def _compile_aside(board: str, what: str) -> list[Compiled]:
    command = [sys.executable, "-W", "ignore", "-m", _MODULE, "--compile", board, what]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{board}, {what}: {done.stderr}")
    return [Compiled(**one) for one in json.loads(done.stdout.splitlines()[-1])]


def compile_here(board: str, what: str) -> list[Compiled]:
    """The kernels of one way of random play, or of the search, with the seconds until the first result is there;
    nothing for those of the CPU.
    """
    from ringrift_engine.batch import device_kernels as play
    from ringrift_engine.batch.device_games import SORTED, DeviceGames
    from ringrift_engine.rules.device import needs_of
    from ringrift_engine.search import device_kernels as search

    config = CONFIGS[f"{board}_2p"]
    if what == _OF_THE_CPU:
        play_random_games(config, np.zeros(1, dtype=np.uint64))
        games, legal = middle_positions(config, 4)
        GumbelSearch(config, UniformEvaluator(config), _SEARCH).run(games, legal, np.zeros(len(games), np.uint64))
        return []
    began = time.perf_counter()
    if what == _SEARCH_KERNELS:
        batch = Batch(config, 1)
        _device_search(config).run(batch.games, batch.legal(np.zeros(1, np.int64)), np.zeros(1, np.uint64))
        kernel: Any = search.expand_edges_of_trees
    else:
        DeviceGames(config, new_games(config, 1), way=what).play_random(np.zeros(1, dtype=np.uint64)).to_host()
        kernel = play.play_sorted if what == SORTED else play.play_random_queue
    return [Compiled(board, what, time.perf_counter() - began, *needs_of(kernel))]


# --- compare: random games


def seeds_of(config: BoardConfig, games: int) -> np.ndarray:
    """The seeds whose games are compared."""
    count = max(64, int(games * _SHARE[config.board])) if games >= 1_000 else games
    return np.arange(count, dtype=np.uint64) + np.uint64(_SEED * (1 + list(CONFIGS).index(config.key)))


def play_references(folder: Path, games: int, threads: int) -> None:
    """Play the games of every configuration on the CPU and leave them, and the moves a second, in `folder`."""
    for key, config in CONFIGS.items():
        play_random_games(config, np.zeros(1, dtype=np.uint64))  # compiles
        began = time.perf_counter()
        played = play_random_games(config, seeds_of(config, games), threads=threads)
        rate = played.length.sum() / (time.perf_counter() - began)
        np.savez(folder / f"{key}.part.npz", final=played.final, length=played.length, trails=played.trails, rate=rate)
        (folder / f"{key}.part.npz").rename(folder / f"{key}.npz")


@contextmanager
def references(games: int, threads: int) -> Iterator[Any]:
    """A process that plays on the CPU; gives a function from configuration keys to its games and moves a second."""
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-m", _MODULE, "--references", name]
        process = subprocess.Popen([*command, "--games", str(games), "--threads", str(threads)])

        def wait_for(key: str) -> tuple[RandomGames, float]:
            path = Path(name) / f"{key}.npz"
            while not path.exists():
                if process.poll() is not None and not path.exists():
                    raise SystemExit(f"the process that plays on the CPU ended with status {process.returncode}")
                time.sleep(0.2)
            with np.load(path) as found:
                games = RandomGames(found["final"].view(np.recarray), found["length"], found["trails"])
                return games, float(found["rate"])

        try:
            yield wait_for
        finally:
            process.kill()
            process.wait()


def first_difference(found: RandomGames, expected: RandomGames) -> str:
    """Which game differs in what; empty if all fields of all games are equal."""
    for name in ("length", "trails", "final"):
        different = np.flatnonzero(getattr(found, name) != getattr(expected, name))
        if len(different):
            return f"{name} of game {different[0]}; {len(different)} games in all"
    return ""


def compare_games(config: BoardConfig, seeds: np.ndarray, expected: RandomGames, threads: int | None = None) -> int:
    """How many games were compared; SystemExit at the first difference."""
    from ringrift_engine.batch.device_games import DEFAULT_WAY, WAYS, DeviceGames

    ways = WAYS if config.num_players == 2 else (DEFAULT_WAY,)
    for way in ways:
        games = DeviceGames(config, new_games(config, 1), way=way, threads=threads)
        if difference := first_difference(games.play_random(seeds).to_host(), expected):
            raise SystemExit(f"{config.key}, {way}: the GPU's games are not the CPU's: {difference}")
    return len(seeds) * len(ways)


# --- compare: searches, and what torch reads


class UniformJudge:
    """`DeviceJudge` who knows nothing, as `UniformEvaluator`."""

    def __init__(self, config: BoardConfig) -> None:
        self._encoding = Encoding(config)
        self._config = config

    def reserve(self, rows: int) -> None:
        """See `DeviceJudge.reserve`."""
        from ringrift_engine.rules.device import empty_on_device, to_device

        seats, encoding = self._config.num_players, self._encoding
        self.planes = empty_on_device((rows, encoding.planes, self._config.box), np.int8)
        self.numbers = empty_on_device((rows, encoding.globals), np.float32)
        self.policy = to_device(np.zeros((rows, encoding.policy_size), dtype=np.float32))
        self.values = to_device(np.full((rows, seats), 1 / seats, dtype=np.float32))

    def judge(self, rows: int) -> None:
        """Nothing is to be done."""


def _device_search(config: BoardConfig, settings: SearchSettings = _SEARCH, spread: int | None = None) -> Any:
    from ringrift_engine.search.device_search import DeviceGumbelSearch

    return DeviceGumbelSearch(config, UniformJudge(config), settings, spread=spread)


def compare_searches(
    config: BoardConfig, positions: int, settings: SearchSettings = _SEARCH, spread: int | None = None
) -> int:
    """How many decisions were compared; SystemExit if one differs in its move or in the visits of its choices.

    Exponentials may differ in their last bits between the two, and with them policies, which are compared to 1e-5.
    """
    games, legal = middle_positions(config, positions)
    seeds = np.arange(len(games), dtype=np.uint64)
    expected = GumbelSearch(config, UniformEvaluator(config), settings).run(games, legal, seeds)
    found = _device_search(config, settings, spread).run(games, legal, seeds)
    different = np.flatnonzero(found.moves != expected.moves)
    if len(different) or not np.array_equal(found.visits, expected.visits):
        raise SystemExit(f"{config.key}: the GPU's searches are not the CPU's: {len(different)} of {len(games)} moves")
    if not np.allclose(found.policy, expected.policy, atol=1e-5):
        raise SystemExit(f"{config.key}: the GPU's policies are not the CPU's")
    return len(games)


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


# --- measure


def measure(threads: int, deadline: float) -> list[Any]:
    """The rows of `ringrift bench --only gpu`, those of two players first; what no time is left for is left out."""
    from ringrift_engine.bench import gpu
    from ringrift_engine.bench.bench import Bench
    from ringrift_engine.bench.scope import Effort, Scope

    rows: list[Any] = []
    with Bench(Scope(threads=threads, effort=Effort(repeats=3, seconds=0.0))) as bench:
        bench.limits.turns_per_second()
        rows.extend(bench.limits.rows)
        for task in sorted(gpu.tasks(bench), key=lambda task: task.label.endswith(("_3p", "_4p"))):
            if time.monotonic() < deadline:
                for row in task.measure():  # told at once: what comes later may fail
                    print(f"{row.name} {row.configuration} {row.value or row.note} {row.unit}", flush=True)
                    rows.append(row)
    return rows


def print_compiled(compiled: list[Compiled]) -> None:
    print("board       kernel     cold compile s   registers   local bytes")
    for one in compiled:
        print(
            f"{one.board:<12}{one.kernel:<12}{one.seconds:>13.1f}{one.registers:>12}{one.local_bytes:>14}", flush=True
        )


def run(options: Any) -> None:
    """The whole run."""
    from ringrift_engine.bench.comparison import Change
    from ringrift_engine.bench.table import table_text
    from ringrift_engine.rules.device import device_name

    deadline = time.monotonic() + options.seconds
    print(f"{device_name()}, {options.threads} CPU threads", flush=True)
    compiled = compile_all(options.threads)
    print_compiled(compiled)
    equal: dict[str, int] = {}
    with references(options.games, options.threads) as wait_for:
        for key, config in CONFIGS.items():
            expected, _ = wait_for(key)
            equal[f"games of {key}"] = compare_games(config, seeds_of(config, options.games), expected)
    for key in _SEARCHED:
        equal[f"searches of {key}"] = compare_searches(CONFIGS[key], _POSITIONS)
    print("\n".join(f"equal {what:<22}{count:>12,}" for what, count in equal.items()), flush=True)
    said = torch_reads_in_place()
    print(said, flush=True)
    rows = measure(options.threads, deadline)
    print()
    print(table_text([Change(row, None, None, None) for row in rows], compared=False))
    facts = {"compiled": [asdict(one) for one in compiled], "equal": equal, "torch": said}
    print(json.dumps({**facts, "rows": [row.to_json() for row in rows]}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=420.0)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--references", type=Path, help="only play on the CPU, into this folder")
    parser.add_argument("--compile", nargs=2, metavar=("BOARD", "WAY"), help="only compile")
    options = parser.parse_args()
    if options.references is not None:
        play_references(options.references, options.games, options.threads)
    elif options.compile:
        print(json.dumps([asdict(one) for one in compile_here(*options.compile)]))
    else:
        try:
            resolve_device(CUDA)
        except RingRiftError as error:
            raise SystemExit(str(error)) from error
        run(options)


if __name__ == "__main__":
    main()
