"""The judge of recorded games: it must read the format right, and must see every kind of difference."""

import copy
import gzip
import hashlib
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from tests.naive.replay import naive_difference
from tests.support.traces import (
    GAME_FILES,
    TRACES,
    TraceGame,
    apply_delta,
    canonical_text,
    games_of,
    move_texts,
    text_hash,
)

SCENARIO = next(games_of(TRACES / "scenarios2-square8-2p.jsonl.gz"))
CHOICE = max(range(len(SCENARIO.raw_steps)), key=lambda number: len(SCENARIO.raw_steps[number]["L"]))
LISTED = SCENARIO.raw_steps[CHOICE]["L"]
PLAYED = LISTED[SCENARIO.raw_steps[CHOICE]["c"]]


def test_canonical_text_is_the_compact_json_of_every_move_in_code_unit_order():
    moves = [("P", 4, 1), ("NP",), ("P", 44, 2), ("T", (1, 20)), ("R", "line", 1, 2, 1, 3, None), ("P", 40, 1)]
    single = sorted(json.dumps(move, separators=(",", ":")) for move in moves)
    assert move_texts(moves) == single
    assert canonical_text(moves) == "[" + ",".join(single) + "]"
    assert canonical_text([]) == "[]"
    assert text_hash("[]") == hashlib.sha256(b"[]").hexdigest()


def test_recorded_lists_are_in_canonical_order():
    for step in SCENARIO.steps():
        assert json.dumps(step.legal, separators=(",", ":")) == canonical_text(step.legal or [])


def test_a_delta_changes_empties_and_removes():
    before = {"b": {"1": "m1", "2": "s1"}, "ph": "MV", "mm": 2, "ha": 1}
    delta = {"b": {"2": "", "3": "c1"}, "ph": "LP", "-": ["mm"]}
    assert apply_delta(before, delta) == {"b": {"1": "m1", "3": "c1"}, "ph": "LP", "ha": 1}
    assert before["b"] == {"1": "m1", "2": "s1"}


def test_deltas_lead_to_the_recorded_final_numbers():
    game = next(games_of(TRACES / "scenarios-square19-3p.jsonl.gz"))
    *_, last = game.steps()
    final = game.header["result"]["final"]
    assert last.after["pl"] == [[seat["hand"], seat["eliminated"], seat["territory"]] for seat in final]


def test_all_recordings_are_there():
    """A missing file must not pass for a green one; the counts are those of tests/traces/README.md, section 8."""
    assert len(GAME_FILES) == 27
    assert sum(gzip.decompress(path.read_bytes()).count(b"\n") for path in GAME_FILES) == 649


def altered(change: dict[str, Any], step: int = 0) -> TraceGame:
    steps = copy.deepcopy(SCENARIO.raw_steps)
    steps[step] |= change
    return replace(SCENARIO, raw_steps=steps)


def altered_state(step: int, **change: Any) -> TraceGame:
    return altered({"s": SCENARIO.raw_steps[step]["s"] | change}, step)


@pytest.mark.parametrize(
    ("game", "words"),
    [
        pytest.param(
            altered({"L": [PLAYED], "c": 0}, CHOICE),
            f"too many {len(LISTED) - 1}",
            id="a_move_missing_in_the_recording",
        ),
        pytest.param(altered({"L": [*LISTED, ["XX"]]}, CHOICE), "missing 1", id="a_move_missing_in_the_engine"),
        pytest.param(altered({"rj": [0]}, 0), "rejected moves: missing 1", id="a_move_not_refused"),
        pytest.param(altered_state(0, pe=1), "pe is None, recorded 1", id="a_flag"),
        pytest.param(altered_state(0, b={}), "recorded None", id="a_cell"),
        pytest.param(altered_state(2, lp=[9, 9, [], 0, 0, 0]), "step 2, player 1 .*recorded .9, 9", id="the_tracker"),
        pytest.param(
            replace(SCENARIO, header=SCENARIO.header | {"result": SCENARIO.header["result"] | {"how": "luck"}}),
            "recorded .*'luck'",
            id="the_reason",
        ),
        pytest.param(replace(SCENARIO, raw_steps=SCENARIO.raw_steps[:-1]), "at the end", id="a_game_that_goes_on"),
    ],
)
def test_every_kind_of_difference_is_seen_and_named(game, words):
    difference = naive_difference(game)
    assert difference is not None
    assert SCENARIO.game_id in difference
    assert re.search(words, difference), difference
