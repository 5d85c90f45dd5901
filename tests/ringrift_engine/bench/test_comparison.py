"""Two runs side by side: ratios of hand-made files, and files that are torn or something else."""

import json

import pytest

from ringrift_engine.bench.comparison import compare, read_rows
from ringrift_engine.bench.rows import not_measured
from ringrift_engine.bench.table import table_text
from ringrift_engine.errors import DataError
from tests.ringrift_engine.bench.test_rows import row
from tests.ringrift_engine.cli.conftest import ringrift


def written(path, rows):
    path.write_text(json.dumps([one.to_json() for one in rows]))
    return path


def test_ratios_are_now_over_before(tmp_path):
    before = written(
        tmp_path / "before.json",
        [row(value=2e6, calibrated=0.01, configuration="hex8_2p"), row("rules.copy", 40.0, calibrated=4e9)],
    )
    now = [row(value=5e6, calibrated=0.0125, configuration="hex8_2p"), row("rules.copy", 10.0, calibrated=2e9)]
    faster, shorter = compare(now, read_rows(before))
    assert (faster.before, faster.ratio, faster.calibrated_ratio) == (2e6, 2.5, 1.25)
    assert (shorter.before, shorter.ratio, shorter.calibrated_ratio) == (40.0, 0.25, 0.5)
    assert faster.to_json()["ratio"] == 2.5
    assert faster.to_json()["name"] == "rules.random_play"


@pytest.mark.parametrize(
    "other",
    [{"configuration": "hex8_3p"}, {"threads": 2}, {"device": "cuda"}, {"name": "rules.random_play_own"}],
    ids=str,
)
def test_rows_of_other_things_are_not_compared(tmp_path, other):
    before = written(tmp_path / "before.json", [row(**other)])
    (change,) = compare([row()], read_rows(before))
    assert (change.before, change.ratio, change.calibrated_ratio) == (None, None, None)


def test_games_of_a_peer_are_compared_with_the_same_game_only(tmp_path):
    before = written(
        tmp_path / "before.json", [row("peer.pgx", 100.0, details={"game": game}) for game in ("othello", "hex")]
    )
    changes = compare([row("peer.pgx", 300.0, details={"game": game}) for game in ("hex", "go")], read_rows(before))
    assert [change.ratio for change in changes] == [3.0, None]


def test_what_was_not_measured_in_one_of_the_runs_has_no_ratio(tmp_path):
    before = written(tmp_path / "before.json", [not_measured("rules.random_play", "no time"), row("rules.copy", 1.0)])
    changes = compare([row(), not_measured("rules.copy", "no time")], read_rows(before))
    assert [change.ratio for change in changes] == [None, None]
    assert changes[1].before == 1.0


def test_the_table_shows_ratios_only_when_asked(tmp_path):
    before = written(tmp_path / "before.json", [row(value=2e6)])
    changes = compare([row(value=5e6, goal=4e6, limit=1e7)], read_rows(before))
    shown = table_text(changes, compared=True).splitlines()
    assert shown[-1].split() == ["rules.random_play", "1", "5M", "moves/s", ">=", "4M", "met", "50.0%", "2M", "2.500"]
    assert "2.500" not in table_text(changes, compared=False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'[{"name": "rules.ran', "torn one"),
        (b"\xff\xfe\x00", "torn one"),
        (b"{}", "not a list of rows"),
        (b"[]", "not a list of rows"),
        (b"[3]", "row 1 is no object but 3"),
        (b'[{"name": "rules.random_play"}]', "row 1 lacks calibrated"),
    ],
)
def test_a_torn_or_foreign_file_is_named_before_anything_is_measured(tmp_path, content, message):
    path = tmp_path / "before.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_rows(path)
    result = ringrift("bench", "--only", "rules", "--compare", path)
    assert result.exit_code == 1
    assert str(path) in result.output
    assert "ringrift bench --json > FILE" in result.output
