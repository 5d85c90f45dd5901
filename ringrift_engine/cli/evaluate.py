"""ringrift evaluate: how strong one player is against another."""

import math
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ringrift_engine.boards import BoardConfig
from ringrift_engine.cli.contestants import load_contestant
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
    from ringrift_engine.evaluation.match import Arena, Contestant
    from ringrift_engine.evaluation.match_result import MatchResult
    from ringrift_engine.evaluation.sequential import SequentialSettings, SequentialVerdict

NOT_BETTER: Final = 3
PURPOSE: Final = "command line"


@click.command(name="evaluate")
@click.argument("candidate")
@click.argument("opponent")
@click.option("--config", type=ConfigKey(), required=True, help="Configuration that is played, such as hex8_2p.")
@click.option(
    "--games", type=click.IntRange(min=1), default=100, show_default=True, help="Games, or the most with --test."
)
@click.option("--test", is_flag=True, help="Stop when the sequential test decides; exit status 3 if not shown better.")
@click.option("--elo1", type=float, default=25.0, show_default=True, help="Gain that --test looks for, in Elo.")
@click.option(
    "--opening", type=click.IntRange(min=1), default=4, show_default=True, help="Random choices at the start."
)
@click.option("--log", type=ANY_PATH, help="Match log that gets the games; those in it are not played again.")
@seed_option
@threads_option
@device_option
@json_option
def evaluate_command(
    candidate: str,
    opponent: str,
    config: BoardConfig,
    games: int,
    test: bool,
    elo1: float,
    opening: int,
    log: Path | None,
    seed: int,
    threads: int,
    device: str,
    as_json: bool,
) -> None:
    """Play CANDIDATE against OPPONENT: random openings, each from every seat.

    Exit status: 0 played (with --test: shown to be better), 3 not shown to be better; 1 and 2 are errors.

    \b
    Examples:
      ringrift evaluate heuristic random --config square8_2p --games 400
      ringrift evaluate search:model.safetensors:24 heuristic --config hex8_2p --games 1000 --test
    """
    sides = tuple(load_contestant(text, config, threads, device) for text in (candidate, opponent))
    test_settings = _test_settings(elo1, games) if test else None
    with ExitStack() as stack:
        arena = _arena(stack, log, seed, threads)
        result, verdict = _play(config, sides, games, test_settings, opening, seed, arena)
    facts = _facts(result, verdict, test_settings)
    say(as_json, facts, lambda: _text(facts))
    if verdict and not _is_better(verdict):
        raise click.exceptions.Exit(NOT_BETTER)


def _test_settings(elo1: float, games: int) -> "SequentialSettings":
    from ringrift_engine.evaluation.sequential import SequentialSettings

    return SequentialSettings(elo1=elo1, max_games=games)


def _is_better(verdict: "SequentialVerdict") -> bool:
    from ringrift_engine.evaluation.sequential import ACCEPT

    return verdict.decision == ACCEPT


def _arena(stack: ExitStack, log: Path | None, seed: int, threads: int) -> "Arena":
    """Where the match is played; without a log of its own it leaves nothing behind."""
    from ringrift_engine.evaluation.match import Arena
    from ringrift_engine.evaluation.match_log import MatchLog

    path = log or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "matches.db"
    matches = stack.enter_context(MatchLog(path))
    progress = stack.enter_context(progress_bar())
    return Arena(log=matches, purpose=PURPOSE, run_id=f"seed {seed}", threads=threads, progress=progress)


def _play(
    config: BoardConfig,
    sides: "tuple[Contestant, ...]",
    games: int,
    test: "SequentialSettings | None",
    opening: int,
    seed: int,
    arena: "Arena",
) -> "tuple[MatchResult, SequentialVerdict | None]":
    """A match of `games` games, or one that the test ends."""
    from ringrift_engine.evaluation.match import play_match, play_until_decided
    from ringrift_engine.evaluation.openings import draw_openings

    candidate, opponent = sides
    if test:
        return play_until_decided(config, candidate, opponent, seed, opening, test, arena)
    rounds = -(-games // config.num_players)
    return play_match(config, candidate, opponent, draw_openings(config, seed, 0, rounds, opening), arena), None


def _facts(
    result: "MatchResult", verdict: "SequentialVerdict | None", test: "SequentialSettings | None"
) -> dict[str, Any]:
    low, high = result.interval()
    derived = {"games": result.games, "wins": result.wins, "win_rate": result.win_rate, "interval_95": [low, high]}
    return {**result.to_json(), **derived, "test": _test_facts(result, verdict, test) if verdict and test else None}


def _test_facts(result: "MatchResult", verdict: "SequentialVerdict", test: "SequentialSettings") -> dict[str, Any]:
    """The verdict, and the Elo that allows for having stopped when it was reached; infinite ends as text."""
    from ringrift_engine.evaluation.stopped import elo_after

    found = elo_after(result.counts, test)
    elo = {name: value if math.isfinite(value) else str(value) for name, value in asdict(found).items()}
    return {**verdict.to_json(), "elo": elo, "elo_text": f"Elo {found}, allowing for the stop"}


def _text(facts: dict[str, Any]) -> str:
    low, high = facts["interval_95"]
    seats = ", ".join(f"seat {seat} {wins}" for seat, wins in enumerate(facts["wins_by_seat"], start=1))
    lines = [
        f"{facts['candidate']['name']} won {facts['wins']} of {facts['games']} games against "
        f"{facts['opponent']['name']}: {facts['win_rate']:.1%}, 95 % interval {low:.1%} to {high:.1%}",
        f"  wins by seat: {seats} of {facts['games'] // len(facts['wins_by_seat'])} each",
        f"  ways of winning: {', '.join(f'{name} {count}' for name, count in facts['hows'].items())}",
    ]
    if facts["test"]:
        test = facts["test"]
        lines += [
            f"  sequential test: {test['decision']}, log-likelihood ratio {test['llr']:.2f}, refused at "
            f"{test['bounds'][0]:.2f}, accepted at {test['bounds'][1]:.2f}",
            f"  {test['elo_text']}",
        ]
    return "\n".join(lines)
