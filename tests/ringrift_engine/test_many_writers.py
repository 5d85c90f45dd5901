"""Eight processes write registry and match log at once: none fails, no row is lost, none is there twice."""

import subprocess
import sys
from pathlib import Path

import pytest

from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.promotion.registry import Registry

ROOT = Path(__file__).parents[2]
PROCESSES, ROWS = 8, 40

WRITER = """
import sys
from pathlib import Path
from ringrift_engine.evaluation.match_log import LoggedGame, MatchLog
from ringrift_engine.promotion.registry import Registry
from ringrift_engine.records.shard_schema import Participant

folder, number, rows = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
seats = (Participant("random"), Participant("heuristic"))
print("ready", flush=True)
sys.stdin.readline()
for row in range(rows):
    with Registry(folder / "registry.db") as registry:
        registry.add_history("hex8_2p", "test", f"process {number}", {"row": row})
        registry.register(f"{number:02d}{row:062d}", "hex8_2p", f"checkpoints/{number}-{row}", {})
    game = LoggedGame(
        config_key="hex8_2p", purpose="test", run_id=f"process {number}", opening_seed=row, opening_decisions=1,
        opening_hash="0" * 64, play_seed=number, seats=seats, winner=1, how="lps_rounds", ranks=(1, 2),
        scores=((0, 0, 0, 0), (0, 0, 0, 0)), plies=10,
    )
    shared = LoggedGame(**{**game.__dict__, "play_seed": 999, "run_id": "whoever comes first"})
    with MatchLog(folder / "matches.db") as log:
        log.record([game, shared])
"""


@pytest.mark.slow
def test_eight_processes_write_at_once(tmp_path):
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(number), str(ROWS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for number in range(PROCESSES)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:  # all have imported what they need: now they write at the same time
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        _, errors = writer.communicate(timeout=120)
        assert writer.returncode == 0, errors
    with Registry(tmp_path / "registry.db") as registry:
        rows = [(row.run_id, row.facts["row"]) for row in registry.history("test")]
        assert len(rows) == len(set(rows)) == PROCESSES * ROWS
        assert len(registry.models("hex8_2p")) == PROCESSES * ROWS
    with MatchLog(tmp_path / "matches.db") as log:
        games = log.games("hex8_2p")
    own = [game for game in games if game.play_seed != 999]
    assert len(own) == PROCESSES * ROWS
    assert len(games) - len(own) == ROWS, "a game that all of them log is there once"
