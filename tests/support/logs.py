"""Match logs with games that nobody played: outcomes drawn from known strengths, everything else made up."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ringrift_engine.boards import BoardConfig
from ringrift_engine.evaluation.match_log import LoggedGame, MatchLog
from ringrift_engine.records.shard_schema import Participant

HEURISTIC = Participant("heuristic(profile=default)")
PLAYERS = (HEURISTIC, *(Participant(f"search(model={n:012x},simulations=8)", f"{n:064x}", 8) for n in range(1, 8)))


def played(
    number: int, seats: Sequence[Participant], order: Sequence[int], config_key: str = "hex8_2p", **facts: object
) -> LoggedGame:
    """A game named by `number`; `order` has the rank of every seat."""
    game = LoggedGame(
        config_key=config_key,
        purpose="gauntlet",
        run_id="run-1",
        opening_seed=number,
        opening_decisions=4,
        opening_hash=f"{number:016x}",
        play_seed=number * 7 + 1,
        seats=tuple(seats),
        winner=order.index(1) + 1,
        how="lps_rounds",
        ranks=tuple(order),
        scores=tuple((3, 4, 5, rank) for rank in order),
        plies=100 + number % 50,
    )
    return replace(game, **facts) if facts else game


def drawn_games(
    numbers: Iterable[int],
    config_key: str = "hex8_2p",
    players: Sequence[Participant] = PLAYERS,
    seed: int = 0,
) -> list[LoggedGame]:
    """Games between players that are 100 Elo apart each, in the order of the list, by Plackett and Luce."""
    seats_a_game = BoardConfig.from_key(config_key).num_players
    games = []
    for number in numbers:
        rng = random.Random(f"{seed} {number}")
        seats = rng.sample(range(len(players)), seats_a_game)
        left, order = list(seats), []
        while left:
            order.append(rng.choices(left, [10 ** (100 * place / 400) for place in left])[0])
            left.remove(order[-1])
        ranks = [order.index(place) + 1 for place in seats]
        games.append(played(number, [players[place] for place in seats], ranks, config_key))
    return games


def other_outcome(game: LoggedGame) -> LoggedGame:
    """The same game with the ranks turned round."""
    ranks = tuple(len(game.ranks) + 1 - rank for rank in game.ranks)
    return replace(game, ranks=ranks, winner=ranks.index(1) + 1, scores=tuple((9, 9, 9, rank) for rank in ranks))


def write_log(path: Path, games: Sequence[LoggedGame], at: float = 1_000.0) -> Path:
    """Log the games at one time, beside those that are there."""
    with MatchLog(path, clock=lambda: at) as log:
        log.record(games)
    return path
