"""The original project's contract vectors and golden games, as far as they replay (tests/traces/README.md, section 6).

A vector is a hand-written position, its legal set, a move, and the states that follow. Most were written for older
rules or for positions that play cannot reach, and the original engine accepts many moves that it does not list. So:

    whole      37  legal set and every state are as recorded
    not legal  31  the legal set is as recorded, but the recorded move is not in it
    refused     9  the legal set is as recorded; the original engine refuses the move too
    legal set  10  eight were recorded on a hexagonal board of radius 10; one is in the capture phase without the slide
                   before it, one in forced elimination with rings in hand
    position    5  four have a single player, one a stack beside the board

Golden games are checked step by step from the recorded state, because they contain moves that are not legal; a game is
followed until the original engine itself goes on only in its lenient mode.
"""

import gzip
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from ringrift_engine import BoardConfig, Game, IllegalMoveError
from ringrift_engine.errors import ConfigError, SnapshotError
from tests.support.traces import VECTORS, State, move_texts

COUNTS = {"whole": 37, "not legal": 31, "refused": 9, "legal set": 10, "position": 5}
OTHER_LEGAL_SETS = {
    "chain_capture.depth2.segment1.capture_phase.square19",
    "chain_capture.depth3.segment1.hexagonal",
    "chain_capture.depth3.segment3.hexagonal",
    "hex_edge_case.edge_chain.segment1.hexagonal",
    "hex_edge_case.edge_chain.segment2.hexagonal",
    "hex_edge_case.forced_elim_3p.hexagonal",
    "movement.basic.axial.hexagonal",
    "placement.edge.boundary.hexagonal",
    "placement.initial.center.hexagonal",
    "territory.hex_two_regions_then_elim.step2_regionA",
}
LATER_MOVE_NOT_LEGAL = "chain_capture.4_targets.diagonal_with_turn_theoretical"


@cache
def records(kind: str) -> list[dict[str, Any]]:
    with gzip.open(VECTORS, "rt", encoding="utf-8") as lines:
        return [record for record in map(json.loads, lines) if record["kind"] == kind]


def without_host_fields(state: State) -> State:
    """The turn number and the last-player tracker belong to the recording host; vectors lack them."""
    return {name: value for name, value in state.items() if name not in ("tn", "lp")}


def legal_texts(game: Game) -> list[str]:
    return move_texts(move.to_tuple() for move in game.legal_moves(include_rejected=True))


def outcome(vector: dict[str, Any]) -> str:
    """How far a vector replays."""
    try:
        config = BoardConfig.from_key(f"{vector['board']}_{vector['np']}p")
        game = Game.from_snapshot(config, vector["s0"])
    except (ConfigError, SnapshotError):
        return "position"
    if legal_texts(game) != move_texts(vector["L"]):
        return "legal set"
    if not vector["engine"]["accepted"]:
        return "refused"
    for number, step in enumerate(vector["steps"]):
        try:
            game.apply(step["m"])
        except IllegalMoveError:
            return "not legal"
        if without_host_fields(game.snapshot()) != without_host_fields(step["s"]):
            return f"another state after step {number}"
    return "whole"


def test_the_vectors_replay_as_far_as_they_were_written_for_these_rules():
    outcomes = {vector["id"]: outcome(vector) for vector in records("vector")}
    found = {name: [key for key, value in outcomes.items() if value == name] for name in set(outcomes.values())}
    assert {name: len(ids) for name, ids in found.items()} == COUNTS
    assert set(found["legal set"]) == OTHER_LEGAL_SETS


def test_a_move_that_is_not_legal_is_not_in_the_recorded_legal_set_either():
    """So the recording, not the engine, makes these vectors stop."""
    stopped = [vector for vector in records("vector") if outcome(vector) == "not legal"]
    listed = [vector["id"] for vector in stopped if move_texts([vector["move"]])[0] in move_texts(vector["L"])]
    assert listed == [LATER_MOVE_NOT_LEGAL]


def golden_steps(record: dict[str, Any]) -> Iterator[tuple[int, State, dict[str, Any]]]:
    state = record["s0"]
    for number, step in enumerate(record["steps"]):
        if "compat" in step or "s" not in step:
            return
        yield number, state, step
        state = step["s"]


@pytest.mark.parametrize("number", range(5))
def test_a_golden_game_has_the_recorded_legal_sets_and_states(number):
    record = records("golden")[number]
    config = BoardConfig.from_key(f"{record['board']}_{record['np']}p")
    for step_number, state, step in golden_steps(record):
        if "L" not in step:
            continue
        game = Game.from_snapshot(config, state)
        assert legal_texts(game) == move_texts(step["L"]), step_number
        if "c" in step:
            game.apply(step["m"])
            assert without_host_fields(game.snapshot()) == without_host_fields(step["s"]), step_number
