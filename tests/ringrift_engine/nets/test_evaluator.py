"""The evaluator on real positions against its parts, one position at a time."""

import numpy as np
import pytest
import torch

from ringrift_engine.batch import Batch
from ringrift_engine.boards import CONFIGS
from ringrift_engine.encoding import ENCODER_VERSION, Encoding
from ringrift_engine.errors import DataError
from ringrift_engine.nets.checkpoint import CheckpointHeader, save_checkpoint
from ringrift_engine.nets.evaluator import NetworkEvaluator
from tests.ringrift_engine.nets.test_network import TINY, trained_looking

GAMES = 6


def written(path, key):
    header = CheckpointHeader(config_key=key, settings=TINY, encoder_version=ENCODER_VERSION)
    return save_checkpoint(path, header, trained_looking(Encoding(CONFIGS[key])).state_dict())


def middle_of_games(key: str) -> tuple[Batch, np.ndarray]:
    """Games after 20 random choices, at least one of them not seat 1's turn, and the rows that go on."""
    batch, random = Batch(CONFIGS[key], GAMES), np.random.default_rng(0)
    for _ in range(20):
        rows = np.flatnonzero(~batch.over())
        legal = batch.legal(rows)
        batch.apply(rows, np.array([random.choice(legal.of(row)) for row in range(len(rows))]))
    rows = np.flatnonzero(~batch.over())
    assert len(set(batch.player_to_move()[rows])) > 1
    return batch, rows


@pytest.mark.parametrize("key", ["square8_2p", "hex8_3p"])
def test_logits_and_values_are_those_of_each_position_alone(key, tmp_path):
    sha256 = written(tmp_path / "model", key)
    evaluator = NetworkEvaluator(tmp_path / "model", CONFIGS[key], precision="fp32", batch_size=4)
    assert evaluator.sha256 == sha256
    batch, rows = middle_of_games(key)
    games, legal = batch.games[rows], batch.legal(rows)
    found = evaluator.evaluate(games, legal)
    assert found.logits.dtype == found.values.dtype == np.float32
    network, encoding = trained_looking(Encoding(CONFIGS[key])), Encoding(CONFIGS[key])
    for row in range(len(rows)):
        planes, scalars = encoding.encode(games[row : row + 1])
        alone = network.policy_and_value(torch.from_numpy(planes), torch.from_numpy(scalars))
        policy, value = alone.policy[0].detach().numpy(), alone.value[0].softmax(0).detach().numpy()
        pairs = encoding.factors(games[row : row + 1], legal.take([row]))
        part = found.logits[legal.offsets[row] : legal.offsets[row + 1]]
        assert part == pytest.approx([policy[first] + policy[second] for first, second in pairs], abs=1e-3)
        seats = CONFIGS[key].num_players
        for relative in range(seats):
            seat = (int(games["player"][row]) - 1 + relative) % seats
            assert found.values[row, seat] == pytest.approx(value[relative], abs=1e-4)


def test_precision_is_recorded_and_has_an_effect(tmp_path):
    written(tmp_path / "model", "square8_2p")
    batch, rows = middle_of_games("square8_2p")
    results = {}
    for precision in ("fp32", "bf16"):
        evaluator = NetworkEvaluator(tmp_path / "model", CONFIGS["square8_2p"], precision=precision)
        assert evaluator.precision == precision
        results[precision] = evaluator.evaluate(batch.games[rows], batch.legal(rows)).values
    assert not np.array_equal(results["fp32"], results["bf16"])
    assert results["fp32"] == pytest.approx(results["bf16"], abs=0.05)


def test_a_model_of_another_configuration_plays_no_game(tmp_path):
    written(tmp_path / "model", "square8_2p")
    with pytest.raises(DataError, match="made for configuration 'square8_2p'"):
        NetworkEvaluator(tmp_path / "model", CONFIGS["square8_3p"])
