"""The inbox: what is whole, whose it is, what is copied, what is refused and why."""

import hashlib
import os
import sqlite3
import time

import pytest

from ringrift_engine.files import PARTIAL_PREFIX, sha256_of
from ringrift_engine.sync import clear, files_in, owner_of, receive, set_aside
from ringrift_engine.sync.inbox import SETTLED_S
from tests.support.drops import drop, put, shard_of

KEY, OTHER = "hex8_2p", "square8_2p"


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """Configuration -> a shard of it."""
    folder = tmp_path_factory.mktemp("elsewhere")
    return {KEY: shard_of(folder), OTHER: shard_of(folder, OTHER)}


@pytest.fixture
def inbox(tmp_path):
    return tmp_path / "inbox"


def received(inbox, tmp_path, key=KEY, known=()):
    return receive(inbox, key, tmp_path / "held", known, time.time())


# --- what is whole


def test_an_inbox_that_is_not_there_is_empty(inbox):
    assert files_in(inbox, time.time()) == []


def test_hidden_files_refused_ones_and_those_just_changed_are_left_alone(inbox):
    for name in ("a.db", "hex8_2p/b.db", "rack1/hex8_2p/c.db"):
        put(inbox, name)
    for name in (f"{PARTIAL_PREFIX}d.db", ".e.db.Xy12Zz", ".rsync-partial/f.db", "refused/g.db"):
        put(inbox, name)
    put(inbox, "h.db", age_s=SETTLED_S / 2)
    assert files_in(inbox, time.time()) == ["a.db", "hex8_2p/b.db", "rack1/hex8_2p/c.db"]


@pytest.mark.parametrize(
    ("age_s", "whole"), [(0, False), (SETTLED_S - 0.5, False), (SETTLED_S, True), (-60, True)], ids=str
)
def test_a_file_is_whole_some_seconds_after_its_last_change(inbox, age_s, whole):
    now = 2_000_000_000
    path = put(inbox, "a.db")
    os.utime(path, (now - age_s, now - age_s))
    assert (files_in(inbox, now) == ["a.db"]) is whole


def test_a_file_belongs_to_its_folders_configuration_or_to_its_headers(inbox, shards):
    drop(shards[KEY], inbox, "a.db")
    drop(shards[KEY], inbox, f"{OTHER}/b.db")
    drop(shards[KEY], inbox, "rack1/c.db")
    put(inbox, "d.txt", b"no shard")
    put(inbox, f"{OTHER}/e.db", b"no shard")
    owners = {file: owner_of(inbox, file) for file in files_in(inbox, time.time())}
    assert owners == {"a.db": KEY, f"{OTHER}/b.db": OTHER, "rack1/c.db": KEY, "d.txt": "", f"{OTHER}/e.db": OTHER}


# --- what is copied


def test_a_shard_is_copied_under_the_name_of_its_content_and_stays_in_the_inbox(inbox, tmp_path, shards):
    content, sha256 = shards[KEY].read_bytes(), sha256_of(shards[KEY])
    for name in ("games of monday.db", f"{KEY}/{shards[KEY].name}"):
        drop(shards[KEY], inbox, name)
    drop(shards[OTHER], inbox)
    found = received(inbox, tmp_path)
    assert found.arrived == {shards[KEY].name: sha256}
    assert found.settled == {"games of monday.db": sha256, f"{KEY}/{shards[KEY].name}": sha256}
    assert found.refused == {}
    assert {path.name: path.read_bytes() for path in (tmp_path / "held").iterdir()} == {shards[KEY].name: content}
    assert (inbox / "games of monday.db").read_bytes() == content


def test_what_is_known_is_settled_and_not_copied(inbox, tmp_path, shards):
    drop(shards[KEY], inbox, "again.db")
    found = received(inbox, tmp_path, known={sha256_of(shards[KEY])})
    assert (found.arrived, found.refused) == ({}, {})
    assert found.settled == {"again.db": sha256_of(shards[KEY])}
    assert not (tmp_path / "held").exists()


# --- what is refused


def cut(path, inbox):
    put(inbox, "cut.db", path.read_bytes()[: path.stat().st_size // 2])
    return "cut.db", "torn"


def flipped(path, inbox):
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    put(inbox, path.name, bytes(content))
    return path.name, "not the one in the name"


def text(_, inbox):
    put(inbox, "notes.txt", b"some games")
    return "notes.txt", "The file is torn or no shard"


def empty(_, inbox):
    put(inbox, "empty.db", b"")
    return "empty.db", "not a shard of games"


def of_other_rules(path, inbox):
    change(drop(path, inbox, "rules.db"), "update shard set rules_version = rules_version + 1")
    return "rules.db", "rules version"


def with_another_winner(path, inbox):
    change(drop(path, inbox, "winner.db"), "update games set winner = 3 - winner")
    return "winner.db", "recorded"


def with_nonsense_for_settings(path, inbox):
    change(drop(path, inbox, "settings.db"), "update shard set settings = 'nonsense'")
    return "settings.db", "The file is damaged (JSONDecodeError"


def by_nobody(path, inbox):
    change(drop(path, inbox, "nobody.db"), "update games set seats = '[0,1]'")
    return "nobody.db", "was played by [0, 1] of 1 participants, at 2 seats"


def of_no_configuration(path, inbox):
    change(drop(path, inbox, "hex9.db"), "update shard set config_key = 'hex9_2p'")
    return "hex9.db", "'hex9_2p'"


def in_anothers_folder(path, inbox):
    drop(path, inbox, "rack1/a.db")
    return "rack1/a.db", f"a shard of {KEY} in the folder rack1"


def unreadable(path, inbox):
    drop(path, inbox, "locked.db").chmod(0)
    return "locked.db", "cannot be read"


def change(path, statement):
    """Change rows of a shard, which then is none of those that the engine writes."""
    database = sqlite3.connect(path)
    database.execute(statement)
    database.commit()
    database.close()
    os.utime(path, (0, 0))


CASES = [
    cut,
    flipped,
    text,
    empty,
    of_other_rules,
    with_another_winner,
    with_nonsense_for_settings,
    by_nobody,
    of_no_configuration,
    in_anothers_folder,
    pytest.param(unreadable, marks=pytest.mark.skipif(os.geteuid() == 0, reason="the superuser reads everything")),
]


@pytest.mark.parametrize("fault", CASES)
def test_what_cannot_be_taken_in_is_refused_with_its_reason_and_stops_nothing(inbox, tmp_path, shards, fault):
    drop(shard_of(tmp_path / "elsewhere", seed=8), inbox, "whole.db")
    file, why = fault(shards[KEY], inbox)
    found = received(inbox, tmp_path)
    assert list(found.refused) == [file]
    assert why in found.refused[file]
    assert PARTIAL_PREFIX not in found.refused[file]
    assert list(found.settled) == ["whole.db"]
    assert [path.name for path in (tmp_path / "held").iterdir()] == list(found.arrived)


def test_games_without_a_decision_are_refused_for_no_export_could_be_made(inbox, tmp_path):
    path = shard_of(tmp_path / "elsewhere", seed=9)
    change(drop(path, inbox, "opening.db"), "update games set opening_plies = 10000")
    assert "decision to learn from" in received(inbox, tmp_path).refused["opening.db"]


def test_a_shard_in_the_folder_of_another_configuration_is_refused_there_and_names_both(inbox, tmp_path, shards):
    drop(shards[KEY], inbox, f"{OTHER}/a.db")
    assert received(inbox, tmp_path).refused == {}
    assert f"a shard of {KEY} in the folder {OTHER}" in received(inbox, tmp_path, OTHER).refused[f"{OTHER}/a.db"]


# --- setting aside, clearing


def test_a_refused_file_is_moved_with_a_text_that_says_why(inbox):
    put(inbox, "hex8_2p/a.db", b"damaged")
    target = set_aside(inbox, "hex8_2p/a.db", "It is torn. Fetch it again.")
    assert target == inbox / "refused" / "hex8_2p-a.db"
    assert (inbox / "refused" / "hex8_2p-a.db").read_bytes() == b"damaged"
    said = (inbox / "refused" / "hex8_2p-a.db.txt").read_text()
    assert "It is torn. Fetch it again." in said
    assert str(inbox) in said
    assert files_in(inbox, time.time()) == []


def test_two_refused_files_of_one_name_are_both_kept(inbox):
    for content in (b"one", b"two"):
        put(inbox, "a.db", content)
        set_aside(inbox, "a.db", "torn")
    assert {path.name for path in (inbox / "refused").iterdir()} == {"a.db", "a.db.txt", "a-2.db", "a-2.db.txt"}
    assert (inbox / "refused" / "a-2.db").read_bytes() == b"two"


def test_what_is_gone_already_is_neither_set_aside_nor_an_error(inbox):
    assert set_aside(inbox, "a.db", "torn") is None
    clear(inbox, "a.db", "0" * 64)
    assert not inbox.exists()


def test_only_the_content_that_was_taken_in_is_cleared(inbox):
    path = put(inbox, "a.db", b"later games")
    clear(inbox, "a.db", hashlib.sha256(b"games").hexdigest())
    assert path.read_bytes() == b"later games"
    clear(inbox, "a.db", hashlib.sha256(b"later games").hexdigest())
    assert not path.exists()
