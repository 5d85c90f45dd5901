"""`ringrift failures`: what is a fault, what is blocked, what is refused, and that a retry is the same work again."""

import json
import shlex

import dagster as dg
import pytest

from ringrift_assets.cli import relaunch
from ringrift_assets.cli.graphql import Server
from ringrift_assets.cli.server import LoopError
from ringrift_assets.definitions import build_defs
from ringrift_assets.outcomes import WHY_TAG
from ringrift_assets.resources import Storage
from tests.ringrift_assets.cli.conftest import KEY, add_run
from tests.ringrift_engine.cli.conftest import ringrift, told
from tests.support.cycle import ASSETS, QUICK
from tests.support.stand_ins import StandInWorkers

GENERATE = ASSETS[:4]


def damage(place, asset="game_databases"):
    """Tear a shard; what it held."""
    shard = next((place.data / asset / KEY).glob("*.db"))
    content = shard.read_bytes()
    shard.write_bytes(b"torn")
    return lambda: shard.write_bytes(content)


def listed(*options):
    return told("failures", "list", *options)


@pytest.fixture
def broken(quick):
    """A configuration that was made once and then failed with a damaged shard; mending it."""
    assert quick.run(selection=GENERATE).success
    mend = damage(quick)
    assert not quick.run(selection=GENERATE).success
    return quick, mend


@pytest.mark.usefixtures("broken")
def test_a_fault_is_listed_with_its_stage_and_its_cause():
    found = listed()
    (fault,) = found["faults"]
    assert (fault["key"], fault["stage"], fault["outcome"], fault["open"]) == (KEY, "game_databases", "fault", True)
    assert fault["error"].startswith("ringrift_engine.errors.DataError: ")
    assert "is damaged" in fault["error"]
    assert (found["blocked"], found["refused"]) == ([], [])
    text = ringrift("failures", "list").output
    assert text.startswith("1 fault;")
    assert fault["run_id"][:8] in text
    assert "  open" in text


def test_a_closed_gate_is_blocked_and_no_fault(quick):
    assert quick.run(selection=GENERATE).success
    strict = {**QUICK, "checkpoints": {**QUICK["checkpoints"], "needed_games": 999}}
    assert not quick.run(config=strict, selection=("checkpoints",)).success
    found = listed()
    (blocked,) = found["blocked"]
    assert found["faults"] == []
    assert (blocked["stage"], blocked["open"]) == ("checkpoints", False)
    assert "gate enough_games is closed: 5 games in the training set, 999 needed" in blocked["error"]
    result = ringrift("failures", "retry", "--all-faults")
    assert (result.exit_code, result.output) == (0, "No fault is open: nothing to retry.\n")


def test_a_refused_candidate_is_listed_apart_and_is_no_failure(quick):
    quick.workers = StandInWorkers(wins={"random": [1, 1], "heuristic": [0, 0], "promoted": [1, 1]})
    assert quick.run().success
    found = listed()
    (refused,) = found["refused"]
    assert (found["faults"], found["blocked"]) == ([], [])
    (checkpoint,) = quick.manifest("checkpoints")["files"].values()
    assert (refused["key"], refused["candidate"]) == (KEY, checkpoint)
    assert refused["why"].startswith("refused")
    assert checkpoint[:12] in ringrift("failures", "list").output


def test_a_killed_run_is_a_fault_of_no_stage(quick):
    with quick.instance() as instance:
        run = add_run(instance, dg.DagsterRunStatus.STARTED)
        instance.report_run_failed(run, "The process of this run ended without a word (killed).")
    (fault,) = listed()["faults"]
    assert (fault["run_id"], fault["stage"], fault["job"], fault["open"]) == (run.run_id, "", "generate", True)
    assert fault["error"] == "The process of this run ended without a word (killed)."
    assert "  killed  open" in ringrift("failures", "list").output


def test_key_and_limit_choose(broken):
    place, _ = broken
    assert not place.run(selection=GENERATE).success
    with place.instance() as instance:
        for key in ("hex8_3p", "hex8_3p"):
            instance.report_run_failed(add_run(instance, dg.DagsterRunStatus.STARTED, key=key), "killed")
    assert [fault["key"] for fault in listed()["faults"]] == ["hex8_3p", "hex8_3p", KEY, KEY]
    assert [fault["key"] for fault in listed("--limit", "1")["faults"]] == ["hex8_3p"]
    assert [fault["key"] for fault in listed("--key", KEY)["faults"]] == [KEY, KEY]
    assert ringrift("failures", "list", "--key", "hex8_5p").exit_code == 1


# --- which faults are open


def open_runs():
    return [fault["open"] for fault in listed()["faults"]]


def test_of_faults_in_a_row_the_newest_is_open(broken):
    place, mend = broken
    assert not place.run(selection=GENERATE).success
    assert open_runs() == [True, False]
    mend()
    assert place.run(selection=GENERATE).success
    assert open_runs() == [False, False]


def test_a_run_at_work_is_a_trial_and_one_that_does_not_get_so_far_is_none(broken):
    place, mend = broken
    mend()
    torn = place.data / "combined_npz" / KEY / "latest.json"
    good = torn.read_text()
    torn.write_text("torn")
    assert not place.run(selection=GENERATE).success
    assert [(fault["stage"], fault["open"]) for fault in listed()["faults"]] == [
        ("combined_npz", True),
        ("game_databases", False),  # the later run did what this one could not
    ]
    torn.write_text(good)
    assert place.run(selection=GENERATE[:3]).success
    assert open_runs() == [True, False]  # it was not asked for a combination
    with place.instance() as instance:
        add_run(instance, dg.DagsterRunStatus.STARTED, job="generate")
    assert open_runs() == [False, False]


def test_a_job_without_stages_is_open_until_it_ran_again(quick):
    with quick.instance() as instance:
        run = add_run(instance, dg.DagsterRunStatus.STARTED, job="housekeeping", key="")
        instance.report_run_failed(run, "killed")
    assert open_runs() == [True]
    with quick.instance() as instance:
        add_run(instance, dg.DagsterRunStatus.STARTED, job="housekeeping", key="")
    assert open_runs() == [False]


# --- retry


class Recorder(Server):
    """A server that notes what it is asked to launch."""

    def ask(self, _, variables):
        asked.append(variables["parameters"])
        return {"launched": {"__typename": "LaunchRunSuccess", "run": {"runId": f"new-{len(asked)}"}}}


asked = []


@pytest.fixture
def server(monkeypatch):
    asked.clear()
    monkeypatch.setattr(relaunch, "running_server", lambda: Recorder("http://nowhere"))
    return asked


def test_without_a_server_the_command_line_that_does_the_same_is_printed(broken):
    place, mend = broken
    (fault,) = listed()["faults"]
    result = ringrift("failures", "retry", fault["run_id"][:8])
    assert result.exit_code == 1
    assert "is not launched: no server runs" in result.output
    (relaunched,) = json.loads(ringrift("failures", "retry", fault["run_id"], "--json").stdout)
    words = shlex.split(relaunched["command"])
    assert words[:5] == ["dagster", "asset", "materialize", "-m", "ringrift_assets.definitions"]
    options = dict(zip(words[5::2], words[6::2], strict=True))
    assert options["--partition"] == KEY
    assert set(options["--select"].split(",")) == set(GENERATE)
    # The options given to Dagster as the command would give them: the run succeeds once the shard is mended.
    mend()
    definitions = build_defs({"storage": Storage(root=str(place.data)), "workers": place.workers})
    with place.instance() as instance:
        again = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            partition_key=options["--partition"],
            instance=instance,
            asset_selection=[dg.AssetKey(name) for name in options["--select"].split(",")],
            run_config=json.loads(options["--config-json"]),
        )
        assert again.success
        assert again.dagster_run.run_config == instance.get_run_by_id(fault["run_id"]).run_config


def test_a_server_gets_the_same_job_assets_configuration_and_options(broken, server):
    place, _ = broken
    (fault,) = listed()["faults"]
    (done,) = told("failures", "retry", fault["run_id"])
    assert done["launched"] == "new-1"
    (parameters,) = server
    with place.instance() as instance:
        failed = instance.get_run_by_id(fault["run_id"])
    selector = parameters["selector"]
    assert (selector["jobName"], selector["repositoryLocationName"]) == (failed.job_name, "ringrift_assets")
    assert {tuple(one["path"]) for one in selector["assetSelection"]} == {(name,) for name in GENERATE}
    assert parameters["runConfigData"] == failed.run_config
    metadata = parameters["executionMetadata"]
    tags = {tag["key"]: tag["value"] for tag in metadata["tags"]}
    assert tags.pop("dagster/partition") == KEY
    assert fault["run_id"] in tags.pop(WHY_TAG)
    assert tags == {}  # nothing of how the failed run went
    assert metadata["parentRunId"] == metadata["rootRunId"] == fault["run_id"]


def test_all_faults_are_the_newest_open_one_of_each_configuration_and_job(broken, server):
    place, _ = broken
    assert not place.run(selection=GENERATE).success
    with place.instance() as instance:
        for key in ("hex8_3p", "hex8_3p", "square8_2p"):
            instance.report_run_failed(add_run(instance, dg.DagsterRunStatus.STARTED, key=key), "killed")
        add_run(instance, dg.DagsterRunStatus.STARTED, key="square8_2p")
    planned = told("failures", "retry", "--all-faults", "--dry-run")
    assert server == []
    assert sorted(one["key"] for one in planned) == [KEY, "hex8_3p"]
    assert "would be launched again" in ringrift("failures", "retry", "--all-faults", "--dry-run").output
    assert [one["key"] for one in told("failures", "retry", "--all-faults")] == [one["key"] for one in planned]
    assert len(server) == 2
    by_job = next(one for one in server if one["selector"]["jobName"] == "generate")
    assert "assetSelection" not in by_job["selector"]  # a whole job is launched as one


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"__typename": "PythonError", "message": "no\nway"}, "PythonError): no"),
        (
            {"__typename": "RunConfigValidationInvalid", "errors": [{"message": "unknown option"}]},
            "RunConfigValidationInvalid): unknown option",
        ),
    ],
)
@pytest.mark.usefixtures("broken")
def test_a_refusal_of_the_server_is_one_line(server, monkeypatch, answer, message):
    monkeypatch.setattr(Recorder, "ask", lambda *_: {"launched": answer})
    result = ringrift("failures", "retry", "--all-faults")
    assert result.exit_code == 1
    assert message in result.output
    assert server == []


def test_a_server_that_is_gone_is_an_error():
    with pytest.raises(LoopError, match="does not answer"):
        Server("http://127.0.0.1:9").ask("{ version }", {})


def test_what_is_no_failed_run_is_refused(quick):
    with quick.instance() as instance:
        run = add_run(instance, dg.DagsterRunStatus.SUCCESS)
    unknown, good = ringrift("failures", "retry", "nothing"), ringrift("failures", "retry", run.run_id)
    assert (unknown.exit_code, good.exit_code) == (1, 1)
    assert "no failed run has the id 'nothing'" in unknown.output
    assert "that run is success" in good.output
    assert ringrift("failures", "retry").exit_code == 2
    assert ringrift("failures", "retry", "x", "--all-faults").exit_code == 2
