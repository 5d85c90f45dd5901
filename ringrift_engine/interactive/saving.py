"""A game between people and programs as a small JSON file, which appears whole or not at all.

It holds how the game was set up and its moves in notation; the position follows from them. A file that is torn, of
another version or of another kind is refused, and so is one whose moves are not legal one after the other.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from ringrift_engine import RULES_VERSION
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ConfigError, DataError, IllegalMoveError
from ringrift_engine.files import publishing
from ringrift_engine.interactive.seats import PERSONS_NAME
from ringrift_engine.interactive.session import Session
from ringrift_engine.players.interface import Player

KIND: Final = "ringrift game"
VERSION: Final = 1


@dataclass(frozen=True, kw_only=True)
class SavedGame:
    """What a file holds.

    seats    who sits where, seat 1 first, as `--seats` names them
    players  the names that they had: kind, settings and content hash of a model; `human` for a person
    moves    all moves in notation, those made by themselves included
    resigned the seat that gave up, None for nobody
    """

    config_key: str
    seats: tuple[str, ...]
    players: tuple[str, ...]
    seed: int
    opening: int
    temperature: float
    moves: tuple[str, ...]
    resigned: int | None

    @property
    def config(self) -> BoardConfig:
        """The configuration that is played."""
        return BoardConfig.from_key(self.config_key)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(part, str) for part in value)


def _count(value: Any) -> bool:
    return type(value) is int and value >= 0


_MAY_BE: Final[Mapping[str, Callable[[Any], bool]]] = {
    "config_key": lambda value: isinstance(value, str),
    "seats": _texts,
    "players": _texts,
    "seed": _count,
    "opening": _count,
    "temperature": lambda value: type(value) in (int, float) and value >= 0,
    "moves": _texts,
    "resigned": lambda value: value is None or _count(value),
}


def save_game(path: Path, session: Session, seats: Sequence[str]) -> None:
    """Write a game, in place of an older one; `seats` as in SavedGame.

    DataError if the file cannot be written, or if it is there and holds something else than a game: nothing is lost.
    """
    saved = SavedGame(
        config_key=session.config.key,
        seats=tuple(seats),
        players=session.record().players,
        seed=session.seed,
        opening=session.opening,
        temperature=session.temperature,
        moves=tuple(str(played.move) for played in session.played),
        resigned=session.resigned,
    )
    if path.exists():
        _require_game(path)
    try:
        with publishing(path) as partial:
            partial.write_text(json.dumps(_facts(saved), indent=1) + "\n")
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}); name another file.") from error


def read_game(path: Path) -> SavedGame:
    """The game in a file; DataError if it is torn, of another kind or version. Its moves are not looked at."""
    facts = _require_game(path)
    known = {"version": VERSION, "rules": RULES_VERSION}
    for name, wanted in known.items():
        if facts.pop(name, None) != wanted:
            raise DataError(f"{path}: {name} of another number than {wanted}; play it with the version that wrote it.")
    names = [field.name for field in fields(SavedGame)]
    wrong = sorted(set(names) ^ set(facts)) or [name for name in names if not _MAY_BE[name](facts[name])]
    if wrong:
        raise DataError(f"{path}: torn or changed by hand: {wrong[0]!r} is not as it must be. Take a copy.")
    listed: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
    saved = SavedGame(**listed)
    try:
        config = saved.config
    except ConfigError as error:
        raise DataError(f"{path}: {error}") from error
    if not len(saved.seats) == len(saved.players) == config.num_players or (saved.resigned or 1) > config.num_players:
        raise DataError(f"{path}: its seats are not those of {config.key}, which has {config.num_players}.")
    return saved


def resume_game(path: Path, saved: SavedGame, players: Sequence[Player | None]) -> Session:
    """The game that goes on from `saved`, read from `path`, with these players; DataError for an illegal move."""
    session = Session(saved.config, players, saved.seed, saved.opening, saved.temperature)
    try:
        session.repeat(saved.moves)
    except IllegalMoveError as error:
        raise DataError(f"{path}: {error}. The file was changed, or other rules wrote it; take a copy.") from error
    session.resigned = saved.resigned
    return session


def changed_players(saved: SavedGame, session: Session) -> list[tuple[int, str, str]]:
    """Seats that somebody else has taken since the game was saved: seat, name then, name now."""
    names = session.record().players
    pairs = enumerate(zip(saved.players, names, strict=True), start=1)
    return [(seat, then, now) for seat, (then, now) in pairs if then != now and PERSONS_NAME not in (then, now)]


def _facts(saved: SavedGame) -> dict[str, Any]:
    return {"kind": KIND, "version": VERSION, "rules": RULES_VERSION, **asdict(saved)}


def _require_game(path: Path) -> dict[str, Any]:
    """The facts of a file that says it is a game, without its kind."""
    try:
        facts = json.loads(path.read_text())
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise DataError(f"{path}: torn, or no saved game ({error}). Take a copy or another file.") from error
    if not isinstance(facts, dict) or facts.pop("kind", None) != KIND:
        raise DataError(f"{path}: no saved game; `save FILE` in `ringrift play` writes one.")
    return facts
