"""Plays planned games on one batch: a finished game's place is taken by the next one at once, so no slow game keeps
others waiting.

Every decision's random numbers are named by its game and its ply. So a record does not depend on which games were on
the board at the same time, with one exception that is not ours to remove: a network's outputs may differ in the last
bits between batches of different sizes. With equal settings the batches are equal too.

Truncated games do not exist: a game that outgrows `config.max_moves` ends the run with OverlongGameError.

A guard may end a run too, when the machine runs out of something. The games of that run are then lost: which of them
were over would depend on the machine's state, and equal seeds must give equal records. So whoever wants to keep games
plays them in several runs, as `ringrift_assets.tasks.play` does, a shard each.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import Batch
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ConfigError
from ringrift_engine.players.interface import Decisions, Player
from ringrift_engine.players.random import RandomPlayer
from ringrift_engine.players.sampling import mix_seeds, pick_best, pick_by_weight, sharpen
from ringrift_engine.progress import Progress, silent
from ringrift_engine.records.game_record import Decision, GameRecord
from ringrift_engine.rules.moves import SWAP_SIDES
from ringrift_engine.selfplay.plan import GamePlan, plan_games, stream
from ringrift_engine.selfplay.settings import SelfplaySettings

_MAX_SEED = 2**63  # what the files that keep games can hold
_DRAW = 1  # stream of a decision that draws from the player's policy; the player itself has stream 0
_MOVES_A_CELL = 2  # moves of a game per cell of the board: a first guess that holds for all configurations
_NO_ESTIMATE = np.zeros(0, dtype=np.float32)

Guard = Callable[[int], object]
"""Called with 0 before the first game and with the number of finished games when that has grown; ends a run by raising.
"""


def unguarded(finished: int) -> None:
    """Let all games be played."""


def play_games(
    config: BoardConfig,
    seats: Sequence[Player],
    settings: SelfplaySettings,
    seed: int,
    progress: Progress = silent,
    *,
    threads: int = 1,
    guard: Guard = unguarded,
) -> list[GameRecord]:
    """Play `settings.games` games and return their records by index.

    `seats` has one player for each seat of game 0; they move on by one seat from game to game. `seed` is 0 or more.
    What `guard` raises ends the run; `ResourceGuard.after_games` is such a guard.
    ConfigError for a wrong number of players, a negative seed, or the swap rule with more than two players.
    """
    if len(seats) != config.num_players:
        raise ConfigError(f"{config.key} needs {config.num_players} players, one a seat; {len(seats)} were given.")
    if not 0 <= seed < _MAX_SEED:
        raise ConfigError(f"A self-play seed must be 0 or more and below 2**63, not {seed}.")
    plans = plan_games(config.num_players, settings, seed)
    return play_plans(config, seats, plans, settings, seed, progress, threads=threads, guard=guard)


def play_plans(
    config: BoardConfig,
    players: Sequence[Player],
    plans: Sequence[GamePlan],
    settings: SelfplaySettings,
    seed: int,
    progress: Progress = silent,
    *,
    threads: int = 1,
    guard: Guard = unguarded,
) -> list[GameRecord]:
    """Play the given plans, whose `seats` index `players`, and return records in the order of the plans.

    Of `settings` only what concerns play counts: the number of games and their openings are in the plans. `seed` only
    names the run in the records.
    """
    ended = play_as_they_end(config, players, plans, settings, seed, progress, threads=threads, guard=guard)
    return [record for _, record in sorted(ended, key=lambda numbered: numbered[0])]


def play_as_they_end(
    config: BoardConfig,
    players: Sequence[Player],
    plans: Sequence[GamePlan],
    settings: SelfplaySettings,
    seed: int,
    progress: Progress = silent,
    *,
    threads: int = 1,
    guard: Guard = unguarded,
) -> Iterator[tuple[int, GameRecord]]:
    """As `play_plans`, but each record comes when its game ends, with the number of its plan."""
    if settings.swap_rule and config.num_players != 2:
        raise ConfigError(f"The swap rule is for two players; {config.key} has {config.num_players}.")
    guard(0)
    table = _Table(config, players, plans, settings, seed, threads)
    label = f"games of {config.key}"
    progress(label, 0, len(plans), "games")
    told = guarded = 0
    while table.is_busy():
        table.play_one_decision_each()
        if table.is_busy() and table.finished > guarded:  # when all are over, nothing is left to be saved by stopping
            guarded = table.finished
            guard(guarded)
        yield from table.take_ended()
        if (done := table.games_worth()) > told:
            told = done
            progress(label, told, len(plans), "games")


class _Table:
    """The games on the board, the plans still waiting, and the records of games that are over."""

    def __init__(
        self,
        config: BoardConfig,
        players: Sequence[Player],
        plans: Sequence[GamePlan],
        settings: SelfplaySettings,
        seed: int,
        threads: int,
    ) -> None:
        places = min(settings.concurrency, len(plans))
        self._config = config
        self._players = players
        self._plans = plans
        self._settings = settings
        self._seed = seed
        self._batch = Batch(config, places, swap_rule=settings.swap_rule, threads=threads)
        self._opener = RandomPlayer()
        self._plan_of = np.full(places, -1, dtype=np.int64)  # which plan is played in a row; -1 for none
        self._seats = np.zeros((places, config.num_players), dtype=np.int64)  # player numbers; a swap exchanges two
        self._play_seeds = np.zeros(places, dtype=np.uint64)
        self._opening_seeds = np.zeros(places, dtype=np.uint64)
        self._opening_left = np.zeros(places, dtype=np.int64)
        self._chosen = np.zeros(places, dtype=np.int64)  # decisions made by players so far
        self._decisions: list[list[Decision]] = [[] for _ in range(places)]
        self._ended: list[tuple[int, GameRecord]] = []
        self._next_plan = 0
        self._finished = 0
        self._finished_moves = 0
        self._fill(np.arange(places))

    @property
    def finished(self) -> int:
        """Games that are over."""
        return self._finished

    def is_busy(self) -> bool:
        """Whether any game is still to be played."""
        return self._finished < len(self._plans)

    def games_worth(self) -> int:
        """Games done, rounded down, a half-played one counting half: on big boards the first end is far away.

        The length of unfinished games is guessed from that of finished ones, so the number may fall; it is the number
        of plans exactly when all are over.
        """
        mean = self._finished_moves / self._finished if self._finished else _MOVES_A_CELL * self._config.cells
        left = len(self._plans) - self._finished
        played = self._finished_moves + int(self._batch.length[self._plan_of >= 0].sum())
        expected = max(self._finished_moves + left * mean, played + left)
        return int(len(self._plans) * played / expected)

    def take_ended(self) -> list[tuple[int, GameRecord]]:
        """Plan and record of the games that ended since this was asked for last."""
        ended, self._ended = self._ended, []
        return ended

    def play_one_decision_each(self) -> None:
        """Let every game on the board make one choice, then play what is forced and replace games that are over."""
        active = np.flatnonzero(self._plan_of >= 0)
        is_opening = self._opening_left[active] > 0
        playing = active[~is_opening]
        to_move = self._batch.player_to_move()[playing].astype(np.int64)
        sitting = self._seats[playing, to_move - 1]
        self._open(active[is_opening])
        for number in np.unique(sitting):
            self._let_choose(int(number), playing[sitting == number])
        self._settle(active)

    def _open(self, rows: NDArray[np.int64]) -> None:
        """One random choice in each of the rows."""
        if len(rows):
            seeds = self._decision_seeds(self._opening_seeds, rows)
            self._play(rows, self._opener.choose(self._batch, rows, seeds).moves)
            self._opening_left[rows] -= 1

    def _let_choose(self, number: int, rows: NDArray[np.int64]) -> None:
        """Ask one player about all rows in which it is to move, and play what comes of it."""
        seeds = self._decision_seeds(self._play_seeds, rows)
        decisions = self._players[number].choose(self._batch, rows, seeds)
        moves, sampled = self._final_moves(decisions, rows, seeds)
        self._note(decisions, rows, sampled)
        self._chosen[rows] += 1
        self._play(rows, moves)

    def _decision_seeds(self, seeds: NDArray[np.uint64], rows: NDArray[np.int64]) -> NDArray[np.uint64]:
        return mix_seeds(seeds[rows], self._batch.length[rows].astype(np.uint64))

    def _final_moves(
        self, decisions: Decisions, rows: NDArray[np.int64], seeds: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Moves int64 [R] and whether each was drawn, bool [R].

        A player with a policy has its first decisions of a game drawn from it and the later ones taken greedily; one
        without a policy has its own way.
        """
        sampled = self._chosen[rows] < self._settings.sampled_decisions
        if decisions.policy is None:
            sampled = np.zeros(len(rows), dtype=np.bool_)
        return final_moves(decisions, seeds, sampled, self._settings.temperature), sampled

    def _note(self, decisions: Decisions, rows: NDArray[np.int64], sampled: NDArray[np.bool_]) -> None:
        """Keep what a learner needs of these decisions."""
        if decisions.policy is None or decisions.legal is None:
            return
        # All rows at once: a decision then costs a few slices, not half a dozen calls of numpy.
        possible = decisions.policy > 0
        moves, policy = decisions.legal.moves[possible], decisions.policy[possible].astype(np.float32)
        ends = np.concatenate(([0], possible.cumsum()))[decisions.legal.offsets].tolist()
        values = None if decisions.root_values is None else decisions.root_values.astype(np.float32)
        plies, drawn = self._batch.length[rows].tolist(), sampled.tolist()
        simulations = [0] * len(rows) if decisions.simulations is None else decisions.simulations.tolist()
        surprise = [None] * len(rows) if decisions.surprise is None else decisions.surprise.tolist()
        taught = [True] * len(rows) if decisions.taught is None else decisions.taught.tolist()
        for index, row in enumerate(rows.tolist()):
            part = slice(ends[index], ends[index + 1])
            self._decisions[row].append(
                Decision(
                    ply=plies[index],
                    policy_moves=moves[part],
                    policy=policy[part],
                    root_values=_NO_ESTIMATE if values is None else values[index],
                    simulations=simulations[index],
                    sampled=drawn[index],
                    surprise=surprise[index],
                    taught=taught[index],
                )
            )

    def _play(self, rows: NDArray[np.int64], moves: NDArray[np.int64]) -> None:
        self._batch.apply(rows, moves)
        swapped = rows[moves == SWAP_SIDES]
        self._seats[swapped] = self._seats[swapped, ::-1]

    def _settle(self, rows: NDArray[np.int64]) -> None:
        """Play forced moves; record the games that are over and put the next ones in their places, until all have a
        choice.
        """
        while len(rows):
            self._batch.play_forced(rows)
            over = rows[self._batch.over()[rows]]
            for row in over:
                self._finish(int(row))
            rows = self._fill(over)

    def _fill(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Start waiting plans in free rows; the rows that got one."""
        started = rows[: len(self._plans) - self._next_plan]
        self._batch.restart(started, self._settings.swap_rule)
        for row in started:
            plan = self._plans[self._next_plan]
            self._plan_of[row] = self._next_plan
            self._seats[row] = plan.seats
            self._play_seeds[row] = plan.play_seed
            self._opening_seeds[row] = plan.opening_seed
            self._opening_left[row] = plan.opening
            self._chosen[row] = 0
            self._decisions[row] = []
            self._next_plan += 1
        self._plan_of[rows[len(started) :]] = -1
        return started

    def _finish(self, row: int) -> None:
        number = int(self._plan_of[row])
        plan, game = self._plans[number], self._batch.games[row]
        players = tuple(self._players[seat].name for seat in plan.seats)
        own = slice(1, self._config.num_players + 1)
        moves = self._batch.moves_of(row)
        record = GameRecord(
            game_id=game_id(self._config, self._seed, plan.index, players, moves),
            seed=self._seed,
            index=plan.index,
            swap_rule=self._settings.swap_rule,
            players=players,
            opening_plies=plan.opening - int(self._opening_left[row]),
            moves=moves,
            decisions=tuple(self._decisions[row]),
            winner=int(game.winner),
            how=int(game.how),
            scores=np.stack([game.eliminated[own], game.territory[own], game.markers[own], game.hand[own]], axis=1),
        )
        self._ended.append((number, record))
        self._finished += 1
        self._finished_moves += len(moves)


def final_moves(
    decisions: Decisions, seeds: NDArray[np.uint64], sampled: NDArray[np.bool_], temperature: float
) -> NDArray[np.int64]:
    """int64 [R]: what is played when players decided so: drawn from the policy where `sampled`, else its best choice.

    seeds        uint64 [R], those with which the player was asked
    sampled      bool [R]
    temperature  of the draws, above 0; below 1 it favours likely moves
    A player without a policy has its own way.
    """
    if decisions.policy is None or decisions.legal is None:
        return decisions.moves
    legal, own = decisions.legal, stream(seeds, _DRAW)
    drawn = pick_by_weight(sharpen(decisions.policy, temperature), legal.offsets, own)
    best = pick_best(decisions.policy, legal.offsets, own)
    return legal.moves[np.where(sampled, drawn, best)]


def game_id(config: BoardConfig, seed: int, index: int, players: tuple[str, ...], moves: NDArray[np.int64]) -> str:
    """The name of a game, 24 hex digits of a SHA-256: where, under which seed and number, by whom, and what was played.

    The moves are part of it because the same seed under other settings is another game.
    """
    digest = hashlib.sha256("\n".join([config.key, str(seed), str(index), *players, ""]).encode())
    digest.update(moves.astype("<i8").tobytes())
    return digest.hexdigest()[:24]
