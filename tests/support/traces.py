"""Recorded games of the original engine: reading them, and the first difference between a recording and an engine.

The format is that of tests/traces/README.md. An engine is anything that answers the questions of `Replayer`, so the
same comparison judges both the compiled engine and the slow one. Legal sets are compared as canonical text: it is what
recordings hash, and making it costs one call of the JSON encoder for a whole list.
"""

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

TRACES = Path(__file__).resolve().parent.parent / "traces"
VECTORS = TRACES / "vectors.jsonl.gz"
GAME_FILES = tuple(sorted(path for path in TRACES.glob("*.jsonl.gz") if path != VECTORS))

State = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One recorded move and everything that is known about the position before and the state after it."""

    number: int
    player: int
    phase: str
    move: list
    legal: list[list] | None
    """The complete legal set in canonical order, or None where only its size and hash are recorded."""
    legal_count: int
    legal_hash: str | None
    rejected: list[list]
    after: State


@dataclass(frozen=True)
class TraceGame:
    """One line of a file."""

    file: str
    header: dict[str, Any]
    start: State
    raw_steps: list[dict[str, Any]]

    @property
    def game_id(self) -> str:
        return self.header["id"]

    @property
    def config_key(self) -> str:
        return f"{self.header['board']}_{self.header['np']}p"

    @property
    def swap_rule(self) -> bool:
        return bool(self.header["rules"].get("swapRuleEnabled"))

    @property
    def rings_per_player(self) -> int:
        return self.header["ringsPerPlayer"]

    @property
    def from_the_start(self) -> bool:
        """Whether the game begins on the empty board and not in a hand-made position."""
        return "scenario" not in self.header

    def steps(self) -> Iterator[Step]:
        """The moves in order, deltas resolved into whole states."""
        state = self.start
        for number, raw in enumerate(self.raw_steps):
            legal = raw.get("L")
            state = raw["s"] if "s" in raw else apply_delta(state, raw["d"])
            yield Step(
                number,
                raw["p"],
                raw["ph"],
                raw["m"] if legal is None else legal[raw["c"]],
                legal,
                raw["n"] if legal is None else len(legal),
                raw.get("h"),
                [legal[index] for index in raw.get("rj", [])] if legal else [],
                state,
            )


def games_of(path: Path) -> Iterator[TraceGame]:
    """The games of one file, read one at a time."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            yield TraceGame(path.name, record["h"], record["s0"], record["steps"])


def apply_delta(state: State, delta: State) -> State:
    """The state after a step that records only what changed."""
    board = dict(state["b"])
    for cell, content in delta.get("b", {}).items():
        if content:
            board[cell] = content
        else:
            board.pop(cell, None)
    gone = {"b", "-", *delta.get("-", ())}
    kept = {name: value for name, value in state.items() if name not in gone}
    return kept | {name: value for name, value in delta.items() if name not in ("b", "-")} | {"b": board}


def move_texts(moves: Iterable[Sequence]) -> list[str]:
    """The compact JSON text of every move, sorted: the canonical order of recorded lists."""
    text = json.dumps(list(moves), separators=(",", ":"))
    if text == "[]":
        return []
    # Inside a move only lists of numbers occur, so `],["` is always the seam between two moves.
    parts = text[2:-2].split('],["')
    return sorted(['["' + part[part.startswith('"') :] + "]" for part in parts])


def canonical_text(moves: Iterable[Sequence]) -> str:
    """The text that recordings hash: canonical order, no spaces."""
    return "[" + ",".join(move_texts(moves)) + "]"


def text_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Replayer(Protocol):
    """An engine in the position that a recorded step starts from."""

    def legal(self) -> list[Sequence]: ...

    def rejected(self) -> list[Sequence]: ...

    def play(self, move: list) -> None: ...

    def state(self) -> State: ...

    def result(self) -> dict[str, Any]:
        """What the engine knows of the end, under the names of the recorded `result`."""
        ...


def first_difference(game: TraceGame, replayer: Replayer) -> str | None:
    """Replay the game; None if all is as recorded, else where and how the engine differs."""
    where = f"{game.file} {game.game_id}"
    if difference := _state_difference(game.start, replayer.state()):
        return f"{where}, before the first move: {difference}"
    for step in game.steps():
        difference = _legal_difference(step, replayer)
        if difference is None:
            replayer.play(step.move)
            difference = _state_difference(step.after, replayer.state())
        if difference:
            return f"{where} step {step.number}, player {step.player} in {step.phase}, {step.move}: {difference}"
    found = replayer.result()
    recorded = {name: game.header["result"][name] for name in found}
    if found != recorded:
        return f"{where}, at the end: {found}, recorded {recorded}"
    if replayer.legal():
        return f"{where}: moves are legal after the end"
    return None


def _legal_difference(step: Step, replayer: Replayer) -> str | None:
    text = canonical_text(replayer.legal())
    if step.legal is None:
        if text_hash(text) != step.legal_hash:
            return f"{len(json.loads(text))} legal moves, recorded {step.legal_count} with another hash"
    elif text != canonical_text(step.legal):
        return _set_difference("legal", move_texts(step.legal), move_texts(json.loads(text)))
    rejected = move_texts(replayer.rejected())
    if rejected != move_texts(step.rejected):
        return _set_difference("rejected", move_texts(step.rejected), rejected)
    return None


def _set_difference(what: str, recorded: list[str], found: list[str]) -> str:
    missing, extra = sorted(set(recorded) - set(found)), sorted(set(found) - set(recorded))
    twice = sorted({text for text in found if found.count(text) > 1})
    return f"{what} moves: missing {_some(missing)}, too many {_some(extra)}, listed twice {_some(twice)}"


def _some(texts: list[str]) -> str:
    return f"{len(texts)} {texts[:6]}"


def _state_difference(recorded: State, found: State) -> str | None:
    if recorded == found:
        return None
    names = sorted(name for name in recorded.keys() | found.keys() if recorded.get(name) != found.get(name))
    parts = [f"{name} is {found.get(name)}, recorded {recorded.get(name)}" for name in names if name != "b"]
    if "b" in names:
        old, new = recorded["b"], found["b"]
        cells = sorted((cell for cell in old.keys() | new.keys() if old.get(cell) != new.get(cell)), key=int)
        parts += [f"cell {cell} is {new.get(cell)}, recorded {old.get(cell)}" for cell in cells[:8]]
    return "; ".join(parts)
