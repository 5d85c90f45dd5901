"""The command: a game between programs is played and shown, one with people goes on in the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from click.core import ParameterSource

from ringrift_engine.boards import BoardConfig
from ringrift_engine.cli import contestants
from ringrift_engine.cli.options import (
    EXISTING_FILE,
    ConfigKey,
    device_option,
    json_option,
    progress_bar,
    say,
    seed_option,
    threads_option,
)
from ringrift_engine.errors import DataError
from ringrift_engine.interactive.seats import Seat, require_policies, take_seats, usual_seats
from ringrift_engine.players.models import data_root

if TYPE_CHECKING:
    from ringrift_engine.cli.play.terminal import Adviser
    from ringrift_engine.interactive.saving import SavedGame
    from ringrift_engine.interactive.session import Session
    from ringrift_engine.players.interface import Player
    from ringrift_engine.records.game_record import GameRecord

_FIXED: Final = ("seed", "opening")  # of a saved game
_ALL_DECISIONS: Final = 2**31


@dataclass(frozen=True)
class Wish:
    """How a game is played and shown, as options say."""

    simulations: int | None
    temperature: float | None
    ply: int | None
    threads: int
    device: str
    as_json: bool


@click.command(name="play")
@click.argument("config", type=ConfigKey(), required=False)
@click.option(
    "--seats",
    help="Who plays, seat 1 first; one name sits everywhere; left out: human, then strongest. "
    f"human | strongest | {contestants.HELP}",
)
@click.option("--resume", type=EXISTING_FILE, help="Go on with a saved game; CONFIG may be left out.")
@click.option(
    "--simulations",
    type=click.IntRange(min=1),
    help="Search simulations a move of players that name no number; `strongest` has 64, on large boards 16.",
)
@click.option(
    "--temperature",
    type=click.FloatRange(min=0),
    help="Above 0 players draw from their policy, below 1 likely moves more often; left out they play the best move.",
)
@click.option(
    "--opening", type=click.IntRange(min=0), default=0, show_default=True, help="Random choices at the start."
)
@click.option("--ply", type=int, help="Show the game up to this move only.  [default: the end]")
@seed_option
@threads_option
@device_option
@json_option
@click.pass_context
def play_command(
    ctx: click.Context,
    config: BoardConfig | None,
    seats: str | None,
    resume: Path | None,
    simulations: int | None,
    temperature: float | None,
    opening: int,
    ply: int | None,
    seed: int,
    threads: int,
    device: str,
    as_json: bool,
) -> None:
    """Play a game of CONFIG in the terminal, or let programs play one and show it: moves, board, result.

    `human` is a person; `help` in the game says what can be typed. `strongest` is the promoted model of the data root,
    else the one that ships with the package, else the heuristic.

    \b
    Examples:
      ringrift play hex8_2p
      ringrift play square8_3p --seats human,teacher,heuristic --simulations 200
      ringrift play --resume hex8_2p-seed0.game.json
      ringrift play hex8_2p --seats heuristic,random --opening 6 --seed 4
    """
    wish = Wish(simulations, temperature, ply, threads, device, as_json)
    if resume is not None:
        given = [name for name in _FIXED if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT]
        if given:
            raise click.UsageError(f"--{given[0]} cannot be changed: {resume} has its own.")
        _resume(resume, config, seats, wish)
    elif config is None:
        raise click.UsageError("Name a configuration, such as hex8_2p, or a saved game with --resume.")
    else:
        _begin(config, seats, opening, seed, wish)


def _begin(config: BoardConfig, seats: str | None, opening: int, seed: int, wish: Wish) -> None:
    names = contestants.split_seats(seats, config) if seats else usual_seats(config)
    taken = _take(names, config, wish)
    if not _has_person(taken, wish):
        _show(config, _play_programs(config, taken, opening, seed, wish), wish.ply, wish.as_json)
        return
    from ringrift_engine.interactive.session import Session

    loaded = _Players(config, wish)
    session = Session(config, loaded.of(taken), seed, opening, wish.temperature or 0.0)
    _at_terminal(session, taken, loaded, None)


def _resume(path: Path, config: BoardConfig | None, seats: str | None, wish: Wish) -> None:
    from ringrift_engine.interactive.saving import changed_players, read_game, resume_game

    saved = read_game(path)
    if config is not None and config.key != saved.config_key:
        raise DataError(f"{path}: a game of {saved.config_key}, not of {config.key}. Leave the configuration out.")
    if wish.ply is not None:
        _show_saved(path, saved, wish)
        return
    names = contestants.split_seats(seats, saved.config) if seats else saved.seats
    taken = _take(names, saved.config, wish)
    loaded = _Players(saved.config, wish)
    if wish.temperature is not None:
        saved = replace(saved, temperature=wish.temperature)
    session = resume_game(path, saved, loaded.of(taken))
    for seat, then, now in changed_players(saved, session):
        click.echo(f"seat {seat} was {then} and is {now}", err=True)
    if _has_person(taken, wish):
        _at_terminal(session, taken, loaded, path)
        return
    while session.step() is not None:
        pass
    _show(saved.config, session.record(), None, wish.as_json)


def _show_saved(path: Path, saved: "SavedGame", wish: Wish) -> None:
    from ringrift_engine.interactive.saving import resume_game

    record = resume_game(path, saved, [None] * len(saved.seats)).record()
    _show(saved.config, replace(record, players=saved.players), wish.ply, wish.as_json)


def _show(config: BoardConfig, record: "GameRecord", ply: int | None, as_json: bool) -> None:
    from ringrift_engine.cli.show import game_facts, game_text

    facts = game_facts(config, record, ply)
    say(as_json, facts, lambda: game_text(facts))


def _take(names: Sequence[str], config: BoardConfig, wish: Wish) -> list[Seat]:
    taken = take_seats(names, config, data_root(), wish.simulations)
    if wish.temperature:
        require_policies(taken)
    return taken


def _has_person(seats: Sequence[Seat], wish: Wish) -> bool:
    """Whether a person plays, in which case there is nothing yet that could be shown in another way."""
    if not any(seat.is_person for seat in seats):
        return False
    if wish.as_json:
        raise click.UsageError("--json is for games between programs, and with --resume FILE --ply N for saved games.")
    if wish.ply is not None:
        raise click.UsageError("--ply is for games between programs, and with --resume FILE for saved games.")
    return True


def _play_programs(config: BoardConfig, seats: Sequence[Seat], opening: int, seed: int, wish: Wish) -> "GameRecord":
    from ringrift_engine.selfplay.plan import GamePlan
    from ringrift_engine.selfplay.runner import play_plans
    from ringrift_engine.selfplay.settings import SelfplaySettings

    players = [player for player in _Players(config, wish).of(seats) if player is not None]
    plan = GamePlan(index=0, seats=tuple(range(len(players))), play_seed=seed, opening_seed=seed, opening=opening)
    drawn = {"sampled_decisions": _ALL_DECISIONS, "temperature": wish.temperature} if wish.temperature else {}
    settings = SelfplaySettings(**{"games": 1, "concurrency": 1, "sampled_decisions": 0, **drawn})
    with progress_bar() as progress:
        (record,) = play_plans(config, players, [plan], settings, seed, progress, threads=wish.threads)
    return record


def _at_terminal(session: "Session", seats: list[Seat], loaded: "_Players", path: Path | None) -> None:
    from ringrift_engine.cli.play.terminal import Terminal

    Terminal(session, seats, loaded.adviser, path).run()


class _Players:
    """Loads players, each once."""

    def __init__(self, config: BoardConfig, wish: Wish) -> None:
        self._config = config
        self._wish = wish
        self._known: dict[str, Player] = {}

    def of(self, seats: Sequence[Seat]) -> "list[Player | None]":
        """The players of the seats, None for a person."""
        return [None if seat.is_person else self._player(seat.text) for seat in seats]

    def adviser(self) -> "Adviser":
        """Who gives hints: the strongest player at hand."""
        from ringrift_engine.cli.play.terminal import Adviser
        from ringrift_engine.interactive.strongest import strongest_adviser

        found = strongest_adviser(self._config, data_root(), self._wish.simulations)
        return Adviser(self._player(str(found.spec)), found.why)

    def _player(self, text: str) -> "Player":
        if text not in self._known:
            wish = self._wish
            self._known[text] = contestants.load_contestant(text, self._config, wish.threads, wish.device).player
        return self._known[text]
