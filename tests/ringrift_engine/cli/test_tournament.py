"""ringrift tournament and ringrift calibrate: what they say, what they keep, and what they refuse."""

import json
import shutil

import pytest

from ringrift_engine.boards import CONFIG_KEYS, CONFIGS
from ringrift_engine.cli.tournament import _configurations
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.files import sha256_of
from ringrift_engine.players.heuristic import HeuristicPlayer
from ringrift_engine.promotion.registry import Registry
from tests.ringrift_engine.cli.conftest import CONFIG, ringrift, told
from tests.ringrift_engine.evaluation.test_value_error import constant_model
from tests.ringrift_engine.training.synthetic import write_dataset

PLAYERS = ("heuristic", "random", "bootstrap")


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("RINGRIFT_DATA_ROOT", str(tmp_path / "data"))
    return tmp_path / "data"


def test_a_tournament_is_logged_rated_and_drawn(root, tmp_path):
    arguments = ("tournament", *PLAYERS, "--config", CONFIG, "--openings", "2", "--picture", tmp_path / "pictures")
    (found,) = told(*arguments)
    assert found["games"] == 12
    assert {row["name"] for row in found["standings"]} == {
        "heuristic(profile=default)",
        "random",
        "bootstrap(profile=default,temperature=10)",
    }
    with MatchLog(root / "matches.db") as log:
        assert len(log.games(CONFIG, purpose="tournament")) == 12
    assert (tmp_path / "pictures" / f"{CONFIG}.png").is_file()
    (again,) = told(*arguments)
    assert again == found  # found in the log, not played again
    text = ringrift(*arguments[:-2]).output
    assert "hex8_2p: 12 games" in text
    assert "finished ahead of, in per cent:" in text


def test_several_configurations_have_a_table_each(root, tmp_path):
    log = tmp_path / "own.db"
    options = ("--config", CONFIG, "--config", "hex8_3p", "--openings", "1", "--log", log)
    found = told("tournament", "heuristic", "random", *options)
    assert [(one["config_key"], one["games"]) for one in found] == [(CONFIG, 2), ("hex8_3p", 6)]
    assert not (root / "matches.db").exists()


def test_all_configurations_are_the_twelve():
    assert [config.key for config in _configurations((), True)] == list(CONFIG_KEYS)
    assert _configurations((CONFIGS[CONFIG],) * 2, False) == [CONFIGS[CONFIG]]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("--config", CONFIG), 1, "two participants or more, not 0"),
        (("random", "--config", CONFIG), 1, "two participants or more, not 1"),
        (("random", "random", "--config", CONFIG), 1, "'random' and 'random' are the same participant"),
        (("uct:5", "uct:5:0.5", "--config", CONFIG), 1, "'uct:5' and 'uct:5:0.5' are the same participant"),
        (("random", "heuristic"), 2, "Name configurations with --config"),
        (("random", "heuristic", "--config", CONFIG, "--all-configs"), 2, "or all of them with --all-configs"),
        (("random", "search:promoted", "--config", CONFIG), 1, "hex8_2p has no promoted model"),
        (("random", "uct:0", "--config", CONFIG), 1, "1 or more playouts, not 0"),
    ],
)
@pytest.mark.usefixtures("root")
def test_what_cannot_be_played_is_refused_with_its_reason(arguments, status, message):
    result = ringrift("tournament", *arguments)
    assert result.exit_code == status, result.output
    assert message in result.output


@pytest.mark.usefixtures("root")
def test_a_model_that_was_exchanged_under_its_name_is_refused(tmp_path):
    model = constant_model(tmp_path / "m.safetensors", CONFIG, (0.4, 0.6))
    arguments = ("tournament", f"policy:{model}", "random", "--config", CONFIG, "--openings", "1")
    assert told(*arguments)[0]["games"] == 2
    constant_model(model, CONFIG, (0.6, 0.4))
    result = ringrift(*arguments)
    assert result.exit_code == 1
    assert "it was exchanged under its name" in result.output


def test_a_player_that_crashes_ends_the_tournament_and_loses_nothing_by_it(root, monkeypatch):
    calls, choose = iter(range(40)), HeuristicPlayer.choose

    def choose_for_a_while(self, batch, rows, seeds):
        if next(calls, None) is None:
            raise ZeroDivisionError("a bug in a player")
        return choose(self, batch, rows, seeds)

    arguments = ("tournament", "heuristic", "random", "--config", CONFIG, "--openings", "8")
    with monkeypatch.context() as broken:
        broken.setattr(HeuristicPlayer, "choose", choose_for_a_while)
        result = ringrift(*arguments)
    assert isinstance(result.exception, ZeroDivisionError)
    assert result.exit_code == 1
    with MatchLog(root / "matches.db") as log:
        finished = {game.key: game for game in log.games()}
    (found,) = told(*arguments)
    assert found["games"] == 16 > len(finished)
    with MatchLog(root / "matches.db") as log:
        assert finished.items() <= {game.key: game for game in log.games()}.items()


@pytest.fixture
def judged(root):
    """A data root with a training set and a registered model."""
    folder = root / "combined_npz" / CONFIG
    folder.mkdir(parents=True)
    data = write_dataset(folder / "0123456789ab.npz", CONFIG, games=40)
    (folder / "latest.json").write_text(json.dumps({"files": {data.name: sha256_of(data)}}))
    model = constant_model(root / "m.safetensors", CONFIG, (0.35, 0.65))
    with Registry(root / "registry.db") as registry:
        registry.register(sha256_of(model), CONFIG, "m.safetensors", {})
    return model


def test_a_model_is_calibrated_on_the_latest_training_set(judged, tmp_path):
    picture = tmp_path / "reliability.png"
    found = told("calibrate", sha256_of(judged)[:8], "--config", CONFIG, "--picture", picture)
    assert (found["games"], found["model"]) == (8, str(judged))
    assert found["data"].endswith("0123456789ab.npz")
    assert [bin_["stated"] for bin_ in found["bins"]] == pytest.approx([0.35, 0.65], abs=1e-6)
    assert picture.read_bytes().startswith(b"\x89PNG")
    text = ringrift("calibrate", judged, "--config", CONFIG).output
    assert "held-out positions of 8 games" in text
    assert "0.6 to 0.7" in text


def test_without_a_training_set_calibrate_says_what_to_name(root, judged):
    shutil.rmtree(root / "combined_npz")
    result = ringrift("calibrate", judged, "--config", CONFIG)
    assert result.exit_code == 1
    assert "there is no training set of hex8_2p. Name one with --data." in result.output
