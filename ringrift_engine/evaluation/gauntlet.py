"""The gauntlet of a candidate: the random player, the heuristic, and the promoted model if there is another one.

Against the fixed opponents a fixed number of games is played, against the promoted model as many as the sequential test
needs. Whether the candidate is promoted is not decided here (`promotion`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import DataError
from ringrift_engine.evaluation.match import Arena, Contestant, play_match, play_until_decided
from ringrift_engine.evaluation.match_result import MatchResult
from ringrift_engine.evaluation.openings import draw_openings
from ringrift_engine.evaluation.settings import EvaluationSettings
from ringrift_engine.files import sha256_of


@dataclass(frozen=True, kw_only=True)
class GauntletResult:
    """All matches of one candidate; `promoted` is None if there was no other promoted model to play."""

    random: MatchResult
    heuristic: MatchResult
    promoted: MatchResult | None

    @property
    def matches(self) -> dict[str, MatchResult]:
        """Opponent -> match, of those that were played."""
        played = {"random": self.random, "heuristic": self.heuristic}
        return played if self.promoted is None else {**played, "promoted": self.promoted}

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
        if not {"random", "heuristic"} <= values.keys() <= {"random", "heuristic", "promoted"}:
            raise DataError(f"Not the result of a gauntlet: it has {sorted(values)}. Play the gauntlet again.")
        matches = {name: MatchResult.from_json(match) for name, match in values.items()}
        return cls(random=matches["random"], heuristic=matches["heuristic"], promoted=matches.get("promoted"))


def run_gauntlet(
    config: BoardConfig,
    candidate: Contestant,
    promoted: Contestant | None,
    settings: EvaluationSettings,
    seed: int,
    arena: Arena,
) -> GauntletResult:
    """Play the whole gauntlet. A candidate whose content is that of the promoted model is not played against itself."""
    from ringrift_engine.players.heuristic import HeuristicPlayer
    from ringrift_engine.players.random import RandomPlayer

    def against(opponent: Contestant, games: int) -> MatchResult:
        rounds = -(-games // config.num_players)
        openings = draw_openings(config, seed, 0, rounds, settings.opening_decisions)
        return play_match(config, candidate, opponent, openings, arena)

    random = against(Contestant(RandomPlayer()), settings.games_random)
    heuristic = against(Contestant(HeuristicPlayer(config, threads=arena.threads)), settings.games_heuristic)
    if promoted is None or promoted.participant == candidate.participant:
        return GauntletResult(random=random, heuristic=heuristic, promoted=None)
    match, _ = play_until_decided(
        config, candidate, promoted, seed, settings.opening_decisions, settings.sequential, arena
    )
    return GauntletResult(random=random, heuristic=heuristic, promoted=match)


def model_contestant(
    config: BoardConfig, path: Path, sha256: str, simulations: int, threads: int, device: str
) -> Contestant:
    """A search player in earnest with the checkpoint at `path`; DataError if that file's content is not `sha256`."""
    from ringrift_engine.players.factory import PlayerSpec, in_earnest, make_player

    found = sha256_of(path) if path.is_file() else "no file"
    if found != sha256:
        raise DataError(
            f"{path}: expected the model {sha256}, found {found}. A model is named by its content: restore this one, "
            "or evaluate the other under its own name."
        )
    spec = in_earnest(PlayerSpec("search", model=path, simulations=simulations))
    return Contestant(make_player(spec, config, threads, device), sha256, simulations)
