"""How strong a model is against players that no training changes, beside the bounds that it is to reach.

    python -m tests.benchmarks.strength hex8_2p MODEL [--games 400] [--log matches.db] [--threads 2]

MODEL is a checkpoint, or `promoted` or `shipped`. Every match is played over random openings from every seat; a bound
is reached where the lower end of the 95 % interval of the win rate reaches it. With `--log` the games are kept, and a
command that is given again, or was killed, plays only what is missing.
"""

import argparse
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from ringrift_engine.boards import CONFIGS, BoardConfig
from ringrift_engine.cli.contestants import load_contestant
from ringrift_engine.cli.options import progress_bar
from ringrift_engine.evaluation.match import Arena, play_match
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.evaluation.openings import draw_openings

OPENING = 4
"""Random choices at the start of a game."""
LARGE = 100
"""Cells of a board from which on games are long: fewer simulations and fewer games."""
GAMES = {False: 400, True: 200}
SIMULATIONS = {False: 64, True: 16}
MARGIN = 0.15
"""Over chance, of the large boards."""


@dataclass(frozen=True)
class Yardstick:
    """A match: who plays against whom, and the win rate that the lower bound must reach."""

    candidate: str
    opponent: str
    bound: float


def yardsticks(config: BoardConfig) -> list[Yardstick]:
    """The matches of a configuration, `MODEL` standing for the checkpoint."""
    large = config.cells >= LARGE
    search = f"search:MODEL:{SIMULATIONS[large]}"
    if large:
        return [Yardstick(search, "heuristic", 1 / config.num_players + MARGIN)]
    if config.num_players > 2:
        return [Yardstick(search, "heuristic", {3: 0.65, 4: 0.55}[config.num_players])]
    return [
        Yardstick(search, "heuristic", 0.90),
        Yardstick(search, "heuristic:aggressive", 0.90),
        Yardstick(search, "uct:2000", 0.70),
        Yardstick("policy:MODEL", "heuristic", 0.75),
        Yardstick("policy:MODEL", "random", 0.95),
    ]


def row(config: BoardConfig, model: str, wanted: Yardstick, games: int, arena: Arena) -> str:
    """One match, played, as a row of the table."""
    names = (wanted.candidate.replace("MODEL", model), wanted.opponent)
    candidate, opponent = (load_contestant(name, config, arena.threads, "cpu") for name in names)
    openings = draw_openings(config, 0, 0, -(-games // config.num_players), OPENING)
    result = play_match(config, candidate, opponent, openings, replace(arena, run_id=f"strength {config.key}"))
    low, high = result.interval()
    shown = [
        config.key,
        wanted.candidate.replace(":MODEL", ""),
        wanted.opponent,
        f"{result.wins} of {result.games}",
        f"{result.win_rate:.1%} [{low:.1%}, {high:.1%}]",
        f"{wanted.bound:.0%}",
        "reached" if low >= wanted.bound else "missed",
    ]
    return f"| {' | '.join(shown)} |"


def main() -> None:
    options = argparse.ArgumentParser(description="Play a model against the yardsticks of its configuration.")
    options.add_argument("key", choices=list(CONFIGS), help="Configuration.")
    options.add_argument("model", help="A checkpoint, or `promoted` or `shipped`.")
    options.add_argument("--games", type=int, help="Games of every match instead of the usual number.")
    options.add_argument("--only", default="", help="Only matches with this in their names, such as `policy` or `uct`.")
    options.add_argument("--log", type=Path, help="Match log that gets the games.")
    options.add_argument("--threads", type=int, default=2)
    given = options.parse_args()
    config = CONFIGS[given.key]
    print("| configuration | player | against | won | win rate, 95 % interval | bound | |")
    print("|---|---|---|---|---|---|---|")
    with ExitStack() as stack:
        path = given.log or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "matches.db"
        log, progress = stack.enter_context(MatchLog(path)), stack.enter_context(progress_bar())
        arena = Arena(log=log, purpose="benchmark", run_id="", threads=given.threads, progress=progress)
        for wanted in yardsticks(config):
            if given.only in f"{wanted.candidate} {wanted.opponent}":
                games = given.games or GAMES[config.cells >= LARGE]
                print(row(config, given.model, wanted, games, arena), flush=True)


if __name__ == "__main__":
    main()
