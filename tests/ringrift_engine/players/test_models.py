"""Models by name: the promoted one, earlier ones, digits, paths."""

from pathlib import Path

import pytest

from ringrift_engine.boards import CONFIGS
from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.players.factory import PlayerSpec
from ringrift_engine.players.models import data_root, model_path, promoted_models, with_known_model
from ringrift_engine.promotion.criteria import CriterionResult, PromotionDecision
from ringrift_engine.promotion.registry import Registry

CONFIG = CONFIGS["hex8_2p"]
A, B, C = "a" * 64, "b" * 64, "ab" * 32


def promote(registry, candidate, baseline=None):
    result = CriterionResult(name="floor", passed=True, measured=0.9, needed=0.75, games=100, why="why")
    registry.promote(
        CONFIG.key, PromotionDecision(candidate=candidate, baseline=baseline, promoted=True, criteria=(result,)), "run"
    )


@pytest.fixture
def root(tmp_path):
    """A data root in which A was promoted, then B, then A again by a rollback; C never was."""
    with Registry(tmp_path / "registry.db") as registry:
        for sha256 in (A, B, C):
            path = Path("checkpoints") / f"{sha256[:12]}.safetensors"
            registry.register(sha256, CONFIG.key, path.as_posix(), {})
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(sha256)
        promote(registry, A)
        promote(registry, B, A)
        registry.rollback(CONFIG.key, B, A, "worse", "run")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "sha256"),
    [("promoted", A), ("promoted~0", A), ("promoted~1", B), ("bbbbbb", B), ("ababab", C), ("a" * 64, A)],
)
def test_a_name_means_the_file_of_its_model(root, text, sha256):
    assert model_path(text, CONFIG, root).read_text() == sha256
    spec = PlayerSpec("search", model=Path(text), simulations=8)
    assert with_known_model(spec, CONFIG, root) == PlayerSpec(
        "search", model=root / "checkpoints" / f"{sha256[:12]}.safetensors", simulations=8
    )


@pytest.mark.parametrize("text", ["a.safetensors", "promoted/a", "./promoted", "/abs/abcdef", "abcde"])
def test_what_is_no_name_is_a_path(root, text):
    assert model_path(text, CONFIG, root) == Path(text)


def test_players_without_a_model_stay_as_they_are(root):
    assert with_known_model(PlayerSpec("uct", playouts=3), CONFIG, root) == PlayerSpec("uct", playouts=3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("promoted~2", r"hex8_2p has 2 promoted models, promoted to promoted~1"),
        ("cccccc", "no registered model has these digits. Models: aaaaaaaaaaaa, bbbbbbbbbbbb, abababababab"),
    ],
)
def test_a_name_that_means_nothing_says_what_there_is(root, text, message):
    with pytest.raises(ConfigError, match=message):
        model_path(text, CONFIG, root)


def test_digits_of_two_models_are_refused(root):
    with Registry(root / "registry.db") as registry:
        registry.register("ababab" + "c" * 58, CONFIG.key, "x", {})
    with pytest.raises(ConfigError, match=r"more than one model has these digits. Models: abababababab, abababcccccc"):
        model_path("ababab", CONFIG, root)


def test_names_belong_to_one_configuration(root, tmp_path_factory):
    with pytest.raises(ConfigError, match="hex8_3p has no promoted model"):
        model_path("promoted", CONFIGS["hex8_3p"], root)
    with pytest.raises(ConfigError, match="hex8_2p has no promoted model"):
        model_path("promoted", CONFIG, tmp_path_factory.mktemp("empty"))


def test_a_model_whose_file_is_gone_is_an_error(root):
    (root / "checkpoints" / f"{B[:12]}.safetensors").unlink()
    with pytest.raises(DataError, match="model bbbbbbbbbbbb of hex8_2p is gone"):
        model_path("promoted~1", CONFIG, root)


def test_promoted_models_come_newest_first_and_once(root):
    assert [model.sha256 for model in promoted_models(CONFIG, root)] == [A, B]


def test_the_data_root_is_a_variable_or_a_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("RINGRIFT_DATA_ROOT", str(tmp_path))
    assert data_root() == tmp_path
    monkeypatch.delenv("RINGRIFT_DATA_ROOT")
    assert data_root() == Path("data")
