"""The heuristic player: choices scored, a gauntlet against random play, and how soon it plays its first move."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import Batch, LegalMoves
from ringrift_engine.bench.bench import Bench, Task
from ringrift_engine.bench.positions import middle_positions
from ringrift_engine.bench.rows import Row
from ringrift_engine.bench.rules import TWO_PLAYERS
from ringrift_engine.bench.scope import Effort
from ringrift_engine.bench.starting import first_move, work_of_compiling
from ringrift_engine.bench.successors import measure_successors
from ringrift_engine.bench.timing import Work, measure, measure_in_turns, rate_row, time_row
from ringrift_engine.boards import BoardConfig
from ringrift_engine.evaluation.match import Arena, Contestant, play_match
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.evaluation.openings import draw_openings
from ringrift_engine.players.heuristic import HeuristicPlayer, HeuristicScorer
from ringrift_engine.players.heuristic_weights import weights_of
from ringrift_engine.players.interface import Decisions
from ringrift_engine.players.random import RandomPlayer

GAUNTLET_GAMES: Final = 1_000
_OPENING: Final = 4
_GAUNTLETS: Final = 3
_PLAYER: Final = "heuristic"


def tasks(bench: Bench) -> Iterator[Task]:
    """What is measured of the heuristic."""
    for config in bench.scope.on(TWO_PLAYERS):
        yield Task(f"choices scored on {config.key}", partial(moves_scored, bench, config))
    for config in bench.scope.on(["hex8_2p"]):
        yield Task(f"{GAUNTLET_GAMES} games of {config.key}", partial(gauntlet, bench, config))
    for config in bench.scope.on(TWO_PLAYERS):
        yield Task(f"first move of {config.key}", partial(starts, bench, config))
    for config in bench.scope.on(TWO_PLAYERS):
        yield Task(f"compiling {config.board}", partial(compiles, bench, config))


def moves_scored(bench: Bench, config: BoardConfig) -> Iterable[Row]:
    """Choices scored on one thread and on all, in turns."""
    _, _, successor = measure_successors(bench, config)
    games, legal = middle_positions(config)
    rows = np.arange(len(games))
    works = {
        str(threads): _scoring(HeuristicScorer(config, weights_of("default"), threads), games, rows, legal)
        for threads in sorted({1, bench.scope.threads})
    }
    for threads, found in measure_in_turns(works, bench.scope.effort).items():
        details = {"choices_a_position": len(legal.moves) / len(games)}
        limit = int(threads) / successor.time
        yield rate_row("heuristic.moves_scored", config, found, threads=int(threads), limit=limit, details=details)


def _scoring(scorer: HeuristicScorer, games: np.recarray, rows: NDArray[np.int64], legal: LegalMoves) -> Work:
    return lambda: len(scorer.scores(games, rows, legal))


class _Counting:
    """The heuristic player, with the choices counted that it had to score."""

    def __init__(self, player: HeuristicPlayer) -> None:
        self.name = player.name
        self.choices = 0
        self._player = player

    def choose(self, batch: Batch, rows: NDArray[np.int64], seeds: NDArray[np.uint64]) -> Decisions:
        """See `Player.choose`."""
        self.choices += len(batch.legal(rows).moves)
        return self._player.choose(batch, rows, seeds)


def gauntlet(bench: Bench, config: BoardConfig) -> Iterable[Row]:
    """A whole match, logged; a first one, not counted, says how many choices were scored."""
    threads = bench.scope.threads
    games, legal = middle_positions(config)
    scorer = HeuristicScorer(config, weights_of("default"), threads)
    scored = measure(_scoring(scorer, games, np.arange(len(games)), legal), bench.scope.effort)
    player = HeuristicPlayer(config, threads=threads)
    counting = _Counting(player)
    _play(bench, config, counting, "counted")
    number = 0

    def work() -> float:
        nonlocal number
        number += 1
        return _play(bench, config, player, str(number))

    found = measure(work, Effort(min(_GAUNTLETS, bench.scope.effort.repeats), 0.0), warm=True)
    details = {"games": GAUNTLET_GAMES, "choices_scored": counting.choices}
    yield time_row(
        "heuristic.gauntlet", config, found, threads=threads, limit=counting.choices / scored.rate, details=details
    )


def _play(bench: Bench, config: BoardConfig, player: HeuristicPlayer | _Counting, name: str) -> float:
    openings = draw_openings(config, 0, 0, -(-GAUNTLET_GAMES // config.num_players), _OPENING)
    with MatchLog(bench.folder / f"{config.key}-{name}.db") as log:
        arena = Arena(log=log, purpose="bench", run_id=name, threads=bench.scope.threads)
        play_match(config, Contestant(player), Contestant(RandomPlayer()), openings, arena)
    return 1


def starts(bench: Bench, config: BoardConfig) -> Iterable[Row]:
    """A process that plays one move, its code compiled before."""
    found = first_move(config, _PLAYER, bench.scope.effort)
    yield time_row("heuristic.first_move", config, found, limit=bench.limits.start_numba())


def compiles(bench: Bench, config: BoardConfig) -> Iterable[Row]:
    """The same with nothing compiled, once: it takes long, and its spread is that of the machine."""
    found = measure(work_of_compiling(config, _PLAYER, bench.folder / "cache"), Effort(1, 0.0), warm=True)
    yield time_row("heuristic.cold_compile", config, found)
