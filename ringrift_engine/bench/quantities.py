"""Every quantity that is measured, once: its unit, its goal, whether more or less of it is better, what limits it.

Goals are per core unless the name or the meaning says how many threads; docs/performance.md has the same list with the
figures, and a test compares the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ringrift_engine.boards import BoardConfig

SMALL_CELLS: Final = 100
"""Boards with fewer cells are the small ones."""


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """What is known of a quantity before it is measured.

    small, large   goals on small and on large boards, in `unit`; None for none
    of_one_core    the goals are for one thread; rows of several have none
    meaning        what is counted or timed
    limit          what bounds it, in words; empty where nothing is computed
    """

    unit: str
    meaning: str
    higher_is_better: bool = True
    small: float | None = None
    large: float | None = None
    of_one_core: bool = False
    limit: str = ""

    def goal(self, config: BoardConfig | None, threads: int = 1) -> float | None:
        """The goal on a configuration's board; without a configuration that of all boards."""
        if self.of_one_core and threads > 1:
            return None
        return self.large if config is not None and config.cells >= SMALL_CELLS else self.small


_MACHINE: Final = {
    "machine.calibration": Quantity(
        unit="turns/s", meaning="turns of a fixed compiled loop; what every other row is set against"
    ),
    "limit.memory_copy": Quantity(unit="GB/s", meaning="bytes of a large array copied by numpy"),
    "limit.cache_stores": Quantity(unit="stores/s", meaning="64-bit numbers written into 32 kB by a compiled loop"),
    "limit.sha256": Quantity(unit="GB/s", meaning="bytes hashed"),
    "limit.write": Quantity(unit="GB/s", meaning="bytes of a temporary file written and flushed"),
    "limit.matmul": Quantity(unit="GFLOP/s", meaning="torch matrix products in the networks' precision"),
    "limit.start_numba": Quantity(unit="s", meaning="a process that imports numba and ends", higher_is_better=False),
    "limit.start_torch": Quantity(
        unit="s", meaning="a process that imports numba and torch and ends", higher_is_better=False
    ),
}
_RULES: Final = {
    "rules.random_play": Quantity(
        unit="moves/s",
        meaning="uniformly random games, bookkeeping moves counted, all choices listed at every move",
        small=4e6,
        large=1.5e6,
        of_one_core=True,
        limit="every listed move stored once, one random number a move",
    ),
    "rules.random_play_own": Quantity(
        unit="moves/s", meaning="the same games, the moves that are no forced bookkeeping"
    ),
    "rules.thread_scaling": Quantity(
        unit="times", meaning="random play on all threads over one thread, in pairs", small=1.9, large=1.9,
        limit="the number of threads",
    ),
    "rules.copy": Quantity(
        unit="ns", meaning="one record of a game copied", higher_is_better=False, limit="its bytes stored in the cache"
    ),
    "rules.successor": Quantity(
        unit="ns", meaning="a record copied and one choice played on the copy", higher_is_better=False,
        small=120.0, large=180.0, limit="the copy",
    ),
    "peer.openspiel": Quantity(
        unit="moves/s", meaning="random games of another board game between OpenSpiel's own bots, one thread"
    ),
    "peer.pgx": Quantity(
        unit="moves/s", meaning="random games of another board game, a compiled batch in Pgx, one thread"
    ),
}  # fmt: skip
_HEURISTIC: Final = {
    "heuristic.moves_scored": Quantity(
        unit="moves/s", meaning="choices scored, each on a copy of its position", small=1e6, of_one_core=True,
        limit="rules.successor"
    ),
    "heuristic.gauntlet": Quantity(
        unit="s", meaning="1,000 games of the heuristic against random play, logged", higher_is_better=False, small=5.0,
        limit="the heuristic's choices scored on all threads",
    ),
    "heuristic.first_move": Quantity(
        unit="s", meaning="a new process until it ends after one move of the heuristic, code compiled before",
        higher_is_better=False, small=2.0, large=2.0, limit="limit.start_numba",
    ),
    "heuristic.cold_compile": Quantity(
        unit="s", meaning="the same with nothing compiled", higher_is_better=False, small=30.0, large=30.0
    ),
}  # fmt: skip
_SEARCH: Final = {
    "search.network": Quantity(
        unit="evaluations/s", meaning="positions through the bare network, batches as the search asks for",
        limit="limit.matmul over the network's operations",
    ),
    "search.evaluations": Quantity(
        unit="evaluations/s", meaning="positions that a Gumbel search evaluates with it", limit="search.network"
    ),
    "search.share_of_network": Quantity(
        unit="share", meaning="search.evaluations over search.network, in pairs", small=0.75, limit="all of it"
    ),
    "search.nodes": Quantity(unit="nodes/s", meaning="nodes that the search makes without a network"),
    "search.first_move": Quantity(
        unit="s", meaning="a new process until it ends after one searched move, code compiled before",
        higher_is_better=False, small=5.0, large=5.0, limit="limit.start_torch",
    ),
}  # fmt: skip
_DATA: Final = {
    "data.encode": Quantity(
        unit="positions/s", meaning="planes and numbers of positions in memory", limit="its bytes at limit.memory_copy"
    ),
    "data.export": Quantity(
        unit="positions/s", meaning="positions of a shard replayed, encoded, written and checked", small=1e5, large=1e5,
        limit="a row's bytes copied, what is written of it hashed and written",
    ),
    "data.gather": Quantity(
        unit="GB/s", meaning="planes of a mapped dataset fetched at random rows", small=1.0, large=1.0,
        limit="limit.memory_copy",
    ),
    "data.combine": Quantity(
        unit="MB/s", meaning="bytes of a dataset combined, shuffled, written, checked and hashed", small=300.0,
        large=300.0, limit="each byte copied, hashed and written once",
    ),
    "data.read": Quantity(
        unit="rows/s", meaning="rows of a dataset as batches for training, in random order", small=3e5, large=3e5,
        limit="a row's bytes at limit.memory_copy",
    ),
    "data.bytes_a_move": Quantity(
        unit="bytes", meaning="size of a shard of searched games, a move", higher_is_better=False, small=60.0,
        large=100.0,
    ),
}  # fmt: skip
_TRAINING: Final = {
    "training.bare_loop": Quantity(
        unit="samples/s", meaning="forward, loss, backward and AdamW of one batch in memory, again and again",
        limit="limit.matmul over the operations of a step",
    ),
    "training.loop": Quantity(
        unit="samples/s", meaning="steps of the engine's training on a dataset", limit="training.bare_loop"
    ),
    "training.share_of_bare_loop": Quantity(
        unit="share", meaning="training.loop over training.bare_loop, in pairs", small=0.95, limit="all of it"
    ),
    "training.reading_share": Quantity(
        unit="share", meaning="of a training step's time that reading its rows takes", higher_is_better=False,
        small=0.05, large=0.05,
    ),
}  # fmt: skip
_GPU: Final = {
    "gpu.memory_copy": Quantity(unit="GB/s", meaning="bytes of a large tensor copied on the device"),
    "gpu.matmul": Quantity(unit="GFLOP/s", meaning="matrix products in bf16 on the device"),
    "gpu.network": Quantity(
        unit="evaluations/s", meaning="positions through a bare network on the device, in bf16",
        limit="gpu.matmul over the network's operations",
    ),
    "gpu.search": Quantity(
        unit="evaluations/s", meaning="positions that a Gumbel search on the device evaluates with it", small=1e6,
        limit="gpu.network",
    ),
    "gpu.training": Quantity(
        unit="samples/s", meaning="forward, loss, backward and AdamW of one batch on the device, in bf16", small=2e5,
        limit="gpu.matmul over the operations of a step",
    ),
    "gpu.random_play": Quantity(
        unit="moves/s", meaning="uniformly random games on the device, bookkeeping moves counted, in the fastest way",
        small=1e8, large=2e7,
    ),
}  # fmt: skip

QUANTITIES: Final[Mapping[str, Quantity]] = MappingProxyType(
    {**_MACHINE, **_RULES, **_HEURISTIC, **_SEARCH, **_DATA, **_TRAINING, **_GPU}
)
