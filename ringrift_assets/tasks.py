"""The heavy tasks, one for each stage: a request of plain JSON values in, a report of plain JSON values out.

Each task runs engine functions on the files that the request names and publishes what it makes under the name of its
content; which of the published files become a version is decided by the asset that asked. Nothing is imported before it
is needed: Dagster loads this module, and numba and torch belong into worker processes only.
"""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ringrift_assets.arenas import BOOTSTRAP_PLAYER, arena_of, bootstrap_spec, entrants_of, searching
from ringrift_assets.shadow.task import shadow
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ResourcesExhausted
from ringrift_engine.files import PARTIAL_PREFIX, flush_folder, publishing, sha256_of
from ringrift_engine.progress import Progress
from ringrift_engine.resources import ResourceGuard, ResourceLimits

if TYPE_CHECKING:
    from ringrift_engine.evaluation.match import Contestant
    from ringrift_engine.evaluation.settings import EvaluationSettings
    from ringrift_engine.records.shard import PackedShard, ShardInfo
    from ringrift_engine.records.shard_schema import ShardHeader
    from ringrift_engine.selfplay import SelfplaySettings
    from ringrift_engine.training.settings import TrainingSettings
    from ringrift_engine.training.watch import Evaluate

Request = Mapping[str, Any]
Report = dict[str, Any]
Task = Callable[[Request, Progress], Report]


def play(request: Request, progress: Progress) -> Report:
    """Play the batches of a generation that are not there yet, a shard each.

    Shards in the folder that the last version does not name were published by a run that was killed: they are replayed
    and kept, so a batch that is done is not played again, and games that were played are never lost.

    A machine that runs out of memory or disk ends this early, between shards and every few games, with
    ResourcesExhausted: the shards that are done stay for the next run, the games of the one at work are lost. Half a
    shard is never published, because its content would depend on the machine's state and not on its seed alone.
    """
    from ringrift_engine.records.discovery import shards_in
    from ringrift_engine.records.shard import read_packed, verify_shard

    config, folder, known = BoardConfig.from_key(request["key"]), Path(request["folder"]), set(request["known"])
    infos = [verify_shard(path, config.key) for path in shards_in(folder) if path.name not in known]
    done = {read_packed(info.path).header.seed for info in infos}
    todo = [(seed, games) for seed, games in request["batches"] if seed not in done]
    infos += _play_batches(request, config, todo, progress)
    shards = [read_packed(info.path) for info in infos]
    seeds = {seed for seed, _ in request["batches"]}
    moves = sum(info.moves for info in infos)
    report = {
        "games_added": sum(len(shard.games) for shard in shards),
        "games_replayed": sum(info.games for info in infos),
        "games_of_generation": sum(len(shard.games) for shard in shards if shard.header.seed in seeds),
        "moves": moves,
        "decisions": sum(info.decisions for info in infos),
        "bytes_per_move": sum(info.size_bytes for info in infos) / max(moves, 1),
        **_results(shards),
    }
    return {"shards": {info.path.name: info.sha256 for info in infos}, "report": report}


def _play_batches(
    request: Request, config: BoardConfig, todo: Sequence[tuple[int, int]], progress: Progress
) -> "list[ShardInfo]":
    """Play the batches of `todo`, (seed, games) each, and publish a shard of each as soon as it is done."""
    from ringrift_engine.records.shard import publish_shard

    if not todo:
        return []
    total = sum(games for _, games in request["batches"])
    played = total - sum(games for _, games in todo)
    guard = ResourceGuard(folder=Path(request["root"]), limits=ResourceLimits(**request["limits"]))
    infos = []
    try:
        guard.require()  # before the player is loaded
        players = _players(request, config)
        for seed, games in todo:
            tell = _shifted(progress, played, total)
            records = _play_batch(request, config, players, (seed, games), tell, guard.after_games)
            infos.append(publish_shard(Path(request["folder"]), _header(request, players, seed), records))
            played += games
    except ResourcesExhausted as short:
        kept = f"{played} of {total} games of this generation are in finished shards and stay"
        raise ResourcesExhausted(f"{short} {kept}; the next run plays the rest.") from short
    return infos


def _players(request: Request, config: BoardConfig) -> "list[Contestant]":
    """Who plays: first the player that learns, then its opponents in the order of the request."""
    from ringrift_engine.evaluation.match import Contestant
    from ringrift_engine.players.factory import PlayerSpec, budget_of, make_player
    from ringrift_engine.search import PlayoutCap

    def search(model: str) -> PlayerSpec:
        return PlayerSpec(request["player"], model=Path(model), simulations=request["simulations"])

    cap = PlayoutCap(request["full_share"], request["cheap_simulations"])
    first = search(request["model"]) if request["model"] else bootstrap_spec(request["player"], request["simulations"])
    specs = {"earlier": search(request["earlier"])} if request["earlier"] else {}
    specs |= {name: PlayerSpec(name) for name in ("random", "heuristic")}
    chosen = [first, *(specs[name] for name in request["opponents"] if name != "self")]
    return [
        Contestant(
            make_player(spec, config, request["threads"], request["device"], cap),
            sha256_of(spec.model) if spec.model else None,
            budget_of(spec),
        )
        for spec in chosen
    ]


def _play_batch(
    request: Request,
    config: BoardConfig,
    players: "Sequence[Contestant]",
    batch: tuple[int, int],
    progress: Progress,
    guard: Callable[[int], object],
) -> list[Any]:
    from ringrift_engine.selfplay.plan import plan_games, seat_opponents
    from ringrift_engine.selfplay.runner import play_plans

    seed, games = batch
    settings = replace(_way_of_playing(request), games=games)
    opponents = request["opponents"]
    shares = [opponents.get("self", 0.0), *(share for name, share in opponents.items() if name != "self")]
    plans = seat_opponents(plan_games(config.num_players, settings, seed), shares, config.num_players)
    sitting = [one.player for one in players]
    return play_plans(config, sitting, plans, settings, seed, progress, threads=request["threads"], guard=guard)


def _way_of_playing(request: Request) -> "SelfplaySettings":
    """What is drawn: all moves of the drawn bootstrap player; of one that searches, as of the promoted model, its first
    ones. Without a model openings are many and random, whoever plays.
    """
    from ringrift_engine.selfplay import SelfplaySettings
    from ringrift_engine.selfplay.settings import BOOTSTRAP_PLAY

    searched = SelfplaySettings(temperature=request["temperature"])
    if request["model"]:
        return searched
    if request["player"] == BOOTSTRAP_PLAYER:
        return BOOTSTRAP_PLAY
    drawn = {name: getattr(searched, name) for name in ("sampled_decisions", "temperature")}
    return replace(BOOTSTRAP_PLAY, **drawn)


def _header(request: Request, players: "Sequence[Contestant]", seed: int) -> "ShardHeader":
    from ringrift_engine.records.shard_schema import ShardHeader

    models = dict.fromkeys(one.model for one in players if one.model)
    told = ("generation", "threads", "device", "temperature", "opponents", "full_share", "cheap_simulations")
    return ShardHeader(
        config_key=request["key"],
        seed=seed,
        participants=tuple(one.participant for one in players),
        settings={name: request[name] for name in told},
        inputs=dict(zip(("promoted_models", "earlier_models"), models, strict=False)),
    )


def _shifted(progress: Progress, before: int, of_all: int) -> Progress:
    """Progress of one batch told as progress of the whole generation."""

    def tell(label: str, done: int, total: int, unit: str) -> None:  # noqa: ARG001  (the batch's own total)
        progress(label, before + done, of_all, unit)

    return tell


def _results(shards: Sequence["PackedShard"]) -> Report:
    """Who won and how the games ended, as rows of two tables."""
    from ringrift_engine.rules.state import HOW_NAMES

    games = [game for shard in shards for game in shard.games]
    seats = shards[0].header.config.num_players if shards else 0
    wins, ends = Counter(game.winner for game in games), Counter(HOW_NAMES[game.how] for game in games)
    share = 1 / max(len(games), 1)
    return {
        "wins_by_seat": [
            {"seat": seat, "wins": wins[seat], "share": wins[seat] * share} for seat in range(1, seats + 1)
        ],
        "ends": [{"end": name, "games": count, "share": count * share} for name, count in ends.most_common()],
    }


def gather(request: Request, progress: Progress) -> Report:
    """Take in the offered shards and those of the inbox, verified and receipted, and bring `games.parquet` up to date.

    Nothing leaves the inbox here: `inbox` in the report says what may, once the files are part of a version. Without
    any file there is nothing else to report.
    """
    from ringrift_assets.qualities import judge_games
    from ringrift_engine.records.index import INDEX_NAME, read_index, update_index
    from ringrift_engine.records.statistics import game_statistics
    from ringrift_engine.sync import Intake, Receipts, receive, take_in, wanted_of

    destination, receipts = Path(request["destination"]), Receipts(Path(request["receipts"]))
    held, offered = request["held"], request["offered"]
    known = {*held.values(), *offered.values(), *receipts.removed_from("synced_games")}
    received = receive(Path(request["inbox"]), request["key"], destination, known, request["now"], progress)
    intake = Intake(
        key=request["key"],
        source=Path(request["source"]),
        source_name="game_databases",
        offered=offered,
        destination=destination,
        destination_name="synced_games",
        held=held,
        arrived=received.arrived,
    )
    files = take_in(intake, receipts, request["now"], progress)
    inbox = {"settled": received.settled, "refused": received.refused}
    if not files:
        return {"files": files, "inbox": inbox}
    config = BoardConfig.from_key(request["key"])
    index, paths = destination / INDEX_NAME, [destination / name for name in files]
    update_index(paths, index, config, progress)
    games = read_index(index, config)
    expected = held.keys() | wanted_of(intake, receipts).keys() | received.arrived.keys()
    came_from = {receipt.name: receipt.source for receipt in receipts.of(config.key, "synced_games")}
    return {
        "files": files,
        "inbox": inbox,
        "shards": len(files),
        "shards_added": len(files.keys() - held.keys()),
        "shards_verified": sum(sha256_of(destination / name) == sha256 for name, sha256 in files.items()),
        "shards_missing": sorted(expected - files.keys()),
        "sources": {name: came_from[name] for name in files},
        "statistics": asdict(game_statistics(games, config)),
        "quality": judge_games(paths, games, config, request["judged"], request["newest_generation"]),
    }


def export(request: Request, progress: Progress) -> Report:
    """Export the shards that have no export yet; those of the version before are taken over with what was measured."""
    from ringrift_assets.measures import measure_export
    from ringrift_assets.qualities import judge_newest_export, origin_of
    from ringrift_engine.datasets.export import export_shard

    config, folder = BoardConfig.from_key(request["key"]), Path(request["folder"])
    by_file: dict[str, Report] = dict(request["held"])
    missing = [Path(shard) for shard in request["shards"] if f"{Path(shard).stem}.npz" not in by_file]
    progress("exporting shards", 0, len(missing), "shards")
    for number, shard in enumerate(missing, start=1):
        out = folder / f"{shard.stem}.npz"
        report = asdict(export_shard(shard, out, config, progress))
        del report["path"]
        by_file[out.name] = {**report, **measure_export(out, config)}
        progress("exporting shards", number, len(missing), "shards")
    for shard in map(Path, request["shards"]):
        name = f"{shard.stem}.npz"
        by_file[name] = {**by_file[name], **asdict(origin_of(shard, config, request["generations"][shard.name]))}
    files = {name: by_file[name]["sha256"] for name in sorted(by_file)}
    quality = judge_newest_export(folder, by_file, config, request["first_searched"])
    return {"files": files, "report": {"by_file": by_file, "exports_added": len(missing), "quality": quality}}


def combine(request: Request, progress: Progress) -> Report:
    """Combine the exports of the request into one training set, published under the name of its content."""
    from ringrift_assets.measures import measure_combination
    from ringrift_engine.datasets.combine import CombineSettings
    from ringrift_engine.datasets.combine import combine as combine_exports
    from ringrift_engine.datasets.dataset_quality import Origin, dataset_quality

    config, folder = BoardConfig.from_key(request["key"]), Path(request["folder"])
    origins = {Path(path): Origin(**origin) for path, origin in request["exports"].items()}
    generations = [origin.generation for origin in origins.values()]
    settings = CombineSettings(seed=request["seed"], surprise_share=request["surprise_share"])
    draft = folder / f"{PARTIAL_PREFIX}combined.npz"
    try:
        removed = request["removed_rows"]
        combined = combine_exports(list(origins), draft, settings, generations, config, progress, removed_rows=removed)
        duplicates = combined.duplicate_rows / combined.window_rows
        quality = dataset_quality(draft, config, origins, duplicates, request["first_searched"]).to_json()
        report = {**asdict(combined), **measure_combination(draft), "quality": quality}
        name = f"{combined.sha256[:12]}.npz"
        _publish(draft, folder / name)
    finally:
        draft.unlink(missing_ok=True)
    del report["path"], report["sources"]
    return {"files": {name: combined.sha256}, "report": report}


def check(request: Request, progress: Progress) -> Report:
    """Read a training set whole, before it is learnt from: what its checks judge, measured again.

    DataError if it cannot be read, or breaks the contract of datasets.
    """
    from ringrift_assets.measures import measure_combination, measure_export
    from ringrift_engine.datasets.validate import require_valid

    config, data, export = BoardConfig.from_key(request["key"]), Path(request["data"]), request["export"]
    progress(f"checking {data.name}", 0, 1, "files")
    found = require_valid(data, config, combined=not export)
    measured = measure_export(data, config) if export else measure_combination(data)
    progress(f"checking {data.name}", 1, 1, "files")
    return {"rows": found.rows, "measured": measured}


def train(request: Request, progress: Progress) -> Report:
    """Train a network on the training set of the request and publish its checkpoint under the name of its content.

    A machine without the memory or disk for it is told so at once, with ResourcesExhausted.
    """
    limits = ResourceLimits(**request["limits"])
    limits = replace(limits, disk_critical_percent=limits.disk_training_percent)  # as the gate of trainings has it
    ResourceGuard(folder=Path(request["root"]), limits=limits).require()
    from ringrift_engine.feedback.settings import DEFAULTS
    from ringrift_engine.nets.checkpoint import load_checkpoint
    from ringrift_engine.training import train as train_network
    from ringrift_engine.training import training_settings
    from ringrift_engine.training.loop import starting_sizes

    config, folder = BoardConfig.from_key(request["key"]), Path(request["folder"])
    settings = replace(training_settings(config), **_given(request["training"]))
    previous = Path(request["previous"]) if request["previous"] else None
    draft = folder / f"{PARTIAL_PREFIX}candidate.safetensors"
    try:
        report = train_network(
            config.key,
            Path(request["data"]),
            draft,
            settings,
            previous,
            request["threads"],
            progress,
            network=replace(starting_sizes(config, previous), **_given(request["network"])),
            export=request["export"],
            stopping=replace(DEFAULTS, **request["stopping"]),
            evaluate=_evaluation(request, config, settings),
        )
        loaded = load_checkpoint(draft, config).sha256
        name = f"{report.sha256[:12]}.safetensors"
        _publish(draft, folder / name)
    finally:
        draft.unlink(missing_ok=True)
    return {"files": {name: report.sha256}, "report": {**asdict(report), "loaded_sha256": loaded}}


def _evaluation(request: Request, config: BoardConfig, settings: "TrainingSettings") -> "Evaluate | None":
    """What plays beside the training, None if nothing does."""
    if not request["background_games"]:
        return None
    from ringrift_engine.evaluation.background import background_evaluation

    games, threads = request["background_games"], request["threads"]
    return background_evaluation(config, games, seed=settings.seed, threads=threads, precision=settings.precision)


def evaluate(request: Request, progress: Progress) -> Report:
    """Play the gauntlet of the candidate and publish its results as JSON under the name of their content."""
    from ringrift_engine.evaluation.gauntlet import run_gauntlet
    from ringrift_engine.evaluation.match_log import GAUNTLET

    config = BoardConfig.from_key(request["key"])
    settings = _evaluation_settings(request, config)
    entrants, left_out = entrants_of(request, config, settings.simulations)
    with arena_of(request, GAUNTLET, settings.concurrency, progress) as arena:
        result = run_gauntlet(config, entrants, settings, request["seed"], arena)
    content = {
        "candidate": request["candidate"]["sha256"],
        "promoted": request["promoted"]["sha256"] if request["promoted"] else None,
        "search_free": entrants.search_free.model if entrants.search_free else None,
        "search_free_left_out": left_out,
        "sequential": asdict(settings.sequential),
        "matches": result.to_json(),
        **_on_held_out_positions(request, config),
    }
    files = publish_json(Path(request["folder"]), content)
    return {"files": files, "report": {**content, "played": entrants.candidate.model, "games": result.games}}


def _evaluation_settings(request: Request, config: BoardConfig) -> "EvaluationSettings":
    from ringrift_engine.evaluation.settings import evaluation_settings

    settings = evaluation_settings(config)
    sequential = replace(settings.sequential, **_given(request["sequential"]))
    return replace(settings, **_given(request["gauntlet"]), sequential=sequential)


def _on_held_out_positions(request: Request, config: BoardConfig) -> Report:
    """What is measured on held-out positions: the squared value errors of candidate and promoted model on the same
    ones, of how many games those are, and whether the candidate's stated chances come true; None where there are none.
    """
    from ringrift_engine.evaluation.calibration import calibration_of
    from ringrift_engine.evaluation.predictions import held_out_predictions
    from ringrift_engine.evaluation.value_error import value_error_of

    errors: dict[str, float | int | None] = {"candidate": None, "promoted": None, "games": 0}
    calibration = None
    for name in ("candidate", "promoted"):
        if not request["held_out"] or not request[name]:
            continue
        model, data = Path(request[name]["path"]), Path(request["held_out"])
        found = held_out_predictions(model, data, config, export=request["export"], threads=request["threads"])
        error = value_error_of(found)
        errors |= {name: error.error, "games": error.games}
        if name == "candidate" and error.games > 1:  # one game says nothing about how often chances come true
            calibration = calibration_of(found).to_json()
    return {"value_errors": errors, "calibration": calibration}


def contest(request: Request, progress: Progress) -> Report:
    """Play the promoted model against the one before it, for the rollback monitor: other openings each time.

    The games go to the match log; what they mean is decided by whoever asked.
    """
    from ringrift_engine.evaluation.match import play_match
    from ringrift_engine.evaluation.openings import draw_openings
    from ringrift_engine.promotion.rollback import PURPOSE

    config = BoardConfig.from_key(request["key"])
    settings = _evaluation_settings(request, config)
    promoted, previous = (
        searching(request, config, model, settings.simulations) for model in (request["promoted"], request["previous"])
    )
    rounds = -(-request["games"] // config.num_players)
    openings = draw_openings(config, request["seed"], request["rounds_before"], rounds, settings.opening_decisions)
    with arena_of(request, PURPOSE, settings.concurrency, progress) as arena:
        result = play_match(config, promoted, previous, openings, arena)
    return {"games": result.games, "wins": result.wins, "score": result.score}


def publish_json(folder: Path, content: Mapping[str, Any]) -> dict[str, str]:
    """Write JSON with sorted keys under the name of its content; returns the file's name and hash."""
    text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n"
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    name = f"{sha256[:12]}.json"
    with publishing(folder / name) as path:
        path.write_text(text)
    return {name: sha256}


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _publish(draft: Path, target: Path) -> None:
    """Give a finished, flushed draft its final name."""
    os.replace(draft, target)
    flush_folder(target.parent)


TASKS: Final[Mapping[str, Task]] = MappingProxyType(
    {
        "play": play,
        "gather": gather,
        "export": export,
        "combine": combine,
        "check": check,
        "train": train,
        "evaluate": evaluate,
        "shadow": shadow,
        "contest": contest,
    }
)
