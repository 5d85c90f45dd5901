"""The invariants of RULES.md 8 on whole random games of all twelve configurations.

What is checked is read from snapshots and counted again here; where a count needs the rules (lines, caps), the naive
engine counts. Symmetries are in `test_symmetries`.
"""

from collections import Counter

import pytest
from hypothesis import given, settings

from ringrift_engine import Game
from tests.naive.lines import detected
from tests.naive.position import Position, cap_of, parse
from tests.support.traces import State
from tests.support.walks import Walk, WalkStep, naive_rules, walk_of, walks

MANY = settings(max_examples=36)


def stacks(state: State) -> dict[str, str]:
    return {cell: content[1:] for cell, content in state["b"].items() if content[0] == "s"}


def position(walk: Walk, state: State) -> Position:
    return parse(state, naive_rules(walk.config))


def progress(state: State) -> tuple[int, int]:
    """S = markers + collapsed + eliminated, and T = collapsed + eliminated."""
    kinds = Counter(content[0] for content in state["b"].values())
    settled = kinds["c"] + sum(seat[1] for seat in state["pl"])
    return settled + kinds["m"], settled


@MANY
@given(walk=walks())
def test_collapsed_cells_stay_with_their_owner(walk):
    for step in walk.steps:
        collapsed = {cell: content for cell, content in step.before["b"].items() if content[0] == "c"}
        assert collapsed.items() <= step.after["b"].items()


@MANY
@given(walk=walks())
def test_no_ring_is_lost_or_made(walk):
    total = walk.config.num_players * walk.config.rings_per_player
    for step in walk.steps:
        seats = step.after["pl"]
        assert sum(map(len, stacks(step.after).values())) + sum(seat[0] + seat[1] for seat in seats) == total


@MANY
@given(walk=walks())
def test_hands_only_shrink_and_credits_only_grow_and_only_for_the_mover(walk):
    for step in walk.steps:
        for seat, (before, after) in enumerate(zip(step.before["pl"], step.after["pl"], strict=True), start=1):
            assert after[0] <= before[0]
            assert after[1] >= before[1]
            assert after[2] >= before[2]
            assert before == after or seat == step.before["cp"]


@MANY
@given(walk=walks())
def test_territory_is_the_number_of_collapsed_cells(walk):
    for step in walk.steps:
        counted = Counter(content for content in step.after["b"].values())
        assert [counted[f"c{seat}"] for seat in range(1, len(step.after["pl"]) + 1)] == [p[2] for p in step.after["pl"]]


@MANY
@given(walk=walks())
def test_no_stack_is_higher_than_the_longest_ray_allows(walk):
    for step in walk.steps:
        assert all(1 <= len(rings) <= walk.config.max_height for rings in stacks(step.after).values())


def expected_progress(step: WalkStep) -> int | None:
    """What the move adds to S by RULES.md 8.5; None where that depends on more than the tuple."""
    code = step.move[0]
    if code in ("M", "C", "CC") or (code == "R" and step.move[4] == 1):
        return 1
    if code in ("E", "F"):
        return step.move[-1]
    if code == "T":
        inside = [step.before["b"].get(str(cell), "") for cell in step.move[1]]
        rings = sum(len(content) - 1 for content in inside if content.startswith("s"))
        return rings + sum(not content.startswith("m") for content in inside)
    return 0


@MANY
@given(walk=walks())
def test_every_kind_of_move_makes_its_own_progress(walk):
    for step in walk.steps:
        (old, old_settled), (new, new_settled) = progress(step.before), progress(step.after)
        assert new - old == expected_progress(step), step.move
        assert new_settled >= old_settled
        assert new_settled > old_settled or step.move[0] != "LO"


@MANY
@given(walk=walks())
def test_random_games_end_within_the_bound_on_moves(walk):
    assert walk.how
    assert len(walk.steps) < walk.config.max_moves
    assert (
        progress(walk.steps[-1].after)[0] <= walk.config.cells + walk.config.num_players * walk.config.rings_per_player
    )


@MANY
@given(walk=walks())
def test_flags_belong_to_their_phases(walk):
    for state in (step.after for step in walk.steps if step.after["st"] == "a"):
        phase = state["ph"]
        assert "mm" not in state or phase in ("MV", "CA", "CH", "LP")
        assert ("ch" in state) == (phase == "CH")
        assert ("ca" in state) == (phase == "CA")
        assert "pe" not in state or phase == "LP"
        assert "pt" not in state or phase == "TP"
        assert "ha" not in state or phase != "FE"


@MANY
@given(walk=walks())
def test_somebody_can_always_move_until_the_end(walk):
    assert all(step.legal for step in walk.steps)
    assert all(len(set(step.legal)) == len(step.legal) for step in walk.steps)


@MANY
@given(walk=walks())
def test_after_a_placement_only_the_stack_placed_on_may_act(walk):
    for step in walk.steps:
        if step.before["ph"] == "MV" and "mm" in step.before:
            assert {move[0] for move in step.legal} <= {"M", "C"}
            assert {move[1] for move in step.legal} == {step.before["mm"]}


@MANY
@given(walk=walks())
def test_line_processing_is_left_without_a_line(walk):
    for step in walk.steps:
        if step.before["ph"] == "LP" and step.after["ph"] in ("TP", "FE"):
            after = step.after | {"cp": step.before["cp"]}
            assert not detected(position(walk, after))


@MANY
@given(walk=walks())
def test_a_game_replays_to_the_same_states(walk):
    game = Game(walk.config)
    for step in walk.steps:
        game.apply(step.move)
        assert game.snapshot() == step.after
    assert game.how == walk.how


@settings(max_examples=12)
@given(walk=walks())
def test_a_game_continues_from_any_of_its_snapshots(walk):
    for step in walk.steps[:: max(1, len(walk.steps) // 25)]:
        game = Game.from_snapshot(walk.config, step.before)
        assert game.snapshot() == step.before
        assert {move.to_tuple() for move in game.legal_moves(include_rejected=True)} == set(step.legal)
        game.apply(step.move)
        assert game.snapshot() == step.after


@MANY
@given(walk=walks())
def test_the_counters_of_a_record_are_what_a_recount_gives(walk):
    """The record keeps what the rules ask often: caps, and rings, stacks and markers of every seat."""
    game = Game(walk.config)
    for step in walk.steps:
        game.apply(step.move)
        recount, record = position(walk, game.snapshot()), game.record[0]
        rings = Counter(owner for stack in recount.stacks.values() for owner in stack)
        tops = Counter(stack[0] for stack in recount.stacks.values())
        markers = Counter(recount.markers.values())
        seats = range(1, walk.config.num_players + 1)
        counted = [(rings[seat], tops[seat], markers[seat]) for seat in seats]
        assert counted == [(record.on_board[seat], record.stacks[seat], record.markers[seat]) for seat in seats]
        assert {cell: cap_of(stack) for cell, stack in recount.stacks.items()} == {
            cell: record.cap[cell] for cell in recount.stacks
        }


@pytest.mark.parametrize("key", ["hex8_3p", "square8_4p", "square19_4p"])
def test_the_random_games_reach_the_rare_moves(key):
    """The properties above say nothing of moves that never occur."""
    codes = Counter(step.move[0] for seed in range(4) for step in walk_of(key, seed).steps)
    assert codes.keys() >= {"P", "SP", "M", "C", "CC", "SC", "T", "E", "ST", "R", "SR"}
