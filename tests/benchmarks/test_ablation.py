"""The ablation's own arithmetic: intervals against scipy, and planes that are hidden change nothing."""

import re

import pytest
import torch
from scipy import stats

from ringrift_engine.boards import CONFIGS
from ringrift_engine.encoding import Encoding, position_planes
from tests.benchmarks.ablation import ARMS, WHOLE, effect, seeing
from tests.ringrift_engine.nets.test_network import random_inputs, trained_looking

CONFIG = CONFIGS["square8_2p"]


@pytest.mark.parametrize("sample", [[10.0, 20.0, 60.0], [-400.0, 300.0], [31.0, 29.0, 35.0, 30.0, 28.0]])
def test_an_effect_is_the_mean_with_the_interval_of_a_t_test(sample):
    middle, low, high = map(float, re.findall(r"[+-]\d+", effect(sample)))
    expected = stats.ttest_1samp(sample, 0).confidence_interval(0.95)
    assert middle == round(sum(sample) / len(sample))
    assert (low, high) == (round(expected.low), round(expected.high))


def test_one_seed_has_no_interval():
    assert effect([12.4]) == "+12"


def test_hidden_planes_change_nothing_and_the_others_do():
    hidden = slice(position_planes.MOBILITY * CONFIG.num_players, len(position_planes.SEAT_PLANES) * CONFIG.num_players)
    seen = slice(0, hidden.start)

    def change(arm, planes_changed):
        with seeing(ARMS[arm]):
            encoding = Encoding(CONFIG)
            network = trained_looking(encoding)
        planes, scalars = random_inputs(encoding, 2)
        other = planes.clone()
        other[:, planes_changed] = torch.flip(other[:, planes_changed], dims=[2])
        with torch.no_grad():
            before, after = network(planes, scalars), network(other, scalars)
        return max(float((getattr(before, name) - getattr(after, name)).abs().max()) for name in ("policy", "value"))

    assert change("no-planes", hidden) == 0
    assert change("no-planes", seen) > 1e-3
    assert change(WHOLE, hidden) > 1e-3
    assert (Encoding(CONFIG).plane_scale[hidden] > 0).all()  # and nothing stays hidden
