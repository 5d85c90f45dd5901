"""What learning without search teaches: who moved at every ply, and by how much a game changes a policy."""

import math
from dataclasses import replace

import numpy as np
import pytest

from ringrift_engine.boards import CONFIGS
from ringrift_engine.records.game_record import Decision
from ringrift_engine.records.replay import RecordedGames, replay
from tests.benchmarks.search_free import movers_of, taught_by_outcome
from tests.support.records import random_records


@pytest.mark.parametrize("key", ["square8_2p", "hex8_3p"])
def test_movers_are_those_of_a_replay_and_nobody_after_the_end(key):
    config = CONFIGS[key]
    records = random_records(config, 3)
    movers = movers_of(config, records)
    assert movers.shape == (3, max(len(record.moves) for record in records))
    for row, record in zip(movers, records, strict=True):
        game = RecordedGames.of(["game"], [False], [record.moves])
        found = replay(config, game, "here", np.ones(len(record.moves), dtype=np.bool_))
        assert len(found.places) > 10
        assert row[found.places].tolist() == found.states.player.tolist()
        assert row[: len(record.moves)].all()
        assert not row[len(record.moves) :].any()


@pytest.mark.parametrize(("winner", "nats"), [(1, 1.5), (2, -0.5)])
def test_the_choice_that_was_played_gains_by_a_win_and_loses_by_a_loss(winner, nats):
    config = CONFIGS["square8_2p"]
    (record,) = random_records(config, 1)
    played = record.moves[0]  # of seat 1, which thought itself winning in one game of four: 2 (1 - 1/4), 2 (0 - 1/4)
    first = Decision(
        0, np.array([played + 1, played, played + 2]), np.array([0.5, 0.3, 0.2], dtype=np.float32),
        np.array([0.25, 0.75], dtype=np.float32), simulations=0, sampled=True,
    )  # fmt: skip
    (taught,) = taught_by_outcome(config, [replace(record, decisions=(first,), winner=winner)])
    (found,) = taught.decisions
    total = 0.3 * math.exp(nats) + 0.7
    assert found.policy == pytest.approx([0.5 / total, 0.3 * math.exp(nats) / total, 0.2 / total], rel=1e-6)
    assert found.policy.sum() == pytest.approx(1, abs=1e-6)
    assert bool(found.policy[1] > 0.3) is (winner == 1)
    assert found.policy_moves.tolist() == first.policy_moves.tolist()
    assert taught.moves is record.moves
