"""Counts the leaves of the game tree with the naive engine: where the frozen numbers of `test_perft` come from.

    python -m tests.naive.perft

prints the file tests/ringrift_engine/rules/perft.json anew. A leaf is a sequence of `depth` moves from the legal set;
refused recoveries count as leaves at the last level and lead nowhere above it. Middle positions are taken from recorded
games, spread over the phases.
"""

import json
import sys
from typing import Any

from tests.naive.boards import RINGS, Rules, start_state
from tests.naive.engine import apply, legal_moves
from tests.support.traces import TRACES, TraceGame, games_of

START_DEPTHS = {"square8": 4, "hex8": 4, "square19": 2, "hexagonal": 2}
MIDDLE_LEAVES = 6_000  # the deepest level that stays below it is taken
DEEPEST = 5
# file, number of the game in it, steps
MIDDLES = [
    ("games-hex8-2p", 4, (60, 101)),
    ("games-hex8-3p", 12, (110, 147)),
    ("games-hex8-4p", 20, (120, 201)),
    ("games-square8-2p", 9, (50, 84)),
    ("games-square8-3p", 17, (90, 121)),
    ("games-square8-4p", 5, (70, 100)),
    ("games-square19-2p", 3, (300,)),
    ("games-square19-3p", 6, (420,)),
    ("games-hexagonal-2p", 2, (610,)),
    ("games-hexagonal-4p", 7, (900,)),
    ("scenarios-hex8-3p", 3, (0, 1)),
    ("scenarios-hex8-3p", 30, (0, 1)),
    ("scenarios-square8-2p", 20, (0, 1)),
    ("scenarios-square8-3p", 44, (0, 1)),
]


def leaves(state: dict[str, Any], rules: Rules, depth: int) -> int:
    """The number of move sequences of this length."""
    legal, rejected = legal_moves(state, rules)
    if depth == 1:
        return len(legal)
    return sum(leaves(apply(state, move, rules), rules, depth - 1) for move in legal if move not in rejected)


def start_case(board: str, players: int) -> dict[str, Any]:
    rules = Rules(board, players, RINGS[board])
    counts = [leaves(start_state(rules), rules, depth) for depth in range(1, START_DEPTHS[board] + 1)]
    return {"name": f"{board}_{players}p start", "key": f"{board}_{players}p", "state": None, "leaves": counts}


def middle_case(game: TraceGame, step: int) -> dict[str, Any]:
    """As deep as the number of leaves allows."""
    rules = Rules(game.header["board"], game.header["np"], game.rings_per_player)
    state = game.start if step == 0 else next(s.after for s in game.steps() if s.number == step - 1)
    counts = [leaves(state, rules, 1)]
    while len(counts) < DEEPEST:
        count = leaves(state, rules, len(counts) + 1)
        if count > MIDDLE_LEAVES:
            break
        counts.append(count)
    return {"name": f"{game.game_id} step {step}", "key": game.config_key, "state": state, "leaves": counts}


def main() -> int:
    cases = [start_case(board, players) for board in START_DEPTHS for players in (2, 3, 4)]
    for name, number, steps in MIDDLES:
        game = list(games_of(TRACES / f"{name}.jsonl.gz"))[number]
        cases += [middle_case(game, step) for step in steps]
    print("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]")
    return 0


if __name__ == "__main__":
    sys.exit(main())
