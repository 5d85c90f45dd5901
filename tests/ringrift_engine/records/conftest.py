"""A few recorded games and a shard of them, made once for all tests here; tests copy what they change."""

from pathlib import Path

import pytest

from ringrift_engine.boards import BoardConfig
from ringrift_engine.records.game_record import GameRecord
from ringrift_engine.records.shard import ShardInfo, publish_shard
from tests.support.records import header_of, random_records

CONFIG = BoardConfig.from_key("hex8_2p")


@pytest.fixture(scope="session")
def records() -> list[GameRecord]:
    """Six random games of hex8_2p with policies."""
    return random_records(CONFIG, 6)


@pytest.fixture(scope="session")
def shard(records: list[GameRecord], tmp_path_factory: pytest.TempPathFactory) -> ShardInfo:
    """The shard of those games."""
    return publish_shard(tmp_path_factory.mktemp("shards"), header_of(CONFIG), records)


@pytest.fixture
def shard_copy(shard: ShardInfo, tmp_path: Path) -> Path:
    """A copy that a test may damage, under a name that claims no hash."""
    copy = tmp_path / "copy.db"
    copy.write_bytes(shard.path.read_bytes())
    return copy
