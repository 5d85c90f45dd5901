"""Losses against float64 loops over rows, and gradients that stay finite where moves are missing."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from ringrift_engine.boards import CONFIGS
from ringrift_engine.encoding import Encoding
from ringrift_engine.nets.network import Predictions
from ringrift_engine.training.dataset import Dataset
from ringrift_engine.training.loss import Targets, legal_log_probabilities, losses, total
from ringrift_engine.training.settings import TrainingSettings
from tests.ringrift_engine.training.synthetic import write_dataset

ROWS, SEATS = 12, 3
ENCODING = Encoding(CONFIGS["hex8_3p"])


@pytest.fixture(scope="module")
def targets(tmp_path_factory):
    path = write_dataset(tmp_path_factory.mktemp("data") / "set.npz", "hex8_3p", games=6)
    return Targets.of(Dataset(path, ENCODING.config).samples(np.arange(ROWS)))


@pytest.fixture
def predictions():
    random = torch.Generator().manual_seed(0)

    def draw(*shape):
        return torch.randn(shape, generator=random).requires_grad_()

    size = ENCODING.config.size
    return Predictions(
        policy=draw(ROWS, ENCODING.policy_size),
        value=draw(ROWS, SEATS),
        ownership=draw(ROWS, SEATS + 1, size, size),
        scores=draw(ROWS, SEATS, 2),
        length=draw(ROWS),
        next_move=draw(ROWS, ENCODING.policy_size - 1),
    )


def cross_entropy(logits: np.ndarray, target: np.ndarray) -> float:
    logits = logits.astype(np.float64)
    return float(target @ (np.log(np.exp(logits).sum()) - logits))


def huber(errors: np.ndarray) -> np.ndarray:
    size = np.abs(errors)
    return np.where(size < 1, 0.5 * size**2, size - 0.5)


def test_every_head_is_compared_with_what_happened(predictions, targets):
    found = losses(predictions, targets)
    guess = {field.name: getattr(predictions, field.name).detach().numpy() for field in fields(predictions)}
    fact = {field.name: getattr(targets, field.name).numpy() for field in fields(targets)}
    for row in range(ROWS):
        pairs = fact["factors"][row][fact["legal"][row]]
        logits = guess["policy"][row][pairs[:, 0]] + guess["policy"][row][pairs[:, 1]]
        shares = fact["policy"][row][fact["legal"][row]]
        cells = [
            cross_entropy(guess["ownership"][row][:, y, x], np.eye(SEATS + 1)[fact["owners"][row, y, x]])
            for y, x in np.argwhere(ENCODING.playable)
        ]
        expected = {
            "policy": cross_entropy(logits, shares),
            "value": cross_entropy(guess["value"][row], fact["winner"][row]),
            "search_value": cross_entropy(guess["value"][row], fact["search_value"][row]),
            "ownership": np.mean(cells),
            "score": huber(guess["scores"][row] - fact["scores"][row]).mean(),
            "length": huber(guess["length"][row] - fact["length"][row]),
        }
        for head, value in expected.items():
            assert getattr(found, head)[row].item() == pytest.approx(value, rel=1e-4), head


def test_the_total_weighs_heads_and_rows(predictions, targets):
    found = losses(predictions, targets)
    plain = TrainingSettings(
        value_weight=0, search_value_share=0, ownership_weight=0, score_weight=0, length_weight=0, next_move_weight=0
    )
    weights = torch.arange(ROWS, dtype=torch.float32)
    heads = {
        "value": "value_weight",
        "ownership": "ownership_weight",
        "score": "score_weight",
        "length": "length_weight",
        "next_move": "next_move_weight",
    }
    policy = (found.policy * weights).sum() / ROWS
    assert total(found, weights, plain).item() == pytest.approx(policy.item())
    for head, setting in heads.items():
        expected = policy + 3 * (getattr(found, head) * weights).sum() / ROWS
        assert total(found, weights, replace(plain, **{setting: 3})).item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_value_s_target_is_a_mixture_of_outcome_and_search(predictions, targets):
    """Closed form: a cross-entropy to the mixture itself, of which `total` never hears."""
    found = losses(predictions, targets)
    plain = TrainingSettings(ownership_weight=0, score_weight=0, length_weight=0, next_move_weight=0)
    guess, won, stated = (part.detach().numpy() for part in (predictions.value, targets.winner, targets.search_value))
    for share in (0.0, 0.25, 1.0):
        mixture = (1 - share) * won + share * stated
        value = np.mean([cross_entropy(logits, target) for logits, target in zip(guess, mixture, strict=True)])
        expected = found.policy.mean().item() + value
        settings = replace(plain, search_value_share=share)
        assert total(found, torch.ones(ROWS), settings).item() == pytest.approx(expected, rel=1e-5)


def test_the_next_move_is_compared_over_all_indices_where_there_is_one(predictions, targets):
    found = losses(predictions, targets).next_move
    following = targets.next_move >= 0
    assert 0 < following.sum() < ROWS
    library = torch.nn.functional.cross_entropy(predictions.next_move[following], targets.next_move[following])
    assert found[following].mean().item() == pytest.approx(library.item(), rel=1e-5)
    assert not found[~following].any()
    row = int(following.nonzero()[0])
    by_hand = cross_entropy(predictions.next_move[row].detach().numpy(), one_hot(int(targets.next_move[row])))
    assert found[row].item() == pytest.approx(by_hand, rel=1e-5)
    found.sum().backward()
    gradient = predictions.next_move.grad
    assert gradient is not None
    assert gradient.isfinite().all()
    assert (gradient.abs().sum(dim=1) > 0).equal(following)


def one_hot(index: int) -> np.ndarray:
    return np.eye(ENCODING.policy_size - 1)[index]


def test_probabilities_are_over_the_legal_moves_alone(predictions, targets):
    found = legal_log_probabilities(predictions.policy, targets)
    sums = (found.exp() * targets.legal).sum(dim=1)
    assert sums.detach().numpy() == pytest.approx(1, abs=1e-5)
    assert not found[~targets.legal].any()


def test_gradients_are_finite_and_reach_no_illegal_entry(predictions, targets):
    total(losses(predictions, targets), targets.weights, TrainingSettings()).backward()
    gradient = predictions.policy.grad
    assert gradient is not None
    assert gradient.isfinite().all()
    used = torch.zeros_like(gradient, dtype=torch.bool)
    for row in range(ROWS):
        used[row, targets.factors[row][targets.legal[row]].flatten()] = True
    assert not gradient[~used].any()
    assert gradient[used].any()
    outside = torch.from_numpy(~ENCODING.playable)
    assert predictions.ownership.grad is not None
    assert not predictions.ownership.grad[:, :, outside].any()
