"""Which memory layout of a game is fastest? Whole random games, the same ones, on variants of the engine's own source.

    python -m tests.benchmarks.layouts [--board square8] [--games 2000] [--rounds 7]

Each variant is a copy of the engine with a few lines replaced (a line that is not found is an error), run in its own
process:

    packed    as the engine is: a stack's rings are two bits each in one 64-bit word
    column    a stack is a column of owners, one byte a ring
    walked    packed, without lanes: a ray is followed cell by cell

Rounds alternate between the variants; a round's ratio is to `packed` in the same round. All variants must play the
same moves.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parents[2] / "ringrift_engine"

_COLUMN_ACCESS: Final = """

@rule
def read_column(game, cell):
    rings = 0
    for depth in range(int(game.height[cell])):
        rings |= int(game.column[cell, depth]) << (2 * depth)
    return rings


@rule
def write_column(game, cell, rings, height):
    for depth in range(height):
        game.column[cell, depth] = (rings >> (2 * depth)) & 3


@rule
def is_marker(code):"""

# file -> (old text, new text); every old text must occur
_Patch = dict[str, list[tuple[str, str]]]
_COLUMN: Final[_Patch] = {
    "rules/state.py": [('("rings", np.int64, (box,)),', '("column", np.int8, (box, config.size)),')],
    "rules/cells.py": [
        ("\n\n@rule\ndef is_marker(code):", _COLUMN_ACCESS),
        ("        game.rings[cell] = rings\n", "        write_column(game, cell, rings, height)\n"),
        ("    game.rings[cell] = 0\n", ""),
        ("int(game.rings[cell])", "read_column(game, cell)"),
    ],
    "rules/movement.py": [
        ("int(game.rings[origin])", "read_column(game, origin)"),
        ("import (\n    collapse,", "import (\n    collapse,\n    read_column,"),
    ],
    "rules/capture.py": [
        ("int(game.rings[origin])", "read_column(game, origin)"),
        ("int(game.rings[target])", "read_column(game, target)"),
        ("import lift_stack,", "import read_column, lift_stack,"),
    ],
    "rules/placement.py": [
        ("int(game.rings[cell])", "read_column(game, cell)"),
        ("import lift_stack,", "import read_column, lift_stack,"),
    ],
    "rules/territory.py": [
        ("int(game.rings[cell])", "read_column(game, cell)"),
        ("import collapse, credit,", "import read_column, collapse, credit,"),
    ],
}
_WALKED_RUN: Final = """    limit = int(board.reach[cell, direction])
    step = start
    at = cell + start * int(board.stride[direction])
    while step < limit:
        at += int(board.stride[direction])
        if game.cell[at] > STACK:
            break
        step += 1
    return step - start
    half = board.lane.shape[1]
"""
_WALKED: Final[_Patch] = {
    "rules/movement.py": [
        ("    half = board.lane.shape[1]\n", _WALKED_RUN),
        ("rules.state import MARKER\n", "rules.state import MARKER, STACK\n"),
    ],
    "rules/cells.py": [("range(board.lane.shape[1])", "range(0)")],
}
VARIANTS: Final[dict[str, _Patch]] = {"packed": {}, "column": _COLUMN, "walked": _WALKED}

_PLAY: Final = """
import json, sys, time
import numpy as np
from ringrift_engine.boards import BoardConfig
from ringrift_engine.rules.apply import apply_move
from ringrift_engine.rules.backend import kernel
from ringrift_engine.rules.legal import list_choices
from ringrift_engine.rules.random import next_below
from ringrift_engine.rules.setup import new_games
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import make_work


@kernel
def play(games, start, table, works, states, count, totals):
    board = table[0]
    work = works[0]
    for _ in range(count):
        games[0] = start[0]
        game = games[0]
        while game.winner == 0:
            choices = list_choices(game, board, work)
            totals[0] += 1
            totals[1] += choices
            apply_move(game, board, work, work.moves[next_below(states, 0, choices)])
        totals[2] += game.winner


def main(board_name, games):
    config = BoardConfig.from_key(board_name + "_2p")
    arguments = (new_games(config, 1), new_games(config, 1), board_table(board_name), make_work(board_name))
    play(*arguments, np.array([1], dtype=np.uint64), 1, np.zeros(3, dtype=np.int64))
    for _ in sys.stdin:
        totals = np.zeros(3, dtype=np.int64)
        started = time.process_time()
        play(*arguments, np.array([7], dtype=np.uint64), games, totals)
        seconds = time.process_time() - started
        print(json.dumps({"seconds": seconds, "totals": totals.tolist(), "bytes": arguments[0].itemsize}), flush=True)


main(sys.argv[1], int(sys.argv[2]))
"""


def build_variant(name: str, folder: Path) -> Path:
    """Write the variant's source to `folder` and return the script that plays on it."""
    for part in ("boards", "rules"):
        shutil.copytree(
            _PACKAGE / part, folder / "ringrift_engine" / part, ignore=shutil.ignore_patterns("__pycache__")
        )
    for file in ("__init__.py", "errors.py"):
        shutil.copy(_PACKAGE / file, folder / "ringrift_engine" / file)
    for file, replacements in VARIANTS[name].items():
        path = folder / "ringrift_engine" / file
        text = path.read_text()
        for old, new in replacements:
            if old not in text:
                raise SystemExit(f"variant {name}: {file} no longer has {old!r}; bring the patch up to date")
            text = text.replace(old, new)
        path.write_text(text)
    script = folder / "play.py"
    script.write_text(_PLAY)
    return script


def measure(board: str, games: int, rounds: int, folder: Path) -> dict[str, list[dict[str, object]]]:
    """Play every round on every variant in turn; the results of each round by variant."""
    players = {}
    for name in VARIANTS:
        script = build_variant(name, folder / name)
        command = [sys.executable, str(script), board, str(games)]
        players[name] = subprocess.Popen(
            command, cwd=folder / name, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
    results: dict[str, list[dict[str, object]]] = {name: [] for name in VARIANTS}
    for number in range(rounds):
        names = list(VARIANTS) if number % 2 == 0 else list(reversed(VARIANTS))
        for name in names:
            player = players[name]
            assert player.stdin is not None
            assert player.stdout is not None
            player.stdin.write("go\n")
            player.stdin.flush()
            results[name].append(json.loads(player.stdout.readline()))
    for player in players.values():
        player.communicate()
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--board", default="square8")
    parser.add_argument("--games", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = measure(options.board, options.games, options.rounds, Path(folder))
    base = results["packed"]
    print(f"{options.board}: {options.games} random games a round, {options.rounds} rounds")
    print("variant   bytes/game   moves/s (median)   time / packed: quartiles")
    for name, rounds in results.items():
        assert [r["totals"] for r in rounds] == [r["totals"] for r in base], f"{name} played other moves"
        ratios = [float(r["seconds"]) / float(b["seconds"]) for r, b in zip(rounds, base, strict=True)]  # type: ignore[arg-type]
        rate = statistics.median(r["totals"][0] / r["seconds"] for r in rounds)  # type: ignore[index, operator]
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(f"{name:<10}{rounds[0]['bytes']:>9}{rate:>17,.0f}   {low:.3f} {middle:.3f} {high:.3f}")


if __name__ == "__main__":
    main()
