"""The rules as plain Python: recorded games replay without compilation, no arithmetic warns, and 95 % of the lines run.

Compiled code is invisible to a coverage tool and wraps small integers silently; uncompiled, numpy warns, and a warning
is an error here. Random numbers, which no game needs, are drawn in `test_random`. The file that knows the compiler of a
GPU is left out: no game imports it, and `tests/ringrift_engine/batch/test_ptx.py` compiles what it makes.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
LEAST_PERCENT = 95
GPU_COMPILER = "ringrift_engine/rules/device.py"
WARNINGS_ARE_ERRORS = ["-W", "error::RuntimeWarning"]


@pytest.mark.slow
def test_uncompiled_replays_run_95_percent_of_the_rules(tmp_path):
    data, report = tmp_path / "coverage", tmp_path / "coverage.json"
    coverage = [sys.executable, *WARNINGS_ARE_ERRORS, "-m", "coverage"]
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    run = [*coverage, "run", f"--data-file={data}", "--source=ringrift_engine/rules", f"--omit={GPU_COMPILER}"]
    replay = subprocess.run(
        [*run, "-m", "tests.ringrift_engine.rules.uncompiled"],
        cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert replay.returncode == 0, replay.stdout[-3000:] + replay.stderr[-3000:]
    write = [*coverage, "json", f"--data-file={data}", "-o", str(report)]
    subprocess.run(write, cwd=REPOSITORY, check=True, capture_output=True)
    measured = json.loads(report.read_text())
    files = {name: summary["missing_lines"] for name, summary in measured["files"].items() if summary["missing_lines"]}
    assert measured["totals"]["num_statements"] > 1000
    assert measured["totals"]["percent_covered"] >= LEAST_PERCENT, files
