"""The policy player: plays a network's policy without search."""

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import Batch
from ringrift_engine.errors import ConfigError
from ringrift_engine.players.interface import Decisions
from ringrift_engine.players.sampling import pick_best, pick_by_weight, softmax
from ringrift_engine.search.evaluators import Evaluator


class PolicyPlayer:
    """Plays from an evaluator's logits: at temperature 0 the most likely choice, above it a draw from softmax(logits /
    t).

    `model` is what the name shows of the evaluator, usually the first digits of its content hash. The policy that it
    reports is the softmax at temperature 1. ConfigError for a negative temperature.
    """

    def __init__(self, evaluator: Evaluator, model: str, temperature: float = 0.0) -> None:
        if not temperature >= 0:
            raise ConfigError(f"The policy player's temperature must be 0 or more, not {temperature}.")
        self.name = f"policy(model={model},temperature={temperature:g})"
        self._evaluator = evaluator
        self._temperature = temperature

    def choose(self, batch: Batch, rows: NDArray[np.int64], seeds: NDArray[np.uint64]) -> Decisions:
        """See `Player.choose`."""
        legal = batch.legal(rows)
        evaluation = self._evaluator.evaluate(batch.games[rows], legal)
        if self._temperature > 0:
            drawn = pick_by_weight(softmax(evaluation.logits, legal.offsets, self._temperature), legal.offsets, seeds)
        else:
            drawn = pick_best(evaluation.logits, legal.offsets, seeds)
        return Decisions(legal.moves[drawn], legal, softmax(evaluation.logits, legal.offsets), evaluation.values)
