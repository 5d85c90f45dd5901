"""What learning says: a line for every step and for what a run reports, and the table of generations."""

import logging
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import dagster as dg

from ringrift_assets.cli.text import columns, duration, first_line, wrapped
from ringrift_assets.history import WITHOUT_SEARCH
from ringrift_assets.learning.counted import Counted
from ringrift_assets.learning.history import Generation, Interval, Score
from ringrift_assets.learning.plan import Goal, Kind, Step

_SHORT: Final = 12
_NOTHING: Final = "-"
_WIN_RATE: Final = "win_rate_"
_HEAD: Final = (
    *("gen", "games", "rows", "loss", "value err", "of const", "over promoted", "Elo"),
    *("heuristic", "random", "alone", "search-free", ""),
)
_PLUMBING: Final = re.compile(r"^\[pipes\]|: 0/\d+ \w+$")
"""How workers are started, and that a piece of work begins: its end is told."""
_WORDS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.PLAY: "a generation of games",
        Kind.GATHER: "games to the training set",
        Kind.TRAIN: "training, gauntlet and decision",
        Kind.NOTICE: "feedback",
        Kind.RATE: "ratings",
    }
)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Where this command began: seconds of a monotonic clock, and games that were there."""

    began: float
    games: int

    def left(self, now: float, games: int, goal: int) -> float:
        """Seconds until the goal at the pace so far, NaN before there is one."""
        came = games - self.games
        return (now - self.began) * (goal - games) / came if came > 0 else math.nan


def headline(step: Step, counted: Counted, goal: Goal, left_s: float) -> str:
    """What begins now, how far it is, and why."""
    whole_cycles = step.kind is Kind.PLAY and math.isfinite(left_s)  # in the middle of one the pace says nothing
    left = f", about {duration(left_s)} left" if whole_cycles else ""
    games = f" ({step.games} games)" if step.games is not None else ""
    why = f": {step.why}" if step.why else ""
    return f"{counted.games} of {goal.games} games{left}. Now {_WORDS[step.kind]}{games}{why}"


def heard(event: dg.EventLogEntry) -> str:
    """An event of a run as a line, empty if it says nothing that a person waits for."""
    told = event.dagster_event
    if told is None:
        silent = not isinstance(event.level, int) or event.level < logging.INFO or _PLUMBING.search(event.user_message)
        return "" if silent else f"  {event.step_key}: {first_line(event.user_message)}"
    if told.event_type is not dg.DagsterEventType.ASSET_MATERIALIZATION:
        return ""
    made = told.step_materialization_data.materialization
    asset = made.asset_key.to_user_string()
    if asset not in _MADE:
        return ""
    return f"  {asset}: {_MADE[asset]({name: found.value for name, found in made.metadata.items()})}"


def _checkpoint(found: Mapping[str, Any]) -> str:
    held_out = f", held-out loss {found['held_out_loss']:.3f}" if "held_out_loss" in found else ""
    return f"{found['samples']} samples of {found['training_rows']} rows{held_out}; {found['start']}"


def _gauntlet(found: Mapping[str, Any]) -> str:
    won = {name.removeprefix(_WIN_RATE): value for name, value in found.items() if name.startswith(_WIN_RATE)}
    searched = [f"{name} {value:.1%}" for name, value in won.items() if name not in WITHOUT_SEARCH]
    alone = [f"{WITHOUT_SEARCH[name]} {value:.1%}" for name, value in won.items() if name in WITHOUT_SEARCH]
    elo = f"; Elo over the promoted model {found['elo_over_promoted']}" if "elo_over_promoted" in found else ""
    return f"{found['games']} games, won against {', '.join(searched)}, without search {', '.join(alone)}{elo}"


_MADE: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = MappingProxyType(
    {
        "game_databases": lambda found: (
            f"generation {found['generation']}: {found['games_added']} games, {found['moves_added']} moves, "
            f"{found['decisions_added']} decisions"
        ),
        "combined_npz": lambda found: (
            f"{found['rows']} positions of {found['games']} games, {found['held_out_rows']} held out, "
            f"quality {found['quality']:.2f}"
        ),
        "checkpoints": _checkpoint,
        "gauntlet_results": _gauntlet,
        "promoted_models": lambda found: f"promoted instead of {found['instead_of'][:_SHORT]}",
        "elo_ladder": lambda found: f"{found['games']} games rated",
    }
)


def generations_text(rows: Sequence[Generation]) -> str:
    """The table of generations, and below it why candidates were refused."""
    if not rows:
        return "No generation yet."
    lines = columns([_HEAD, *(_cells(row) for row in rows)])
    lines += [wrapped(f"{row.generation}", row.why) for row in rows if row.why]
    return "\n".join(lines)


def _cells(row: Generation) -> tuple[str, ...]:
    state = {None: "not judged", True: "promoted", False: "refused"}[row.promoted]
    return (
        str(row.generation),
        _whole(row.games),
        _whole(row.rows),
        _part(row.held_out_loss),
        _part(row.value_error),
        _part(row.constant_error),
        _signed(row.over_promoted),
        _rating(row.rating),
        _score(row.against.get("heuristic")),
        _score(row.against.get("random")),
        _score(row.against.get("policy_heuristic")),
        _score(row.against.get("search_free")),
        state,
    )


def _whole(number: int | None) -> str:
    return _NOTHING if number is None else str(number)


def _part(number: float | None) -> str:
    return _NOTHING if number is None else f"{number:.3f}"


def _signed(found: Interval | None) -> str:
    return _NOTHING if found is None else f"{found.value:+.0f} [{found.low:+.0f}, {found.high:+.0f}]"


def _rating(found: Interval | None) -> str:
    return _NOTHING if found is None else f"{found.value:.0f} [{found.low:.0f}, {found.high:.0f}]"


def _score(found: Score | None) -> str:
    return _NOTHING if found is None else f"{found.wins}/{found.games}"
