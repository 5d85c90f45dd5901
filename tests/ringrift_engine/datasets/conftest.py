"""Three small shards of hex8_2p with their exports, made once; every third game is named so that it is held out."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ringrift_engine.boards import BoardConfig
from ringrift_engine.datasets.export import ExportReport, export_shard
from ringrift_engine.records.game_record import GameRecord
from ringrift_engine.records.shard import publish_shard
from tests.support.records import header_of, random_records

CONFIG = BoardConfig.from_key("hex8_2p")


def named(record: GameRecord, number: int) -> GameRecord:
    """The record under a name that puts every third game on the held-out side."""
    return replace(record, game_id=f"{20 * number + (number % 3 != 0):016x}" + record.game_id[16:])


@dataclass(frozen=True)
class Exported:
    """A shard's games and its export."""

    records: list[GameRecord]
    shard: Path
    report: ExportReport


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> list[Exported]:
    """Exports of three shards of six games each."""
    folder = tmp_path_factory.mktemp("exports")
    made = []
    for seed in (1, 2, 3):
        records = [named(record, 100 * seed + index) for index, record in enumerate(random_records(CONFIG, 6, seed))]
        shard = publish_shard(folder / "shards", header_of(CONFIG, seed), records).path
        made.append(Exported(records, shard, export_shard(shard, folder / f"{shard.stem}.npz", CONFIG)))
    return made


@pytest.fixture(scope="session")
def paths(exports: list[Exported]) -> list[Path]:
    """The NPZ files."""
    return [exported.report.path for exported in exports]
