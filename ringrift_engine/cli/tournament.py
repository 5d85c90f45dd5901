"""ringrift tournament: many players against each other, on one configuration or on several."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ringrift_engine.boards import CONFIGS, BoardConfig
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

if TYPE_CHECKING:
    from ringrift_engine.evaluation.standings import Standings
    from ringrift_engine.evaluation.tournament import TournamentSettings


@click.command(name="tournament")
@click.argument("players", nargs=-1)
@click.option("--config", "configs", type=ConfigKey(), multiple=True, help="Configuration that is played; repeatable.")
@click.option("--all-configs", is_flag=True, help="Play on all twelve configurations, one after the other.")
@click.option(
    "--schedule",
    type=click.Choice(["round-robin", "balanced"]),
    default="round-robin",
    show_default=True,
    help="Everybody against everybody, or tables at which all sit equally often and every pair about as often.",
)
@click.option(
    "--openings",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Openings, each with every seat rotated: of every combination of players, or of every player if balanced.",
)
@click.option(
    "--opening", type=click.IntRange(min=1), default=4, show_default=True, help="Random choices at the start."
)
@click.option("--log", type=ANY_PATH, help="Match log that gets the games.  [default: that of the data root]")
@click.option("--picture", type=ANY_PATH, help="Folder that gets a crosstable as PNG for each configuration.")
@seed_option
@threads_option
@device_option
@json_option
def tournament_command(
    players: tuple[str, ...],
    configs: tuple[BoardConfig, ...],
    all_configs: bool,
    schedule: str,
    openings: int,
    opening: int,
    log: Path | None,
    picture: Path | None,
    seed: int,
    threads: int,
    device: str,
    as_json: bool,
) -> None:
    """Play PLAYERS against each other and rate them. Games that are in the log are not played again.

    \b
    Examples:
      ringrift tournament random heuristic uct:200 --config hex8_2p
      ringrift tournament heuristic uct:500 search:promoted:32 policy:promoted search:promoted~1:32 --all-configs
    """
    from ringrift_engine.evaluation.tournament import TournamentSettings

    chosen = _configurations(configs, all_configs)
    settings = TournamentSettings(schedule=schedule, openings=openings, opening_decisions=opening, seed=seed)
    found = _play(players, chosen, settings, log, (threads, device))
    if picture is not None:
        from ringrift_engine.evaluation.standings import draw_crosstable

        for standings in found:
            draw_crosstable(standings, picture / f"{standings.config_key}.png")
    say(as_json, [one.to_json() for one in found], lambda: "\n\n".join(map(standings_text, found)))


def _configurations(configs: tuple[BoardConfig, ...], all_configs: bool) -> list[BoardConfig]:
    if all_configs == bool(configs):
        raise click.UsageError("Name configurations with --config, or all of them with --all-configs.")
    return list(CONFIGS.values()) if all_configs else list(dict.fromkeys(configs))


def _play(
    players: tuple[str, ...],
    configs: list[BoardConfig],
    settings: "TournamentSettings",
    log: Path | None,
    means: tuple[int, str],
) -> "list[Standings]":
    """The standings of each configuration; `means` are the threads and the device."""
    from ringrift_engine.evaluation.match import Arena
    from ringrift_engine.evaluation.match_log import MATCHES, TOURNAMENT, MatchLog
    from ringrift_engine.evaluation.settings import evaluation_settings
    from ringrift_engine.evaluation.standings import standings_of
    from ringrift_engine.evaluation.tournament import play_tournament
    from ringrift_engine.players.models import data_root

    found = []
    with ExitStack() as stack:
        matches = stack.enter_context(MatchLog(log or data_root() / MATCHES))
        progress = stack.enter_context(progress_bar())
        arena = Arena(
            log=matches, purpose=TOURNAMENT, run_id=f"seed {settings.seed}", threads=means[0], progress=progress
        )
        for config in configs:
            entrants = [contestants.load_entrant(text, config, *means) for text in players]
            at_once = evaluation_settings(config).concurrency
            games = play_tournament(config, entrants, settings, replace(arena, concurrency=at_once))
            found.append(standings_of(games))
    return found


def standings_text(standings: "Standings") -> str:
    """A table for a terminal: ratings with their intervals, then the crosstable in per cent."""
    width = max(len(row.participant.name) for row in standings.rows)
    lines = [f"{standings.config_key}: {standings.games} games", f"  {'':{width}}  rating  95 % interval  games  wins"]
    for number, row in enumerate(standings.rows, start=1):
        interval = f"{row.low:.0f} to {row.high:.0f}"
        lines.append(
            f"{number:>2} {row.participant.name:{width}} {row.elo:7.0f}  {interval:>13}  {row.games:5}  "
            f"{row.wins / row.games:4.0%}"
        )
    seats = ", ".join(f"seat {seat} {elo:+.0f}" for seat, elo in enumerate(standings.seat_elo, start=1))
    lines += [f"  seats: {seats} Elo", "", "  finished ahead of, in per cent:"]
    lines.append("   " + "".join(f"{number:>5}" for number in range(1, len(standings.rows) + 1)))
    for number, scores in enumerate(standings.scores, start=1):
        lines.append(f"{number:>3}" + "".join(_cell(score) for score in scores))
    return "\n".join(lines)


def _cell(score: Any) -> str:
    return f"{'':>5}" if score != score else f"{100 * score:5.0f}"
