"""The gauntlet of a candidate: the random player, the heuristic, and the promoted model if there is another one.

Against the fixed opponents a fixed number of games is played, against the promoted model as many as the sequential test
needs. The candidate's network alone, without search, plays the heuristic and, where one ships, a network that learnt
without search: the first says what was learnt, the second whether search taught more than outcomes do. These two decide
nothing, and whether the candidate is promoted is not decided here (`promotion`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import DataError
from ringrift_engine.evaluation.match import Arena, Contestant, play_match, play_until_decided
from ringrift_engine.evaluation.match_result import MatchResult
from ringrift_engine.evaluation.openings import draw_openings
from ringrift_engine.evaluation.settings import EvaluationSettings
from ringrift_engine.files import sha256_of

_ALWAYS: Final = ("random", "heuristic", "policy_heuristic")
_PERHAPS: Final = ("promoted", "search_free")


@dataclass(frozen=True, kw_only=True)
class Entrants:
    """Who plays a gauntlet beside the random player and the heuristic.

    candidate    the model that is judged, with search
    alone        its network without search
    promoted     the promoted model with search, None if there is none
    search_free  the network that learnt without search, without search; None if there is none
    """

    candidate: Contestant
    alone: Contestant
    promoted: Contestant | None = None
    search_free: Contestant | None = None


@dataclass(frozen=True, kw_only=True)
class GauntletResult:
    """All matches of one candidate; `promoted` and `search_free` are None if there was no such other model to play.

    policy_heuristic  the candidate's network alone against the heuristic
    search_free       the candidate's network alone against one that learnt without search, alone too
    """

    random: MatchResult
    heuristic: MatchResult
    policy_heuristic: MatchResult
    promoted: MatchResult | None
    search_free: MatchResult | None

    @property
    def matches(self) -> dict[str, MatchResult]:
        """Opponent -> match, of those that were played."""
        found = {name: getattr(self, name) for name in (*_ALWAYS, *_PERHAPS)}
        return {name: match for name, match in found.items() if match is not None}

    @property
    def games(self) -> int:
        """Games of all matches."""
        return sum(match.games for match in self.matches.values())

    def to_json(self) -> dict[str, Any]:
        """All matches as JSON values, read back by `from_json`."""
        return {name: match.to_json() for name, match in self.matches.items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; DataError for something else."""
        if not set(_ALWAYS) <= values.keys() <= {*_ALWAYS, *_PERHAPS}:
            raise DataError(f"Not the result of a gauntlet: it has {sorted(values)}. Play the gauntlet again.")
        matches = {name: MatchResult.from_json(match) for name, match in values.items()}
        return cls(**{**dict.fromkeys(_PERHAPS), **matches})


def run_gauntlet(
    config: BoardConfig, entrants: Entrants, settings: EvaluationSettings, seed: int, arena: Arena
) -> GauntletResult:
    """Play the whole gauntlet. A candidate whose content is that of another entrant is not played against itself."""
    from ringrift_engine.players.heuristic import HeuristicPlayer
    from ringrift_engine.players.random import RandomPlayer

    def match(one: Contestant, opponent: Contestant, games: int) -> MatchResult:
        rounds = -(-games // config.num_players)
        openings = draw_openings(config, seed, 0, rounds, settings.opening_decisions)
        return play_match(config, one, opponent, openings, arena)

    def test(one: Contestant, opponent: Contestant) -> MatchResult:
        opening = settings.opening_decisions
        return play_until_decided(config, one, opponent, seed, opening, settings.sequential, arena)[0]

    candidate, alone = entrants.candidate, entrants.alone
    random, heuristic = Contestant(RandomPlayer()), Contestant(HeuristicPlayer(config, threads=arena.threads))
    promoted, search_free = _other(entrants.promoted, candidate), _other(entrants.search_free, alone)
    games = settings.games_heuristic
    return GauntletResult(
        random=match(candidate, random, settings.games_random),
        heuristic=match(candidate, heuristic, games),
        policy_heuristic=match(alone, heuristic, games),
        search_free=match(alone, search_free, games) if search_free else None,
        promoted=test(candidate, promoted) if promoted else None,
    )


def _other(opponent: Contestant | None, candidate: Contestant) -> Contestant | None:
    """The opponent, None if there is none or if it is the candidate itself."""
    return None if opponent is None or opponent.participant == candidate.participant else opponent


def model_contestant(
    config: BoardConfig, path: Path, sha256: str, simulations: int, threads: int, device: str
) -> Contestant:
    """The checkpoint at `path` as a player in earnest: with search, or without it for 0 simulations.

    DataError if that file's content is not `sha256`.
    """
    from ringrift_engine.players.factory import PlayerSpec, in_earnest, make_player

    found = sha256_of(path) if path.is_file() else "no file"
    if found != sha256:
        raise DataError(
            f"{path}: expected the model {sha256}, found {found}. A model is named by its content: restore this one, "
            "or evaluate the other under its own name."
        )
    spec = PlayerSpec("search", model=path, simulations=simulations) if simulations else PlayerSpec("policy", path)
    return Contestant(make_player(in_earnest(spec), config, threads, device), sha256, simulations)
