"""play, selfplay, export, combine, train and evaluate: the learning by hand, from nothing to a measured model."""

import json

import numpy as np
import pytest

from ringrift_engine.boards import BoardConfig
from ringrift_engine.cli.contestants import load_contestant
from ringrift_engine.records.shard import read_packed
from tests.ringrift_engine.cli.conftest import CONFIG, GAMES, ringrift, told
from tests.ringrift_engine.training.synthetic import write_dataset


def test_play_shows_a_whole_game_between_the_players_named():
    facts = told("play", CONFIG, "--seats", "heuristic,random", "--seed", "3")
    assert facts["players"] == ["heuristic(profile=default)", "random"]
    assert facts["winner"] in (1, 2)
    assert facts["ply"] == facts["moves"]
    assert told("play", CONFIG, "--seats", "heuristic,random", "--seed", "3") == facts
    assert told("play", CONFIG, "--seats", "heuristic,random", "--seed", "4")["turns"] != facts["turns"]


def test_play_opens_at_random_and_stops_where_it_is_told():
    plain = told("play", CONFIG, "--seats", "heuristic", "--ply", "4")
    opened = told("play", CONFIG, "--seats", "heuristic", "--ply", "4", "--opening", "2")
    assert plain["ply"] == opened["ply"] == 4
    assert plain["turns"] != opened["turns"]
    assert "after 4 moves:" in ringrift("play", CONFIG, "--seats", "heuristic", "--ply", "4").output


def test_play_needs_a_player_for_every_seat():
    result = ringrift("play", "hex8_3p", "--seats", "random,heuristic")
    assert result.exit_code == 1
    assert "hex8_3p has 3 seats" in result.output


def test_selfplay_publishes_a_shard_with_its_settings(tmp_path):
    made = told("selfplay", CONFIG, "--games", "2", "--out", tmp_path, "--seed", "5", "--set", "opening_probability=0")
    shard = read_packed(tmp_path / made["path"].rsplit("/", 1)[1])
    assert len(shard.games) == made["games"] == 2
    assert shard.header.seed == 5
    assert shard.header.settings["opening_probability"] == 0
    assert [game.opening_plies for game in shard.games] == [0, 0]
    again = told("selfplay", CONFIG, "--games", "2", "--out", tmp_path, "--seed", "5", "--set", "opening_probability=0")
    assert again == made  # the same bytes, hence the same name
    assert "bytes a move" in ringrift("selfplay", CONFIG, "--games", "1", "--out", tmp_path).output


@pytest.mark.parametrize(
    ("change", "message"),
    [("temprature=1", "'temperature'"), ("temperature", "write name=value"), ("temperature=-1", "must be above 0")],
)
def test_a_setting_that_makes_no_sense_is_an_error(tmp_path, change, message):
    result = ringrift("selfplay", CONFIG, "--games", "1", "--out", tmp_path, "--set", change)
    assert result.exit_code == 1
    assert message in result.output
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_chain_ends_with_a_model_that_plays(chain):
    with np.load(chain.dataset, allow_pickle=False) as dataset:
        assert str(dataset["config_key"]) == CONFIG
        rows = len(dataset["seat"])
    with np.load(chain.export, allow_pickle=False) as export:
        assert rows <= len(export["seat"])
    facts = told("play", CONFIG, "--seats", f"policy:{chain.model},random", "--ply", "6")
    assert facts["players"][0].startswith("policy(")


@pytest.mark.slow
def test_export_and_combine_say_what_they_made(chain, tmp_path):
    exported = ringrift("export", chain.shard, "--out", tmp_path)
    assert exported.exit_code == 0
    assert f"rows of {GAMES} games" in exported.output
    out = tmp_path / "dataset.npz"
    options = ("--half-life", "2", "--minimum-quality", "0", "--seed", "7")
    combined = ringrift("combine", CONFIG, tmp_path / f"{chain.shard.stem}.npz", "--out", out, *options)
    assert combined.exit_code == 0, combined.output
    assert "duplicates merged" in combined.output
    assert out.read_bytes() != chain.dataset.read_bytes()  # another seed shuffles otherwise
    refused = ringrift("combine", "square8_2p", chain.export, "--out", out)
    assert refused.exit_code == 1


@pytest.mark.slow
def test_train_goes_on_from_a_model_and_says_so(chain, tmp_path):
    small = ("max_samples=32", "batch_size=32", "min_rows=1", "min_held_out_rows=0", "curve_points=1")
    changes = [part for change in small for part in ("--set", change)]
    out = tmp_path / "next.safetensors"
    result = ringrift("train", CONFIG, chain.export, "--export", "--previous", chain.model, "--out", out, *changes)
    assert result.exit_code == 0, result.output
    assert "previous model" in result.output
    assert out.is_file()
    refused = ringrift(
        "train", CONFIG, chain.dataset, "--out", tmp_path / "no.safetensors", "--set", "min_rows=1000000"
    )
    assert refused.exit_code == 1
    assert not (tmp_path / "no.safetensors").exists()


def test_train_says_why_it_was_stopped_and_shows_the_games_beside_it(tmp_path):
    dataset, out = write_dataset(tmp_path / "dataset.npz", CONFIG, games=10), tmp_path / "model.safetensors"
    # Weights that stand still: no point is better than the first.
    small = ("max_samples=32", "batch_size=8", "min_rows=1", "min_held_out_rows=1", "learning_rate=1e-9")
    changes = [part for change in (*small, "background_evaluations=2") for part in ("--set", change)]
    arguments = ("train", CONFIG, dataset, "--out", out, *changes)
    facts = told(*arguments, "--patience", "9", "--background-games", "3")
    assert (facts["stopped"], facts["samples"], facts["saved_samples"]) == ("", 32, 32)
    games = [(point["samples"], point["result"]["games"]) for point in facts["evaluations"]]
    assert games == [(16, 4), (32, 4)]  # rounded up: both seats
    shown = ringrift(*arguments, "--patience", "1", "--background-games", "3")
    assert shown.exit_code == 0, shown.output
    assert "stopped; the weights are those after 8 samples. held-out losses: best held-out loss" in shown.output
    wins = facts["evaluations"][0]["result"]["wins"]
    assert f"won against the heuristic: {wins} of 4 games after 16 samples" in shown.output


@pytest.mark.slow
def test_a_model_is_evaluated_under_its_content(chain):
    facts = told("evaluate", f"search:{chain.model}:2", "random", "--config", CONFIG, "--games", "4")
    assert facts["games"] == 4
    assert facts["candidate"]["simulations"] == 2
    assert len(facts["candidate"]["model"]) == 64
    assert facts["candidate"]["model"][:12] in facts["candidate"]["name"]


def test_evaluate_counts_games_from_both_seats_and_logs_them_once(tmp_path):
    log = tmp_path / "matches.db"
    arguments = ("evaluate", "heuristic", "random", "--config", CONFIG, "--games", "20", "--log", log)
    facts = told(*arguments)
    assert facts["games"] == 20
    assert sum(facts["wins_by_seat"]) == facts["wins"] >= 12
    low, high = facts["interval_95"]
    assert low <= facts["win_rate"] <= high
    size = log.stat().st_size
    assert told(*arguments) == facts  # found in the log, not played again
    assert log.stat().st_size == size
    assert "of 20 games against random" in ringrift(*arguments).output


def test_the_sequential_test_decides_the_exit_status():
    shown = ringrift("evaluate", "heuristic", "random", "--config", CONFIG, "--games", "400", "--test", "--json")
    assert shown.exit_code == 0
    verdict = json.loads(shown.stdout)["test"]
    assert verdict["decision"] == "accept"
    assert verdict["games"] < 400
    assert 0 < verdict["elo"]["low"] < verdict["elo"]["value"] < float(verdict["elo"]["high"])
    arguments = ("evaluate", "random", "heuristic", "--config", CONFIG, "--games", "100", "--test", "--elo1", "100")
    refused = ringrift(*arguments)
    assert refused.exit_code == 3
    assert "sequential test: refuse" in refused.output
    assert "  Elo -" in refused.output


@pytest.mark.parametrize(("player", "simulations"), [("rollout:2:1", 2), ("rollout::1", 32), ("heuristic", 0)])
def test_the_search_budget_belongs_to_the_identity_of_a_player(player, simulations):
    one = load_contestant(player, BoardConfig.from_key(CONFIG), threads=1, device="cpu")
    assert one.participant.simulations == simulations
    assert one.participant.name == one.player.name


@pytest.mark.parametrize(("learning", "noise"), [(False, 0.0), (True, 1.0)])
def test_a_search_has_noise_only_where_its_games_are_learnt_from(chain, learning, noise):
    one = load_contestant(
        f"search:{chain.model}:2", BoardConfig.from_key(CONFIG), threads=1, device="cpu", learning=learning
    )
    assert ("gumbel_scale=0" in one.participant.name) is (noise == 0)
    asked = load_contestant(
        f"search:{chain.model}:2:0.5", BoardConfig.from_key(CONFIG), threads=1, device="cpu", learning=learning
    )
    assert "gumbel_scale=0.5" in asked.participant.name


def test_an_unknown_player_is_an_error_that_names_the_kinds():
    result = ringrift("evaluate", "heuristik", "random", "--config", CONFIG)
    assert result.exit_code == 1
    assert "Nearest: 'heuristic'" in result.output
