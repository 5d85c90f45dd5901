"""Which files are shards, and which only look like it."""

import pytest

from ringrift_engine.errors import DataError
from ringrift_engine.files import PARTIAL_PREFIX, sha256_of
from ringrift_engine.records.discovery import check_name, shard_name, shards_in


def test_only_declared_names_are_shards(tmp_path):
    for name in ("0123456789ab.db", "fedcba987654.db"):
        (tmp_path / name).touch()
    strangers = (
        f"{PARTIAL_PREFIX}0123456789ab.db", "0123456789ab.db-journal", "0123456789AB.db", "0123456789abc.db",
        "games.db", "0123456789ab.npz", "games.parquet",
    )  # fmt: skip
    for name in strangers:
        (tmp_path / name).touch()
    (tmp_path / "00000000000a.db").mkdir()
    assert [path.name for path in shards_in(tmp_path)] == ["0123456789ab.db", "fedcba987654.db"]


def test_a_folder_that_does_not_exist_has_no_shards(tmp_path):
    assert shards_in(tmp_path / "none") == []


def test_a_changed_file_no_longer_has_its_name(shard, tmp_path):
    assert check_name(shard.path) == shard.sha256 == sha256_of(shard.path)
    changed = tmp_path / shard_name(shard.sha256)
    changed.write_bytes(shard.path.read_bytes()[:-1] + b"!")
    with pytest.raises(DataError, match=r"not the one in the name.*fetch it again"):
        check_name(changed)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"0123456789ab\.db: there is no such shard"):
        check_name(tmp_path / "0123456789ab.db")
