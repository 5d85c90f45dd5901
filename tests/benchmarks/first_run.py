"""The README's first run, measured: from an empty folder to a promoted model, and how strong that model is.

    python -m tests.benchmarks.first_run hex8_2p --seed 1 [--cold] [--games 400] [--keep FOLDER]

Runs `dagster asset materialize --select '*promoted_models'` as a person would, in a folder of its own, and reports wall
time and exit code; the largest resident memory of the whole process tree, looked at twice a second; the longest silence
between two lines of the log; the gauntlet's win rates; and what the promoted model wins of `--games` games against the
random player with its default search. With `--cold` nothing compiled is found. `--keep` leaves the data in FOLDER; two
folders of equal seeds are compared byte by byte by

    python -m tests.benchmarks.first_run --compare FOLDER FOLDER

The last line is JSON.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final

import psutil

from ringrift_engine.files import sha256_of

ROOT: Final = Path(__file__).parents[2]
TOOLS: Final = Path(sys.executable).parent
_LOOK_EVERY_S: Final = 0.5
_SEEDED: Final = ("game_databases", "checkpoints", "gauntlet_results")
_ARTEFACTS: Final = (".db", ".npz", ".safetensors")
_COMPARED: Final = ("game_databases", "synced_games", "npz_exports", "combined_npz", "checkpoints")


def prepare(folder: Path, seed: int) -> None:
    """The instance settings of the repository and a run configuration with the seed."""
    for name in ("dagster.yaml", "pyproject.toml", "workspace.yaml"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "seed.json").write_text(json.dumps({"ops": {name: {"config": {"seed": seed}} for name in _SEEDED}}))


def environment(folder: Path, cold: bool) -> dict[str, str]:
    """The caller's environment without anything that would move data or instance; a new cache for a cold run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DAGSTER_", "RINGRIFT_DATA"))}
    return {**kept, "PYTHONPATH": str(ROOT), **({"RINGRIFT_CACHE_DIR": str(folder / "cache")} if cold else {})}


class Memory(threading.Thread):
    """Looks at the resident memory of a process and all its descendants until the process ends."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process(pid)
        self.peak_bytes = 0

    def run(self) -> None:
        """Keep the largest sum seen."""
        while self._process.is_running() and self._process.status() != psutil.STATUS_ZOMBIE:
            self.peak_bytes = max(self.peak_bytes, tree_bytes(self._process))
            time.sleep(_LOOK_EVERY_S)


def tree_bytes(process: psutil.Process) -> int:
    """Resident memory of a process and its descendants; pages that they share are counted for each."""
    total = 0
    for member in [process, *process.children(recursive=True)]:
        try:
            total += member.memory_info().rss
        except psutil.NoSuchProcess:  # it ended in the meantime
            continue
    return total


def materialize(key: str, seed: int, folder: Path, cold: bool) -> dict[str, Any]:
    """Run the whole chain once; what was measured. The log is kept as `log.txt`."""
    prepare(folder, seed)
    command = [
        str(TOOLS / "dagster"), "asset", "materialize", "-m", "ringrift_assets.definitions",
        "--select", "*promoted_models", "--partition", key, "--config", "seed.json",
    ]  # fmt: skip
    began = last = time.monotonic()
    silence, after = 0.0, ""
    running = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(folder, cold),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    memory = Memory(running.pid)
    memory.start()
    assert running.stdout is not None
    previous = "start"
    with (folder / "log.txt").open("w") as log:
        for line in running.stdout:
            now = time.monotonic()
            if now - last > silence:
                silence, after = now - last, previous
            last, previous = now, line.strip()
            log.write(f"{now - began:7.1f} {line}")
    return {
        "key": key,
        "seed": seed,
        "cold": cold,
        "exit_code": running.wait(),
        "wall_s": round(time.monotonic() - began, 1),
        "peak_tree_gb": round(memory.peak_bytes / 1e9, 2),
        "longest_silence_s": round(silence, 1),
        "silent_after": after[-120:],
    }


def gauntlet(key: str, folder: Path) -> dict[str, Any]:
    """Wins and games of the candidate against each opponent, and whether it was promoted."""
    manifest = folder / "data" / "gauntlet_results" / key / "latest.json"
    if not manifest.exists():
        return {"promoted": False}
    matches = json.loads(manifest.read_text())["report"]["matches"]
    against = {name: [sum(match["wins_by_seat"]), sum(match["hows"].values())] for name, match in matches.items()}
    return {"promoted": promoted_model(key, folder) is not None, "gauntlet": against}


def promoted_model(key: str, folder: Path) -> Path | None:
    """The promoted model's file, if there is one."""
    return next((folder / "data" / "promoted_models" / key).glob("*.safetensors"), None)


def against_random(key: str, folder: Path, games: int) -> dict[str, Any]:
    """Wins of the promoted model with its default search against the random player, as `ringrift evaluate` says."""
    model = promoted_model(key, folder)
    if model is None or not games:
        return {}
    command = [
        str(TOOLS / "ringrift"), "evaluate", f"search:{model}", "random", "--config", key,
        "--games", str(games), "--threads", "2", "--json",
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=folder, env=environment(folder, cold=False), stdout=subprocess.PIPE, text=True, check=True
    )
    found = json.loads(done.stdout)
    return {"against_random": [found["wins"], found["games"]], "by_seat": found["wins_by_seat"]}


def compare(first: Path, second: Path) -> dict[str, Any]:
    """Which artefacts of two data roots are equal byte by byte, and which are not or are missing on one side."""
    hashes = [
        {
            path.relative_to(root).as_posix(): sha256_of(path)
            for asset in _COMPARED
            for path in sorted((root / asset).rglob("*"))
            if path.suffix in _ARTEFACTS
        }
        for root in (first / "data", second / "data")
    ]
    names = sorted(hashes[0].keys() | hashes[1].keys())
    different = [name for name in names if hashes[0].get(name) != hashes[1].get(name)]
    return {"compared": len(names), "different": different}


def main() -> None:
    """Measure or compare, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", nargs="?", default="hex8_2p")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--games", type=int, default=400)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--compare", type=Path, nargs=2)
    given = parser.parse_args()
    if given.compare:
        print(json.dumps(compare(*given.compare)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        found = materialize(given.key, given.seed, folder, given.cold)
        found |= gauntlet(given.key, folder)
        print(json.dumps(found), flush=True)
        found |= against_random(given.key, folder, given.games)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
