"""Watches a running training: whether it should go on, and which weights are the best so far.

Two rules decide, both of `ringrift_engine.feedback.early_stop`: held-out losses that no longer fall, and games of the
weights so far that are lost more often than before. Each keeps the weights that it holds for the best; those of the
rule that stops are what is published. Nothing here depends on time: equal trainings stop at equal points.

The last point is asked like every other. A training that is found to have got worse there has taken all its steps,
and yet should not publish its last weights.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from torch import Tensor

from ringrift_engine.feedback.early_stop import StopDecision, background_stop, early_stop
from ringrift_engine.feedback.history import OpponentResult
from ringrift_engine.feedback.settings import FeedbackSettings
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.training.report import EvaluationPoint

Evaluate = Callable[[BoardNetwork, int], OpponentResult]
"""Plays games with the network of averaged weights after a number of samples, and leaves the network as it is."""

STOPPING_CONSTANTS: Final = ("patience", "least_improvement", "background_games")
"""Those of `FeedbackSettings` that the two rules read."""
_BY_GAMES: Final = "background evaluation"
_BY_LOSS: Final = "held-out losses"


@dataclass(frozen=True)
class SavedWeights:
    """A copy of averaged weights by name, and the samples after which they were measured."""

    samples: int
    weights: dict[str, Tensor]


class Watch:
    """The measurements of one training so far.

    `stopped` says why it should end, empty as long as it should go on; `best` are the weights to publish then.
    `evaluated_at` are the numbers of samples after which `evaluate` plays, if there is one.
    """

    def __init__(
        self, settings: FeedbackSettings, evaluate: Evaluate | None = None, evaluated_at: Collection[int] = ()
    ) -> None:
        self.stopped: str = ""
        self.best: SavedWeights | None = None
        self.evaluations: tuple[EvaluationPoint, ...] = ()
        self._settings = settings
        self._evaluate = evaluate
        self._evaluated_at = evaluated_at
        self._losses: list[float] = []
        self._saved: dict[str, SavedWeights] = {}

    def goes_on(self, samples: int, held_out: float | None, network: BoardNetwork) -> bool:
        """Take in a point of the curve: whether the training should go on.

        held_out  loss of `network`, the averaged weights, on held-out rows; None where there are none
        """
        if held_out is not None:
            self._losses.append(held_out)
            decision = early_stop(self._losses, self._settings)
            self._obey(_BY_LOSS, decision, len(self._losses), samples, network)
        # Also after a stop by losses: who reads the report wants to know how the weights at the end play.
        if self._evaluate is not None and samples in self._evaluated_at:
            self.evaluations += (EvaluationPoint(samples=samples, result=self._evaluate(network, samples)),)
            decision = background_stop([point.result for point in self.evaluations], self._settings)
            self._obey(_BY_GAMES, decision, len(self.evaluations), samples, network)
        return not self.stopped

    def _obey(self, rule: str, decision: StopDecision, measured: int, samples: int, network: BoardNetwork) -> None:
        """Keep the weights if their measurement, the newest of `measured`, is the best; note why to stop.

        A stop by games overrules one by losses at the same point: losses only stand in for games.
        """
        if decision.best == measured - 1:
            self._saved[rule] = SavedWeights(
                samples, {name: value.clone() for name, value in network.state_dict().items()}
            )
        if decision.stop:
            self.stopped = f"{rule}: {decision.why}"
            self.best = self._saved[rule]
