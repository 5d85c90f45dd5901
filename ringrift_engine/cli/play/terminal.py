"""A person's game in the terminal: lines from standard input, the game to standard output.

Whatever ends it, `quit`, the end of the input or an interruption, a game that goes on is saved first.
"""

import shlex
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

import click

from ringrift_engine.boards import BoardConfig
from ringrift_engine.cli.play import prompt, text
from ringrift_engine.errors import DataError, RingRiftError
from ringrift_engine.game.move import Move
from ringrift_engine.interactive.saving import save_game
from ringrift_engine.interactive.seats import Seat
from ringrift_engine.interactive.session import FORCED, PERSON, Played, Session
from ringrift_engine.players.interface import Player

_PROMPT: Final = "> "
_SUFFIX: Final = ".game.json"
_SLOW_S: Final = 3.0
_ALL_LINES: Final = 1_000_000


@dataclass(frozen=True)
class Adviser:
    """Who gives hints, and why it is that one."""

    player: Player
    why: str


class Terminal:
    """One game of one person or several who share a terminal.

    `path` is the file that the game came from and goes back to, None for a new game; `adviser` is called for the first
    hint.
    """

    def __init__(
        self, session: Session, seats: list[Seat], adviser: Callable[[], Adviser], path: Path | None = None
    ) -> None:
        self._session = session
        self._seats = seats
        self._load_adviser = adviser
        self._adviser: Adviser | None = None
        self._path = path
        self._kept = self._decided()  # as of when the game was begun, read or written last
        self._do: dict[str, Callable[[str], None]] = {
            prompt.HELP: lambda _: click.echo(text.help_text()),
            prompt.BOARD: lambda _: self._show_position(),
            prompt.MOVES: self._list_moves,
            prompt.HINT: lambda _: self._hint(),
            prompt.UNDO: lambda _: self._undo(),
            prompt.SAVE: self._save,
            prompt.RESIGN: lambda _: self._resign(),
            prompt.QUIT: lambda _: self._leave(),
        }

    def run(self) -> None:
        """Play until the person stops. An error of a program is passed on when the game is saved."""
        self._greet()
        try:
            self._go_on()
            while (line := _read_line()) is not None and self._obey(line):
                pass
        except KeyboardInterrupt:
            click.echo()
        except RingRiftError:
            self._leave()
            raise
        self._leave()

    # --- what is typed

    def _obey(self, line: str) -> bool:
        """Do what a line says; False to stop. What cannot be done is said, and nothing changes."""
        try:
            entry = prompt.read_entry(line, self._session.choices())
            if isinstance(entry, prompt.Command):
                self._do[entry.name](entry.argument)
                return entry.name != prompt.QUIT
        except RingRiftError as error:
            click.echo(f"  {error}")
            return True
        if isinstance(entry, Move):
            self._play(entry)
        return True

    def _play(self, move: Move) -> None:
        click.echo(text.played_text(self._session, self._session.play(move)))
        self._go_on()

    def _list_moves(self, words: str) -> None:
        moves = self._session.choices()
        click.echo("\n".join(text.move_lines(moves, prompt.filter_moves(words, moves), _ALL_LINES)))

    def _hint(self) -> None:
        if not self._session.waits_for_person:
            raise prompt.Misunderstood("There is nothing to decide any more.")
        with _told_if_slow():
            self._adviser = self._adviser or self._load_adviser()
            advice = self._session.advice(self._adviser.player)
        click.echo(text.advice_text(self._adviser.player.name, self._adviser.why, advice))

    def _undo(self) -> None:
        taken = self._session.undo()
        moves = f"{len(taken)} moves" if taken else "the resignation"
        click.echo(f"  taken back: {moves}")
        self._show_position()

    def _resign(self) -> None:
        self._session.resign()
        self._show_position()

    def _save(self, name: str) -> None:
        path = Path(name).expanduser() if name else self._path or _free_path(self._session.config, self._session.seed)
        save_game(path, self._session, [seat.text for seat in self._seats])
        self._path, self._kept = path, self._decided()
        name = shlex.quote(str(path))
        click.echo(f"  saved: `ringrift play --resume {name}` goes on, with --ply N it shows the first N moves")

    # --- what follows

    def _go_on(self) -> None:
        """Let programs play until a person has to choose, and show where that leads."""
        forced: list[Played] = []
        while True:
            with _told_if_slow():
                played = self._session.step()
            if forced and (played is None or played.by != FORCED):
                click.echo(text.forced_text(forced))
                forced = []
            if played is None:
                break
            if played.by == FORCED:
                forced.append(played)
            else:
                click.echo(text.played_text(self._session, played))
        self._show_position()

    def _greet(self) -> None:
        session = self._session
        click.echo(f"{session.config.key}, seed {session.seed}; `help` says what can be typed")
        for number, (seat, player) in enumerate(zip(self._seats, session.seats, strict=True), start=1):
            why = f": {seat.why}" if seat.why else ""
            click.echo(f"  {text.seat_name(session, number)}: {player.name if player else 'a person'}{why}")

    def _show_position(self) -> None:
        session = self._session
        click.echo(f"\n{session.board}\n")
        if session.is_over:
            click.echo(text.result_text(session))
            click.echo("`save FILE` keeps the game, `undo` takes your last decision back, `quit` ends.")
            return
        click.echo(text.question(session))
        moves = session.choices()
        click.echo("\n".join(text.move_lines(moves, moves)))

    # --- the end

    def _decided(self) -> list[tuple[int, Move]]:
        """What people have decided: from these and the seed all else follows."""
        return [(ply, played.move) for ply, played in enumerate(self._session.played) if played.by == PERSON]

    def _leave(self) -> None:
        """Save a game that goes on and in which people have decided something new; if its file cannot be written any
        more, in a new one.
        """
        if self._session.is_over or self._decided() == self._kept:
            return
        try:
            self._save("")
        except DataError as error:
            if self._path is None:
                raise
            click.echo(f"  {error}")
            self._path = None
            self._save("")


def _read_line() -> str | None:
    """The next line, None at the end of the input. In a terminal it can be edited; elsewhere it is repeated, so that
    the output reads like a game.
    """
    interactive = sys.stdin.isatty()
    if interactive:
        with suppress(ImportError):
            import readline  # noqa: F401  (importing it gives `input` editing and a history)
    try:
        line = input(_PROMPT)
    except EOFError:
        click.echo()
        return None
    if not interactive:
        click.echo(line)
    return line


def _free_path(config: BoardConfig, seed: int) -> Path:
    """A file in the current folder that is not there yet."""
    names = (f"{config.key}-seed{seed}{'' if number == 1 else f'-{number}'}{_SUFFIX}" for number in count(1))
    return next(path for path in map(Path, names) if not path.exists())


@contextmanager
def _told_if_slow() -> Iterator[None]:
    """Say on standard error why it takes long, if it does."""
    message = "... thinking; the first moves on a board compile its rules, once, which takes a minute or two"
    timer = threading.Timer(_SLOW_S, lambda: click.echo(message, err=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
