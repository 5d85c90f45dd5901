"""ringrift selfplay: games to learn from."""

import dataclasses
from pathlib import Path

import click

from ringrift_engine.boards import BoardConfig
from ringrift_engine.cli import contestants
from ringrift_engine.cli.options import (
    ANY_PATH,
    ConfigKey,
    device_option,
    json_option,
    progress_bar,
    say,
    seed_option,
    threads_option,
)


@click.command(name="selfplay")
@click.argument("config", type=ConfigKey())
@click.option("--seats", default="bootstrap", show_default=True, help=f"Who plays in game 0. {contestants.HELP}")
@click.option("--games", type=click.IntRange(min=1), default=100, show_default=True, help="Games to play.")
@click.option("--out", "folder", type=ANY_PATH, required=True, help="Folder that gets the shard, named by its content.")
@click.option(
    "--set", "changes", multiple=True, help="A setting of self-play, such as --set temperature=0.7; repeatable."
)
@click.option(
    "--full-share",
    type=float,
    default=1.0,
    show_default=True,
    help="Share of the searched decisions that get all their simulations and are learnt from.",
)
@click.option(
    "--cheap-simulations", type=int, default=8, show_default=True, help="Simulations of the others, which only play on."
)
@seed_option
@threads_option
@device_option
@json_option
def selfplay_command(
    config: BoardConfig,
    seats: str,
    games: int,
    folder: Path,
    changes: tuple[str, ...],
    full_share: float,
    cheap_simulations: int,
    seed: int,
    threads: int,
    device: str,
    as_json: bool,
) -> None:
    """Play games of CONFIG and publish them as one verified shard. Players move on by a seat from game to game.

    \b
    Examples:
      ringrift selfplay hex8_2p --seats bootstrap --games 200 --out shards
      ringrift selfplay hex8_2p --seats search:model.safetensors:32 --games 200 --out shards
      ringrift selfplay hex8_2p --seats teacher:64 --full-share 0.25 --cheap-simulations 8 --out shards
    """
    from ringrift_engine.cli.changes import changed
    from ringrift_engine.records.shard import publish_shard
    from ringrift_engine.records.shard_schema import ShardHeader
    from ringrift_engine.search import PlayoutCap
    from ringrift_engine.selfplay.runner import play_games
    from ringrift_engine.selfplay.settings import SelfplaySettings

    settings = changed(SelfplaySettings(games=games), changes)
    cap = PlayoutCap(full_share, cheap_simulations)
    sitting = contestants.load_seats(seats, config, threads, device, learning=True, cap=cap)
    with progress_bar() as progress:
        records = play_games(config, [one.player for one in sitting], settings, seed, progress, threads=threads)
    participants = tuple(dict.fromkeys(one.participant for one in sitting))
    inputs = {f"model of {who.name}": who.model for who in participants if who.model}
    header = ShardHeader(config.key, seed, participants, dataclasses.asdict(settings) | dataclasses.asdict(cap), inputs)
    info = publish_shard(folder, header, records)
    size = info.size_bytes / max(info.moves, 1)
    say(as_json, info, lambda: f"{info.path}: {info.games} games, {info.moves} moves, {size:.0f} bytes a move")
