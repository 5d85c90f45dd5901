"""Phases read off moves are those that the original engine recorded."""

from itertools import islice

import numpy as np
import pytest

from ringrift_engine.records.move_phases import NOTHING_TO_DO, kinds_of, phases_of
from ringrift_engine.rules.moves import KIND_CODES, KIND_NAMES, kind_of, make_move
from ringrift_engine.rules.state import PHASE_CODES
from tests.support.traces import GAME_FILES, games_of

KINDS = {code: kind for kind, code in enumerate(KIND_CODES)}


def recorded_kinds_and_phases(path, at_most):
    """Kinds and phases of all moves of a file's first games, one game after the other."""
    kinds, phases = [], []
    for game in islice(games_of(path), at_most):
        for raw in game.raw_steps:
            move = raw["m"] if raw.get("L") is None else raw["L"][raw["c"]]
            kinds.append(KINDS[move[0]])
            phases.append(PHASE_CODES.index(raw["ph"]))
    return np.array(kinds, dtype=np.uint8), np.array(phases, dtype=np.uint8)


def test_every_phase_is_the_recorded_one():
    seen = set()
    for path in GAME_FILES:
        if "full" in path.name or "scenarios" in path.name:
            continue  # positions with all their legal moves, which take long to read, and hand-made ones
        kinds, phases = recorded_kinds_and_phases(path, at_most=3)
        found = phases_of(kinds)
        wrong = np.flatnonzero(found != phases)
        assert not len(wrong), f"{path.name}, move {wrong[0]}: {KIND_NAMES[kinds[wrong[0]]]} in {phases[wrong[0]]}"
        seen |= set(zip(kinds.tolist(), phases.tolist(), strict=True))
    # Both phases of the two kinds that have two, so that nothing passes for want of an example.
    for code, expected in (("C", {"MV", "CA"}), ("E", {"LP", "TP"})):
        assert {PHASE_CODES[phase] for kind, phase in seen if kind == KINDS[code]} == expected


@pytest.mark.parametrize("kind", range(len(KIND_NAMES)))
def test_the_kind_of_a_move_is_that_of_the_rules(kind):
    move = make_move(kind, 1_023, 1_023, 1_023, 7)
    assert kinds_of(np.array([move], dtype=np.int64)).tolist() == [kind] == [kind_of(move)]


def test_what_is_done_when_there_is_nothing_to_do():
    assert {KIND_CODES[kind] for kind in NOTHING_TO_DO} == {"NP", "NM", "NL", "NT"}


def test_no_moves_have_no_phases():
    assert phases_of(np.zeros(0, dtype=np.uint8)).shape == (0,)
