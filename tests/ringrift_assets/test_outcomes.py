"""How runs tell of their stages, and that the jobs make what is said of them."""

import dagster as dg
import pytest

from ringrift_assets.definitions import defs
from ringrift_assets.outcomes import BLOCKED, FAULT, PARTITION_TAG, STAGES, STAGES_OF_JOB, EndedRun, ended_runs


def run(succeeded=False, stage="", outcome="", stages=STAGES):
    return EndedRun(
        run_id="r", key="hex8_2p", stages=stages, ended_at=1.0, succeeded=succeeded, stage=stage, outcome=outcome
    )


def test_the_stages_of_the_jobs_are_their_assets():
    for job, stages in STAGES_OF_JOB.items():
        keys = defs.resolve_job_def(job).asset_layer.executable_asset_keys
        assert {key.to_user_string() for key in keys} == set(stages)


@pytest.mark.parametrize(
    ("ended", "stage", "says"),
    [
        pytest.param(run(succeeded=True), "checkpoints", True, id="success_is_everybodys"),
        pytest.param(run(stage="checkpoints", outcome=FAULT), "checkpoints", False, id="the_stage_that_failed"),
        pytest.param(run(stage="checkpoints", outcome=FAULT), "combined_npz", True, id="what_came_before_went_well"),
        pytest.param(run(stage="checkpoints", outcome=FAULT), "promoted_models", None, id="what_came_after_is_unknown"),
        pytest.param(run(stage="checkpoints", outcome=BLOCKED), "checkpoints", None, id="a_closed_gate_is_no_fault"),
        pytest.param(run(stage="checkpoints", outcome=BLOCKED), "npz_exports", True, id="before_a_closed_gate"),
        pytest.param(run(), "game_databases", False, id="a_killed_run_is_a_fault_of_all"),
        pytest.param(run(succeeded=True, stages=STAGES[:4]), "checkpoints", None, id="not_asked_for"),
    ],
)
def test_what_a_run_says_of_a_stage(ended, stage, says):
    assert ended.says_of(stage) is says


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (dg.DagsterRunStatus.SUCCESS, True),
        (dg.DagsterRunStatus.FAILURE, False),
        (dg.DagsterRunStatus.CANCELED, None),
    ],
)
def test_a_cancelled_run_is_no_fault(status, says):
    with dg.DagsterInstance.ephemeral() as instance:
        made = dg.DagsterRun(job_name="improve", run_id="0" * 32, status=status, tags={PARTITION_TAG: "hex8_2p"})
        instance.run_storage.add_run(made)
        (ended,) = ended_runs(instance, "hex8_2p")
        assert ended_runs(instance, "hex8_3p") == []
    assert ended.says_of("checkpoints") is says
