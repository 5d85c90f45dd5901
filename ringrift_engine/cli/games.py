"""ringrift games: look at recorded games, prove shards, count."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ringrift_engine.boards import CONFIGS, BoardConfig
from ringrift_engine.cli.options import (
    EXISTING,
    EXISTING_FILE,
    config_of_shard,
    data_root_option,
    json_option,
    progress_bar,
    say,
    shards_of,
)
from ringrift_engine.errors import ConfigError, DataError

if TYPE_CHECKING:
    from ringrift_engine.records.game_record import GameRecord
    from ringrift_engine.records.statistics import GameStatistics

_INDEX: Final = Path("synced_games")


@click.group(name="games")
def games_group() -> None:
    """Look at recorded games, prove that shards tell the truth, count what they hold."""


@games_group.command(name="show")
@click.argument("file", type=EXISTING_FILE)
@click.argument("game")
@click.option(
    "--ply", type=int, help="Stop after so many moves and show what the player knew there.  [default: the end]"
)
@json_option
def show_command(file: Path, game: str, ply: int | None, as_json: bool) -> None:
    """Show one game of a shard: who played, the moves, the board, and the search at a ply.

    GAME is the game's place in FILE, from 0, or the beginning of its id.

    \b
    Example:
      ringrift games show data/synced_games/hex8_2p/0123456789ab.db 3 --ply 40
    """
    from ringrift_engine.cli.show import game_facts, game_text

    config, record = _find_game(file, game)
    facts = game_facts(config, record, ply)
    say(as_json, facts, lambda: game_text(facts))


def _find_game(path: Path, wanted: str) -> tuple[BoardConfig, "GameRecord"]:
    from ringrift_engine.records.packed import to_record
    from ringrift_engine.records.shard import read_packed

    shard = read_packed(path)
    found = [packed for packed in shard.games if packed.game_id.startswith(wanted)]
    if wanted.isdecimal() and int(wanted) < len(shard.games):
        found = [shard.games[int(wanted)]]
    if len(found) != 1:
        problem = f"{len(found)} games begin with" if found else "no game has the place or id"
        raise DataError(f"{path}: {problem} {wanted!r}; the file has {len(shard.games)} games, from 0 on")
    names = [who.name for who in shard.header.participants]
    return shard.header.config, to_record(shard.header.config, found[0], names, shard.source)


@games_group.command(name="verify")
@click.argument("files", nargs=-1, required=True, type=EXISTING)
@json_option
def verify_command(files: Sequence[Path], as_json: bool) -> None:
    """Replay every game of FILES, shards or folders of shards, to its recorded result.

    Exit status 1 if one is damaged; the others are still looked at.

    \b
    Example:
      ringrift games verify data/synced_games/hex8_2p
    """
    from ringrift_engine.records.shard import verify_shard

    shards, results = shards_of(files), []
    with progress_bar() as progress:
        for number, shard in enumerate(shards):
            progress("verify", number, len(shards), "shards")
            try:
                info = verify_shard(shard)
                results.append({"file": str(shard), "sound": True, "games": info.games, "moves": info.moves})
            except DataError as error:
                results.append({"file": str(shard), "sound": False, "problem": str(error)})
        progress("verify", len(shards), len(shards), "shards")
    say(as_json, results, lambda: "\n".join(map(_verified_line, results)))
    if not all(result["sound"] for result in results):
        raise click.exceptions.Exit(1)


def _verified_line(result: dict[str, Any]) -> str:
    if result["sound"]:
        return f"sound    {result['file']}  {result['games']} games, {result['moves']} moves"
    return f"DAMAGED  {result['problem']}"


@games_group.command(name="stats")
@click.argument("what", nargs=-1, required=True)
@data_root_option
@json_option
def stats_command(what: Sequence[str], data_root: Path, as_json: bool) -> None:
    """Count games: winners by seat, ways of winning, lengths, searched decisions.

    WHAT is a configuration, whose synced games are counted, or shards and folders of shards of one configuration.

    \b
    Examples:
      ringrift games stats hex8_2p
      ringrift games stats shards/0123456789ab.db shards/ba9876543210.db
    """
    from ringrift_engine.records.statistics import game_statistics

    config, frame = _index_of(what, data_root)
    statistics = game_statistics(frame, config)
    say(as_json, statistics, lambda: _statistics_text(config, statistics))


def _index_of(what: Sequence[str], data_root: Path) -> tuple[BoardConfig, Any]:
    from ringrift_engine.records.index import INDEX_NAME, read_index, update_index

    if len(what) == 1 and what[0] in CONFIGS:
        config = CONFIGS[what[0]]
        return config, read_index(data_root / _INDEX / config.key / INDEX_NAME, config)
    if missing := [name for name in what if not Path(name).exists()]:
        known = ", ".join(CONFIGS)
        raise ConfigError(f"{missing[0]!r} is neither a file nor a configuration; configurations: {known}")
    shards = shards_of([Path(name) for name in what])
    config = config_of_shard(shards[0])
    with tempfile.TemporaryDirectory() as folder, progress_bar() as progress:
        index = Path(folder) / INDEX_NAME
        update_index(shards, index, config, progress)
        return config, read_index(index, config)


def _statistics_text(config: BoardConfig, found: "GameStatistics") -> str:
    lines = [
        f"{config.key}: {found.games} games in {found.shards} shards, {found.moves} moves, {found.decisions} decisions"
    ]
    if found.win_share and found.length_quantiles:
        seats = ", ".join(f"seat {seat} {share:.1%}" for seat, share in enumerate(found.win_share, start=1))
        low, _, middle, _, high = found.length_quantiles
        ways = ", ".join(f"{name} {count}" for name, count in found.how_counts.items())
        lines += [
            f"  won by: {seats}",
            f"  ways of winning: {ways}",
            f"  moves a game: {low:.0f} to {high:.0f}, median {middle:.0f}",
        ]
    if found.searched_share is not None and found.mean_entropy is not None:
        lines.append(f"  decisions: {found.searched_share:.1%} searched, mean entropy {found.mean_entropy:.2f} nats")
    lines.append(f"  unfinished games: {found.truncated_games}, duplicates: {found.duplicate_games}")
    return "\n".join(lines)
