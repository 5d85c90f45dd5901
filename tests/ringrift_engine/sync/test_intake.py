"""Intake: copies are proved, receipts are written once, and what is damaged stops everything before it is copied."""

import hashlib

import pytest

from ringrift_engine.errors import DataError
from ringrift_engine.files import PARTIAL_PREFIX, sha256_of
from ringrift_engine.progress import silent
from ringrift_engine.sync import Intake, Receipts, manifest_of, take_in, verify_against


def put(folder, name, content):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return {name: hashlib.sha256(content).hexdigest()}


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    put(folder, "a.db", b"games a")
    put(folder, "b.db", b"games b" * 1000)
    return folder


def intake(tmp_path, source, offered=None, held=None):
    return Intake(
        key="hex8_2p",
        source=source,
        source_name="game_databases",
        offered=manifest_of(source.glob("*.db")) if offered is None else offered,
        destination=tmp_path / "destination",
        destination_name="synced_games",
        held=held or {},
    )


def receipts(tmp_path):
    return Receipts(tmp_path / "receipts.db")


def test_everything_offered_arrives_with_its_content_and_a_receipt(tmp_path, source):
    manifest = take_in(intake(tmp_path, source), receipts(tmp_path), 100.0, silent)
    for name, sha256 in manifest.items():
        assert (tmp_path / "destination" / name).read_bytes() == (source / name).read_bytes()
        assert sha256_of(tmp_path / "destination" / name) == sha256
    rows = receipts(tmp_path).of("hex8_2p", "synced_games")
    assert [(row.name, row.sha256, row.bytes, row.source) for row in rows] == [
        ("a.db", manifest["a.db"], 7, "game_databases"),
        ("b.db", manifest["b.db"], 7_000, "game_databases"),
    ]


def test_doing_it_again_copies_nothing_and_keeps_the_first_receipt(tmp_path, source):
    first = take_in(intake(tmp_path, source), receipts(tmp_path), 100.0, silent)
    times = {name: (tmp_path / "destination" / name).stat().st_mtime_ns for name in first}
    again = take_in(intake(tmp_path, source, held=first), receipts(tmp_path), 200.0, silent)
    assert again == first
    assert {name: (tmp_path / "destination" / name).stat().st_mtime_ns for name in first} == times
    assert {row.received_at for row in receipts(tmp_path).of("hex8_2p", "synced_games")} == {100.0}


def test_what_was_held_stays_although_the_source_no_longer_offers_it(tmp_path, source):
    first = take_in(intake(tmp_path, source), receipts(tmp_path), 1.0, silent)
    (source / "a.db").unlink()
    put(source, "c.db", b"games c")
    after = take_in(intake(tmp_path, source, held=first), receipts(tmp_path), 2.0, silent)
    assert sorted(after) == ["a.db", "b.db", "c.db"]


def test_a_copy_that_lost_its_receipt_to_a_kill_gets_one(tmp_path, source):
    manifest = manifest_of(source.glob("*.db"))
    put(tmp_path / "destination", "a.db", b"games a")  # copied, then killed: neither held nor receipted
    assert take_in(intake(tmp_path, source), receipts(tmp_path), 5.0, silent) == manifest
    assert len(receipts(tmp_path).of("hex8_2p", "synced_games")) == 2


@pytest.mark.parametrize("fault", ["damaged", "missing"])
def test_a_faulty_source_stops_the_intake_before_anything_is_copied(tmp_path, source, fault):
    offered = manifest_of(source.glob("*.db"))
    (source / "b.db").unlink()
    if fault == "damaged":
        put(source, "b.db", b"games ?")
    with pytest.raises(DataError, match=rf"b\.db is {fault}"):
        take_in(intake(tmp_path, source, offered=offered), receipts(tmp_path), 1.0, silent)
    assert not (tmp_path / "destination").exists()
    assert receipts(tmp_path).of("hex8_2p", "synced_games") == []


def test_damage_of_what_was_held_is_found_too(tmp_path, source):
    first = take_in(intake(tmp_path, source), receipts(tmp_path), 1.0, silent)
    (tmp_path / "destination" / "a.db").write_bytes(b"games x")
    with pytest.raises(DataError, match=r"destination/a\.db is damaged"):
        take_in(intake(tmp_path, source, held=first), receipts(tmp_path), 2.0, silent)


def test_one_name_for_two_contents_is_refused(tmp_path, source):
    held = put(tmp_path / "destination", "a.db", b"other games")
    with pytest.raises(DataError, match="hold different files of this name"):
        take_in(intake(tmp_path, source, held=held), receipts(tmp_path), 1.0, silent)
    assert (tmp_path / "destination" / "a.db").read_bytes() == b"other games"


def test_half_written_files_are_no_part_of_a_store(tmp_path, source):
    take_in(intake(tmp_path, source), receipts(tmp_path), 1.0, silent)
    assert not list((tmp_path / "destination").glob(f"{PARTIAL_PREFIX}*"))


def test_configurations_and_destinations_have_receipts_of_their_own(tmp_path, source):
    take_in(intake(tmp_path, source), receipts(tmp_path), 1.0, silent)
    assert receipts(tmp_path).of("hex8_3p", "synced_games") == []
    assert receipts(tmp_path).of("hex8_2p", "elsewhere") == []


def test_a_manifest_names_every_file_in_order_and_is_verified_against_the_folder(source):
    manifest = manifest_of(source.iterdir())
    assert list(manifest) == ["a.db", "b.db"]
    verify_against(source, manifest)
    (source / "a.db").write_bytes(b"")
    with pytest.raises(DataError, match=r"a\.db is damaged"):
        verify_against(source, manifest)
