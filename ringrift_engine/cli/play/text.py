"""What a person at the terminal is shown, beside the board: whose turn it is, moves, who played what, the result."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ringrift_engine.cli.play.prompt import COMMANDS
from ringrift_engine.game.move import NAMES, Move

if TYPE_CHECKING:
    from ringrift_engine.interactive.session import Advice, Played, Session

PHASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ring_placement": "place one to three rings on an empty cell, or one on a stack",
        "movement": "move a stack, or capture with one",
        "capture": "the stack that moved may capture",
        "chain_capture": "the capture goes on",
        "line_processing": "choose what of a line collapses, or pay for one",
        "territory_processing": "take a region, or pay for one",
        "forced_elimination": "nothing else was possible: eliminate the cap of a stack",
        "game_over": "the game is over",
    }
)

# How a game was won, beside the numbers below the board.
REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "elimination_threshold": "enough rings are eliminated",
        "territory_threshold": "enough of the board is territory, and more than all others have together",
        "early_lps": "nobody else has a ring left, and all stacks are the winner's",
        "stalemate_territory": "no stack is left and none can be made; most territory",
        "stalemate_elimination": "no stack is left and none can be made; most rings eliminated, those in hand counted",
        "stalemate_markers": "no stack is left and none can be made; most markers",
        "stalemate_last_actor": "no stack is left and none can be made; the last to move",
        "lps_rounds": "for three rounds nobody else could place, move or capture",
    }
)

# What follows a move's code, in its notation; codes without anything are left out.
ARGUMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "P": "CELL RINGS",
        "M": "FROM TO",
        "C": "FROM TARGET TO",
        "CC": "FROM TARGET TO",
        "R": "MODE FROM TO OPTION CELLS",
        "L": "CELLS",
        "LO": "LINE CELLS",
        "E": "REASON CELL RINGS",
        "T": "CELLS",
        "F": "CELL RINGS",
    }
)

_WIDTH: Final = 100
_LISTED_SINGLY: Final = 12  # moves; more are put together by kind and cell
_LINES_AT_ONCE: Final = 24


def help_text() -> str:
    """What can be typed."""
    commands = [f"  {usage:<15} {what}" for usage, what in COMMANDS.values()]
    moves = "; ".join(f"{' '.join((code, ARGUMENTS.get(code, ''))).strip()}: {name}" for code, name in NAMES.items())
    return "\n".join(
        [
            "Type a move by its number, in notation, or by the beginning of its notation, or a command:",
            *commands,
            "Moves are a code and cells. A row of the board begins with the number of its first cell.",
            *textwrap.wrap(moves, _WIDTH, initial_indent="  ", subsequent_indent="  "),
        ]
    )


def seat_name(session: "Session", seat: int) -> str:
    """`you (player 1)`, or `player 2`."""
    people = [number for number, player in enumerate(session.seats, start=1) if player is None]
    return f"you (player {seat})" if people == [seat] else f"player {seat}"


def question(session: "Session") -> str:
    """Whose turn it is, and what for."""
    return f"Turn {session.turn}, {seat_name(session, session.player)}: {PHASES[session.phase]}."


def move_lines(moves: Sequence[Move], shown: Sequence[Move], most: int = _LINES_AT_ONCE) -> list[str]:
    """`shown`, some of `moves`, each with its number among all of them; at most so many lines, then how to see more."""
    if not shown:
        return ["  no such moves"]
    numbers = {move: number for number, move in enumerate(moves, start=1)}
    if len(shown) <= _LISTED_SINGLY:
        return [f"  {numbers[move]:>4}  {move}  ({move.name})" for move in shown]
    lines = list(_grouped_lines(numbers, shown))
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], f"  and more, {len(shown)} in all: `moves` lists them, `moves 40` those with cell 40"]


def _grouped_lines(numbers: Mapping[Move, int], shown: Sequence[Move]) -> Iterator[str]:
    """By kind; moves that differ in their last number only are one entry, such as `7-9 M 40 41|42|49`."""
    for name, of_kind in groupby(shown, key=lambda move: move.name):
        same_kind = list(of_kind)
        yield f"  {name}: {len(same_kind)}"
        entries = [_entry(numbers, list(group)) for _, group in groupby(same_kind, key=_all_but_the_last)]
        yield from _in_columns(entries)


def _all_but_the_last(move: Move) -> tuple[object, ...]:
    """What moves of one entry have in common; lists of cells are never put together."""
    return move.parts[:-1] if isinstance(move.parts[-1], int) else move.parts


def _entry(numbers: Mapping[Move, int], moves: Sequence[Move]) -> str:
    first, last = numbers[moves[0]], numbers[moves[-1]]
    if len(moves) == 1:
        return f"{first} {moves[0]}"
    span = f"{first}-{last}" if last - first == len(moves) - 1 else ",".join(str(numbers[move]) for move in moves)
    return f"{span} {moves[0]}|{'|'.join(str(move.parts[-1]) for move in moves[1:])}"


def _in_columns(entries: Sequence[str]) -> Iterator[str]:
    """Entries of like width beside each other."""
    width = max(map(len, entries)) + 3
    columns = max(1, (_WIDTH - 4) // width)
    for start in range(0, len(entries), columns):
        yield ("    " + "".join(f"{entry:<{width}}" for entry in entries[start : start + columns])).rstrip()


def played_text(session: "Session", played: "Played") -> str:
    """A move that was not made by itself."""
    chance = "" if played.win_chance is None else f", win chance by its own estimate {played.win_chance:.0%}"
    how = ", drawn for the opening" if played.by == "opening" else ""
    return f"  {seat_name(session, played.player)}: {played.move} ({played.move.name}){how}{chance}"


def forced_text(forced: Sequence["Played"]) -> str:
    """Moves that left no choice."""
    by_player = [
        f"player {player}: {', '.join(f'{played.move} ({played.move.name})' for played in group)}"
        for player, group in groupby(forced, key=lambda played: played.player)
    ]
    return "\n".join(
        textwrap.wrap(f"by itself, {'; '.join(by_player)}", _WIDTH, initial_indent="  ", subsequent_indent="    ")
    )


def advice_text(name: str, why: str, advice: "Advice") -> str:
    """A hint, and whose it is."""
    (best, _), *_ = advice.best
    chance = "" if advice.win_chance is None else f", win chance {advice.win_chance:.0%}"
    lines = [f"  {name}: {why}", f"  would play {best}{chance}"]
    lines += [f"  {share:>6.1%}  {move}  ({move.name})" for move, share in advice.best if share is not None]
    return "\n".join(lines)


def result_text(session: "Session") -> str:
    """Who won, and why."""
    if session.resigned is not None:
        rest = _won(session, session.winner) if session.winner else "nobody is called the winner"
        return f"{_capital(seat_name(session, session.resigned))} resigned: {rest}."
    assert session.winner is not None, "the game goes on"
    why = f"{REASONS[session.how]} ({session.how})" if session.how else "so it was recorded"
    return f"{_capital(_won(session, session.winner))} after {len(session.played)} moves: {why}."


def _won(session: "Session", seat: int) -> str:
    return f"{seat_name(session, seat)} won"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
