"""Every step of every recorded game: legal set, refused moves, the state with every flag, the winner and the reason.

The recordings come from the original engine and are its behaviour, oddities included (tests/traces/README.md). One test
a file, so that several processes can share the work.
"""

import pytest

from tests.support.replay import engine_difference
from tests.support.traces import GAME_FILES, games_of


@pytest.mark.slow
@pytest.mark.parametrize("path", GAME_FILES, ids=lambda path: path.name.removesuffix(".jsonl.gz"))
def test_a_recorded_game_replays_to_the_same_legal_sets_and_states(path):
    differences = [difference for game in games_of(path) if (difference := engine_difference(game))]
    assert not differences, "\n".join(differences[:10])
