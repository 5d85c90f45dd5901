"""The rules: random games on one thread and on all, records copied, successors made; beside them other engines."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from ringrift_engine.bench.bench import Bench, Task
from ringrift_engine.bench.peers import peer_tasks
from ringrift_engine.bench.random_play import Played, RandomGames
from ringrift_engine.bench.rows import Row
from ringrift_engine.bench.successors import measure_successors
from ringrift_engine.bench.timing import Clock, Measured, Work, measure_in_turns, rate_row, ratios, row_of, time_row
from ringrift_engine.boards import BOARD_NAMES, CONFIG_KEYS, BoardConfig

_SEED: Final = 7
_PROBED_GAMES: Final = 4
_NANO: Final = 1e9
_WORD_BYTES: Final = 8
TWO_PLAYERS: Final = tuple(f"{board}_2p" for board in BOARD_NAMES)


def tasks(bench: Bench) -> Iterator[Task]:
    """What is measured of the rules."""
    for config in bench.scope.on(CONFIG_KEYS):
        yield Task(f"random games of {config.key}", partial(random_play, bench, config))
    for config in bench.scope.on(TWO_PLAYERS):
        yield Task(f"successors of {config.key}", partial(successors, bench, config))
    if not bench.scope.configurations:
        yield from peer_tasks(bench)


def random_play(bench: Bench, config: BoardConfig) -> Iterable[Row]:
    """Random games on one thread and on all, in turns."""
    threads = bench.scope.threads
    players = {number: RandomGames(config, number) for number in sorted({1, threads})}
    games = _games_a_call(players[1], bench.scope.effort.seconds)
    played = {number: player.play(games, _SEED) for number, player in players.items()}
    works: dict[str, Work] = {str(number): _work(player, games) for number, player in players.items()}
    # A call is as long as a repeat already.
    found_by = measure_in_turns(works, replace(bench.scope.effort, seconds=0.0))
    measured = {int(number): found for number, found in found_by.items()}
    for number, found in measured.items():
        yield from _rows(bench, config, number, played[number], found)
    if threads > 1:
        yield row_of(
            "rules.thread_scaling", config, ratios(measured[threads], measured[1]), threads=threads, limit=threads
        )


def _games_a_call(player: RandomGames, seconds: float) -> int:
    """So many games that a call lasts about as long as a repeat should: few calls, no thread waits long for another."""
    player.play(_PROBED_GAMES, _SEED)
    clock = Clock()
    began = clock.now()
    player.play(_PROBED_GAMES, _SEED)
    taken = max(clock.now() - began, 1e-6)
    return max(1, round(_PROBED_GAMES * seconds / taken))


def _work(player: RandomGames, games: int) -> Work:
    return lambda: player.play(games, _SEED).moves


def _rows(bench: Bench, config: BoardConfig, threads: int, played: Played, found: Measured) -> Iterator[Row]:
    own = (played.moves - played.bookkeeping) / played.moves
    listed = played.listed / played.moves
    least_s = listed / bench.limits.cache_stores() + 1 / bench.limits.turns_per_second()
    details = {
        "moves_a_game": played.moves / played.games,
        "bookkeeping_share": 1 - own,
        "decisions_share": played.decisions / played.moves,
        "listed_a_move": listed,
        "games_per_s": found.rate * played.games / played.moves,
    }
    yield rate_row("rules.random_play", config, found, threads=threads, limit=threads / least_s, details=details)
    yield rate_row("rules.random_play_own", config, found, scale=own, threads=threads)


def successors(bench: Bench, config: BoardConfig) -> Iterable[Row]:
    """Copies and successors of positions from the middle of games."""
    made, copied, played = measure_successors(bench, config)
    size = made.games.itemsize
    least_ns = _NANO * size / _WORD_BYTES / bench.limits.cache_stores()
    yield time_row("rules.copy", config, copied, scale=_NANO, limit=least_ns, details={"bytes": size})
    details = {"choices_a_position": made.choices_a_position, "positions": len(made.games)}
    yield time_row("rules.successor", config, played, scale=_NANO, limit=copied.time * _NANO, details=details)
