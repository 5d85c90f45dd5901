"""What the assets are given: numbers of every configuration, changed by files and variables, overridden by runs."""

from dataclasses import replace

import pytest
import yaml

from ringrift_assets.settings import GauntletBudget, SelfplayBudget, settings_of
from ringrift_assets.thresholds import read_thresholds
from ringrift_engine.boards import CONFIG_KEYS
from ringrift_engine.errors import ConfigError
from ringrift_engine.feedback.settings import DEFAULTS
from ringrift_engine.nets.settings import NetworkSettings
from ringrift_engine.training.settings import TrainingSettings


def settings(key, environment=None, folder=None):
    return settings_of(key, read_thresholds(environment or {}, folder))


@pytest.mark.parametrize("key", CONFIG_KEYS)
def test_one_generation_of_every_configuration_can_open_its_own_gates(key, tmp_path):
    row = settings(key, folder=tmp_path)
    assert row.selfplay.amount(searched=False)[0] >= row.training.needed_games
    if row.training.counts == "games":
        assert row.selfplay.amount(searched=True)[0] >= row.training.needed_new
        assert row.selfplay.amount(searched=False)[0] >= row.training.needed_new


def test_large_boards_play_fewer_games_and_count_positions(tmp_path):
    for players in (2, 3, 4):
        for large in ("square19", "hexagonal"):
            for small in ("square8", "hex8"):
                few, many = (settings(f"{board}_{players}p", folder=tmp_path) for board in (large, small))
                assert few.selfplay.searched_games < many.selfplay.searched_games
                assert few.selfplay.bootstrap_games < many.selfplay.bootstrap_games
                assert few.selfplay.simulations < many.selfplay.simulations
                assert (few.training.counts, many.training.counts) == ("positions", "games")


def test_games_beside_a_training_are_played_where_they_are_cheap(tmp_path):
    games = {key: settings(key, folder=tmp_path).training.background_games for key in CONFIG_KEYS}
    assert {key for key, count in games.items() if count} == {key for key in CONFIG_KEYS if "8_" in key}
    assert all(count == 0 or count >= DEFAULTS.background_games for count in games.values())


def test_the_file_and_the_environment_reach_the_budgets(tmp_path):
    (tmp_path / "ringrift.yaml").write_text(
        "selfplay: {simulations: 5}\n"
        "configurations:\n"
        "  hex8_2p:\n"
        "    selfplay: {searched_games: 7, bootstrap_player: teacher, bootstrap_simulations: 16}\n"
        "    training: {samples: 64, new_games: 3, patience: 2, least_improvement: 0.5, background_games: 30,\n"
        "      transfer_from: hexagonal_4p}\n"
        "    evaluation: {games: 11, max_games: 12}\n"
        "    freshness: {max_age_hours: 1.5}\n"
        "    quality: {blocked_below: 0.25}\n"
    )
    row = settings("hex8_2p", {"RINGRIFT_TRAINING_THRESHOLD": "9"}, tmp_path)
    assert (row.selfplay.simulations, row.selfplay.searched_games) == (5, 7)
    assert (row.selfplay.bootstrap_player, row.selfplay.bootstrap_simulations) == ("teacher", 16)
    assert row.training.transfer_from == "hexagonal_4p"
    assert (row.training.samples, row.training.needed_new) == (64, 9)
    assert (row.training.patience, row.training.least_improvement, row.training.background_games) == (2, 0.5, 30)
    assert (row.training.max_age_hours, row.training.minimum_quality) == (1.5, 0.25)
    assert (row.gauntlet.games_random, row.gauntlet.games_heuristic, row.gauntlet.max_games) == (11, 11, 12)
    assert settings("hex8_3p", {}, tmp_path).selfplay.searched_games == 1_000


def test_only_what_decides_a_checkpoint_is_part_of_its_request(tmp_path):
    training = settings("hex8_2p", folder=tmp_path).training
    assert training.override({"needed_new": 1, "max_age_hours": 2.0, "minimum_quality": 0.1}).work == training.work
    assert training.override({"transfer_from": "hex8_3p"}).work == training.work, "as what is promoted is no part of it"
    changes = {"samples": 64, "batch_size": 8, "channels": 16, "blocks": 1, "seed": 3}
    for name, value in {**changes, "patience": 1, "least_improvement": 0.1, "background_games": 5}.items():
        assert training.override({name: value}).work != training.work, name


ENGINE = {
    "pooled_every": 0,
    "learning_rate": 0.004,
    "symmetries": False,
    "ownership_weight": 0.0,
    "score_weight": 0.0,
    "next_move_weight": 0.0,
    "search_value_share": 0.0,
}


@pytest.mark.parametrize("name", ENGINE)
def test_settings_of_the_engine_reach_its_trainings_and_change_their_requests(name, tmp_path):
    plain = settings("hex8_2p", folder=tmp_path).training
    assert plain.engine == {}
    (tmp_path / "ringrift.yaml").write_text(yaml.safe_dump({"training": {name: ENGINE[name]}}))
    told = settings("hex8_2p", folder=tmp_path).training
    assert told.engine == {name: ENGINE[name]}
    assert told.work != plain.work
    parts = {kind: told.engine_part(kind) for kind in (TrainingSettings, NetworkSettings)}
    assert sorted(map(len, parts.values())) == [0, 1]
    changed = [one for kind, part in parts.items() for one in [replace(kind(), **part)] if one != kind()]
    assert [getattr(one, name) for one in changed] == [ENGINE[name]]


def test_who_plays_decides_how_much_unless_a_run_says_so():
    budget = SelfplayBudget(bootstrap_games=40, searched_games=4, bootstrap_batch=8, searched_batch=2, simulations=1)
    assert budget.amount(searched=False) == (40, 8)
    assert budget.amount(searched=True) == (4, 2)
    asked = budget.override({"games": 6, "batch_games": 3, "seed": None})
    assert asked.amount(searched=False) == asked.amount(searched=True) == (6, 3)


@pytest.mark.parametrize(
    ("key", "other", "allowed"),
    [
        ("hex8_2p", "hexagonal_4p", True),
        ("hex8_2p", "hex8_3p", True),
        ("square19_2p", "square8_2p", True),
        ("hex8_2p", "hex8_2p", False),
        ("hex8_2p", "square8_2p", False),
        ("hex8_2p", "hex8_5p", False),
    ],
)
def test_weights_are_taken_from_another_configuration_of_the_same_family_only(key, other, allowed, tmp_path):
    text = f"configurations: {{{key}: {{training: {{transfer_from: {other}}}}}}}"
    (tmp_path / "ringrift.yaml").write_text(text)
    if allowed:
        assert settings(key, folder=tmp_path).training.transfer_from == other
    else:
        with pytest.raises(ConfigError, match=other):
            settings(key, folder=tmp_path)


@pytest.mark.parametrize(
    ("stage", "values", "named"),
    [
        ("selfplay", {"games": 0}, "games is 0"),
        ("selfplay", {"searched_batch": 0}, "searched_batch is 0"),
        ("selfplay", {"seed": -1}, "seed is -1"),
        ("training", {"max_age_hours": -1.0}, "max_age_hours"),
        ("training", {"minimum_quality": float("nan")}, "minimum_quality"),
        ("training", {"patience": 0}, "patience is 0"),
        ("training", {"background_games": -1}, "background_games is -1"),
    ],
)
def test_an_impossible_value_is_an_error_that_names_it(stage, values, named, tmp_path):
    with pytest.raises(ConfigError, match=named):
        getattr(settings("hex8_2p", folder=tmp_path), stage).override(values)


def test_a_gauntlet_without_a_seed_below_zero():
    with pytest.raises(ConfigError, match="seed is -3"):
        GauntletBudget().override({"seed": -3})


@pytest.mark.parametrize(
    ("text", "games"),
    [
        ("", 50),
        ("evaluation: {min_games: 20}", 50),
        ("evaluation: {min_games: 80}", 80),
        ("promotion: {min_games: 120}", 120),
        ("evaluation: {min_games: 20}\npromotion: {min_games: 30}", 30),
        ("evaluation: {max_games: 40}", 40),
    ],
)
def test_the_sequential_test_plays_the_games_that_a_promotion_asks_for(text, games, tmp_path):
    (tmp_path / "ringrift.yaml").write_text(text)
    assert settings("hex8_2p", folder=tmp_path).gauntlet.min_games == games
