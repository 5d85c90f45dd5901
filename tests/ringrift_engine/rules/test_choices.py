"""What players choose from, against the legal set of the naive engine: nothing refused, nothing twice, nothing lost.

Two moves are the same choice if they lead to the same position. The null move on an overlength line is no choice.
"""

import numpy as np
import pytest

from ringrift_engine import BoardConfig, Game
from ringrift_engine.batch import Batch
from ringrift_engine.game.snapshot import write_snapshot
from tests import naive
from tests.support.replay import config_of
from tests.support.traces import TRACES, State, games_of
from tests.support.walks import naive_rules, walk_of

FORKS = {"L", "LO", "R", "T"}  # the moves of which several may lead to one position
POSITIONS_A_FILE = 120


def text(state: State) -> str:
    """A state as text that does not depend on the order in which its parts were written."""
    return str(sorted((name, sorted(value.items()) if name == "b" else value) for name, value in state.items()))


def engine_successors(config: BoardConfig, state: State) -> list[str]:
    """The positions that the batch's choices lead to, one for each choice."""
    record = Game.from_snapshot(config, state).record
    choices = Batch(config, 1, games=record).legal(np.zeros(1, dtype=np.int64)).moves
    batch = Batch(config, len(choices), games=np.repeat(record, len(choices)))
    batch.apply(np.arange(len(choices)), choices)
    return [text(write_snapshot(config, game)) for game in batch.games]


def naive_successors(config: BoardConfig, state: State) -> set[str]:
    """The positions that moves of the legal set lead to, refused and null moves left out."""
    rules = naive_rules(config)
    legal, rejected = naive.legal_moves(state, rules)
    longer = {move[1] for move in legal if move[0] == "LO" and len(move[1]) > rules.need}
    playable = [move for move in legal if move not in rejected and not (move[0] == "L" and move[1] in longer)]
    return {text(naive.apply(state, move, rules)) for move in playable}


def assert_choices_cover(config: BoardConfig, state: State) -> None:
    successors = engine_successors(config, state)
    assert len(successors) == len(set(successors)), "two choices lead to the same position"
    assert set(successors) == naive_successors(config, state)


@pytest.mark.parametrize(("key", "seed"), [("hex8_2p", 0), ("hex8_4p", 1), ("square8_3p", 2), ("square19_3p", 0)])
def test_choices_of_a_random_game_lead_to_all_positions_once(key, seed):
    walk = walk_of(key, seed)
    for step in walk.steps[1 : len(walk.steps) : 5]:
        assert_choices_cover(walk.config, step.before)


@pytest.mark.parametrize("name", ["scenarios-hex8-3p", "scenarios-square8-2p", "scenarios2-square8-2p"])
def test_choices_of_lines_recoveries_and_regions_lead_to_all_positions_once(name):
    done = 0
    for game in games_of(TRACES / f"{name}.jsonl.gz"):
        state = game.start
        for step in game.steps():
            if done < POSITIONS_A_FILE and FORKS & {move[0] for move in step.legal or []}:
                assert_choices_cover(config_of(game), state)
                done += 1
            state = step.after
    assert done > 10
