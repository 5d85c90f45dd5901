"""The real chain: every configuration with a budget of two games, on real games, a real network and real matches.

The heavy tasks run in this process, so that compiled rules are loaded once for all configurations; `test_commands.py`
runs them in worker processes, as in earnest.
"""

import pytest

from ringrift_engine.boards import CONFIG_KEYS, BoardConfig
from ringrift_engine.models import search_free_model
from tests.support.cycle import ASSETS, Place, checks_of
from tests.support.stand_ins import InlineWorkers

TINY = {
    "game_databases": {"games": 2, "batch_games": 1},
    "checkpoints": {
        "samples": 64,
        "batch_size": 16,
        "channels": 16,
        "blocks": 1,
        "background_games": 0,
        "needed_new": 0,
        "minimum_quality": 0.0,
        "needed_games": 1,
        "needed_positions": 1,
        "needed_held_out": 0,
    },
    "gauntlet_results": {"games_random": 1, "games_heuristic": 1, "simulations": 1},
    "promoted_models": {"min_games": 1},
}


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """Runs the chain of a configuration once; (place, result)."""
    made = {}

    def run(key):
        if key not in made:
            place = Place(tmp_path_factory.mktemp(key), InlineWorkers())
            made[key] = place, place.run(key, TINY)
        return made[key]

    return run


@pytest.mark.slow
@pytest.mark.parametrize("key", CONFIG_KEYS)
def test_two_games_go_through_the_whole_chain(chain, key):
    place, result = chain(key)
    assert result.success
    config, versions = BoardConfig.from_key(key), place.versions(key)
    assert set(ASSETS) - set(versions) <= {"promoted_models"}  # materialised if it was promoted, and only then
    checks = checks_of(result)
    assert all(passed for name, passed in checks.items() if not name.endswith("promotion_criteria"))
    assert checks["promoted_models.promotion_criteria"] is ("promoted_models" in versions)
    games, exports = place.manifest("synced_games", key), place.manifest("npz_exports", key)
    assert len(games["files"]) == len(exports["files"]) == 2
    assert games["report"]["statistics"]["games"] == 2
    assert games["report"]["statistics"]["truncated_games"] == 0
    assert place.manifest("game_databases", key)["report"]["bytes_per_move"] <= 200
    combined = place.manifest("combined_npz", key)["report"]
    assert 0 < combined["rows"] <= exports["report"]["rows"]
    trained = place.manifest("checkpoints", key)["report"]
    assert trained["samples"] == 64
    matches = place.manifest("gauntlet_results", key)["report"]["matches"]
    played = {name: sum(match["hows"].values()) for name, match in matches.items()}
    met = ("random", "heuristic", "policy_heuristic", *(["search_free"] if search_free_model(key) else []))
    assert played == dict.fromkeys(met, config.num_players)


@pytest.mark.slow
def test_the_second_generation_is_searched_by_the_promoted_model(chain, monkeypatch):
    from ringrift_engine.evaluation.floors import Floors
    from ringrift_engine.promotion import criteria

    monkeypatch.setattr(criteria, "floors_of", lambda *_: Floors("none", 0.0, 0.0))
    place, _ = chain("hex8_2p")
    again = {**TINY, "checkpoints": {**TINY["checkpoints"], "seed": 1}}
    assert place.run("hex8_2p", again, ASSETS[4:]).success
    promoted = place.versions("hex8_2p")["promoted_models"]
    searched = {**TINY, "game_databases": {"games": 1, "simulations": 2}}
    assert place.run("hex8_2p", searched, ASSETS[:5]).success
    shards = place.manifest("game_databases", "hex8_2p")
    assert shards["inputs"] == {"promoted_models": promoted}
    trained = place.manifest("checkpoints", "hex8_2p")
    assert trained["inputs"]["promoted_models"] == promoted
    assert trained["report"]["start"] == "previous model"
    assert place.manifest("synced_games", "hex8_2p")["report"]["statistics"]["searched_share"] > 0


@pytest.mark.slow
def test_equal_seeds_give_byte_identical_shards_exports_and_checkpoints(chain, tmp_path):
    place, _ = chain("hex8_2p")
    other = Place(tmp_path, InlineWorkers())
    assert other.run("hex8_2p", TINY, ASSETS[:5]).success
    first = {name: size for name, size in place.files().items() if name in other.files()}
    assert first == other.files()  # names are hashes of contents
    assert len(first) >= 8
