"""Positions that occur more than once: small tables worked out by hand."""

import numpy as np
import pytest

from ringrift_engine.datasets.duplicates import group_positions, merge_rows, merge_surprise


def digests(letters: str) -> np.ndarray:
    return np.array([[ord(letter), 7] for letter in letters], dtype=np.uint64)


def held(marks: str) -> np.ndarray:
    return np.array([mark == "h" for mark in marks], dtype=np.bool_)


@pytest.mark.parametrize(
    ("letters", "sides", "kept", "members", "leaking"),
    [
        pytest.param("abc", "ttt", [0, 1, 2], {}, 0, id="all_different"),
        pytest.param("aba", "ttt", [0, 1], {0: [0, 2]}, 0, id="the_newest_stays"),
        pytest.param("aba", "hhh", [0, 1], {0: [0, 2]}, 0, id="held_out_rows_merge_among_themselves"),
        pytest.param("aba", "tth", [0, 1], {}, 1, id="held_out_row_known_to_training"),
        pytest.param("aba", "htt", [1, 2], {}, 1, id="training_wins_even_if_older"),
        pytest.param("aaaa", "htht", [1], {1: [1, 3]}, 2, id="mixed"),
    ],
)
def test_groups(letters, sides, kept, members, leaking):
    found = group_positions(digests(letters).reshape(-1, 2), held(sides))
    assert found.kept.tolist() == kept
    assert {row: group.tolist() for row, group in found.members.items()} == members
    assert found.leaking == leaking


def test_a_merged_row_is_as_surprising_as_those_that_were_searched():
    surprise = np.array([1.0, 5.0, 0.0, 2.0, 0.0, 0.0], dtype=np.float32)
    merge_surprise(surprise, group_positions(digests("abaacc"), held("tttttt")))
    assert surprise.tolist() == [1.5, 5.0, 0.0, 2.0, 0.0, 0.0]
    merge_surprise(surprise, group_positions(digests("abcdef"), held("tttttt")))
    assert surprise.tolist() == [1.5, 5.0, 0.0, 2.0, 0.0, 0.0]


def columns(outcomes, seats, policies, factors=None, players=3, stated=None):
    counts = [len(policy) for policy in policies]
    same = np.array([[choice, 9] for policy in policies for choice in range(len(policy))], dtype=np.int32)
    shares = np.array(outcomes, dtype=np.float32)
    return {
        "values_mp": shares,
        "search_values": shares.copy() if stated is None else np.array(stated, dtype=np.float32),
        "values": (2 * shares[np.arange(len(seats)), np.array(seats) - 1] - 1).astype(np.float32),
        "seat": np.array(seats, dtype=np.int8),
        "num_players": np.full(len(seats), players, dtype=np.int32),
        "policy_offsets": np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        "policy_factors": same if factors is None else np.array(factors, dtype=np.int32),
        "policy_values": np.concatenate(policies).astype(np.float32),
    }


def test_outcome_and_policy_become_weighted_means():
    table = columns(
        outcomes=[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]],
        seats=[1, 1, 2],
        policies=[[0.5, 0.5], [1.0, 0.0], [0.3, 0.7]],
    )
    groups = group_positions(digests("aab"), held("ttt"))
    weights = merge_rows(table, groups, np.array([3.0, 1.0, 5.0]))
    assert weights[groups.kept].tolist() == [2.0, 5.0]
    assert table["values_mp"][0].tolist() == [0.75, 0.25, 0, 0]
    assert table["values"][0] == 0.5
    assert table["policy_values"][:2].tolist() == [0.625, 0.375]
    assert table["values_mp"][2].tolist() == [0, 0, 1, 0], "rows of other positions are untouched"


def test_the_same_position_of_another_seat_counts_by_relative_seat():
    """Seat 1 saw itself win; seat 3 saw seat 1, which sits after it, win: to the mover these are different results."""
    table = columns(outcomes=[[1, 0, 0, 0], [1, 0, 0, 0]], seats=[1, 3], policies=[[1.0, 0.0], [1.0, 0.0]])
    merge_rows(table, group_positions(digests("aa"), held("tt")), np.ones(2))
    assert table["values_mp"][0].tolist() == [0.5, 0.5, 0, 0]
    assert table["values"][0] == 0


def test_what_searches_stated_becomes_a_weighted_mean_by_relative_seat_and_is_not_rounded():
    """Seat 3 moves in the second row and gives itself 0.6: in the first row that counts for seat 2, the mover there."""
    stated = [[1 / 3, 1 / 3, 1 / 3, 0], [0.3, 0.1, 0.6, 0], [0.2, 0.3, 0.5, 0]]
    table = columns([[1, 0, 0, 0]] * 3, seats=[2, 3, 2], policies=[[1.0, 0.0]] * 3, stated=stated)
    merge_rows(table, group_positions(digests("aab"), held("ttt")), np.array([3.0, 1.0, 5.0]))
    expected = [(3 / 3 + 0.1) / 4, (3 / 3 + 0.6) / 4, (3 / 3 + 0.3) / 4, 0]
    assert table["search_values"][0] == pytest.approx(expected, abs=1e-7)
    assert table["search_values"][2].tolist() == np.array(stated[2], np.float32).tolist()
    assert table["values_mp"][0].tolist() == [0.75, 0, 0.25, 0]


def test_a_policy_over_other_choices_is_left_out_of_the_mean():
    table = columns(
        outcomes=[[1, 0, 0, 0]] * 2,
        seats=[1, 1],
        policies=[[0.5, 0.5], [1.0, 0.0, 0.0]],
        factors=[[0, 9], [1, 9], [0, 9], [1, 9], [2, 9]],
    )
    merge_rows(table, group_positions(digests("aa"), held("tt")), np.ones(2))
    assert table["policy_values"][:2].tolist() == [0.5, 0.5]


def test_means_of_outcomes_sum_to_exactly_one():
    random = np.random.default_rng(0)
    for size in (3, 7, 100):
        winners = random.integers(0, 3, size)
        table = columns(np.eye(4)[winners], [1] * size, [[1.0, 0.0]] * size)
        merge_rows(table, group_positions(digests("a" * size), held("t" * size)), random.random(size))
        assert table["values_mp"][0].sum() == 1
        assert np.all(table["values_mp"][0] >= 0)
