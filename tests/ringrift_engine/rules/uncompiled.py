"""Replays a few recorded games and lists the choices of every position; `test_coverage` runs it with compilation off.

    NUMBA_DISABLE_JIT=1 python -W error::RuntimeWarning -m tests.ringrift_engine.rules.uncompiled

The games were chosen greedily from all recordings on the small boards, most new kinds of moves, tags and endings per
step first, until nothing was missing: 16 games with 524 steps.
"""

import sys

import numpy as np

from ringrift_engine.batch import Batch
from tests.support.replay import EngineReplayer, config_of, engine_difference
from tests.support.traces import TRACES, TraceGame, games_of

GAMES = {
    "games-square8-2p": ["pub-square8-2p-swap-3"],
    "games-square8-4p": ["pub-square8-4p-opt2-3"],
    "scenarios-hex8-2p": [
        "scn-two_lines_exact+exact-hex8-2p-line_abuse-3",
        "scn-two_lines_exact+over-hex8-2p-line_abuse-2",
        "scn-recovery_line_over1-hex8-2p-skip-4",
        "scn-stalemate_territory-hex8-2p-random-1",
        "scn-stalemate_elimination-hex8-2p-random-1",
        "scn-stalemate_elimination_hand-hex8-2p-random-1",
        "scn-stalemate_markers-hex8-2p-random-1",
        "scn-stalemate_last_actor-hex8-2p-random-1",
    ],
    "scenarios-square8-2p": [
        "scn-recovery_territory-square8-2p-random-3",
        "scn-two_lines_over+exact-square8-2p-line_abuse-1",
        "scn-two_lines_exact+exact-square8-2p-line_abuse-3",
    ],
    "scenarios-square8-3p": ["scn-two_lines_over+exact-square8-3p-line_abuse-3"],
    "scenarios2-square8-2p": [
        "scn-recovery_two_dirs_3+4-square8-2p-random-1",
        "scn-recovery_two_dirs_4+5_opt1-square8-2p-random-1",
    ],
}


def chosen_games() -> list[TraceGame]:
    return [
        game for name, ids in GAMES.items() for game in games_of(TRACES / f"{name}.jsonl.gz") if game.game_id in ids
    ]


def choices_are_sound(game: TraceGame) -> bool:
    """Whether players always have a choice, and never more than the legal set."""
    replayer = EngineReplayer(game)
    for step in game.steps():
        batch = Batch(config_of(game), 1, games=replayer.game.record)
        if not 1 <= len(batch.legal(np.zeros(1, dtype=np.int64)).moves) <= step.legal_count:
            return False
        replayer.play(step.move)
    return True


def main() -> int:
    games = chosen_games()
    missing = sum(map(len, GAMES.values())) - len(games)
    faults = [difference for game in games if (difference := engine_difference(game))]
    faults += [f"{game.game_id}: unsound choices" for game in games if not choices_are_sound(game)]
    print("\n".join([*faults, f"{len(games)} games, {missing} not found"]))
    return 1 if faults or missing else 0


if __name__ == "__main__":
    sys.exit(main())
