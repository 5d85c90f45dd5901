"""`ringrift learn`: one configuration from what is there to so many games, with everything that follows from them."""

import os
import shlex
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ringrift_engine.boards import BoardConfig
from ringrift_engine.cli.options import ConfigKey, json_option, say, seed_option

if TYPE_CHECKING:
    from ringrift_assets.learning.cycles import Learnt, Work
    from ringrift_assets.learning.history import Generation
    from ringrift_assets.learning.plan import Goal

ASKED_TO_END: Final = 130
"""Exit status after Ctrl-C or SIGTERM, as a shell has it."""
_LOG: Final = "learn.log"


@click.command(name="learn")
@click.option("--partition", "config", type=ConfigKey(), required=True, help="Configuration to learn, such as hex8_2p.")
@click.option(
    "--games",
    type=click.IntRange(min=1),
    required=True,
    help="Games there are to be in all; those that are there already count.",
)
@click.option(
    "--generations",
    type=click.IntRange(min=1),
    help="Generations that these games are played in; without it as large ones as the settings say.",
)
@seed_option
@json_option
def learn_command(config: BoardConfig, games: int, generations: int | None, seed: int, as_json: bool) -> None:
    """Play, train, judge and promote or refuse, cycle after cycle, until there are so many games.

    The cycles are those of the loop, made by the same jobs, in this terminal and without its sensors. What gates and
    promotion say holds here too: a refused candidate is a result, a closed gate asks for more games.

    Ctrl-C or a kill at any moment loses little: the same command counts what is there and goes on. At the end it prints
    what every generation came to and draws the learning curve.

    Exit status: 0 the games are there, 1 something is in the way, 130 it was asked to end.

    \b
    Examples:
      ringrift learn --partition hex8_2p --games 20000
      ringrift learn --partition square8_2p --games 12000 --generations 6 --seed 1 --json
    """
    from ringrift_assets.cli.instance import STATE_FOLDER, opened_instance
    from ringrift_assets.definitions import build_defs
    from ringrift_assets.learning.curve import draw_curve
    from ringrift_assets.learning.cycles import LearningError, Work, learn
    from ringrift_assets.learning.history import generations as generations_of
    from ringrift_assets.learning.plan import Goal
    from ringrift_assets.registry import Registry
    from ringrift_assets.resources import Storage

    goal, storage, registry = Goal(games=games, generations=generations), Storage(), Registry()
    work = Work(key=config.key, goal=goal, seed=seed, storage=storage, registry=registry, log=STATE_FOLDER / _LOG)
    with _terminal() as tell, opened_instance() as instance:
        _heed_loop(config.key, tell)
        learnt = learn(work, build_defs({"storage": storage, "registry": registry}), instance, tell)
    rows, picture = generations_of(storage.store, registry, config.key), _near(draw_curve(storage.store, config.key))
    again = command_of(config.key, goal, seed)
    facts = {**_facts(work, learnt, rows), "go_on": again, "picture": picture or None}
    say(as_json, facts, lambda: _text(goal, learnt, rows, again, picture))
    if learnt.asked_to_end:
        raise click.exceptions.Exit(ASKED_TO_END)
    if not learnt.reached:
        raise LearningError(f"{learnt.why} What was finished is kept; put it right and go on with: {again}")


def command_of(key: str, goal: "Goal", seed: int) -> str:
    """The command line that goes on."""
    words = ["ringrift", "learn", "--partition", key, "--games", str(goal.games)]
    words += ["--generations", str(goal.generations)] if goal.generations is not None else []
    words += ["--seed", str(seed)] if seed else []
    return shlex.join(words)


@contextmanager
def _terminal() -> Iterator[Callable[[str], object]]:
    """Writes lines to standard error as it is now: while a run is at work, its output goes to a log."""
    from ringrift_assets.cli.text import clock

    guard = threading.Lock()
    with os.fdopen(os.dup(2), "w", buffering=1) as terminal:

        def tell(line: str) -> None:
            with guard:  # events come from the run and from whoever reads its worker's messages
                terminal.write(f"{clock(time.time())} {line}\n")

        yield tell


def _near(path: Path | None) -> str:
    """A path as somebody in the current folder would name it; empty for none."""
    if path is None:
        return ""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _heed_loop(key: str, tell: Callable[[str], object]) -> None:
    """Say that a loop runs in this folder; LoopError if it works on the same configuration."""
    from ringrift_assets.cli.server import LoopError, recorded
    from ringrift_assets.thresholds import read_thresholds

    loop = recorded()
    if loop is None:
        return
    names = (loop.configurations or read_thresholds().loop.configurations).split(",")
    if names == ["all"] or key in [name.strip() for name in names]:
        raise LoopError(
            f"a loop runs in this folder (process {loop.pid}) and learns {key} by itself: `ringrift status` says how "
            "far it is. End it first: `ringrift loop stop`."
        )
    tell(f"a loop runs in this folder too (process {loop.pid}), on other configurations; both share the processors")


def _facts(work: "Work", learnt: "Learnt", rows: "list[Generation]") -> dict[str, Any]:
    return {
        "configuration": work.key,
        "games": learnt.counted.games,
        "goal": work.goal.games,
        "reached": learnt.reached,
        "asked_to_end": learnt.asked_to_end,
        "why": learnt.why,
        "generations": [row.to_json() for row in rows],
    }


def _text(goal: "Goal", learnt: "Learnt", rows: "list[Generation]", again: str, picture: str) -> str:
    from ringrift_assets.learning.told import generations_text

    games = f"{learnt.counted.games} of {goal.games} games."
    if learnt.asked_to_end:
        return f"{games} Ended; what was finished is kept. Go on with: {again}"
    shown = [generations_text(rows), ""]
    shown += [f"The learning curve: {picture}"] if picture else []
    shown += [f"Not learnt from yet: {learnt.why}"] if learnt.reached and learnt.why else []
    return "\n".join([*shown, games])
