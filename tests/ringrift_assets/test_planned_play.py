"""What the plan of feedback says is what is played: from recorded results to the seats of real games."""

import json
import math
from collections import Counter
from dataclasses import asdict

import pytest

from ringrift_assets.registry import Registry
from ringrift_assets.tasks import TASKS
from ringrift_engine.boards import CONFIGS
from ringrift_engine.datasets.export import rows_to_learn_from
from ringrift_engine.encoding import ENCODER_VERSION, Encoding
from ringrift_engine.errors import ConfigError
from ringrift_engine.nets.checkpoint import CheckpointHeader, save_checkpoint
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.settings import NetworkSettings
from ringrift_engine.progress import silent
from ringrift_engine.records.discovery import shards_in
from ringrift_engine.records.shard import read_packed, read_shard
from ringrift_engine.resources import ResourceLimits
from tests.support.cycle import Place

KEY = "hex8_2p"
SETTINGS = NetworkSettings(blocks=0, channels=4, pooled_channels=1, hidden=4)
GAMES = 48


def newest_shard(place):
    """What a stand-in's shard of the newest generation says of its games."""
    shards = [json.loads(path.read_text()) for path in (place.data / "game_databases" / KEY).glob("*.db")]
    return max(shards, key=lambda shard: shard["generation"])


def test_the_recorded_plan_decides_opponents_temperature_and_search_of_the_next_games(tmp_path):
    place = Place(tmp_path)
    place.run()  # promoted: 90 % of 20 games against the random player, 70 % against the heuristic
    place.run(selection=("game_databases",))
    with Registry().open(place.store) as registry:
        plan = registry.history("plan", KEY)[-1].facts
    played = newest_shard(place)
    shown = {name: played[name] for name in ("simulations", "temperature", "opponents")}
    assert played["generation"] == plan["generation"] == 2
    assert {**plan, "opponents": dict(plan["opponents"])} == {**plan, **shown}
    # By hand: the random player is mastered and keeps a quarter of its 2 %; the heuristic, whose 8 % grow by its part
    # of the rest, 0.08 / 0.98, is not mastered.
    expected = {"random": 0.005, "heuristic": 0.08 + 0.015 * 0.08 / 0.98, "self": 0.9 + 0.015 * 0.9 / 0.98}
    assert played["opponents"] == pytest.approx(expected)
    assert played["temperature"] == pytest.approx(0.95), "a mastered opponent cools"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network that knows nothing."""
    path = tmp_path_factory.mktemp("model") / "model.pt"
    header = CheckpointHeader(config_key=KEY, settings=SETTINGS, encoder_version=ENCODER_VERSION)
    save_checkpoint(path, header, BoardNetwork(SETTINGS, Encoding(CONFIGS[KEY])).state_dict())
    return path


def play(root, model, opponents, device="cpu", games=GAMES, **changes):
    """The shard of games of a model, or of a bootstrap player."""
    request = {
        "key": KEY,
        "folder": str(root / "games"),
        "known": [],
        "batches": [(5, games)],
        "generation": 2,
        "player": "search",
        "model": str(model) if model else None,
        "simulations": 2,
        "full_share": 1.0,
        "cheap_simulations": 1,
        "temperature": 1.0,
        "opponents": opponents,
        "earlier": None,
        "threads": 1,
        "device": device,
        "root": str(root),
        "limits": asdict(ResourceLimits()),
    }
    TASKS["play"]({**request, **changes}, silent)
    (path,) = shards_in(root / "games")
    return path


def test_games_for_a_gpu_that_is_missing_are_not_played_on_the_cpu(tmp_path, model, monkeypatch):
    monkeypatch.setattr("ringrift_engine.rules.backend.obstacle_to_cuda", lambda: "there is none")
    with pytest.raises(ConfigError, match="device 'cuda' cannot be used"):
        play(tmp_path, model, {"self": 1.0}, device="cuda")
    assert not list(tmp_path.rglob("*.db"))


def test_opponents_get_their_shares_of_the_seats_of_real_games(tmp_path, model):
    _, records = read_shard(play(tmp_path, model, {"self": 0.5, "heuristic": 0.25, "random": 0.25}))
    games = [tuple(name.split("(")[0] for name in record.players) for record in records]
    met = Counter(min(set(players) - {"search"}, default="search") for players in games)
    for name, share in {"search": 0.5, "heuristic": 0.25, "random": 0.25}.items():
        assert abs(met[name] - GAMES * share) < 4 * math.sqrt(GAMES * share * (1 - share)), met
    assert all("search" in players for players in games), "the promoted network searches in every game"
    assert {players.index("search") for players in games if len(set(players)) == 2} == {0, 1}, "from either seat"


@pytest.mark.parametrize(
    ("player", "simulations", "name", "drawn"),
    [
        ("bootstrap", None, "bootstrap(", 2**31),
        ("teacher", 2, "teacher(simulations=2,", 20),
        ("uct", 3, "uct(playouts=3,", 20),
    ],
)
def test_a_configuration_without_a_model_plays_with_the_player_that_was_chosen(
    tmp_path, player, simulations, name, drawn
):
    path = play(tmp_path, None, {"self": 1.0}, games=12, player=player, simulations=simulations)
    header, records = read_shard(path)
    (participant,) = header.participants
    assert participant.name.startswith(name)
    assert participant.simulations == (simulations or 0)
    assert {seat for record in records for seat in record.players} == {participant.name}
    for record in records:
        assert record.decisions, "what a learner needs is kept"
        for number, decision in enumerate(record.decisions):
            assert decision.simulations == (simulations or 0)
            assert decision.policy.sum() == pytest.approx(1, abs=1e-5)
            assert decision.sampled == (number < drawn)
            if simulations:
                assert decision.root_values.sum() == pytest.approx(1, abs=1e-5)
    assert max(record.opening_plies for record in records) > 6, "more random choices than before searched games"


def test_the_version_of_first_games_names_their_player_with_its_settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = Place(tmp_path)
    for text, named in (("", "bootstrap"), ("bootstrap_player: uct, bootstrap_simulations: 400", "uct:400")):
        (tmp_path / "ringrift.yaml").write_text(f"selfplay: {{{text}}}")
        assert place.run(selection=("game_databases",)).success
        assert place.manifest("game_databases")["inputs"] == {"bootstrap_player": named}
    assert newest_shard(place)["simulations"] == 400


def test_cheap_searches_are_recorded_and_never_become_rows(tmp_path, model):
    path = play(tmp_path, model, {"self": 1.0}, games=4, simulations=3, full_share=0.25, cheap_simulations=2)
    header, records = read_shard(path)
    assert {name: header.settings[name] for name in ("full_share", "cheap_simulations")} == {
        "full_share": 0.25, "cheap_simulations": 2,
    }  # fmt: skip
    decisions = [one for record in records for one in record.decisions]
    taught = [one.simulations for one in decisions if one.taught]
    assert (set(taught), {one.simulations for one in decisions if not one.taught}) == ({3}, {2})
    assert abs(len(taught) - len(decisions) / 4) < 5 * math.sqrt(len(decisions) * 3 / 16)
    assert rows_to_learn_from(read_packed(path)) == len(taught)


def test_the_thresholds_decide_budgets_of_searches_and_weights_of_rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ringrift.yaml").write_text(
        "selfplay: {full_share: 0.25, cheap_simulations: 3}\ndata: {surprise_share: 0.75}\n"
    )
    place = Place(tmp_path)
    place.run()
    played = newest_shard(place)
    (combined,) = (json.loads(path.read_text()) for path in (place.data / "combined_npz" / KEY).glob("*.npz"))
    assert (played["full_share"], played["cheap_simulations"], combined["surprise_share"]) == (0.25, 3, 0.75)
