"""One match: a candidate against copies of one opponent, every opening from every seat, all games at once.

Games are played by the same code as in self-play, with players that report a policy taking their best choice
throughout; so the player that is measured is the player that plays. All games advance together and each network sees
its positions of all games as one batch. What is already in the match log is not played again, and the result is
computed from the log's rows. A game that ends makes room for the next one, so that a long game holds up no other. An
exception ends the match: a crash is nobody's loss, games that outgrow the limit are no draw, and of the games that were
being played nothing is logged.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from ringrift_engine.boards import BoardConfig
from ringrift_engine.evaluation.match_log import LoggedGame, MatchLog, game_key
from ringrift_engine.evaluation.match_result import MatchResult, result_of
from ringrift_engine.evaluation.openings import Opening, draw_openings, rotations
from ringrift_engine.evaluation.ranking import finishing_ranks
from ringrift_engine.evaluation.sequential import CONTINUE, SequentialSettings, SequentialVerdict, decide
from ringrift_engine.players.interface import Player
from ringrift_engine.progress import Progress, silent
from ringrift_engine.records.game_record import GameRecord
from ringrift_engine.records.shard_schema import Participant
from ringrift_engine.rules.state import HOW_NAMES
from ringrift_engine.selfplay.plan import GamePlan
from ringrift_engine.selfplay.runner import play_as_they_end
from ringrift_engine.selfplay.settings import SelfplaySettings

DEFAULT_CONCURRENCY: Final = 256


@dataclass(frozen=True)
class Contestant:
    """A player, and the full content hash and search budget that the match log keeps of it."""

    player: Player
    model: str | None = None
    simulations: int = 0

    @property
    def participant(self) -> Participant:
        """The identity under which its games are logged."""
        return Participant(self.player.name, self.model, self.simulations)


@dataclass(frozen=True, kw_only=True)
class Arena:
    """Where matches are played: the log, what its rows say about the occasion, and the machine's means.

    concurrency          games on the board at once
    games_a_transaction  games that ended and are logged together: a kill loses less than these, and those on the board
    """

    log: MatchLog
    purpose: str
    run_id: str
    concurrency: int = DEFAULT_CONCURRENCY
    games_a_transaction: int = 16
    threads: int = 1
    progress: Progress = silent


@dataclass(frozen=True)
class PartOfWork:
    """Tells the progress of `part` games, in whatever unit it comes, as games of the whole; `before` were done."""

    progress: Progress
    label: str
    before: int
    part: int
    total: int

    def __call__(self, label: str, done: int, total: int, unit: str) -> None:  # noqa: ARG002
        # What has begun is told as one game at least: 0 means the beginning to those who listen.
        games = max(1, self.part * done // total) if done else 0
        self.progress(self.label, self.before + games, self.total, "games")


def play_match(
    config: BoardConfig, candidate: Contestant, opponent: Contestant, openings: Sequence[Opening], arena: Arena
) -> MatchResult:
    """Play every opening from every seat, log the games, and return the result.

    An error of a player or of the rules (OverlongGameError for a game that does not end) is passed on.
    """
    planned = [(opening, plan) for opening in openings for plan in rotations(opening, config.num_players)]
    keys = [_key(config, candidate, opponent, plan) for _, plan in planned]
    known = arena.log.known(keys)
    missing = [pair for pair, key in zip(planned, keys, strict=True) if key not in known]
    label = f"{config.key}, {candidate.participant.kind} against {opponent.participant.kind}"
    done = len(planned) - len(missing)
    progress = PartOfWork(arena.progress, label, done, len(missing), len(planned))
    ended = _play(config, candidate, opponent, missing, arena, progress)
    for games in in_groups(ended, arena.games_a_transaction):
        arena.log.record(games)
    logged = arena.log.known(keys)
    n = config.num_players
    rounds = [[logged[key] for key in keys[start : start + n]] for start in range(0, len(keys), n)]
    return result_of(config, candidate.participant, opponent.participant, rounds)


def play_until_decided(
    config: BoardConfig,
    candidate: Contestant,
    opponent: Contestant,
    seed: int,
    opening_decisions: int,
    settings: SequentialSettings,
    arena: Arena,
) -> tuple[MatchResult, SequentialVerdict]:
    """Play rounds, a few at a time, until the sequential test decides or its cap is reached; result and verdict."""
    result = result_of(config, candidate.participant, opponent.participant, [])
    verdict = decide(result.counts, settings)
    while verdict.decision == CONTINUE:
        rounds = settings.next_rounds(config.num_players, verdict.rounds)
        openings = draw_openings(config, seed, verdict.rounds, rounds, opening_decisions)
        label = f"{config.key}, sequential test (at most {settings.max_games} games)"
        games = rounds * config.num_players
        progress = PartOfWork(arena.progress, label, verdict.games, games, settings.max_games)
        played = play_match(config, candidate, opponent, openings, replace(arena, progress=progress))
        result = result.plus(played)
        verdict = decide(result.counts, settings)
    return result, verdict


def _play(
    config: BoardConfig,
    candidate: Contestant,
    opponent: Contestant,
    planned: Sequence[tuple[Opening, GamePlan]],
    arena: Arena,
    progress: Progress,
) -> Iterator[LoggedGame]:
    """Play the planned games to their ends, as they end."""
    if not planned:
        return
    settings = SelfplaySettings(games=len(planned), concurrency=arena.concurrency, sampled_decisions=0)
    players = (candidate.player, opponent.player)
    plans = [plan for _, plan in planned]
    for number, record in play_as_they_end(config, players, plans, settings, 0, progress, threads=arena.threads):
        opening, plan = planned[number]
        yield logged_game(config, _seats(candidate, opponent, plan), opening, plan, record, arena)


def in_groups(games: Iterable[LoggedGame], size: int) -> Iterator[list[LoggedGame]]:
    """The games in groups of `size`, the last one perhaps smaller."""
    left = iter(games)
    while group := list(islice(left, size)):
        yield group


def logged_game(
    config: BoardConfig,
    seats: tuple[Participant, ...],
    opening: Opening,
    plan: GamePlan,
    record: GameRecord,
    arena: Arena,
) -> LoggedGame:
    """The log's row of a finished game; `seats` says who sat where, seat 1 first."""
    return LoggedGame(
        config_key=config.key,
        purpose=arena.purpose,
        run_id=arena.run_id,
        opening_seed=plan.opening_seed,
        opening_decisions=plan.opening,
        opening_hash=opening.fingerprint,
        play_seed=plan.play_seed,
        seats=seats,
        winner=record.winner,
        how=HOW_NAMES[record.how],
        ranks=finishing_ranks(record.winner, record.scores),
        scores=tuple(tuple(int(value) for value in row) for row in record.scores),
        plies=len(record.moves),
    )


def _key(config: BoardConfig, candidate: Contestant, opponent: Contestant, plan: GamePlan) -> str:
    seats = _seats(candidate, opponent, plan)
    return game_key(config.key, plan.opening_seed, plan.opening, plan.play_seed, seats)


def _seats(candidate: Contestant, opponent: Contestant, plan: GamePlan) -> tuple[Participant, ...]:
    both = (candidate.participant, opponent.participant)
    return tuple(both[number] for number in plan.seats)
