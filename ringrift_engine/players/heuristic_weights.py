"""What the heuristic looks at and how much each thing counts: component numbers, default weights, profiles.

A weight vector is float64 [COMPONENTS], indexed by the constants below. The numbers are those of the hand-written
player that this one replaces; only ratios between them matter to a player that takes the best move. What each component
measures is said where it is computed: `heuristic_terms_material`, `heuristic_terms_position`,
`heuristic_terms_winning`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.errors import unknown_name

STACK_CONTROL: Final = 0
STACK_HEIGHT: Final = 1
CAP_HEIGHT: Final = 2
DIVERSITY: Final = 3
RINGS_IN_HAND: Final = 4
ELIMINATED_RINGS: Final = 5
MARKERS: Final = 6
TERRITORY: Final = 7
CENTER: Final = 8
MOBILITY: Final = 9
STACK_MOBILITY: Final = 10
OPPONENT_THREATS: Final = 11
VULNERABILITY: Final = 12
OVERTAKE: Final = 13
TERRITORY_CLOSURE: Final = 14
TERRITORY_SAFETY: Final = 15
LINE_POTENTIAL: Final = 16
CONNECTIVITY: Final = 17
VICTORY_PROXIMITY: Final = 18
OPPONENT_VICTORY_THREAT: Final = 19
FORCED_ELIMINATION_RISK: Final = 20
LPS_ADVANTAGE: Final = 21
MULTI_LEADER: Final = 22
RECOVERY_POTENTIAL: Final = 23
RECOVERY_ELIGIBILITY: Final = 24
BURIED_RINGS: Final = 25
RECOVERY_THREAT: Final = 26
CHAIN_RISK: Final = 27
CHAIN_POTENTIAL: Final = 28
TEMPO: Final = 29
FORCING: Final = 30
ENDGAME: Final = 31
TRANSITION: Final = 32
SYNERGY: Final = 33
DEFENCE: Final = 34
EXPANSION: Final = 35
FRONTIER: Final = 36
COMPONENTS: Final = 37

DEFAULT_WEIGHTS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "stack_control": 10.0,
        "stack_height": 5.0,
        "cap_height": 6.0,
        "diversity": 1.0,  # its bonus and penalties are given in points
        "rings_in_hand": 3.0,
        "eliminated_rings": 12.0,
        "markers": 1.5,
        "territory": 8.0,
        "center": 4.0,
        "mobility": 4.0,
        "stack_mobility": 4.0,
        "opponent_threats": 6.0,
        "vulnerability": 8.0,
        "overtake": 8.0,
        "territory_closure": 10.0,
        "territory_safety": 5.0,
        "line_potential": 7.0,
        "connectivity": 6.0,
        "victory_proximity": 20.0,
        "opponent_victory_threat": 6.0,
        "forced_elimination_risk": 4.0,
        "lps_advantage": 2.0,
        "multi_leader": 2.0,
        "recovery_potential": 6.0,
        "recovery_eligibility": 8.0,
        "buried_rings": 3.0,
        "recovery_threat": 5.0,
        "chain_risk": 7.0,
        "chain_potential": 6.0,
        "tempo": 5.0,
        "forcing": 3.0,
        "endgame": 4.0,
        "transition": 3.0,
        "synergy": 4.0,
        "defence": 3.0,
        "expansion": 5.0,
        "frontier": 3.0,
    }
)
COMPONENT_NAMES: Final = tuple(DEFAULT_WEIGHTS)

PROFILES: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "default": MappingProxyType({}),
        "aggressive": MappingProxyType(
            {
                "eliminated_rings": 1.25,
                "overtake": 1.25,
                "victory_proximity": 1.15,
                "line_potential": 1.1,
                "vulnerability": 0.85,
                "territory_safety": 0.85,
            }
        ),
        "territorial": MappingProxyType(
            {
                "territory": 1.25,
                "territory_closure": 1.25,
                "territory_safety": 1.2,
                "line_potential": 1.15,
                "eliminated_rings": 0.9,
            }
        ),
        "defensive": MappingProxyType(
            {"vulnerability": 1.25, "stack_mobility": 1.2, "forced_elimination_risk": 1.3, "defence": 1.2}
        ),
    }
)
"""What a profile multiplies the default weights with; components that it does not name keep theirs."""


def weights_of(profile: str = "default") -> NDArray[np.float64]:
    """float64 [COMPONENTS], the weights of a profile; ConfigError names the nearest profile if there is none."""
    if profile not in PROFILES:
        raise unknown_name("heuristic profile", profile, PROFILES)
    factors = PROFILES[profile]
    return np.array([weight * factors.get(name, 1.0) for name, weight in DEFAULT_WEIGHTS.items()], dtype=np.float64)
