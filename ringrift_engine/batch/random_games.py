"""Whole random games from seeds, on the CPU or on a GPU: equal seeds are equal games, move for move and bit for bit.

They are the games that `RandomPlayer` plays in every seat: the choice at ply p of the game with seed s is drawn from
the stream `mix(s, p)`, whichever device plays it and whatever is played beside it.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch.batch import OverlongGameError
from ringrift_engine.batch.random_kernels import play_random_rows
from ringrift_engine.boards import BoardConfig
from ringrift_engine.devices import CPU, CUDA
from ringrift_engine.errors import ConfigError
from ringrift_engine.rules.backend import resolve_device
from ringrift_engine.rules.setup import new_games
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import make_work


@dataclass(frozen=True, eq=False)
class RandomGames:
    """G finished games, in the order of their seeds.

    final   recarray [G]  the last positions, with winner and reason
    length  int32 [G]     moves, bookkeeping included
    trails  uint64 [G]    a hash of all moves in their order
    """

    final: np.recarray
    length: NDArray[np.int32]
    trails: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.length)


def play_random_games(
    config: BoardConfig,
    seeds: NDArray[np.uint64],
    *,
    swap_rule: bool = False,
    device: str = CPU,
    threads: int = 1,
) -> RandomGames:
    """Play one game from the start for each of the seeds, uint64 [G].

    `device` is "cpu", "cuda" or "auto"; `threads` are those of the CPU. No result depends on either.
    ConfigError for a device that cannot be used, or the swap rule with more than two players; OverlongGameError if a
    game has more than `config.max_moves` moves.
    """
    if swap_rule and config.num_players != 2:
        raise ConfigError(f"The swap rule is for two players; {config.key} has {config.num_players}.")
    seeds = np.ascontiguousarray(seeds, dtype=np.uint64)
    start = new_games(config, 1, swap_rule)
    if resolve_device(device) == CUDA:
        from ringrift_engine.batch.device_games import DeviceGames

        games = DeviceGames(config, start).play_random(seeds).to_host()
    else:
        games = _play_on_cpu(config, start, seeds, threads)
    refuse_unfinished(config, games)
    return games


def _play_on_cpu(config: BoardConfig, start: np.recarray, seeds: NDArray[np.uint64], threads: int) -> RandomGames:
    final = np.empty(len(seeds), dtype=start.dtype).view(np.recarray)
    length = np.zeros(len(seeds), dtype=np.int32)
    trails = np.zeros(len(seeds), dtype=np.uint64)
    works = make_work(config.board, threads)
    bounds = np.linspace(0, len(seeds), threads + 1).astype(int)
    arguments = (start, seeds, board_table(config.board), works)

    def play(worker: int) -> None:
        low, high = bounds[worker], bounds[worker + 1]
        play_random_rows(*arguments, worker, config.max_moves, low, high, final, length, trails)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(play, range(threads)))
    refuse_overflow(works.overflowed, works.moves.shape[1])
    return RandomGames(final, length, trails)


def refuse_overflow(flags: NDArray[np.int64], room: int) -> None:
    """OverflowError if one of the flags says that the claims of a position did not fit a list of `room` moves."""
    if flags.any():
        raise OverflowError(f"a position has more than {room} regions to claim")


def refuse_unfinished(config: BoardConfig, games: RandomGames) -> None:
    """OverlongGameError if a game reached the limit of moves without an end."""
    unfinished = int((games.final.winner == 0).sum())
    if unfinished:
        raise OverlongGameError(f"{unfinished} random games of {config.key} have more than {config.max_moves} moves.")
