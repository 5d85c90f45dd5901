"""Evidence from the match log: games against the opponent of a tier, and the standings of a tournament.

A model is itself with whatever search budget it played: what is promoted is the network. What it does without search,
as in every gauntlet, takes it to no tier. Games of a pair are those in which nobody else sat.
"""

from collections.abc import Iterable, Sequence

from ringrift_engine.evaluation.match_log import TOURNAMENT, LoggedGame
from ringrift_engine.promotion.criteria import OpponentGames, WinCount
from ringrift_engine.promotion.tiers import Tier
from ringrift_engine.records.shard_schema import Participant


def identity(who: Participant) -> str:
    """Who sat there, as promotion names it: a model by its content, any other player by its name."""
    return who.model or who.name


def tier_games(games: Iterable[LoggedGame], model: str, present: Tier) -> tuple[OpponentGames, ...]:
    """The games of a model with search against the opponent of a tier; nothing in the highest tier."""
    if present.participant is None:
        return ()
    searched = (game for game in games if all(who.simulations for who in game.seats if who.model == model))
    own = between(searched, model, present.participant.name)
    return (OpponentGames(present.opponent, count_of(own, model)),)


def newest_tournament(games: Sequence[LoggedGame]) -> list[LoggedGame]:
    """The games of the newest tournament in a log, whoever played them first; empty without a tournament.

    What was in the log already, by an earlier tournament or for another purpose, was not played again. So they are the
    games of its openings and random numbers between those who took part.
    """
    newest = next((game.run_id for game in reversed(games) if game.purpose == TOURNAMENT), None)
    played = [game for game in games if game.purpose == TOURNAMENT and game.run_id == newest]
    took_part = {who for game in played for who in game.seats}
    seeds = {(game.opening_seed, game.play_seed) for game in played}
    return [game for game in games if (game.opening_seed, game.play_seed) in seeds and took_part.issuperset(game.seats)]


def standings(games: Sequence[LoggedGame], model: str) -> tuple[OpponentGames, ...]:
    """A tournament as `model` saw it: every other participant with the games that the two had, and its own win rate
    over all of its games. Games in which one player held all seats say nothing.
    """
    seats = [tuple(map(identity, game.seats)) for game in games]
    others = sorted({name for seated in seats for name in seated} - {model})
    found = []
    for other in others:
        against = [game for game, seated in zip(games, seats, strict=True) if {model, other} <= set(seated)]
        own = [game for game, seated in zip(games, seats, strict=True) if other in seated and len(set(seated)) > 1]
        score = count_of(own, other).score if own else None
        found.append(OpponentGames(other, count_of(against, model, other), score))
    return tuple(found)


def between(games: Iterable[LoggedGame], one: str, other: str) -> list[LoggedGame]:
    """The games in which these two sat, both of them and nobody else."""
    return [game for game in games if {identity(who) for who in game.seats} == {one, other}]


def share_of(game: LoggedGame, player: str, other: str | None = None) -> float:
    """How a player fared in a game in which others sat too, in [0, 1]: the share of its opponents, of `other` alone if
    it is given, that finished behind it, half of a shared rank, on average over its seats.
    """
    seated = [(identity(who), rank) for who, rank in zip(game.seats, game.ranks, strict=True)]
    own = [rank for name, rank in seated if name == player]
    others = [rank for name, rank in seated if name != player and other in (None, name)]
    behind = sum((rank > mine) + (rank == mine) / 2 for mine in own for rank in others)
    return behind / (len(own) * len(others))


def count_of(games: Sequence[LoggedGame], player: str, other: str | None = None) -> WinCount:
    """Wins and points of a player in these games, against everybody or against `other` alone."""
    wins = sum(identity(game.seats[game.winner - 1]) == player for game in games)
    return WinCount(wins, len(games), sum(share_of(game, player, other) for game in games))
