"""`Session`: one game between people and programs, move by move.

People choose among the moves that programs choose from: moves that lead to the same position are offered once, and
moves that change nothing are not. Whatever leaves no choice is played by itself. Programs decide as in `ringrift
play` between programs: with the same seed and temperature they play the same game.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import Batch
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ConfigError, IllegalMoveError
from ringrift_engine.game.move import NAMES, Move, MoveTuple
from ringrift_engine.game.notation import Notation
from ringrift_engine.game.snapshot import write_snapshot
from ringrift_engine.game.text import draw
from ringrift_engine.interactive.seats import PERSONS_NAME
from ringrift_engine.players.interface import Decisions, Player
from ringrift_engine.players.random import RandomPlayer
from ringrift_engine.players.sampling import mix_seeds
from ringrift_engine.records.game_record import GameRecord
from ringrift_engine.rules.state import HOW_NAMES, PHASE_NAMES
from ringrift_engine.selfplay.runner import final_moves, game_id

# Who made a move.
PERSON: Final = "person"
PROGRAM: Final = "program"
OPENING: Final = "opening"
FORCED: Final = "forced"

_ONLY_ROW: Final = np.zeros(1, dtype=np.int64)
_KINDS: Final = tuple(NAMES)


@dataclass(frozen=True)
class Played:
    """A move of the game so far.

    turn, player  whose it was
    by            PERSON, PROGRAM, OPENING (drawn at the start) or FORCED (there was no choice)
    win_chance    that the player had by its own estimate before the move; None if it made none
    """

    turn: int
    player: int
    move: Move
    by: str
    win_chance: float | None = None


@dataclass(frozen=True)
class Advice:
    """What a program would play here.

    best        its move first, then the others by their share of its policy; the share is None without a policy
    win_chance  that it gives the player to move; None if it makes no estimate
    """

    best: tuple[tuple[Move, float | None], ...]
    win_chance: float | None


class Session:
    """One game; a seat has a program, or None where a person sits.

    `opening` choices at the start are drawn evenly. At temperature 0 programs play the best move of their policy, above
    it they draw from it; one without a policy has its own way in any case. ConfigError for a wrong number of seats and
    for impossible numbers.
    """

    def __init__(
        self,
        config: BoardConfig,
        seats: Sequence[Player | None],
        seed: int = 0,
        opening: int = 0,
        temperature: float = 0.0,
    ) -> None:
        if len(seats) != config.num_players:
            raise ConfigError(f"{config.key} has {config.num_players} seats, {len(seats)} players were given.")
        if not 0 <= seed < 2**63 or opening < 0 or not 0 <= temperature < np.inf:
            raise ConfigError(
                f"A game needs a seed from 0 to 2**63 - 1, an opening and a temperature of 0 or more, not {seed}, "
                f"{opening}, {temperature}."
            )
        self.config = config
        self.seats = tuple(seats)
        self.seed = seed
        self.opening = opening
        self.temperature = temperature
        self.resigned: int | None = None
        """The seat that gave up, None while nobody has."""
        self._batch = Batch(config, 1)
        self._notation = Notation(config, self._batch.games)
        self._opener = RandomPlayer()
        self._played: list[Played] = []
        self._codes: list[int] = []
        self._listed: dict[MoveTuple, int] | None = None

    # --- the position

    @property
    def played(self) -> tuple[Played, ...]:
        """All moves so far, those made by themselves included."""
        return tuple(self._played)

    @property
    def player(self) -> int:
        """The seat to move, from 1."""
        return int(self._game.player)

    @property
    def turn(self) -> int:
        """The number of the turn, from 1."""
        return int(self._game.turn)

    @property
    def phase(self) -> str:
        """The phase's name, such as `ring_placement`."""
        return PHASE_NAMES[self._game.phase]

    @property
    def is_over(self) -> bool:
        """Whether the game is decided, on the board or because somebody gave up."""
        return self.resigned is not None or bool(self._game.winner)

    @property
    def winner(self) -> int | None:
        """The seat that won; None while the game goes on, and where one of three or four players gave up."""
        if self.resigned is not None:
            return 3 - self.resigned if self.config.num_players == 2 else None
        return int(self._game.winner) or None

    @property
    def how(self) -> str | None:
        """How it was won on the board, such as `elimination_threshold`; None if it was not."""
        return HOW_NAMES[self._game.how] or None

    @property
    def board(self) -> str:
        """The position as text, as `ringrift games show` draws it."""
        return draw(self.config, self._game)

    def snapshot(self) -> dict[str, Any]:
        """The position as the dict of recorded games."""
        return write_snapshot(self.config, self._game)

    def choices(self) -> list[Move]:
        """What can be played, by kind and cell; none when the game is over."""
        return [] if self.is_over else [Move(parts) for parts in sorted(self._legal(), key=_order)]

    @property
    def waits_for_person(self) -> bool:
        """Whether the next move is a person's to choose."""
        return not self.is_over and self._mover() == PERSON

    # --- playing

    def play(self, move: Move) -> Played:
        """Play a person's move; IllegalMoveError if it is not among the choices or nobody was asked."""
        if not self.waits_for_person:
            why = "the game is over" if self.is_over else f"player {self.player} is no person or has no choice"
            raise IllegalMoveError(f"{move} cannot be played now: {why}.")
        if move.to_tuple() not in self._legal():
            raise IllegalMoveError(f"{move} is not legal for player {self.player} in {self.phase}.")
        return self._enter(move.to_tuple(), PERSON)

    def step(self) -> Played | None:
        """Play the next move that is no person's to choose; None if there is none to play."""
        if self.is_over or self.waits_for_person:
            return None
        mover = self._mover()
        if mover == FORCED:
            return self._enter(next(iter(self._legal())), FORCED)
        if mover == OPENING:
            drawn = self._opener.choose(self._batch, _ONLY_ROW, self._decision_seed()).moves
            return self._enter(self._notation.tuples(drawn)[0], OPENING)
        player = self.seats[self.player - 1]
        assert player is not None, "a person's move is no step"
        move, decisions = self._decide(player, self.temperature)
        return self._enter(move, PROGRAM, self._chance_of(decisions))

    def resign(self) -> None:
        """Give up for the person to move, or for the first seat with a person; `undo` takes it back.

        IllegalMoveError if the game is over or no person plays.
        """
        people = [seat for seat, player in enumerate(self.seats, start=1) if player is None]
        if self.is_over or not people:
            raise IllegalMoveError("Nobody can resign: the game is over, or no person plays.")
        self.resigned = self.player if self.player in people else people[0]

    def undo(self) -> tuple[Played, ...]:
        """Take back everything from the last decision of a person on, or a resignation alone; what was taken back.

        IllegalMoveError if no person has decided anything.
        """
        if self.resigned is not None:
            self.resigned = None
            return ()
        decided = [ply for ply, played in enumerate(self._played) if played.by == PERSON]
        if not decided:
            raise IllegalMoveError("There is nothing to take back: no person has made a move.")
        taken, kept = self._played[decided[-1] :], self._codes[: decided[-1]]
        self._batch.restart(_ONLY_ROW)
        for code in kept:
            self._batch.apply(_ONLY_ROW, np.array([code], dtype=np.int64))
        del self._played[decided[-1] :], self._codes[decided[-1] :]
        self._listed = None
        return tuple(taken)

    def repeat(self, moves: Sequence[str]) -> None:
        """Play recorded moves, in notation, bookkeeping included; IllegalMoveError with the number of the first that
        is not legal.
        """
        for text in moves:
            code = text.partition(" ")[0]
            found = [parts for parts in self._legal() if parts[0] == code and str(Move(parts)) == text]
            if not found:
                why = f"is not legal for player {self.player} in {self.phase} ({len(self._legal())} choices)"
                raise IllegalMoveError(
                    f"move {len(self._played)}, {text!r}, {'comes after the end' if self.is_over else why}"
                )
            self._enter(found[0], self._mover())

    def advice(self, player: Player, count: int = 3) -> Advice:
        """What `player` would play for the player to move, who has a choice, and its `count` best moves."""
        move, decisions = self._decide(player, 0.0)
        if decisions.policy is None or decisions.legal is None:
            return Advice(((Move(move), None),), self._chance_of(decisions))
        shares = dict(zip(self._notation.tuples(decisions.legal.moves), decisions.policy.tolist(), strict=True))
        order = sorted(shares, key=lambda parts: (parts != move, -shares[parts]))
        return Advice(tuple((Move(parts), shares[parts]) for parts in order[:count]), self._chance_of(decisions))

    def record(self) -> GameRecord:
        """The game so far as a record, for whoever shows recorded games; without what players knew."""
        players = tuple(PERSONS_NAME if player is None else player.name for player in self.seats)
        moves, own = np.array(self._codes, dtype=np.int64), slice(1, self.config.num_players + 1)
        game = self._game
        return GameRecord(
            game_id=game_id(self.config, self.seed, 0, players, moves),
            seed=self.seed,
            index=0,
            swap_rule=False,
            players=players,
            opening_plies=sum(played.by == OPENING for played in self._played),
            moves=moves,
            decisions=(),
            winner=int(game.winner),
            how=int(game.how),
            scores=np.stack([game.eliminated[own], game.territory[own], game.markers[own], game.hand[own]], axis=1),
        )

    # --- inside

    @property
    def _game(self) -> Any:
        return self._batch.games[0]

    def _legal(self) -> dict[MoveTuple, int]:
        """The choices on the board with the engine's integers."""
        if self._listed is None:
            codes = self._batch.legal(_ONLY_ROW).moves
            self._listed = dict(zip(self._notation.tuples(codes), codes.tolist(), strict=True))
        return self._listed

    def _mover(self) -> str:
        """Who makes the next move of a game that is not over on the board."""
        if len(self._legal()) == 1:
            return FORCED
        if sum(played.by == OPENING for played in self._played) < self.opening:
            return OPENING
        return PERSON if self.seats[self.player - 1] is None else PROGRAM

    def _decision_seed(self) -> NDArray[np.uint64]:
        """uint64 [1]: names the random numbers of the decision at this ply, however it was reached."""
        return mix_seeds(np.array([self.seed], dtype=np.uint64), self._batch.length.astype(np.uint64))

    def _decide(self, player: Player, temperature: float) -> tuple[MoveTuple, Decisions]:
        seeds = self._decision_seed()
        decisions = player.choose(self._batch, _ONLY_ROW, seeds)
        sampled = np.array([temperature > 0])
        (move,) = self._notation.tuples(final_moves(decisions, seeds, sampled, temperature or 1.0))
        return move, decisions

    def _chance_of(self, decisions: Decisions) -> float | None:
        values = decisions.root_values
        return None if values is None else float(values[0, self.player - 1])

    def _enter(self, parts: MoveTuple, by: str, win_chance: float | None = None) -> Played:
        played = Played(self.turn, self.player, Move(parts), by, win_chance)
        code = self._legal()[parts]
        # Noted before it is played: a person may interrupt in between, and what is noted is what can be saved.
        self._codes.append(code)
        self._played.append(played)
        self._batch.apply(_ONLY_ROW, np.array([code], dtype=np.int64))
        self._listed = None
        return played


def _order(parts: MoveTuple) -> tuple[Any, ...]:
    """By kind, then by what follows; parts at the same place of the same kind are of one type, but for None."""
    return _KINDS.index(parts[0]), [(part is not None, part if part is not None else 0) for part in parts[1:]]
