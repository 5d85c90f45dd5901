"""The asset `elo_reconciliation`, its check and its schedule, with real logs and a real Dagster run."""

import importlib
import shutil
from dataclasses import fields

import dagster as dg
import pytest

from ringrift_assets import schedules
from ringrift_assets.assets.reconciliation import elo_reconciliation
from ringrift_assets.definitions import build_defs
from ringrift_assets.reconciling import rating_node, reconcile_settings
from ringrift_assets.resources import Storage
from ringrift_assets.schedules import every, reconcile_elo
from ringrift_assets.thresholds import Node, read_thresholds
from ringrift_assets.thresholds.sections import Reconciliation
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.promotion.registry import Registry
from ringrift_engine.ratings.reconcile.pool import pool_of
from tests.support.logs import PLAYERS, drawn_games, write_log

OTHER = {
    "conflict_resolution": "raise", "significant_max_elo": 60, "significant_mean_elo": 20, "connect_timeout_s": 7,
    "transfer_timeout_s": 70, "ssh_config": "here/ssh",
}  # fmt: skip


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("RINGRIFT_CONFIG", "RINGRIFT_DATA_ROOT"):
        monkeypatch.delenv(name, raising=False)
    write_log(tmp_path / "data" / "matches.db", drawn_games(range(60)))
    write_log(tmp_path / "attic" / "matches.db", drawn_games(range(60, 160), players=PLAYERS[::-1]))
    return tmp_path


def settings(place, *names, more=""):
    nodes = "".join(f"  - {{name: {name}, path: {place / name}, role: store}}\n" for name in names)
    (place / "ringrift.yaml").write_text((f"nodes:\n{nodes}" if nodes else "") + more)


def materialised(place):
    result = dg.materialize([elo_reconciliation], resources={"storage": Storage(root=str(place / "data"))})
    (event,) = result.asset_materializations_for_node("elo_reconciliation")
    (check,) = result.get_asset_check_evaluations()
    return result, event.metadata, check


def test_a_run_takes_in_the_nodes_games_fits_again_and_says_how_far_apart_they_were(place):
    settings(place, "attic", more="reconciliation: {significant_max_elo: 5000, significant_mean_elo: 5000}\n")
    result, metadata, check = materialised(place)
    assert result.success
    with MatchLog(place / "data" / "matches.db") as log:
        assert log.counts() == {"hex8_2p": 160}
        assert pool_of(log, "hex8_2p").stored
    assert (metadata["matches_added"].value, metadata["nodes_failed"].value) == (100, 0)
    assert "attic: 100 games added" in metadata["summary"].value
    assert metadata["max_drift"].value > 0
    assert [record.data["node"] for record in metadata["drift"].value.records] == ["attic"]
    assert check.check_name == "elo_drift"
    assert check.passed
    with Registry(place / "data" / "registry.db") as registry:
        (row,) = registry.history("elo_sync")
        assert row.run_id == result.run_id
        assert len(registry.history("elo_drift")) == 2


def test_significant_drift_and_a_node_that_cannot_be_read_are_warnings_of_a_run_that_succeeds(place):
    settings(place, "attic", "gone")
    (place / "gone").mkdir()
    (place / "gone" / "matches.db").write_bytes(b"not a database, whatever its name says " * 99)
    result, metadata, check = materialised(place)
    assert result.success
    assert (metadata["matches_added"].value, metadata["nodes_failed"].value) == (100, 1)
    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert check.description == "significant drift: hex8_2p@attic; could not be read: gone"


def due(place):
    """Names of the assets that the schedule asks for now; its reason if it asks for nothing."""
    with dg.build_schedule_context(resources={"storage": Storage(root=str(place / "data"))}) as context:
        tick = schedules.reconcile_elo.evaluate_tick(context)
    if not tick.run_requests:
        return tick.skip_message
    (request,) = tick.run_requests
    return sorted(key.to_user_string() for key in request.asset_selection or ())


def run(place, assets):
    """What the job of the schedule makes of these assets, as the schedule asks for them."""
    definitions = build_defs({"storage": Storage(root=str(place / "data"))})
    with dg.DagsterInstance.ephemeral() as instance:
        return definitions.resolve_job_def(reconcile_elo.job_name).execute_in_process(
            instance=instance, asset_selection=[dg.AssetKey(name) for name in assets]
        )


def test_the_schedule_asks_the_nodes_and_rates_what_came_from_them(place):
    settings(place, "attic")
    assert due(place) == ["elo_ladder", "elo_reconciliation"]
    result = run(place, due(place))
    (rated,) = result.asset_materializations_for_node("elo_ladder")
    assert rated.metadata["games"].value == 160, "the node's hundred games are in the ladder of the same run"


def test_without_nodes_the_schedule_rates_again_when_games_have_come(place):
    settings(place)
    assert due(place) == ["elo_ladder"]
    assert run(place, due(place)).success
    assert due(place) == "ringrift.yaml lists no nodes, and the ladder knows all 60 games of the match log"
    write_log(place / "data" / "matches.db", drawn_games(range(200, 203)))
    assert due(place) == ["elo_ladder"]


def test_the_schedule_asks_for_no_ladder_of_nothing(place):
    shutil.rmtree(place / "data")
    settings(place)
    assert due(place) == "ringrift.yaml lists no nodes, and the ladder knows all 0 games of the match log"
    settings(place, "attic")
    assert due(place) == ["elo_reconciliation"]
    assert run(place, due(place)).success
    assert due(place) == ["elo_ladder", "elo_reconciliation"]


def test_how_often_is_the_threshold_when_the_definitions_are_loaded(place):
    (place / "ringrift.yaml").write_text("loop: {reconcile_elo_minutes: 240}\n")
    try:
        importlib.reload(schedules)
        assert schedules.reconcile_elo.cron_schedule == ["0 0,4,8,12,16,20 * * *"]
    finally:
        (place / "ringrift.yaml").unlink()
        importlib.reload(schedules)


@pytest.mark.parametrize(("name", "value"), list(OTHER.items()))
def test_every_option_of_the_section_reaches_the_engine(place, name, value):
    settings(place, more=f"reconciliation: {{{name}: {value}}}\n")
    changed, usual = reconcile_settings(read_thresholds()), reconcile_settings(read_thresholds({}, place / "nowhere"))
    assert {one.name for one in fields(changed) if getattr(changed, one.name) != getattr(usual, one.name)} == {name}


def test_every_option_of_the_section_is_tried():
    assert set(OTHER) == {field.name for field in fields(Reconciliation)}


@pytest.mark.parametrize(
    ("where", "host", "database"),
    [
        ({"path": "/mnt/attic/ringrift"}, None, "/mnt/attic/ringrift/matches.db"),
        ({"ssh": "games@rack1:/srv/ringrift/"}, "games@rack1", "/srv/ringrift/matches.db"),
        ({"ssh": "rack1:~/ringrift"}, "rack1", "~/ringrift/matches.db"),
    ],
)
def test_a_nodes_log_lies_in_its_data_root(where, host, database):
    found = rating_node(Node(name="one", role="store", **where))
    assert (found.name, found.host, found.database) == ("one", host, database)


@pytest.mark.parametrize("minutes", [1, 7, 15, 30, 45, 60, 90, 720, 1_440])
def test_cron_lines_are_due_every_so_many_minutes_from_midnight(minutes):
    due = set()
    for line in every(minutes):
        minute, hour, *rest = line.split()
        assert rest == ["*"] * 3
        minute_set = range(0, 60, int(minute[2:])) if minute.startswith("*/") else [int(minute)]
        hours = range(24) if hour == "*" else map(int, hour.split(","))
        due |= {60 * one + other for one in hours for other in minute_set}
    assert due == set(range(0, 1_440, minutes))
