"""Replays a few recorded games and lists every position's moves once more, its choices on a CPU and its legal set as a
GPU does; `test_coverage` runs it with compilation off.

    NUMBA_DISABLE_JIT=1 python -W error::RuntimeWarning -m tests.ringrift_engine.rules.uncompiled

The games were chosen greedily from all recordings on the small boards, most new kinds of moves, tags and endings per
step first, until nothing was missing: 16 games with 524 steps.
"""

import sys

import numpy as np

from ringrift_engine.batch import Batch
from ringrift_engine.rules.legal import enumerate_moves, list_legal
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import FEWEST_MOVES, clear, make_work
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


def listings_differ(game: TraceGame) -> str | None:
    """What is wrong with the moves of some position, if anything is."""
    replayer = EngineReplayer(game)
    for number, step in enumerate(game.steps()):
        record = replayer.game.record
        choices = Batch(config_of(game), 1, games=record).legal(np.zeros(1, dtype=np.int64)).moves
        if not 1 <= len(choices) <= step.legal_count:
            return f"{game.game_id}: {len(choices)} choices at step {number}"
        if not windows_are_whole(record, config_of(game).board):
            return f"{game.game_id}: windows make up another legal set at step {number}"
        replayer.play(step.move)
    return None


def windows_are_whole(games: np.recarray, board: str) -> bool:
    """Whether little scratch memory, which held anything before, shows all legal moves, one window after the other."""
    table, roomy, little = board_table(board)[0], make_work(board), make_work(board, 1, FEWEST_MOVES)
    little.view(np.uint8)[:] = 0x55
    clear(little[0])
    count = list_legal(games[0], table, roomy[0])
    found: list[int] = []
    for first in range(0, count, FEWEST_MOVES):
        little.first[0] = first
        if enumerate_moves(games[0], table, little[0], True) != count:
            return False
        found += little.moves[0, : count - first].tolist()
    return found == roomy.moves[0, :count].tolist() and not little.overflowed[0]


def main() -> int:
    games = chosen_games()
    missing = sum(map(len, GAMES.values())) - len(games)
    faults = [difference for game in games if (difference := engine_difference(game))]
    faults += [difference for game in games if (difference := listings_differ(game))]
    print("\n".join([*faults, f"{len(games)} games, {missing} not found"]))
    return 1 if faults or missing else 0


if __name__ == "__main__":
    sys.exit(main())
