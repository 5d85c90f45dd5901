"""What the network is asked for, head by head, and the sum that training lowers.

policy        cross-entropy to the search's improved policy, over the legal moves of the row alone
value         cross-entropy to the seat that won
search_value  cross-entropy of the same answer to the win probabilities that the row's search stated
ownership     cross-entropy to the final owner, mean over the board's cells
score         Huber error of the final scores, mean over seats and both scores
length        Huber error of log(1 + plies to the end)
next_move     cross-entropy to the first policy index of the game's next decision, over all indices; 0 without one

A cross-entropy is linear in its target: value and search_value, weighed, are that to a mixture of outcome and search.
Who wins is little and noisy news of each position; a search says more of it, but only what its network knew.

The policy's is taken over gathered logits: what is not legal takes no part, instead of being pushed down by a large
constant.
"""

from dataclasses import dataclass, fields
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional

from ringrift_engine.datasets.contract import NO_NEXT_MOVE
from ringrift_engine.nets.network import Predictions
from ringrift_engine.training.dataset import Samples
from ringrift_engine.training.sample_kernel import NOT_A_CELL
from ringrift_engine.training.settings import TrainingSettings


@dataclass(frozen=True)
class Targets:
    """`Samples` without the inputs, as tensors; same names, shapes and types."""

    factors: Tensor
    legal: Tensor
    policy: Tensor
    winner: Tensor
    search_value: Tensor
    owners: Tensor
    scores: Tensor
    length: Tensor
    next_move: Tensor
    weights: Tensor

    @classmethod
    def of(cls, samples: Samples, device: torch.device | None = None) -> Self:
        """Tensors on `device`; on the CPU they share the samples' memory, but for the factors, which torch wants as
        int64.
        """
        tensors = {field.name: torch.from_numpy(getattr(samples, field.name)).to(device) for field in fields(cls)}
        return cls(**{**tensors, "factors": tensors["factors"].long()})


@dataclass(frozen=True)
class Losses:
    """One number per row and head, float32 [R]."""

    policy: Tensor
    value: Tensor
    search_value: Tensor
    ownership: Tensor
    score: Tensor
    length: Tensor
    next_move: Tensor

    def detached(self) -> "Losses":
        """The numbers alone, without what led to them."""
        return Losses(**{field.name: getattr(self, field.name).detach() for field in fields(self)})


def losses(predictions: Predictions, targets: Targets) -> Losses:
    """The error of every head in every row."""
    log_chances = predictions.value.log_softmax(dim=1)
    return Losses(
        policy=-(targets.policy * legal_log_probabilities(predictions.policy, targets)).sum(dim=1),
        value=-(targets.winner * log_chances).sum(dim=1),
        search_value=-(targets.search_value * log_chances).sum(dim=1),
        ownership=_ownership(predictions.ownership, targets.owners),
        score=functional.huber_loss(predictions.scores, targets.scores, reduction="none").mean(dim=(1, 2)),
        length=functional.huber_loss(predictions.length, targets.length, reduction="none"),
        next_move=functional.cross_entropy(
            predictions.next_move, targets.next_move, ignore_index=NO_NEXT_MOVE, reduction="none"
        ),
    )


def total(found: Losses, weights: Tensor, settings: TrainingSettings) -> Tensor:
    """The scalar that training lowers: heads by their weights in `settings`, rows by `weights`, float32 [R].

    Divided by the number of rows, not by the sum of weights, so that light rows stay light in a batch of light rows.
    """
    share = settings.search_value_share
    rows = (
        found.policy
        + settings.value_weight * ((1 - share) * found.value + share * found.search_value)
        + settings.ownership_weight * found.ownership
        + settings.score_weight * found.score
        + settings.length_weight * found.length
        + settings.next_move_weight * found.next_move
    )
    return (rows * weights).mean()


def legal_log_probabilities(policy: Tensor, targets: Targets) -> Tensor:
    """float32 [R, L]: log probability of each legal move among the legal ones of its row, 0 where no move is."""
    first, second = targets.factors.unbind(dim=2)
    logits = policy.gather(1, first) + policy.gather(1, second)
    logits = logits.masked_fill(~targets.legal, -torch.inf)
    # Filled again before anything is multiplied: 0 times minus infinity is no number, forwards and backwards.
    return logits.log_softmax(dim=1).masked_fill(~targets.legal, 0.0)


def _ownership(logits: Tensor, owners: Tensor) -> Tensor:
    wrong = functional.cross_entropy(logits, owners, ignore_index=NOT_A_CELL, reduction="none")
    return wrong.sum(dim=(1, 2)) / (owners != NOT_A_CELL).sum(dim=(1, 2))
