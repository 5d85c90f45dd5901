"""Who is the strongest player at hand: the promoted model, else a shipped one, else the heuristic."""

from pathlib import Path

import pytest

from ringrift_engine import models
from ringrift_engine.boards import CONFIGS
from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.interactive.seats import Seat, require_policies, take_seats, usual_seats
from ringrift_engine.interactive.strongest import strongest_adviser, strongest_player
from ringrift_engine.models import search_free_keys, search_free_model, shipped_keys, shipped_model
from ringrift_engine.nets.checkpoint import read_header
from ringrift_engine.players.factory import PlayerSpec, parse_player
from ringrift_engine.players.models import model_path, with_known_model
from ringrift_engine.promotion.registry import Registry
from tests.support.promoted import promote_two

HEX8 = CONFIGS["hex8_2p"]


@pytest.fixture
def shelf(monkeypatch, tmp_path) -> Path:
    """An empty folder in place of the package's."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(models, "FOLDER", folder)
    return folder


@pytest.fixture
def promoted(tmp_path) -> Path:
    """A data root with a promoted model."""
    root = tmp_path / "data"
    root.mkdir()
    with Registry(root / "registry.db") as registry:
        promote_two(registry, root, 1_700_000_000.0)
    return root


def test_without_any_model_the_heuristic_plays_and_the_teacher_advises(shelf, tmp_path):
    assert shelf.is_dir()
    found = strongest_player(HEX8, tmp_path)
    assert str(found.spec) == "heuristic"
    assert "no promoted model of hex8_2p, and none ships with the package" in found.why
    assert str(strongest_adviser(HEX8, tmp_path).spec) == "teacher"
    assert str(strongest_adviser(HEX8, tmp_path, 9).spec) == "teacher:9"


def test_a_shipped_model_is_stronger_than_the_heuristic(shelf, tmp_path):
    (shelf / "hex8_2p.safetensors").write_bytes(b"weights")
    found = strongest_player(HEX8, tmp_path)
    assert str(found.spec) == "search:shipped:64"
    assert "ships with the package" in found.why
    assert strongest_adviser(HEX8, tmp_path) == found
    assert model_path("shipped", HEX8, tmp_path) == shelf / "hex8_2p.safetensors"
    assert str(strongest_player(CONFIGS["square8_2p"], tmp_path).spec) == "heuristic"


def test_a_promoted_model_is_stronger_than_a_shipped_one(shelf, promoted):
    (shelf / "hex8_2p.safetensors").write_bytes(b"weights")
    found = strongest_player(HEX8, promoted)
    assert (str(found.spec), found.why) == ("search:promoted:64", f"the promoted model of {promoted}")
    assert str(strongest_player(HEX8, promoted, 200).spec) == "search:promoted:200"
    assert str(strongest_player(CONFIGS["hex8_3p"], promoted).spec) == "heuristic"


def test_large_boards_get_fewer_simulations(shelf, tmp_path):
    for key in CONFIGS:
        (shelf / f"{key}.safetensors").write_bytes(b"weights")
    simulations = {key: strongest_player(config, tmp_path).spec.simulations for key, config in CONFIGS.items()}
    assert simulations == {key: 64 if key.startswith(("hex8", "square8")) else 16 for key in CONFIGS}


def test_a_promoted_model_whose_file_is_gone_is_an_error(promoted):
    for file in (promoted / "checkpoints" / "hex8_2p").iterdir():
        file.unlink()
    with pytest.raises(DataError, match="of hex8_2p is gone"):
        strongest_player(HEX8, promoted)


def test_the_name_of_a_shipped_model_that_is_not_there_says_which_are(shelf, tmp_path):
    with pytest.raises(ConfigError, match="no model of hex8_2p ships with the package; there are models of: none"):
        model_path("shipped", HEX8, tmp_path)
    (shelf / "square8_2p.safetensors").write_bytes(b"weights")
    with pytest.raises(ConfigError, match="there are models of: square8_2p"):
        model_path("shipped", HEX8, tmp_path)


def test_a_model_that_learnt_without_search_has_its_own_name_and_never_stands_for_the_shipped_one(shelf, tmp_path):
    with pytest.raises(ConfigError, match=r"no model that learnt without search of hex8_2p ships .* models of: none"):
        model_path("search-free", HEX8, tmp_path)
    path = shelf / "hex8_2p.search-free.safetensors"
    path.write_bytes(b"weights")
    assert (shipped_keys(), shipped_model(HEX8.key)) == ([], None)
    assert str(strongest_player(HEX8, tmp_path).spec) == "heuristic"
    (shelf / "square8_2p.safetensors").write_bytes(b"weights")
    assert (shipped_keys(), search_free_keys()) == (["square8_2p"], ["hex8_2p"])
    assert with_known_model(parse_player("policy:search-free"), HEX8, tmp_path) == PlayerSpec("policy", model=path)
    with pytest.raises(ConfigError, match="of square8_2p ships with the package; there are models of: hex8_2p"):
        model_path("search-free", CONFIGS["square8_2p"], tmp_path)


@pytest.mark.parametrize(("keys", "model"), [(shipped_keys, shipped_model), (search_free_keys, search_free_model)])
def test_what_ships_is_small_and_of_the_configuration_that_it_is_named_after(keys, model):
    for key in keys():
        path = model(key)
        assert path is not None
        assert read_header(path).config_key == key
        assert path.stat().st_size <= models.LARGEST_BYTES


# --- seats


def test_usually_a_person_sits_first_and_the_strongest_everywhere_else(shelf, tmp_path):
    assert shelf.is_dir()
    names = usual_seats(CONFIGS["hex8_3p"])
    assert names == ["human", "strongest", "strongest"]
    seats = take_seats(names, CONFIGS["hex8_3p"], tmp_path)
    assert [seat.text for seat in seats] == ["human", "heuristic", "heuristic"]
    assert [seat.is_person for seat in seats] == [True, False, False]
    assert seats[0].why == ""
    assert "none ships" in seats[1].why


def test_simulations_are_for_those_who_take_them_and_name_no_number(shelf, tmp_path):
    (shelf / "hex8_3p.safetensors").write_bytes(b"weights")
    names = ["strongest", "teacher", "rollout:5"]
    seats = take_seats(names, CONFIGS["hex8_3p"], tmp_path, simulations=40)
    assert [seat.text for seat in seats] == ["search:shipped:40", "teacher:40", "rollout:5"]


@pytest.mark.parametrize("names", [["human", "heuristic"], ["human", "human"], ["teacher:5", "uct:9"]])
def test_simulations_that_nobody_takes_are_an_error(names, tmp_path):
    with pytest.raises(ConfigError, match="Nobody takes 40 simulations"):
        take_seats(names, HEX8, tmp_path, simulations=40)


def test_a_temperature_that_changes_nothing_is_an_error():
    require_policies([Seat("human"), Seat("uct:50")])
    for text in ("heuristic", "random"):
        with pytest.raises(ConfigError, match="A temperature changes nothing"):
            require_policies([Seat("human"), Seat(text)])


def test_a_name_that_means_nobody_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="unknown player kind 'stronger'"):
        take_seats(["human", "stronger"], HEX8, tmp_path)
