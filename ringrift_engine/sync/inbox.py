"""The inbox: a folder into which anybody may drop shards of games, and what becomes of each file in it.

A shard lies in the inbox itself or in a folder that bears the name of its configuration, at any depth; its header says
which configuration it is of. What may still be on its way is left alone: hidden files, which is what half-written ones
are here and with rsync, and files that were changed a few seconds ago. What cannot be taken in is set aside in
`refused/` with the reason beside it.

`receive` only copies. A file leaves the inbox by `clear` when its copy is part of a version, so that a process may be
killed anywhere: what lies in the inbox still is looked at again, and what is held already is not taken twice.
"""

import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ringrift_engine.boards import CONFIG_KEYS, BoardConfig
from ringrift_engine.errors import DataError, RingRiftError
from ringrift_engine.files import publishing, sha256_of
from ringrift_engine.progress import Progress, silent
from ringrift_engine.records.discovery import shard_name

if TYPE_CHECKING:
    from ringrift_engine.records.shard import PackedShard

REFUSED: Final = "refused"
"""The folder in the inbox for what cannot be taken in."""
SETTLED_S: Final = 10.0
"""A file that was changed more recently may still be on its way."""
# What reading a file raises that has a shard's form and other content, besides what the readers find themselves.
_NO_SHARD: Final = (RingRiftError, ValueError, LookupError, TypeError, ArithmeticError)


@dataclass(frozen=True, kw_only=True)
class Received:
    """What an intake found in the inbox; files of it are named by their path below the inbox, with slashes."""

    arrived: dict[str, str] = field(default_factory=dict)
    """Content name -> SHA-256 of the shards that lie at the destination now."""
    settled: dict[str, str] = field(default_factory=dict)
    """File -> SHA-256 of those that may be cleared once what arrived is part of a version."""
    refused: dict[str, str] = field(default_factory=dict)
    """File -> what is wrong with it."""


def files_in(inbox: Path, now: float) -> list[str]:
    """The files of the inbox that are whole as far as one can see at the time `now` (seconds since 1970), by path."""
    found = []
    for folder, folders, names in os.walk(inbox, followlinks=True):
        here = Path(folder)
        folders[:] = [name for name in folders if not name.startswith(".") and (here != inbox or name != REFUSED)]
        paths = [here / name for name in names if not name.startswith(".")]
        found += [path.relative_to(inbox).as_posix() for path in paths if _settled(path, now)]
    return sorted(found)


def owner_of(inbox: Path, file: str) -> str:
    """The configuration whose intake deals with a file: that of its folder, else that of its header; empty if neither
    says one: then any intake does.
    """
    folder = Path(file).parent.name
    return folder if folder in CONFIG_KEYS else _key_in_header(inbox / file)


def receive(
    inbox: Path, key: str, destination: Path, known: Collection[str], now: float, progress: Progress = silent
) -> Received:
    """Copy the shards of a configuration to `destination` under the names of their content, each verified there.

    `known` are the SHA-256 of shards that are held, are offered elsewhere, or were removed as past the window: they are
    not copied. Nothing in the inbox is changed.
    """
    received = Received()
    files = [file for file in files_in(inbox, now) if owner_of(inbox, file) in (key, "")]
    progress("looking through the inbox", 0, len(files), "files")
    for number, file in enumerate(files, start=1):
        path = inbox / file
        try:
            sha256 = _identify(path, inbox)
            if sha256 not in {*known, *received.arrived.values()}:
                received.arrived[shard_name(sha256)] = _copy(path, destination / shard_name(sha256), key)
            received.settled[file] = sha256
        except _NO_SHARD as error:
            if path.is_file():  # otherwise whoever put it there took it back
                received.refused[file] = _told(error)
        progress("looking through the inbox", number, len(files), "files")
    return received


def clear(inbox: Path, file: str, sha256: str) -> None:
    """Remove a file of the inbox; one that has other content by now stays, and one that is gone is no error."""
    path = inbox / file
    if path.is_file() and sha256_of(path) == sha256:
        path.unlink(missing_ok=True)


def set_aside(inbox: Path, file: str, why: str) -> Path | None:
    """Move a file to `refused/` with a text beside it that says why; its new path, None if it is there no more."""
    path = inbox / file
    if not path.is_file():
        return None
    target = _free_place(inbox / REFUSED, file.replace("/", "-"))
    with publishing(target.with_name(f"{target.name}.txt")) as partial:
        partial.write_text(
            f"{file} was not taken in.\n\n{why}\n\n"
            f"Once that is put right, move the file back to {inbox}. If nobody needs it, remove it and this text.\n"
        )
    shutil.move(path, target)
    return target


def _identify(path: Path, inbox: Path) -> str:
    """SHA-256 of a shard; DataError if the file is none, is torn, or lies in the folder of another configuration."""
    from ringrift_engine.records.discovery import check_name
    from ringrift_engine.records.shard_schema import read_header, reading

    try:
        sha256 = check_name(path)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}. Let the user of the loop read it.") from error
    with reading(path) as database:
        key = BoardConfig.from_key(read_header(database, path, None).config_key).key
    if path.parent != inbox and path.parent.name != key:
        raise DataError(
            f"{path}: a shard of {key} in the folder {path.parent.name}. Put it into the inbox itself, or into a "
            f"folder {key}."
        )
    return sha256


def _copy(path: Path, target: Path, key: str) -> str:
    """Publish a copy that replays; its SHA-256. DataError if the games do not replay, or if there is nothing to learn
    from them: an export without rows cannot be.
    """
    from ringrift_engine.datasets.export import rows_to_learn_from
    from ringrift_engine.records.shard import read_packed, verify_shard

    with publishing(target) as partial:
        shutil.copyfile(path, partial)
        try:
            copied, shard = verify_shard(partial, key).sha256, read_packed(partial, key)
            _check_players(shard)
            rows = rows_to_learn_from(shard)
        except _NO_SHARD as error:
            raise DataError(_told(error).replace(str(partial), str(path))) from error
        if not rows:
            raise DataError(f"{path}: none of its games has a decision to learn from. Remove it.")
        if shard_name(copied) != target.name:
            raise DataError(
                f"{path} was changed while it was read. Copy it again, under a name that begins with a dot."
            )
    return copied


def _check_players(shard: "PackedShard") -> None:
    """DataError unless every seat of every game has one of the participants: a replay does not ask who played."""
    seats, participants = shard.header.config.num_players, range(len(shard.header.participants))
    for game in shard.games:
        if len(game.seats) != seats or any(number not in participants for number in game.seats):
            raise DataError(
                f"{shard.source}: game {game.game_id} was played by {list(game.seats)} of {len(participants)} "
                f"participants, at {seats} seats. The file is damaged; remove it."
            )


def _key_in_header(path: Path) -> str:
    from ringrift_engine.records.shard_schema import read_header, reading

    try:
        with reading(path) as database:
            return BoardConfig.from_key(read_header(database, path, None).config_key).key
    except (*_NO_SHARD, OSError):
        return ""


def _settled(path: Path, now: float) -> bool:
    """Whether a file was left alone for some seconds; a time to come is that of a machine with another clock."""
    try:
        return path.is_file() and not 0 <= now - path.stat().st_mtime < SETTLED_S
    except OSError:
        return False


def _free_place(folder: Path, name: str) -> Path:
    """A path in `folder` that no file has yet."""
    stem, suffix = os.path.splitext(name)
    return next(path for path in _places(folder, stem, suffix) if not path.exists())


def _places(folder: Path, stem: str, suffix: str) -> Iterator[Path]:
    number = 1
    while True:
        yield folder / (f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}")
        number += 1


def _told(error: Exception) -> str:
    """What an error says; of those that are no text of ours, their kind as well."""
    return str(error) if isinstance(error, RingRiftError) else f"The file is damaged ({type(error).__name__}: {error})."
