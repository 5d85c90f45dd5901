"""What a person types: a move, by its number, its notation or the beginning of that, or a command with its argument."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from ringrift_engine.errors import RingRiftError
from ringrift_engine.game.move import Move

HELP: Final = "help"
BOARD: Final = "board"
MOVES: Final = "moves"
HINT: Final = "hint"
UNDO: Final = "undo"
SAVE: Final = "save"
RESIGN: Final = "resign"
QUIT: Final = "quit"

# command -> how it is written, and what it does
COMMANDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        HELP: ("help", "what can be typed"),
        BOARD: ("board", "the position again"),
        MOVES: (
            "moves [FILTER]",
            "all moves, or those of a kind (`moves C`), with a cell (`moves 40`), or both",
        ),
        HINT: ("hint", "what the strongest player at hand would play, and its win chance"),
        UNDO: ("undo", "back to your last decision"),
        SAVE: ("save [FILE]", "write the game to a file"),
        RESIGN: ("resign", "give up"),
        QUIT: ("quit", "stop; a game that goes on is saved"),
    }
)
_WITH_ARGUMENT: Final = (MOVES, SAVE)
_SHORTEST_NAME: Final = 3  # letters; fewer are a move's code
_SHOWN: Final = 4


class Misunderstood(RingRiftError):  # noqa: N818  (what a person typed, not a fault)
    """A line that means nothing here; the text says what would."""


@dataclass(frozen=True)
class Command:
    """A command; `argument` is empty if there is none."""

    name: str
    argument: str = ""


def read_entry(line: str, moves: Sequence[Move]) -> Move | Command | None:
    """What a typed line means where `moves` can be played; None for an empty one. Misunderstood if it means nothing."""
    words = line.split()
    if not words:
        return None
    name = words[0].lower()
    if name in COMMANDS:
        argument = line.strip()[len(name) :].strip()
        if argument and name not in _WITH_ARGUMENT:
            raise Misunderstood(f"`{name}` takes nothing more, not {argument!r}.")
        return Command(name, argument)
    return find_move(line, moves)


def find_move(text: str, moves: Sequence[Move]) -> Move:
    """The move with this number, from 1, or whose notation begins so, whole numbers and words compared."""
    wanted = _words(text)
    if len(wanted) == 1 and wanted[0].isdecimal():
        return _by_number(int(wanted[0]), moves)
    found = [move for move in moves if _words(str(move))[: len(wanted)] == wanted]
    whole = [move for move in found if len(_words(str(move))) == len(wanted)]
    if len(whole) == 1 or len(found) == 1:
        return (whole or found)[0]
    if found:
        more = f", and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise Misunderstood(f"{len(found)} moves begin so: {_listed(found)}{more}. Type more of it, or a number.")
    raise Misunderstood(_nothing(text, moves))


def filter_moves(text: str, moves: Sequence[Move]) -> list[Move]:
    """The moves with all of the words: a number is a cell, other words are the code or a part of the kind's name."""
    words = text.lower().split()
    return [move for move in moves if all(_has(move, word) for word in words)]


def _has(move: Move, word: str) -> bool:
    if word.isdecimal():
        return int(word) in move.cells
    return word == move.code.lower() or (len(word) >= _SHORTEST_NAME and word in move.name)


def _by_number(number: int, moves: Sequence[Move]) -> Move:
    if not 1 <= number <= len(moves):
        have = f"they have the numbers 1 to {len(moves)}" if moves else "there are no moves"
        raise Misunderstood(f"No move has the number {number}: {have}.")
    return moves[number - 1]


def _nothing(text: str, moves: Sequence[Move]) -> str:
    if not moves:
        return f"{text.strip()!r} is no command: {', '.join(COMMANDS)}. There is nothing to play any more."
    word = text.split()[0].lower()
    near = get_close_matches(word, COMMANDS, n=1)
    same = [move for move in moves if move.code.lower() == word]
    hint = f" `{near[0]}`?" if near else f" Such as {_listed(same)}." if same else ""
    return f"{text.strip()!r} is neither a command nor the beginning of a move.{hint} `moves` lists them, `help` helps."


def _listed(moves: Sequence[Move]) -> str:
    return ", ".join(map(str, moves[:_SHOWN]))


def _words(text: str) -> list[str]:
    """Words and numbers of a move in notation; cells of a list are numbers of their own."""
    return text.upper().replace("+", " ").split()
