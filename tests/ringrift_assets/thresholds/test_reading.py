"""Thresholds from defaults, file and environment: which wins, where a value came from, and what a refusal says."""

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from ringrift_assets.thresholds import Node, Override, read_thresholds
from ringrift_assets.thresholds.reading import VARIABLES
from ringrift_assets.thresholds.table import OPTIONS, PER_CONFIGURATION
from ringrift_engine.boards import CONFIG_KEYS
from ringrift_engine.errors import ConfigError

ROOT = Path(__file__).parents[3]

# What the platform was asked for, by environment name: written down here from its list of requirements.
ASKED = {
    "RINGRIFT_TRAINING_THRESHOLD": ("training.new_games", 1000),
    "RINGRIFT_EVALUATION_GAMES": ("evaluation.games", None),
    "RINGRIFT_MIN_SYNC_INTERVAL": ("sync.min_interval_s", 2.0),
    "RINGRIFT_DATA_SYNC_INTERVAL": ("sync.data_interval_s", 120),
    "RINGRIFT_FAST_SYNC_INTERVAL": ("sync.fast_interval_s", 30),
    "RINGRIFT_AUTO_SYNC_MAX_CONCURRENT": ("sync.max_concurrent", 6),
    "RINGRIFT_CB_FAILURE_THRESHOLD": ("breaker.faults", 5),
    "RINGRIFT_CB_RECOVERY_TIMEOUT": ("breaker.cool_down_s", 300),
    "RINGRIFT_DISABLE_LOCAL_TASKS": ("loop.disable_local_tasks", False),
    "RINGRIFT_CONFIGURATIONS": ("loop.configurations", "all"),
    "RINGRIFT_TRACE_DEBUG": ("loop.trace_debug", False),
}
DEFAULTS = {
    "sync.interval_s": 60, "sync.write_through_timeout_s": 60, "sync.capacity_max_age_s": 300,
    "resources.disk_warn_percent": 65, "resources.disk_critical_percent": 70, "resources.disk_training_percent": 85,
    "resources.memory_warn_percent": 70, "resources.memory_critical_percent": 80,
    "resources.cpu_warn_percent": 70, "resources.cpu_critical_percent": 80,
    "resources.gpu_warn_percent": 70, "resources.gpu_critical_percent": 80,
    "resources.load_per_cpu": 1.5, "resources.games_between_checks": 50,
    "promotion.elo_threshold": 25, "promotion.min_games": 50, "promotion.min_win_rate": 0.52,
    "promotion.max_value_mse_degradation": 0.05, "promotion.confidence_threshold": 0.95,
    "promotion.tier_games_required": 100,
    "rollback.elo_regression_threshold": -30, "rollback.min_games_for_regression": 20,
    "rollback.consecutive_checks_required": 3, "rollback.min_win_rate": 0.40, "rollback.time_window_seconds": 3600,
    "reconciliation.conflict_resolution": "last_write_wins", "reconciliation.significant_max_elo": 50,
    "reconciliation.significant_mean_elo": 25, "reconciliation.connect_timeout_s": 30,
    "loop.shadow_tournament_minutes": 15, "loop.shadow_tournament_games": 32,
    "loop.reconcile_elo_minutes": 30,
    "freshness.max_age_hours": 48, "quality.min_searched_share": 0.8,
}  # fmt: skip


def read(folder, text=None, **environment):
    """The thresholds with this `ringrift.yaml` and these variables, and nothing else."""
    if text is not None:
        (folder / "ringrift.yaml").write_text(text)
    return read_thresholds(environment, folder)


def other_value(name):
    """A possible value of a threshold that is not its default, and that contradicts no other."""
    one = OPTIONS[name]
    if one.kind is bool:
        return not one.default
    if one.kind is str:
        return one.choices[-1] if one.choices else "hex8_2p"
    start = one.default or 0
    if start == one.most:
        return start - 0.005
    return start + 1 if one.kind is int else start - 0.5 if abs(start) >= 2 else start + 0.005


def test_everything_asked_for_is_there_with_its_default_and_its_variable(tmp_path):
    found = read(tmp_path)
    assert {variable: (name, found.value(name)) for variable, name in VARIABLES.items()} == ASKED
    assert {name: found.value(name) for name in DEFAULTS} == DEFAULTS
    assert set(found.sources.values()) == {"default"}
    assert found.overrides() == {}
    assert found.nodes == ()


def test_the_numbers_that_the_engine_has_too_are_the_same():
    from ringrift_engine.evaluation.sequential import SequentialSettings
    from ringrift_engine.promotion.criteria import PromotionCriteria
    from ringrift_engine.promotion.regression import RollbackCriteria
    from ringrift_engine.ratings.reconcile import ConflictResolution, ReconcileSettings

    default = {name: one.default for name, one in OPTIONS.items()}
    criteria, test, reconciliation = PromotionCriteria(), SequentialSettings(), ReconcileSettings()
    for name in ("significant_max_elo", "significant_mean_elo", "connect_timeout_s", "transfer_timeout_s"):
        assert default[f"reconciliation.{name}"] == getattr(reconciliation, name)
    assert OPTIONS["reconciliation.conflict_resolution"].choices == tuple(ConflictResolution)
    assert default["promotion.elo_threshold"] == criteria.min_elo_improvement == test.elo1
    assert default["promotion.min_games"] == criteria.min_games_played
    for name in ("min_win_rate", "max_value_mse_degradation", "confidence_threshold", "tier_games_required"):
        assert default[f"promotion.{name}"] == getattr(criteria, name)
    assert default["promotion.confidence_threshold"] == pytest.approx(1 - test.alpha)
    assert test.alpha == test.beta
    assert criteria.test == test
    for name, value in asdict(RollbackCriteria()).items():
        assert default[f"rollback.{name}"] == value


def test_large_boards_count_positions_and_small_ones_games(tmp_path):
    found = read(tmp_path)
    counted = {key: found.of(key).training.counts for key in CONFIG_KEYS}
    large = {key for key in CONFIG_KEYS if key.startswith(("square19", "hexagonal"))}
    assert counted == {key: "positions" if key in large else "games" for key in CONFIG_KEYS}
    assert len(large) == 6
    assert all(found.of(key).overrides() == {} for key in CONFIG_KEYS), "a board's own default is no override"
    assert found.of("hexagonal_2p").training.new_positions == 5_000


def test_the_file_is_stronger_than_the_default_and_the_environment_than_the_file(tmp_path):
    text = "training: {new_games: 300}\nbreaker: {faults: 3}\n"
    found = read(tmp_path, text, RINGRIFT_TRAINING_THRESHOLD="200")
    assert (found.training.new_games, found.breaker.faults, found.sync.max_concurrent) == (200, 3, 6)
    assert found.sources["training.new_games"] == "RINGRIFT_TRAINING_THRESHOLD"
    assert found.sources["breaker.faults"] == "ringrift.yaml"
    assert found.sources["sync.max_concurrent"] == "default"
    assert found.overrides() == {
        "training.new_games": Override(200, 1_000, "RINGRIFT_TRAINING_THRESHOLD"),
        "breaker.faults": Override(3, 5, "ringrift.yaml"),
    }
    assert found.of("hex8_4p").overrides() == found.overrides()


def test_a_configuration_is_stronger_than_what_is_common_and_concerns_nobody_else(tmp_path):
    text = """
training: {new_positions: 30000}
configurations:
  hexagonal_2p:
    training: {new_positions: 50000, counts: games}
    rollback: {elo_regression_threshold: -45.5}
"""
    found = read(tmp_path, text)
    own, other = found.of("hexagonal_2p"), found.of("hexagonal_3p")
    assert (own.training.new_positions, own.training.counts) == (50_000, "games")
    assert (other.training.new_positions, other.training.counts) == (30_000, "positions")
    assert own.rollback.elo_regression_threshold == -45.5
    assert (found.training.new_positions, found.rollback.elo_regression_threshold) == (30_000, -30)
    assert own.overrides()["training.counts"] == Override("games", "positions", "ringrift.yaml")
    assert own.key == "hexagonal_2p"


def test_the_environment_is_stronger_than_a_configuration(tmp_path):
    text = "configurations: {hex8_2p: {training: {new_games: 50}}}"
    found = read(tmp_path, text, RINGRIFT_TRAINING_THRESHOLD="70").of("hex8_2p")
    assert (found.training.new_games, found.sources["training.new_games"]) == (70, "RINGRIFT_TRAINING_THRESHOLD")


def test_a_value_that_equals_its_default_is_no_override_but_says_where_it_came_from(tmp_path):
    found = read(tmp_path, "breaker: {faults: 5}")
    assert found.overrides() == {}
    assert found.sources["breaker.faults"] == "ringrift.yaml"


def test_a_variable_may_name_another_file(tmp_path):
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text("breaker: {faults: 2}")
    found = read(tmp_path, "breaker: {faults: 9}", RINGRIFT_CONFIG=str(elsewhere))
    assert (found.breaker.faults, found.sources["breaker.faults"]) == (2, str(elsewhere))
    with pytest.raises(ConfigError, match=r"nowhere\.yaml cannot be read: No such file or directory\. RINGRIFT_CONFIG"):
        read(tmp_path, RINGRIFT_CONFIG=str(tmp_path / "nowhere.yaml"))


@pytest.mark.parametrize("text", ["", "# only a comment\n", "training:\n", "configurations:\nnodes:\n", "nodes: []\n"])
def test_what_is_empty_says_nothing(tmp_path, text):
    assert read(tmp_path, text).overrides() == {}


def test_an_empty_variable_counts_as_not_set(tmp_path):
    assert read(tmp_path, RINGRIFT_CB_FAILURE_THRESHOLD="", RINGRIFT_TRACE_DEBUG=" ").overrides() == {}


def test_null_takes_an_optional_value_back(tmp_path):
    text = (
        "resources: {quota_gb: null}\nevaluation: {games: 60}\nconfigurations: {hex8_2p: {evaluation: {games: null}}}"
    )
    found = read(tmp_path, text)
    assert found.resources.quota_gb is None
    assert (found.evaluation.games, found.of("hex8_2p").evaluation.games) == (60, None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("trainning: {new_games: 3}", ["ringrift.yaml: unknown section 'trainning'", "Nearest: 'training'"]),
        ("training: {new_gams: 3}", ["ringrift.yaml, training: unknown threshold 'new_gams'", "Nearest: 'new_games'"]),
        ("training: {new_games: many}", ["ringrift.yaml: training.new_games must be a whole number", "not 'many'"]),
        ("training: {new_games: 0}", ["training.new_games must be a whole number of at least 1 (games), not 0"]),
        ("training: {new_games: true}", ["training.new_games must be", "not True"]),
        ("training: {counts: rows}", ["training.counts must be one of games, positions, not 'rows'"]),
        ("freshness: {max_age_hours: .nan}", ["freshness.max_age_hours must be", "not nan"]),
        ("freshness: {max_age_hours: .inf}", ["freshness.max_age_hours must be", "not inf"]),
        ("freshness: {max_age_hours: -1}", ["at least 0 (h), not -1"]),
        ("resources: {memory_warn_percent: 101}", ["resources.memory_warn_percent", "from 0 to 100 (%), not 101"]),
        ("resources: {disk_warn_percent: 90}", ["ringrift.yaml: ResourceLimits: disk_warn_percent is 90", "is 70"]),
        ("sync: {fast_interval_s: 500}", ["ringrift.yaml: Sync: fast_interval_s is 500", "data_interval_s"]),
        ("rollback: {elo_regression_threshold: 30}", ["at most 0 (Elo), not 30"]),
        ("breaker: 5", ["ringrift.yaml, breaker: a mapping of names to values is needed, not 5"]),
        ("- breaker", ["ringrift.yaml: a mapping of names to values is needed"]),
        ("breaker: {faults: 3", ["ringrift.yaml is not YAML", "line 1"]),
        ("breaker: {faults: 3, faults: 4}", ["'faults' stands twice"]),
        ("breaker: {faults: 3}\nbreaker: {faults: 4}", ["'breaker' stands twice", "line 2"]),
        ("1: {faults: 3}", ["1 is no name"]),
        ("configurations: {hex8_5p: {}}", ["unknown configuration 'hex8_5p'", "Nearest: 'hex8_"]),
        (
            "configurations: {hex8_2p: {trainin: {}}}",
            ["configurations.hex8_2p: unknown section 'trainin'", "'training'"],
        ),
        ("configurations: {hex8_2p: {training: {x: 1}}}", ["configurations.hex8_2p, training: unknown threshold 'x'"]),
        ("configurations: {hex8_2p: {training: {new_games: -1}}}", ["configurations.hex8_2p: training.new_games"]),
        ("configurations: {hex8_2p: {resources: {}}}", ["resources is about the machine", "top of the file"]),
    ],
)
def test_what_is_unknown_or_cannot_be_is_refused_where_it_stands(tmp_path, text, words):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert [word for word in words if word not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("variable", "text", "words"),
    [
        ("RINGRIFT_TRAINING_THRESHOLD", "lots", ["RINGRIFT_TRAINING_THRESHOLD (training.new_games)", "not 'lots'"]),
        ("RINGRIFT_TRAINING_THRESHOLD", "0", ["at least 1 (games), not 0"]),
        ("RINGRIFT_MIN_SYNC_INTERVAL", "nan", ["RINGRIFT_MIN_SYNC_INTERVAL (sync.min_interval_s)", "not nan"]),
        ("RINGRIFT_FAST_SYNC_INTERVAL", "1000", ["RINGRIFT_FAST_SYNC_INTERVAL: Sync: fast_interval_s is 1000"]),
        ("RINGRIFT_TRACE_DEBUG", "maybe", ["must be true or false, not 'maybe'"]),
        ("RINGRIFT_TRAINING_TRESHOLD", "5", ["unknown environment variable", "Nearest: 'RINGRIFT_TRAINING_THRESHOLD'"]),
    ],
)
def test_a_variable_that_cannot_be_is_refused_by_name(tmp_path, variable, text, words):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, **{variable: text})
    assert [word for word in words if word not in str(caught.value)] == []


def test_variables_of_others_are_left_alone(tmp_path):
    others = ("RINGRIFT_DATA_ROOT", "RINGRIFT_CACHE_DIR", "RINGRIFT_PARENT_PID", "RINGRIFT_SERVICE_HOST",
              "RINGRIFT_PORT_3030_TCP_ADDR", "RINGRIFT_EXECUTOR")  # fmt: skip
    assert read(tmp_path, **dict.fromkeys(others, "x")).overrides() == {}


def test_no_two_variables_are_so_alike_that_one_could_be_a_slip_for_the_other(tmp_path):
    for variable in VARIABLES:
        found = read(tmp_path, **{variable: str(other_value(VARIABLES[variable]))})
        assert list(found.sources.values()).count(variable) == 1
        assert set(found.overrides()) == {VARIABLES[variable]}


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_every_threshold_can_be_set_in_the_file_and_changes_its_value_alone(tmp_path, name):
    """Nothing is declared that the file cannot reach."""
    section, option = name.split(".")
    value = other_value(name)
    found = read(tmp_path, f"{section}: {{{option}: {str(value).lower()}}}")
    assert found.value(name) == value
    assert set(found.overrides()) == {name}
    assert set(found.of("hex8_2p").overrides()) == {name}
    if section in PER_CONFIGURATION:
        own = read(tmp_path, f"configurations: {{hex8_3p: {{{section}: {{{option}: {str(value).lower()}}}}}}}")
        assert set(own.of("hex8_3p").overrides()) == {name}
        assert own.of("hex8_2p").overrides() == own.overrides() == {}


def test_an_unknown_configuration_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"unknown configuration 'hex9_2p'\. Nearest: 'hex8_2p'"):
        read(tmp_path).of("hex9_2p")


def test_nodes_are_read(tmp_path):
    text = """
nodes:
  - {name: attic, path: /mnt/attic, role: store}
  - {name: rack-1, ssh: "games@rack1.example:/srv/ringrift", role: generate}
"""
    found = read(tmp_path, text)
    assert found.nodes == found.of("hex8_2p").nodes == (
        Node(name="attic", role="store", path="/mnt/attic"),
        Node(name="rack-1", role="generate", ssh="games@rack1.example:/srv/ringrift"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ("{a: 1}", "nodes must be a list"),
        ("[attic]", "node 1: a node is a mapping of name, role, path, ssh"),
        ("[{name: a, path: /x}]", "node 1: role is missing"),
        ("[{role: store, path: /x}]", "node 1: name is missing"),
        ("[{name: a, role: store}]", "a needs either path or ssh"),
        ("[{name: a, role: store, path: /x, ssh: 'h:/x'}]", "a needs either path or ssh"),
        ("[{name: a, role: cook, path: /x}]", "role must be one of generate, train, store, not 'cook'"),
        ("[{name: A b, role: store, path: /x}]", "the name 'A b' must be of lower-case letters"),
        ("[{name: a, role: store, pth: /x}]", "unknown key of a node 'pth'. Nearest: 'path'"),
        ("[{name: a, role: store, path: 3}]", "path must be a text, not 3"),
        ("[{name: a, role: store, ssh: '-oProxyCommand=x:/y'}]", "ssh must be [user@]host:path"),
        ("[{name: a, role: store, ssh: 'host'}]", "ssh must be [user@]host:path"),
        ("[{name: a, role: store, ssh: 'h:/x y'}]", "ssh must be [user@]host:path"),
        ("[{name: a, role: store, path: /x}, {name: a, role: train, path: /y}]", "two nodes are called 'a'"),
    ],
)
def test_a_node_that_cannot_be_reached_is_refused(tmp_path, nodes, words):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, f"nodes: {nodes}")
    assert words in str(caught.value)
    assert str(caught.value).startswith("ringrift.yaml")


def test_reading_imports_nothing_heavy():
    code = (
        "import sys; from ringrift_assets.thresholds import read_thresholds; read_thresholds({}); "
        "print(sorted({'torch', 'numba', 'dagster', 'polars', 'pyarrow', 'scipy'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
