"""Versions and their manifests: the commit point, what is verified, what is swept."""

import hashlib
import json

import pytest

from ringrift_assets.storage import Removed, Store, Version, removed_of, short_name, with_removed
from ringrift_engine.errors import DataError


def put(store, asset, name, content):
    path = store.folder(asset, "hex8_2p") / name
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def version(asset, files, **more):
    return Version(asset=asset, key="hex8_2p", files=files, inputs={}, request="r", **more)


def test_files_are_no_version_until_a_manifest_names_them(tmp_path):
    store = Store(tmp_path)
    sha256 = put(store, "checkpoints", "a.safetensors", b"weights")
    assert store.latest("checkpoints", "hex8_2p") is None
    store.commit(version("checkpoints", {"a.safetensors": sha256}, report={"loss": 1.5}))
    found = store.latest("checkpoints", "hex8_2p")
    assert found == version("checkpoints", {"a.safetensors": sha256}, report={"loss": 1.5})
    assert found.version == sha256
    assert store.path(found).read_bytes() == b"weights"


def test_the_version_of_a_set_is_the_hash_of_its_sorted_hashes():
    files = {"b.db": "2" * 64, "a.db": "1" * 64}
    expected = hashlib.sha256(json.dumps(["1" * 64, "2" * 64]).encode()).hexdigest()
    assert version("synced_games", files).version == expected
    assert version("synced_games", {"x.db": "1" * 64, "y.db": "2" * 64}).version == expected  # names do not count
    assert version("synced_games", {"a.db": "1" * 64}).version != "1" * 64


def test_a_version_of_one_file_that_names_two_is_damaged():
    with pytest.raises(DataError, match="one file expected, the manifest names 2"):
        _ = version("checkpoints", {"a": "1", "b": "2"}).version


@pytest.mark.parametrize("text", ["", "[]", '{"files": {}}', '{"files": {}, "strange": 1}'])
def test_a_torn_manifest_is_an_error_that_names_the_file(tmp_path, text):
    store = Store(tmp_path)
    path = store.folder("checkpoints", "hex8_2p") / "latest.json"
    path.write_text(text)
    with pytest.raises(DataError, match=str(path)):
        store.latest("checkpoints", "hex8_2p")


def test_missing_and_damaged_files_are_told_apart(tmp_path):
    store = Store(tmp_path)
    good = version("game_databases", {"a.db": put(store, "game_databases", "a.db", b"games")})
    store.verify(good)
    assert store.intact(good)
    (store.folder("game_databases", "hex8_2p") / "a.db").write_bytes(b"gamez")
    assert not store.intact(good)
    with pytest.raises(DataError, match=r"a\.db is damaged"):
        store.verify(good)
    (store.folder("game_databases", "hex8_2p") / "a.db").unlink()
    assert not store.intact(good)
    with pytest.raises(DataError, match=r"a\.db is missing"):
        store.verify(good)


def test_sweeping_removes_half_written_files_of_this_partition_only(tmp_path):
    store = Store(tmp_path)
    put(store, "game_databases", ".partial-x.db", b"half")
    put(store, "game_databases", "a.db", b"whole")
    other = store.folder("game_databases", "hex8_3p") / ".partial-y.db"
    other.write_bytes(b"half, but somebody else's")
    assert [path.name for path in store.sweep("game_databases", "hex8_2p")] == [".partial-x.db"]
    assert [path.name for path in store.folder("game_databases", "hex8_2p").iterdir()] == ["a.db"]
    assert other.exists()


def test_sweeping_removes_what_was_taken_out_of_a_set_and_leaves_what_is_in_it(tmp_path):
    store = Store(tmp_path)
    names = ("gone.db", "back.db", "stray.db")
    shards = {name: put(store, "game_databases", name, name.encode()) for name in names}
    named = version("game_databases", {"back.db": shards["back.db"]})
    store.commit(with_removed(named, Removed(files=2, last=("back.db", "gone.db", "went.db"))))
    assert [path.name for path in store.sweep("game_databases", "hex8_2p")] == ["gone.db"]
    left = {path.name for path in store.folder("game_databases", "hex8_2p").iterdir()}
    assert left == {"latest.json", "back.db", "stray.db"}


def test_sweeping_beside_a_torn_manifest_removes_half_written_files_only(tmp_path):
    store = Store(tmp_path)
    put(store, "game_databases", "latest.json", b"{")
    put(store, "game_databases", ".partial-x.db", b"half")
    put(store, "game_databases", "a.db", b"whole")
    assert [path.name for path in store.sweep("game_databases", "hex8_2p")] == [".partial-x.db"]
    assert (store.folder("game_databases", "hex8_2p") / "a.db").exists()


@pytest.mark.parametrize(("asset", "kept"), [("npz_exports", True), ("checkpoints", False)])
def test_the_account_of_what_was_removed_goes_on_from_version_to_version_of_a_set(tmp_path, asset, kept):
    store = Store(tmp_path)
    first = Removed(files=2, bytes=20, games=7, rows=70, searched_rows=35, last=("a", "b"))
    store.commit(with_removed(version(asset, {"c": "3"}), first))
    committed = store.commit(version(asset, {"c": "3", "d": "4"}, report={"rows": 10}))
    assert removed_of(committed) == removed_of(store.latest(asset, "hex8_2p")) == (first if kept else Removed())
    assert committed.report["rows"] == 10
    second = Removed(files=3, bytes=30, games=8, rows=80, searched_rows=45, last=("c",))
    assert removed_of(store.commit(with_removed(version(asset, {"d": "4"}), second))) == second


def test_names_are_the_beginning_of_the_content_hash():
    assert short_name("0123456789abcdef" * 4, ".npz") == "0123456789ab.npz"
