"""Fresh random games, judged by the naive engine at every step: legal set, refused moves, the next state, the end.

Recorded games are finite and may share a blind spot with whoever reads them; these are drawn here. A few games run by
default, more with the slow tests.
"""

import random

import pytest

from ringrift_engine import CONFIGS, Game
from tests import naive
from tests.support.walks import config_for_walks, draw_move, naive_rules

SMALL = [key for key in CONFIGS if CONFIGS[key].cells < 100]


def first_disagreement(key: str, seed: str, swap_rule: bool = False) -> str | None:
    """Play one random game on both engines; None if they agree to the end."""
    config, source = config_for_walks(key), random.Random(seed)
    rules = naive_rules(config, swap_rule)
    game, state, how = Game(config, swap_rule=swap_rule), naive.start_state(rules), ""
    for number in range(config.max_moves):
        if game.snapshot() != state:
            return f"{key} seed {seed!r} move {number}: state {game.snapshot()}, naive {state}"
        legal, rejected = naive.legal_moves(state, rules)
        found = {move.to_tuple() for move in game.legal_moves(include_rejected=True)}
        playable = {move.to_tuple() for move in game.legal_moves()}
        if found != set(legal) or found - playable != rejected:
            return f"{key} seed {seed!r} move {number}: {sorted(map(str, found ^ set(legal)))[:8]} or refused differ"
        if not legal:
            break
        move = draw_move(sorted(playable, key=str), source)
        game.apply(move)
        state, how = naive.play(state, move, rules)
    return None if game.how == how else f"{key} seed {seed!r}: {game.how}, naive {how}"


@pytest.mark.parametrize("key", CONFIGS)
def test_a_random_game_is_the_same_on_both_engines(key):
    assert first_disagreement(key, "first") is None


@pytest.mark.slow
@pytest.mark.parametrize("key", SMALL)
def test_many_random_games_are_the_same_on_both_engines(key):
    assert [first_disagreement(key, f"more {number}") for number in range(12)] == [None] * 12


@pytest.mark.parametrize("key", ["hex8_2p", "square8_2p", "square8_3p"])
def test_with_the_swap_rule_both_engines_offer_it_alike(key):
    disagreements = [first_disagreement(key, f"swap {number}", swap_rule=True) for number in range(3)]
    assert disagreements == [None] * 3


def test_the_swap_is_offered_once_to_the_second_player_of_two():
    game = Game(CONFIGS["hex8_2p"], swap_rule=True)
    offers = []
    source = random.Random(1)
    while not game.is_over and game.snapshot()["tn"] < 6:
        offered = any(move.code == "SW" for move in game.legal_moves())
        offers += [game.snapshot()["tn"]] * offered
        game.apply(("SW",) if offered else draw_move([move.to_tuple() for move in game.legal_moves()], source))
    assert offers == [2]
