"""The one participant of every pool whose rating is a definition: the heuristic with its default weights, 1200 Elo.

Games tell differences only, so a scale needs one fixed point, and a second one would state a difference that the games
are there to measure: pinned at a guess, it pulls every other rating by its error. The random player is therefore rated
like everybody else. It would be the worse anchor: it loses nearly every game, so its distance to the others is known
poorly, and that doubt would be in every rating of the pool; where it lost all games there would be no scale at all. The
heuristic has no weights that are learnt, needs no search, plays in every gauntlet, and is near those that matter.

Pools are apart: 1200 on two boards is the same player, not the same strength.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ringrift_engine.boards import BoardConfig
from ringrift_engine.records.shard_schema import Participant

HEURISTIC: Final = Participant("heuristic(profile=default)")
ANCHOR_ELO: Final = 1_200.0


def anchors_of(config_key: str) -> Mapping[Participant, float]:
    """Participant -> rating in Elo that it has by definition, for the pool of a configuration; ConfigError for an
    unknown one.
    """
    BoardConfig.from_key(config_key)
    return MappingProxyType({HEURISTIC: ANCHOR_ELO})
