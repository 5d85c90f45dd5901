"""Where a player's network and search run: as asked, or an error; and that both kinds of search are told the same."""

from types import SimpleNamespace

import numpy as np
import pytest

from ringrift_engine.batch import Batch
from ringrift_engine.boards import CONFIGS
from ringrift_engine.errors import ConfigError
from ringrift_engine.nets.device import resolve_search_device
from ringrift_engine.players.factory import KINDS, PlayerSpec, make_player, parse_player
from ringrift_engine.rules import backend
from ringrift_engine.search import SearchSettings
from tests.ringrift_engine.cli.conftest import ringrift
from tests.support.ptx import needs_numba_cuda

CONFIG = CONFIGS["hex8_2p"]


@pytest.fixture
def without_gpu(monkeypatch):
    monkeypatch.setattr(backend, "obstacle_to_cuda", lambda: "there is none")


@pytest.mark.usefixtures("without_gpu")
@pytest.mark.parametrize("kind", KINDS)
def test_no_player_takes_the_cpu_for_a_gpu_that_is_missing(kind, tmp_path):
    spec = PlayerSpec(kind, model=tmp_path / "model" if "model" in KINDS[kind] else None)
    with pytest.raises(ConfigError, match="device 'cuda' cannot be used: there is none"):
        make_player(spec, CONFIG, device="cuda")


@pytest.mark.usefixtures("without_gpu")
@pytest.mark.parametrize(
    "command",
    [
        ("play", "hex8_2p", "--seats", "random"),
        ("selfplay", "hex8_2p", "--seats", "random", "--games", "1", "--out", "nowhere"),
        ("evaluate", "random", "random", "--config", "hex8_2p", "--games", "2"),
    ],
    ids=lambda command: command[0],
)
def test_every_command_that_plays_says_in_one_line_that_there_is_no_gpu(command):
    result = ringrift(*command, "--device", "cuda")
    assert result.exit_code == 1
    assert result.output == "Error: device 'cuda' cannot be used: there is none. Device 'cpu' works everywhere.\n"
    assert "Nearest: 'cuda'" in ringrift(*command, "--device", "cude").output


def test_a_gpu_for_games_but_not_for_networks_is_none_for_players(monkeypatch):
    import torch

    monkeypatch.setattr(backend, "obstacle_to_cuda", lambda: "")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", None)
    with pytest.raises(ConfigError, match=r"'cuda' cannot be used: torch .* was built for the CPU alone"):
        make_player(PlayerSpec("random"), CONFIG, device="cuda")
    assert resolve_search_device("auto") == "cpu"
    assert backend.resolve_device("auto") == "cuda"


@needs_numba_cuda
def test_a_search_on_a_gpu_has_the_name_and_the_settings_of_one_on_the_cpu(monkeypatch, tmp_path):
    from ringrift_engine.nets import device, device_network
    from ringrift_engine.players import device_search

    made = []

    def search(*arguments):
        made.append(arguments)
        answer = SimpleNamespace(
            moves=np.array([7]), policy=np.ones(1), root_values=np.ones((1, 2)), surprise=np.array([0.5])
        )
        return SimpleNamespace(run=lambda games, legal, seeds: answer)  # noqa: ARG005

    monkeypatch.setattr(device, "resolve_search_device", lambda device: device)
    monkeypatch.setattr(device_network, "load_device_network", lambda path, config: (path, "0123456789abcdef"))  # noqa: ARG005
    monkeypatch.setattr(device_search, "DeviceGumbelSearch", search)
    player = make_player(parse_player(f"search:{tmp_path}:6:0.5"), CONFIG, device="cuda")
    assert made == [(CONFIG, tmp_path, SearchSettings(simulations=6, gumbel_scale=0.5))]
    assert player.name == "search(model=0123456789ab,simulations=6,gumbel_scale=0.5)"
    decisions = player.choose(Batch(CONFIG, 2), np.array([1]), np.zeros(1, np.uint64))
    assert decisions.simulations is not None
    assert decisions.surprise is not None
    assert (decisions.moves.tolist(), decisions.simulations.tolist(), decisions.surprise.tolist()) == ([7], [6], [0.5])
    assert decisions.legal is not None
    assert len(decisions.legal) == 1
