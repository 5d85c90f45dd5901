"""Writing, reading and verifying shards of games.

A shard is published only after its temporary file was opened again and every game in it replayed from its bytes.
Reading replays as well: a policy is stored against the choices of its position, so the position is needed to say
whose share is whose, and what comes out of `read_shard` has therefore been legal and ended as recorded. `read_packed`
is for those who replay themselves, or who only count.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ringrift_engine.files import PARTIAL_PREFIX, publishing
from ringrift_engine.progress import Progress, silent
from ringrift_engine.records.discovery import check_name, shard_name
from ringrift_engine.records.game_record import GameRecord
from ringrift_engine.records.packed import PackedGame, check_choices, pack_records, pack_row, to_record, unpack_row
from ringrift_engine.records.replay import RecordedGames, Replay, check_results, replay
from ringrift_engine.records.shard_schema import (
    GAME_COLUMNS,
    SHARD_COLUMNS,
    ShardHeader,
    creating,
    header_row,
    insert,
    read_header,
    reading,
    table,
)


@dataclass(frozen=True, eq=False)
class PackedShard:
    """A shard as it lies on the disk; `source` is its path, for messages."""

    header: ShardHeader
    games: tuple[PackedGame, ...]
    source: str


@dataclass(frozen=True)
class ShardInfo:
    """What is known of a verified shard; `sha256` is of the file's bytes."""

    path: Path
    sha256: str
    config_key: str
    games: int
    moves: int
    decisions: int
    size_bytes: int


def publish_shard(
    folder: Path, header: ShardHeader, records: Sequence[GameRecord], progress: Progress = silent
) -> ShardInfo:
    """Write a shard into `folder` under the name that its content gives it; the same games again give the same file."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{PARTIAL_PREFIX}draft.db"
    try:
        info = _write_verified(draft, header, records, progress)
        target = folder / shard_name(info.sha256)
        with publishing(target) as partial:
            os.replace(draft, partial)
    finally:
        draft.unlink(missing_ok=True)
    return replace(info, path=target)


def write_shard(
    path: Path, header: ShardHeader, records: Sequence[GameRecord], progress: Progress = silent
) -> ShardInfo:
    """Write a shard at `path`, verified before it appears there; DataError for records that contradict themselves."""
    with publishing(path) as partial:
        info = _write_verified(partial, header, records, progress)
    return replace(info, path=path)


def read_packed(path: Path, config_key: str | None = None) -> PackedShard:
    """The rows of a shard, not replayed; DataError if the file is damaged, of another version or configuration."""
    source = str(path)
    with reading(path) as database:
        header = read_header(database, path, config_key)
        rows = table(database, "games").rows_where(order_by="position")
        games = tuple(unpack_row(row, header.config, source) for row in rows)
    return PackedShard(header, games, source)


def read_shard(path: Path, config_key: str | None = None) -> tuple[ShardHeader, list[GameRecord]]:
    """Header and games of a shard, replayed; DataError as `read_packed`, and for games with another end."""
    shard = read_packed(path, config_key)
    names = [who.name for who in shard.header.participants]
    return shard.header, [to_record(shard.header.config, game, names, shard.source) for game in shard.games]


def verify_shard(path: Path, config_key: str | None = None) -> ShardInfo:
    """Replay all games of a file; DataError if anything is wrong with it, its content-hash name included."""
    sha256 = check_name(path)
    shard = read_packed(path, config_key)
    _check_choices(shard, replay_packed(shard))
    return ShardInfo(
        path=path,
        sha256=sha256,
        config_key=shard.header.config_key,
        games=len(shard.games),
        moves=sum(len(game.moves) for game in shard.games),
        decisions=sum(len(game.decisions.plies) for game in shard.games),
        size_bytes=path.stat().st_size,
    )


def replay_packed(shard: PackedShard) -> Replay:
    """Replay all games of a shard and compare their ends with what is recorded."""
    games = shard.games
    recorded = RecordedGames.of(
        [game.game_id for game in games], [game.swap_rule for game in games], [game.moves for game in games]
    )
    replayed = replay(shard.header.config, recorded, shard.source)
    check_results(games, replayed.games, shard.source)
    return replayed


def _write_verified(path: Path, header: ShardHeader, records: Sequence[GameRecord], progress: Progress) -> ShardInfo:
    """Write the file, then read it again as any reader would; the info's path is the temporary one."""
    games = pack_records(header, records, progress)
    moves, decisions = sum(len(game.moves) for game in games), sum(len(game.decisions.plies) for game in games)
    path.unlink(missing_ok=True)
    with creating(path) as database:
        insert(database, "shard", SHARD_COLUMNS, [header_row(header, len(games), moves, decisions)])
        insert(database, "games", GAME_COLUMNS, [pack_row(number, game) for number, game in enumerate(games)])
    return verify_shard(path, header.config_key)


def _check_choices(shard: PackedShard, replayed: Replay) -> None:
    """Every decision has two choices or more, and as many shares as choices."""
    start = 0
    for game in shard.games:
        counts = replayed.counts[start + game.decisions.plies]
        check_choices(game, counts, shard.source)
        start += len(game.moves)
