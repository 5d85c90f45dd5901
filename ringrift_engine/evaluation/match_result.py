"""What a match between a candidate and copies of one opponent came to. Plain data: it travels as JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.evaluation.intervals import wilson_interval
from ringrift_engine.evaluation.match_log import LoggedGame
from ringrift_engine.evaluation.ranking import half_points, round_categories
from ringrift_engine.records.shard_schema import Participant


@dataclass(frozen=True, kw_only=True)
class MatchResult:
    """Rounds of one candidate against one opponent.

    wins_by_seat  games that the candidate won, by its seat, seat 1 first; it played `rounds` games in each
    counts        counts[k]: rounds that gave it k half points (`ranking`), what the sequential test reads
    hows          way of winning -> games, whoever won
    plies         of all games together
    """

    config_key: str
    candidate: Participant
    opponent: Participant
    wins_by_seat: tuple[int, ...]
    counts: tuple[int, ...]
    hows: Mapping[str, int]
    plies: int

    @property
    def rounds(self) -> int:
        """Openings played from every seat, and games of the candidate in each seat."""
        return sum(self.counts)

    @property
    def games(self) -> int:
        """All games; every one has a winner."""
        return self.rounds * len(self.wins_by_seat)

    @property
    def wins(self) -> int:
        """Games that the candidate won."""
        return sum(self.wins_by_seat)

    @property
    def win_rate(self) -> float:
        """Share of the games that the candidate won; DataError without games, which have no rate."""
        if not self.games:
            raise DataError(f"The match {self.candidate.name} - {self.opponent.name} has no games, so no win rate.")
        return self.wins / self.games

    @property
    def score(self) -> float:
        """Mean share of opponents that finished behind the candidate, in [0, 1]; DataError without games."""
        if not self.games:
            raise DataError(f"The match {self.candidate.name} - {self.opponent.name} has no games, so no score.")
        points = sum(index * count for index, count in enumerate(self.counts))
        return points / (self.rounds * (len(self.counts) - 1))

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Wilson interval of the win rate; honest for a number of games fixed in advance only."""
        return wilson_interval(self.wins, self.games, confidence)

    def plus(self, other: "MatchResult") -> "MatchResult":
        """This match with further rounds of the same one; ConfigError if `other` is another match."""
        if (self.config_key, self.candidate, self.opponent) != (other.config_key, other.candidate, other.opponent):
            raise ConfigError(
                f"Results of different matches cannot be added: {self.candidate.name} - {self.opponent.name} of "
                f"{self.config_key}, and {other.candidate.name} - {other.opponent.name} of {other.config_key}."
            )
        return MatchResult(
            config_key=self.config_key,
            candidate=self.candidate,
            opponent=self.opponent,
            wins_by_seat=tuple(map(sum, zip(self.wins_by_seat, other.wins_by_seat, strict=True))),
            counts=tuple(map(sum, zip(self.counts, other.counts, strict=True))),
            hows=dict(sorted((Counter(self.hows) + Counter(other.hows)).items())),
            plies=self.plies + other.plies,
        )

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values, read back by `from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; DataError for something else."""
        try:
            tuples = {name: tuple(values[name]) for name in ("wins_by_seat", "counts")}
            participants = {name: Participant(**values[name]) for name in ("candidate", "opponent")}
            return cls(**{**values, **tuples, **participants})
        except (KeyError, TypeError) as error:
            raise DataError(f"Not the result of a match ({error}). Play the match again.") from error


def result_of(
    config: BoardConfig, candidate: Participant, opponent: Participant, rounds: Sequence[Sequence[LoggedGame]]
) -> MatchResult:
    """The result of whole rounds: each has n games, the candidate in seat 1 of the first, seat 2 of the second, ..."""
    wins = [0] * config.num_players
    counts = [0] * round_categories(config.num_players)
    for games in rounds:
        for seat, game in enumerate(games, start=1):
            wins[seat - 1] += game.winner == seat
        counts[sum(half_points(game.ranks, seat) for seat, game in enumerate(games, start=1))] += 1
    return MatchResult(
        config_key=config.key,
        candidate=candidate,
        opponent=opponent,
        wins_by_seat=tuple(wins),
        counts=tuple(counts),
        hows=dict(sorted(Counter(game.how for games in rounds for game in games).items())),
        plies=sum(game.plies for games in rounds for game in games),
    )
