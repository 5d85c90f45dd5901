"""How long a decision about a promotion takes without a database.

    python -m pytest tests/benchmarks/test_promotion.py

The platform that this one replaces needed 0.067 ms for a decision about a model of which nothing was known; the limit
is 0.05 ms, of the median, and it holds for a decision with all its evidence too. It is asked only where benchmarks are
called by themselves: beside other tests they run once, to see that they work.
"""

from dataclasses import dataclass

import pytest

from ringrift_engine.promotion import PromotionController, PromotionType
from ringrift_engine.promotion.criteria import Evidence, WinCount

pytest.importorskip("pytest_benchmark")

LIMIT_S = 0.05e-3
CANDIDATE, BASELINE = "c" * 64, "p" * 64
NOTHING = Evidence(num_players=2, candidate=CANDIDATE, promoted=BASELINE)
FIRST = Evidence(
    num_players=2,
    candidate=CANDIDATE,
    promoted=None,
    training_games=4_000,
    against_random=WinCount(92, 100),
    against_heuristic=WinCount(61, 100),
)
LATER = Evidence(
    num_players=2,
    candidate=CANDIDATE,
    promoted=BASELINE,
    training_games=4_000,
    against_random=WinCount(92, 100),
    against_heuristic=WinCount(61, 100),
    against_promoted=(28, 0, 150, 0, 82),
    candidate_value_error=0.52,
    promoted_value_error=0.55,
    held_out_games=400,
)


@dataclass(frozen=True)
class Known:
    """Evidence in memory."""

    measured: Evidence

    def evidence(self, request):  # noqa: ARG002  (it is about one model)
        return self.measured


@pytest.mark.parametrize(
    ("measured", "promoted"),
    [
        pytest.param(NOTHING, False, id="nothing_known"),
        pytest.param(FIRST, True, id="first_model"),
        pytest.param(LATER, True, id="all_evidence"),
    ],
)
def test_a_decision_without_a_database(benchmark, measured, promoted):
    controller = PromotionController(Known(measured))

    def decide():
        return controller.evaluate_promotion(CANDIDATE, "hex8", 2, PromotionType.PRODUCTION, BASELINE)

    decision = benchmark(decide)
    assert decision.promoted is promoted
    if benchmark.stats is not None:
        assert benchmark.stats.stats.median < LIMIT_S
