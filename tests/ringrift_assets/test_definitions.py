"""The graph as it is: names are identity, so every change of this snapshot must be meant."""

import subprocess
import sys
import tomllib
from pathlib import Path

import dagster as dg
import pytest
import yaml

from ringrift_assets.definitions import build_defs, defs
from ringrift_assets.pipes import Workers
from ringrift_assets.resources import Storage
from ringrift_engine.boards import CONFIG_KEYS

ROOT = Path(__file__).parents[2]

# asset -> (edges from, pool, group, checks; those with a star block)
GRAPH = {
    "game_databases": ([], "generate", "games", ["games_replay*", "counts_match*"]),
    "synced_games": (["game_databases"], "sync", "games", ["inbox_taken_in", "receipts_match*", "none_lost*"]),
    "npz_exports": (
        ["synced_games"],
        "generate",
        "datasets",
        ["schema_valid*", "policies_sum_to_one*", "split_by_game*"],
    ),
    "combined_npz": (
        ["npz_exports"],
        "generate",
        "datasets",
        ["weights_mean_one*", "no_duplicates*", "one_source*"],
    ),
    "checkpoints": (
        ["combined_npz"],
        "train",
        "training",
        ["losses_finite*", "weights_load*", "trained_on_combination"],
    ),
    "gauntlet_results": (
        ["checkpoints"],
        "evaluate",
        "evaluation",
        ["games_played*", "model_hash_equal*", "every_seat_played*", "crashes_not_counted*"],
    ),
    "promoted_models": (["gauntlet_results"], None, "promotion", ["copy_verified*", "promotion_criteria"]),
    "feedback_state": (["gauntlet_results", "promoted_models"], None, "feedback", ["earlier_generations_only*"]),
    "selfplay_plan": (["feedback_state"], None, "feedback", ["plan_possible*"]),
    "elo_ladder": (["elo_reconciliation"], None, "ratings", ["every_game_counted*", "anchors_in_place*", "no_circles"]),
    "elo_reconciliation": ([], "sync", "ratings", ["elo_drift"]),
}
OF_ALL_CONFIGURATIONS = ["elo_ladder", "elo_reconciliation"]
FEEDBACK = ["feedback_state", "selfplay_plan"]
JOBS = {
    "generate": ["combined_npz", "game_databases", "npz_exports", "synced_games"],
    "intake": ["combined_npz", "npz_exports", "synced_games"],
    "improve": sorted(set(GRAPH) - set(FEEDBACK) - set(OF_ALL_CONFIGURATIONS)),
    "feedback": FEEDBACK,
}
JOBS_WITHOUT_ASSETS = ["rollback"]
JOBS_OF_NO_CONFIGURATION = ["housekeeping", "ladder", "reconcile", "shadow_tournament"]
SCHEDULES = {
    "housekeeping": "30 3 * * *",
    "reconcile_elo": ["*/30 * * * *"],
    "shadow_tournament": ["*/15 * * * *"],
}
SENSORS = [
    "freshness_gate",
    "inbox",
    "quality_gate",
    "rollback_monitor",
    "run_failures",
    "selfplay_scheduler",
    "training_trigger",
]


def graph_of(definitions):
    graph = definitions.resolve_asset_graph()
    found = {}
    for key in graph.toposorted_asset_keys:
        node = graph.get(key)
        specs = [
            f"{check.name}{'*' if graph.get_check_spec(check).blocking else ''}"
            for check in graph.asset_check_keys
            if check.asset_key == key
        ]
        definition = node.assets_def
        pools = {op.pool for op in [definition.op]}
        parents = sorted(parent.to_user_string() for parent in node.parent_keys)
        found[key.to_user_string()] = (parents, pools.pop(), node.group_name, sorted(specs))
    return found


def test_assets_edges_pools_groups_and_checks():
    expected = {name: (edges, pool, group, sorted(names)) for name, (edges, pool, group, names) in GRAPH.items()}
    assert graph_of(defs) == expected


def test_nothing_leads_into_self_play():
    assert graph_of(defs)["game_databases"][0] == []


def test_jobs_and_what_they_materialise():
    for name, assets in JOBS.items():
        job = defs.resolve_job_def(name)
        assert sorted(key.to_user_string() for key in job.asset_layer.executable_asset_keys) == assets
        assert job.partitions_def.get_partition_keys() == list(CONFIG_KEYS)
    assert defs.resolve_job_def("rollback").partitions_def.get_partition_keys() == list(CONFIG_KEYS)
    named = {job.name for job in defs.resolve_all_job_defs() if not job.name.startswith("__")}
    assert named == {*JOBS, *JOBS_WITHOUT_ASSETS, *JOBS_OF_NO_CONFIGURATION}


@pytest.mark.parametrize(
    ("name", "assets"), [("ladder", ["elo_ladder"]), ("reconcile", ["elo_ladder", "elo_reconciliation"])]
)
def test_jobs_of_all_configurations(name, assets):
    job = defs.resolve_job_def(name)
    assert sorted(key.to_user_string() for key in job.asset_layer.executable_asset_keys) == assets
    assert job.partitions_def is None


def test_every_asset_is_partitioned_owned_described_and_versioned():
    for asset in defs.resolve_asset_graph().assets_defs:
        (spec,) = list(asset.specs)
        if spec.key.to_user_string() in OF_ALL_CONFIGURATIONS:
            assert spec.partitions_def is None
        else:
            assert spec.partitions_def is not None
            assert spec.partitions_def.get_partition_keys() == list(CONFIG_KEYS)
        assert spec.owners == ["team:ringrift"]
        assert spec.kinds
        assert spec.code_version
        assert spec.description


def test_nothing_is_automated_behind_the_sensors_back():
    assert sorted(sensor.name for sensor in defs.sensors or []) == SENSORS
    assert {schedule.name: schedule.cron_schedule for schedule in defs.schedules or []} == SCHEDULES
    for instigator in [*(defs.sensors or []), *(defs.schedules or [])]:
        assert instigator.default_status.value == "STOPPED"
    for asset in defs.resolve_asset_graph().assets_defs:
        assert all(spec.automation_condition is None for spec in asset.specs)


def test_every_option_of_every_asset_is_described():
    from ringrift_assets.assets import evaluation, exports, games, promotion, training

    configs = (
        games.GamesConfig,
        exports.CombinationConfig,
        training.TrainingConfig,
        evaluation.GauntletConfig,
        promotion.PromotionConfig,
    )
    for config in configs:
        for name, field in config.model_fields.items():
            assert field.description, f"{config.__name__}.{name}"


def test_definitions_load_and_resources_can_be_replaced():
    dg.Definitions.validate_loadable(defs)
    fresh = build_defs({"workers": Workers(threads=1, device="auto")})
    dg.Definitions.validate_loadable(fresh)
    assert fresh.resources is not None
    assert fresh.resources["workers"].means == {"threads": 1, "device": "auto"}
    with pytest.raises(KeyError, match="unknown resource 'worker'"):
        build_defs({"worker": Workers()})


def test_pyproject_and_workspace_name_the_same_definitions():
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    workspace = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]
    module, name = "ringrift_assets.definitions", "ringrift_assets"
    assert tools["dagster"] == {"module_name": module, "code_location_name": name}
    project = tools["dg"]["project"]
    assert (project["code_location_target_module"], project["code_location_name"]) == (module, name)
    assert workspace == [{"python_module": {"module_name": module, "location_name": name}}]


def test_the_instance_keeps_runs_without_dagster_home(tmp_path):
    settings = yaml.safe_load((ROOT / "dagster.yaml").read_text())
    assert settings["storage"]["sqlite"]["base_dir"] == ".dagster"
    assert settings["concurrency"]["pools"]["granularity"] == "op"
    (tmp_path / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.run_retries_enabled
        assert instance.run_monitoring_enabled


def test_importing_the_definitions_imports_nothing_heavy_and_takes_little_time():
    code = (
        "import sys, time; import dagster; began = time.process_time(); import ringrift_assets.definitions; "
        "print(time.process_time() - began, [name for name in "
        "('torch', 'numba', 'polars', 'pyarrow', 'matplotlib', 'scipy', 'sqlite_utils') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    seconds, heavy = done.stdout.split(" ", 1)
    assert heavy.strip() == "[]"
    assert float(seconds) < 1.0


def test_the_data_root_is_an_option_then_a_variable_then_a_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RINGRIFT_DATA_ROOT", raising=False)
    assert Storage().base == tmp_path / "data"
    monkeypatch.setenv("RINGRIFT_DATA_ROOT", str(tmp_path / "elsewhere"))
    assert Storage().base == tmp_path / "elsewhere"
    assert Storage(root=str(tmp_path / "here")).base == tmp_path / "here"
