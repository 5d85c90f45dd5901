"""Self-play settings: what is refused, and how that reads. The effect of each option is in `test_runner`."""

import pytest

from ringrift_engine.errors import ConfigError
from ringrift_engine.selfplay import SelfplaySettings


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"games": 0}, "games must be 1 or more, not 0"),
        ({"concurrency": 0}, "concurrency must be 1 or more, not 0"),
        ({"opening_decisions": 0}, "opening_decisions must be 1 or more, not 0"),
        ({"sampled_decisions": -1}, "sampled_decisions must be 0 or more, not -1"),
        ({"temperature": 0.0}, "temperature must be above 0, not 0.0; sampled_decisions=0 plays greedily"),
        ({"temperature": float("nan")}, "temperature must be above 0, not nan"),
        ({"opening_probability": 1.5}, "opening_probability must be 0 to 1, not 1.5"),
    ],
)
def test_senseless_values_are_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        SelfplaySettings(**values)


def test_tables_are_read_strictly():
    assert SelfplaySettings.from_mapping({"games": 3, "swap_rule": True}, "x") == SelfplaySettings(
        games=3, swap_rule=True
    )
    with pytest.raises(ConfigError, match=r"plan.toml: unknown self-play option 'concurency'. Nearest: 'concurrency'"):
        SelfplaySettings.from_mapping({"concurency": 3}, "plan.toml")
