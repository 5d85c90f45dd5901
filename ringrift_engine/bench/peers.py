"""Other people's engines beside the rules: random games of well-known board games in OpenSpiel and Pgx.

Neither has this game, so the rows name the game that is played. Each engine runs in a process of its own, on one
thread, and times itself; what it needs is the optional extra `bench`. OpenSpiel plays whole games in
its own C++ (`evaluate_bots`), Pgx in one compiled loop over a batch: neither goes through Python move by move.
"""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from ringrift_engine.bench.bench import Bench, Task
from ringrift_engine.bench.rows import Row, not_measured
from ringrift_engine.bench.timing import row_of
from ringrift_engine.rules.backend import cache_folder

_LONGEST_S: Final = 120.0

# quantity -> what must be importable, and the games, small board first
_PEERS: Final = {
    "peer.openspiel": ("pyspiel", ("othello", "hex(board_size=11)", "go(board_size=19)")),
    "peer.pgx": ("pgx", ("othello", "hex")),
}
_ONE_THREAD: Final = {
    "OMP_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
}


def peer_tasks(bench: Bench) -> Iterator[Task]:
    """One task for each engine."""
    for name, (module, games) in _PEERS.items():
        yield Task(f"random games in {module}", partial(_measure, bench, name, module, games))


def _measure(bench: Bench, name: str, module: str, games: tuple[str, ...]) -> Iterable[Row]:
    if importlib.util.find_spec(module) is None:
        yield not_measured(name, f"{module} is not installed; `pip install 'ringrift[bench]'` brings it")
        return
    effort = bench.scope.effort
    for game in games:
        command = [sys.executable, "-m", f"{__package__}.peer_{module}", game, str(effort.repeats), str(effort.seconds)]
        kept = {"JAX_COMPILATION_CACHE_DIR": str(cache_folder(__name__).parent / "jax")}
        try:
            done = subprocess.run(
                command, env={**os.environ, **_ONE_THREAD, **kept}, capture_output=True, text=True, check=True,
                timeout=_LONGEST_S,
            )  # fmt: skip
        except subprocess.CalledProcessError as error:
            yield not_measured(name, f"{module} failed at {game}: {error.stderr.strip().rpartition(chr(10))[2]}")
            continue
        except subprocess.TimeoutExpired:
            yield not_measured(name, f"{module} took more than {_LONGEST_S:.0f} s for {game}")
            continue
        found = json.loads(done.stdout)
        yield row_of(name, None, found["moves_per_s"], note=game, details={"game": game, **found["details"]})
