"""A recorded game as text: who played, the moves turn by turn, and the board at any ply."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ringrift_engine.batch import Batch
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ConfigError
from ringrift_engine.game.move import Move
from ringrift_engine.game.notation import Notation
from ringrift_engine.game.text import draw
from ringrift_engine.rules.state import HOW_NAMES

if TYPE_CHECKING:
    from ringrift_engine.records.game_record import Decision, GameRecord

_ONLY_ROW: Final = np.zeros(1, dtype=np.int64)
_SHOWN_CHOICES: Final = 8


@dataclass(frozen=True)
class Turn:
    """The moves of one player in a row, from `ply` on."""

    number: int
    player: int
    ply: int
    moves: tuple[str, ...]


class Walk:
    """A recorded game played again, move by move."""

    def __init__(self, config: BoardConfig, record: "GameRecord") -> None:
        self._record = record
        self._config = config
        self._batch = Batch(config, 1, swap_rule=record.swap_rule)
        self._notation = Notation(config, self._batch.games)

    @property
    def game(self) -> Any:
        """The engine's record of the position reached."""
        return self._batch.games[0]

    @property
    def board(self) -> str:
        """The position reached, as text."""
        return draw(self._config, self.game)

    def forward(self, plies: int) -> Iterator[tuple[int, int, str]]:
        """Play on until `plies` moves are played: of each the turn's number, the player, and the move as text."""
        for ply in range(int(self._batch.length[0]), plies):
            move = self._record.moves[ply : ply + 1]
            yield int(self.game.turn), int(self.game.player), self.text(move)[0]
            self._batch.apply(_ONLY_ROW, move)

    def text(self, moves: np.ndarray) -> list[str]:
        """Moves that are legal in the position reached, as text."""
        return [str(Move(parts)) for parts in self._notation.tuples(moves)]


def turns_of(config: BoardConfig, record: "GameRecord", plies: int) -> tuple[list[Turn], Walk]:
    """The turns of the first `plies` moves, and the walk that has got there."""
    if not 0 <= plies <= len(record.moves):
        raise ConfigError(f"game {record.game_id} has {len(record.moves)} moves: --ply takes 0 to {len(record.moves)}")
    walk = Walk(config, record)
    turns: list[Turn] = []
    for ply, (number, player, text) in enumerate(walk.forward(plies)):
        if turns and turns[-1].number == number:
            last = turns.pop()
            turns.append(Turn(number, player, last.ply, (*last.moves, text)))
        else:
            turns.append(Turn(number, player, ply, (text,)))
    return turns, walk


def game_facts(config: BoardConfig, record: "GameRecord", ply: int | None) -> dict[str, Any]:
    """What `games show` tells, as JSON values: the game, its turns up to `ply`, and the position there."""
    from ringrift_engine.game.snapshot import write_snapshot

    plies = len(record.moves) if ply is None else ply
    turns, walk = turns_of(config, record, plies)
    return {
        "game_id": record.game_id,
        "config_key": config.key,
        "seed": record.seed,
        "index": record.index,
        "players": list(record.players),
        "winner": record.winner,
        "how": HOW_NAMES[record.how],
        "moves": len(record.moves),
        "ply": plies,
        "turns": [vars_of(turn) for turn in turns],
        "decision": _decision_facts(record, plies, walk),
        "position": write_snapshot(config, walk.game),
        "board": walk.board,
    }


def vars_of(turn: Turn) -> dict[str, Any]:
    """A turn as JSON values."""
    return {"turn": turn.number, "player": turn.player, "ply": turn.ply, "moves": list(turn.moves)}


def _decision_facts(record: "GameRecord", ply: int, walk: Walk) -> dict[str, Any] | None:
    """What the player knew before move number `ply`; None where nothing was recorded."""
    found: list[Decision] = [decision for decision in record.decisions if decision.ply == ply]
    if not found:
        return None
    decision = found[0]
    best = np.argsort(-decision.policy, kind="stable")[:_SHOWN_CHOICES]
    return {
        "simulations": decision.simulations,
        "surprise": None if decision.surprise is None else round(decision.surprise, 4),
        "taught": decision.taught,
        "sampled": decision.sampled,
        "root_values": [round(float(value), 4) for value in decision.root_values],
        "choices": len(decision.policy),
        "policy": [
            [text, round(float(share), 4)]
            for text, share in zip(walk.text(decision.policy_moves[best]), decision.policy[best], strict=True)
        ],
    }


def game_text(facts: dict[str, Any]) -> str:
    """The same for a person."""
    lines = [
        f"game {facts['game_id']} of {facts['config_key']}, seed {facts['seed']}, number {facts['index']}",
        *(f"  seat {seat}: {name}" for seat, name in enumerate(facts["players"], start=1)),
        f"  won by seat {facts['winner']} ({facts['how']}) after {facts['moves']} moves"
        if facts["winner"]
        else f"  unfinished after {facts['moves']} moves",
        "",
    ]
    for turn in facts["turns"]:
        lines.append(f"{turn['ply']:>5}  turn {turn['turn']:>3}  player {turn['player']}  {', '.join(turn['moves'])}")
    lines += ["", f"after {facts['ply']} moves:", facts["board"]]
    if facts["decision"]:
        lines += ["", *_decision_lines(facts["decision"])]
    return "\n".join(lines)


def _decision_lines(decision: dict[str, Any]) -> list[str]:
    how = "drawn from the policy" if decision["sampled"] else "the best choice"
    lines = [f"next decision: {decision['simulations']} simulations, {decision['choices']} choices with a share, {how}"]
    if decision["surprise"] is not None:
        use = "an example to learn from" if decision["taught"] else "no example, it only moves the game on"
        lines.append(f"  {decision['surprise']:.3f} nats from the policy before the search; {use}")
    if decision["root_values"]:
        values = ", ".join(f"seat {seat} {value:.0%}" for seat, value in enumerate(decision["root_values"], start=1))
        lines.append(f"  expected to win: {values}")
    return [*lines, *(f"  {share:>6.1%}  {text}" for text, share in decision["policy"])]
