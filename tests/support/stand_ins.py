"""Stand-ins for the engine's heavy work: the tasks of `ringrift_assets.tasks` with files of a few bytes.

They keep what the assets rely on: equal requests give equal bytes, files appear through the real atomic publishing
under the name of their content, batches that are there already are not made again, intake and receipts are the real
ones. So a whole cycle takes a second, and what assets, locks, plans and registry do can be tried hundreds of times.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from ringrift_assets.history import WITHOUT_SEARCH
from ringrift_assets.pipes import Workers, unpack
from ringrift_assets.tasks import TASKS
from ringrift_assets.worker import Reporter, answer
from ringrift_engine.datasets.window import WindowSettings, window_rows
from ringrift_engine.errors import DataError
from ringrift_engine.evaluation.match_log import LoggedGame, MatchLog
from ringrift_engine.evaluation.sequential import SequentialSettings
from ringrift_engine.files import publishing, sha256_of
from ringrift_engine.progress import silent
from ringrift_engine.records.quality_score import grade_of
from ringrift_engine.records.shard_schema import Participant
from ringrift_engine.sync import Intake, Receipts, take_in

_PLAYED_HOW = ("simulations", "full_share", "cheap_simulations", "temperature", "opponents")
ASKED: list[str] = []  # the tasks that were asked for, in order; Dagster copies resources, so this is no attribute
WINS = {  # of 10 games a seat
    "random": (9, 9), "heuristic": (7, 7), "policy_heuristic": (4, 4), "promoted": (10, 10), "search_free": (6, 6),
}  # fmt: skip


class InlineWorkers(Workers):
    """Runs the real tasks in the process of the run."""

    def run(
        self, context: dg.AssetExecutionContext | dg.OpExecutionContext, task: str, request: Mapping[str, Any]
    ) -> dict[str, Any]:
        plain = json.loads(json.dumps({**request, **self.means}))
        return unpack(json.loads(json.dumps(answer(TASKS[task], plain, Reporter(context.log.info)))))


class StandInWorkers(Workers):
    """Runs stand-ins; `wins` are the candidate's wins of 10 games a seat against each opponent."""

    wins: dict[str, list[int]] = Field(default={name: list(seats) for name, seats in WINS.items()})
    rows: int = 5_000
    quality: float = 0.9  # score of all games and datasets
    losses: list[float] = Field(default=[1.5])  # of every training, at all points of its curve
    stopped: str = ""  # why every training was stopped
    contest_wins: float = 0.5  # share of the games against the model before that the promoted one wins

    def run(
        self, context: dg.AssetExecutionContext | dg.OpExecutionContext, task: str, request: Mapping[str, Any]
    ) -> dict[str, Any]:
        context.log.info(f"A stand-in does {task}.")
        ASKED.append(task)
        plain = json.loads(json.dumps({**request, **self.means}))
        stand_ins: dict[str, Callable[..., dict[str, Any]]] = {
            "play": play,
            "gather": lambda request: gather(request, self.quality),
            "export": lambda request: export(request, self.rows, self.quality),
            "combine": lambda request: combine(request, self.quality),
            "check": check,
            "train": lambda request: train(request, self.losses, self.stopped),
            "evaluate": lambda request: evaluate(request, self.wins),
            "contest": lambda request: contest(request, self.contest_wins),
            "shadow": shadow,
        }
        return stand_ins[task](plain)


def play(request: Mapping[str, Any]) -> dict[str, Any]:
    folder, known = Path(request["folder"]), set(request["known"])
    shards = {path.name: sha256_of(path) for path in sorted(folder.glob("*.db")) if path.name not in known}
    for name, sha256 in shards.items():
        if not sha256.startswith(Path(name).stem):
            raise DataError(f"{folder / name} is damaged")
    done = {json.loads((folder / name).read_text())["seed"] for name in shards}
    for seed, games in request["batches"]:
        if seed not in done:
            content = {
                "seed": seed,
                "games": games,
                "generation": request["generation"],
                "by": request["player"],
                "promoted": Path(request["model"]).stem if request["model"] else None,
                **{name: request[name] for name in _PLAYED_HOW},
            }
            shards.update(_publish(folder, content, ".db"))
    found = [json.loads((folder / name).read_text()) for name in shards]
    seeds = {seed for seed, _ in request["batches"]}
    games = sum(shard["games"] for shard in found)
    report = {
        "games_added": games,
        "games_replayed": games,
        "games_of_generation": sum(shard["games"] for shard in found if shard["seed"] in seeds),
        "moves": 100 * games,
        "decisions": 50 * games,
        "bytes_per_move": 40.0,
        "wins_by_seat": [],
        "ends": [],
    }
    return {"shards": shards, "report": report}


def gather(request: Mapping[str, Any], score: float) -> dict[str, Any]:
    destination = Path(request["destination"])
    intake = Intake(
        key=request["key"],
        source=Path(request["source"]),
        source_name="game_databases",
        offered=request["offered"],
        destination=destination,
        destination_name="synced_games",
        held=request["held"],
    )
    files = take_in(intake, Receipts(Path(request["receipts"])), request["now"], silent)
    names = ("moves", "decisions", "duplicate_games", "truncated_games")
    shards = {name: json.loads((destination / name).read_text()) for name in files}
    statistics = {
        **dict.fromkeys(names, 0),
        "games": sum(shard["games"] for shard in shards.values()),
        **dict.fromkeys(("win_share", "length_quantiles", "searched_share", "mean_entropy", "distinct_openings")),
        "how_counts": {},
    }
    return {
        "files": files,
        "inbox": {"settled": {}, "refused": {}},
        "sources": dict.fromkeys(files, "game_databases"),
        "shards": len(files),
        "shards_added": len(files.keys() - request["held"].keys()),
        "shards_verified": len(files),
        "shards_missing": [],
        "statistics": statistics,
        "quality": _quality_of_games(shards, request["judged"], score),
    }


def _quality_of_games(shards: Mapping[str, Any], judged: Mapping[str, Any], score: float) -> dict[str, Any]:
    """What `ringrift_assets.qualities.judge_games` reports, with a made-up score."""
    newest = max(shard["generation"] for shard in shards.values())
    games = sum(shard["games"] for shard in shards.values() if shard["generation"] == newest)
    found = _quality(games, score)
    short = {"score": score, "grade": found["grade"], "subscores": {"decisive": score}}
    new = {
        name: {"generation": shard["generation"], "games": shard["games"], **short}
        for name, shard in shards.items()
        if name not in judged
    }
    by_shard = {name: row for name, row in judged.items() if name in shards} | new
    return {**found, "generation": newest, "by_shard": by_shard, "by_player": {"self": found}, "worst_player": "self"}


def _quality(games: int, score: float) -> dict[str, Any]:
    subscores = [{"name": "decisive", "value": score, "weight": 1.0, "why": "made up"}]
    return {"games": games, "mean": score, "score": score, "grade": grade_of(score), "subscores": subscores}


def _quality_of_dataset(files: Iterable[Mapping[str, Any]], score: float, first: int | None) -> dict[str, Any]:
    """The part of `DatasetQuality` that gates read, from `generation` and `promoted` of exports."""
    later = [file["promoted"] is not None for file in files if first is not None and file["generation"] >= first]
    share = sum(later) / len(later) if later else None
    return {**_quality(100, score), "later_rows": len(later), "later_searched_share": share}


def export(request: Mapping[str, Any], rows: int, score: float) -> dict[str, Any]:
    by_file = dict(request["held"])
    for shard in map(Path, request["shards"]):
        name = f"{shard.stem}.npz"
        if name not in by_file:
            content = json.loads(shard.read_text())
            with publishing(Path(request["folder"]) / name) as path:
                path.write_text(json.dumps({"export": content, "rows": rows}))
            by_file[name] = {
                "sha256": sha256_of(Path(request["folder"]) / name),
                "generation": content["generation"],
                "promoted": content["promoted"],
                "rows": rows,
                "held_out_rows": rows // 10,
                "games": content["games"],
                "searched_rows": rows if content["promoted"] else 0,
                "mean_policy_entropy": 1.0,
                "violations": [],
                "versions": "1",
                "largest_policy_error": 0.0,
                "games_on_both_sides": 0,
                "games_held_out": 1,
            }
    files = {name: by_file[name]["sha256"] for name in sorted(by_file)}
    newest = by_file[max(by_file, key=lambda name: (by_file[name]["generation"], name))]
    added = len(by_file) - len(request["held"])
    quality = _quality_of_dataset([newest], score, request["first_searched"])
    return {"files": files, "report": {"by_file": by_file, "exports_added": added, "quality": quality}}


def combine(request: Mapping[str, Any], score: float) -> dict[str, Any]:
    exports, window = _in_window(request)
    told = {name: request[name] for name in ("seed", "surprise_share")}
    files = _publish(Path(request["folder"]), {"combined": exports, **told}, ".npz")
    games = sum(content["export"]["games"] for content in exports.values())
    names = ("available_rows", "duplicate_rows", "low_quality_rows", "duplicates_left")
    report = {
        **dict.fromkeys(names, 0),
        "window_rows": window,
        "rows": 5_000,
        "held_out_rows": 500,
        "games": games,
        "weight_mean": 1.0,
        "weight_least": 1.0,
        "weight_greatest": 1.0,
        "weights_by_player": [],
        "quality": _quality_of_dataset(request["exports"].values(), score, request["first_searched"]),
    }
    return {"files": files, "report": report}


def _in_window(request: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """The exports that the real window would reach into, by name, and how many rows it holds."""
    newest_first = sorted(request["exports"], key=lambda path: (-request["exports"][path]["generation"], path))
    exports = {Path(path).name: json.loads(Path(path).read_text()) for path in newest_first}
    available = sum(content["rows"] for content in exports.values())
    window = min(available, window_rows(available + request["removed_rows"], WindowSettings()))
    inside, left = {}, window
    for name, content in exports.items():
        if left > 0:
            inside[name] = content
        left -= content["rows"]
    return inside, window


def check(request: Mapping[str, Any]) -> dict[str, Any]:
    content = json.loads(Path(request["data"]).read_text())
    found = {"weight_mean": content.get("weight_mean", 1.0), "weight_least": 1.0, "weight_greatest": 1.0}
    return {"rows": 5_000, "measured": {**found, "duplicates_left": 0}}


def train(request: Mapping[str, Any], curve: Sequence[float] = (1.5,), stopped: str = "") -> dict[str, Any]:
    content = {"learnt from": sha256_of(Path(request["data"])), "settings": request["training"]}
    files = _publish(Path(request["folder"]), content, ".safetensors")
    points = [{"policy": 1.0, "value": 0.5, "total": total} for total in curve]
    losses = points[-1]
    held_out = {
        "losses": losses,
        "uniform_policy_loss": 2.0,
        "constant_value_loss": 0.7,
        "winner_accuracy": 0.6,
    }
    report = {
        "curve": [
            {"samples": 100 * count, "training": point, "held_out": point}
            for count, point in enumerate(points, start=1)
        ],
        "stopped": stopped,
        "saved_samples": 100,
        "evaluations": [{"samples": 100, "result": {"opponent": "heuristic", "wins": 7, "games": 20}}],
        "held_out": held_out,
        "held_out_rows": 500,
        "start": "from scratch",
        "parameters": 10,
        "samples": 100 * len(points),
        "training_rows": 4_500,
        "training_games": 100,
        "samples_per_s": 1.0,
        "sha256": next(iter(files.values())),
        "loaded_sha256": next(iter(files.values())),
    }
    return {"files": files, "report": report}


def evaluate(request: Mapping[str, Any], wins: Mapping[str, list[int]]) -> dict[str, Any]:
    met = [name for name in ("promoted", "search_free") if request[name]]
    wins, matches = {**WINS, **wins}, {}
    for opponent in ("random", "heuristic", "policy_heuristic", *met):
        won = sum(wins[opponent])
        matches[opponent] = {
            "candidate": {"name": "policy" if opponent in WITHOUT_SEARCH else "search"},
            "opponent": {"name": opponent},
            "wins_by_seat": wins[opponent],
            "counts": [0, 0, 10 - won // 2, 0, won // 2],
            "hows": {"rings": 20},
            "plies": 2_000,
        }
    sequential = SequentialSettings(min_games=10, max_games=20, alpha=0.4, beta=0.4, elo1=400.0)
    content = {
        "candidate": request["candidate"]["sha256"],
        "promoted": request["promoted"]["sha256"] if request["promoted"] else None,
        "search_free": request["search_free"]["sha256"] if request["search_free"] else None,
        "search_free_left_out": "",
        "matches": matches,
        "sequential": asdict(sequential),
        "value_errors": {"candidate": 0.5, "promoted": 0.5 if request["promoted"] else None, "games": 20},
        "calibration": None,
    }
    files = _publish(Path(request["folder"]), content, ".json")
    games = sum(20 for _ in matches)
    return {"files": files, "report": {**content, "played": content["candidate"], "games": games}}


def shadow(request: Mapping[str, Any]) -> dict[str, Any]:
    """Half of the games against everybody are won; nothing is logged."""
    games = 2 * request["rounds"]
    match = {"games": games, "wins": games // 2, "low": 0.0, "high": 1.0, "score": 0.5}
    matches = {name: {**match, "opponent": {"name": name}} for name in request["opponents"]}
    return {"matches": matches, "games": games * len(matches)}


def contest(request: Mapping[str, Any], share: float) -> dict[str, Any]:
    """Games of the promoted model against the one before, in the match log; it wins the first `share` of them."""
    models = [request[name]["sha256"] for name in ("promoted", "previous")]
    games = made_games(models, request["games"], share, purpose="rollback", run_id=request["run_id"])
    with MatchLog(Path(request["matches"])) as log:
        log.record(games)
    return {"games": len(games), "wins": round(share * len(games)), "score": share}


def made_games(
    models: Sequence[str], games: int, share: float, *, purpose: str, run_id: str, key: str = "hex8_2p"
) -> list[LoggedGame]:
    """Games of two models of two players, of which the first wins the first `share`; every run's are other games."""
    first, second = (Participant(f"search(model={sha256[:12]})", sha256, 2) for sha256 in models)
    return [
        LoggedGame(
            config_key=key,
            purpose=purpose,
            run_id=run_id,
            opening_seed=number,
            opening_decisions=4,
            opening_hash="0" * 16,
            play_seed=int(hashlib.sha256(run_id.encode()).hexdigest()[:8], 16),
            seats=(first, second) if number % 2 else (second, first),
            winner=1 if (number < share * games) == bool(number % 2) else 2,
            how="lps_rounds",
            ranks=(1, 2) if (number < share * games) == bool(number % 2) else (2, 1),
            scores=((0, 0, 0, 0), (0, 0, 0, 0)),
            plies=60,
        )
        for number in range(games)
    ]


def _publish(folder: Path, content: Mapping[str, Any], suffix: str) -> dict[str, str]:
    text = json.dumps(content, sort_keys=True)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    name = f"{sha256[:12]}{suffix}"
    with publishing(folder / name) as path:
        path.write_text(text)
    return {name: sha256}
