"""Quality as manifests hold it: `report["quality"]` of `synced_games`, `npz_exports` and `combined_npz`.

The engine measures and judges; here is which games are judged together and what they are compared with. Gates read
these values, they are not in here. Nothing is imported before it is needed: the worker's tasks call these functions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringrift_engine.boards import BoardConfig

if TYPE_CHECKING:
    import polars

    from ringrift_engine.datasets.dataset_quality import Origin
    from ringrift_engine.records.measures import EarlierGames, GameMeasures
    from ringrift_engine.records.quality import GamesQuality
    from ringrift_engine.records.shard_schema import ShardHeader


def judge_games(
    shards: Sequence[Path],
    index: "polars.DataFrame",
    config: BoardConfig,
    judged: Mapping[str, Mapping[str, Any]],
    newest_of_all: int | None = None,
) -> dict[str, Any]:
    """The quality of the newest generation's games, of every player setting among them, and of every shard.

    `judged` is what was found of shards before (`by_shard` of the version before): besides shards that it lacks, only
    those of the newest generation are read. Games are compared with those of the generations before theirs.

    No shard counts as newer than generation `newest_of_all`: another machine's numbers are not this one's.
    """
    from ringrift_engine.records.quality import quality_of, split_by_setting

    by_shard = {path.name: dict(judged[path.name]) for path in shards if path.name in judged}
    read = {path.name: _read(path, config, newest_of_all) for path in shards if path.name not in by_shard}
    generations = {name: row["generation"] for name, row in by_shard.items()}
    generations |= {name: shard.generation for name, shard in read.items()}
    newest = max(generations.values())

    for name, shard in read.items():
        earlier = _before(shard.generation, generations, index)
        found = quality_of(shard.games, config.num_players, earlier)
        by_shard[name] = {"generation": shard.generation, **_in_short(found)}
    parts = [read.get(path.name) or _read(path, config, None) for path in shards if generations[path.name] == newest]
    games, earlier = parts[0].games.join([part.games for part in parts]), _before(newest, generations, index)
    by_player = split_by_setting(games, config.num_players, earlier)
    return {
        **quality_of(games, config.num_players, earlier).to_json(),
        "generation": newest,
        "by_shard": by_shard,
        "by_player": {name: quality.to_json() for name, quality in by_player.by_setting.items()},
        "worst_player": by_player.worst,
    }


@dataclass(frozen=True, eq=False)
class _Shard:
    """What was read of a shard; the settings of its games are names of the mix of opponents."""

    generation: int
    games: "GameMeasures"


def _read(path: Path, config: BoardConfig, newest_of_all: int | None) -> _Shard:
    import numpy as np

    from ringrift_engine.records.measures import GameMeasures
    from ringrift_engine.records.shard import read_packed

    shard = read_packed(path, config.key)
    games = GameMeasures.of(shard)
    mixed = np.array([_name_in_mix(str(setting), shard.header) for setting in games.setting], dtype=np.str_)
    generation = _generation_in(shard.header)
    return _Shard(min(generation, newest_of_all or generation), replace(games, setting=mixed))


def _generation_in(header: "ShardHeader") -> int:
    """The generation that a shard says it is of. One that says none, such as games played by hand, is of the first: it
    displaces none of the loop's own.
    """
    said = header.settings.get("generation")
    return said if isinstance(said, int) and said >= 1 else 1


def _name_in_mix(setting: str, header: "ShardHeader") -> str:
    """The name by which the plan knows whom the learner met in a game: `self`, `earlier`, or the opponent's kind.

    The learner is the first participant of a shard; another network that searches is an earlier one.
    """
    learner = header.participants[0].name
    met = [who for who in header.participants if who.name in setting.split(" and ") and who.name != learner]
    return "+".join(sorted({"earlier" if who.model else who.kind for who in met})) or "self"


def _before(generation: int, generations: Mapping[str, int], index: "polars.DataFrame") -> "EarlierGames":
    """The games of the generations before one."""
    from ringrift_engine.records.quality import earlier_games

    return earlier_games(index, [Path(name) for name, number in generations.items() if number >= generation])


def _in_short(quality: "GamesQuality") -> dict[str, Any]:
    """What is kept of a shard for ever: manifests would grow by a page with every shard if all were."""
    values = quality.to_json()
    subscores = {part["name"]: part["value"] for part in values["subscores"]}
    return {**{name: values[name] for name in ("games", "score", "grade")}, "subscores": subscores}


def judge_newest_export(
    folder: Path, by_file: Mapping[str, Mapping[str, Any]], config: BoardConfig, first_searched: int | None
) -> dict[str, Any]:
    """The quality of the newest export, by generation and then by name: training may learn from it alone.

    `first_searched` is the first generation that had a promoted model.
    """
    from ringrift_engine.datasets.dataset_quality import Origin, dataset_quality

    name = max(by_file, key=lambda file: (by_file[file]["generation"], file))
    origin = Origin(by_file[name]["generation"], by_file[name]["promoted"])
    return dataset_quality(folder / name, config, {folder / name: origin}, None, first_searched).to_json()


def origin_of(path: Path, config: BoardConfig, generation: int | None = None) -> "Origin":
    """The generation of a shard's games, and the promoted network if it searched in them.

    `generation` is what it counts as here, where that was decided when it was taken in.
    """
    from ringrift_engine.datasets.dataset_quality import Origin
    from ringrift_engine.records.shard_schema import read_header, reading

    with reading(path) as database:
        header = read_header(database, path, config.key)
    promoted = header.inputs.get("promoted_models")
    searches = any(who.model == promoted and who.simulations > 0 for who in header.participants)
    return Origin(generation or _generation_in(header), promoted if searches else None)
