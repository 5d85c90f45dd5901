"""Players by name: the text form there and back, and errors that say what to write instead."""

from pathlib import Path

import pytest

from ringrift_engine.boards import CONFIGS
from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.players.factory import KINDS, PlayerSpec, budget_of, make_player, parse_player, usage

TEXTS = {
    "random": PlayerSpec("random"),
    "heuristic": PlayerSpec("heuristic"),
    "heuristic:aggressive": PlayerSpec("heuristic", profile="aggressive"),
    "bootstrap::12.5": PlayerSpec("bootstrap", temperature=12.5),
    "policy:a/b.safetensors": PlayerSpec("policy", model=Path("a/b.safetensors")),
    "policy:a.safetensors:0.5": PlayerSpec("policy", model=Path("a.safetensors"), temperature=0.5),
    "teacher": PlayerSpec("teacher"),
    "rollout:16:2": PlayerSpec("rollout", simulations=16, rollouts=2),
    "search:a.safetensors::0.5": PlayerSpec("search", model=Path("a.safetensors"), noise=0.5),
    "uct": PlayerSpec("uct"),
    "uct:2000": PlayerSpec("uct", playouts=2_000),
    "uct::0.7": PlayerSpec("uct", exploration=0.7),
    "search:promoted~1:8": PlayerSpec("search", model=Path("promoted~1"), simulations=8),
    "search:a.safetensors:32": PlayerSpec("search", model=Path("a.safetensors"), simulations=32),
}


@pytest.mark.parametrize(("text", "spec"), TEXTS.items())
def test_the_text_form_reads_and_writes_the_same(text, spec):
    assert parse_player(text) == spec
    assert str(spec) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("heurisic", "unknown player kind 'heurisic'. Nearest: 'heuristic'. Known: random"),
        ("quantum", "unknown player kind 'quantum'. Known: random"),
        ("search", r"needs a model: write search:MODEL\[:SIMULATIONS\[:NOISE\]\]"),
        ("search:m:many", "simulations 'many' is not a number"),
        ("search:m:0", "A 'search' player needs 1 or more simulations, not 0"),
        ("uct:0", "A 'uct' player needs 1 or more playouts, not 0"),
        ("uct:few", "playouts 'few' is not a number"),
        ("teacher:8:0", "A 'teacher' player needs 1 or more rollouts, not 0"),
        ("random:fast", "Too many options in player 'random:fast': write random"),
    ],
)
def test_what_cannot_be_read_is_explained(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_player(text)


def test_usage_shows_what_may_be_left_out():
    assert [usage(kind) for kind in KINDS] == [
        "random",
        "heuristic[:PROFILE]",
        "bootstrap[:PROFILE[:TEMPERATURE]]",
        "policy:MODEL[:TEMPERATURE]",
        "search:MODEL[:SIMULATIONS[:NOISE]]",
        "teacher[:SIMULATIONS[:ROLLOUTS]]",
        "rollout[:SIMULATIONS[:ROLLOUTS]]",
        "uct[:PLAYOUTS[:EXPLORATION]]",
    ]


def test_an_option_that_the_kind_does_not_have_is_refused():
    with pytest.raises(ConfigError, match="'heuristic' player has no option 'simulations'; its options: profile"):
        PlayerSpec("heuristic", simulations=3)
    with pytest.raises(ConfigError, match="'random' player has no option 'profile'; it has no options"):
        PlayerSpec("random", profile="default")


def test_settings_tables_are_read_strictly():
    spec = PlayerSpec.from_mapping({"kind": "search", "model": "m", "simulations": 4}, "job.toml")
    assert spec == PlayerSpec("search", model=Path("m"), simulations=4)
    with pytest.raises(ConfigError, match=r"job.toml: unknown player option 'simulation'. Nearest: 'simulations'"):
        PlayerSpec.from_mapping({"kind": "search", "simulation": 4}, "job.toml")
    with pytest.raises(ConfigError, match=r"job.toml: a player needs a kind"):
        PlayerSpec.from_mapping({"profile": "default"}, "job.toml")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("random", "random"),
        ("heuristic:territorial", "heuristic(profile=territorial)"),
        ("bootstrap", "bootstrap(profile=default,temperature=10)"),
        ("bootstrap:defensive:5", "bootstrap(profile=defensive,temperature=5)"),
        ("teacher", "teacher(simulations=32,rollouts=4)"),
        ("rollout:8:2", "rollout(simulations=8,rollouts=2)"),
        ("uct:50:0.7", "uct(playouts=50,exploration=0.7,first_play=0.5)"),
    ],
)
def test_players_are_made_under_the_names_that_identify_them(text, name):
    assert make_player(parse_player(text), CONFIGS["hex8_3p"], threads=2).name == name


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("random", 0),
        ("heuristic", 0),
        ("policy:m", 0),
        ("search:m", 32),
        ("rollout:8", 8),
        ("uct", 2_000),
        ("uct:7", 7),
    ],
)
def test_the_budget_is_what_a_decision_costs(text, budget):
    assert budget_of(parse_player(text)) == budget


def test_a_missing_model_is_an_error_and_no_other_player(tmp_path):
    for kind in ("policy", "search"):
        with pytest.raises(DataError, match="cannot be read"):
            make_player(PlayerSpec(kind, model=tmp_path / "none.safetensors"), CONFIGS["hex8_2p"])
