"""How long the loop takes between things: from step to step of a cycle, and from an event to the run that answers it.

    python -m tests.benchmarks.loop_latency FOLDER

FOLDER is one that a loop ran in (`ringrift loop start`): everything is read from Dagster's event log there. A run that
a sensor requested answers the end of another one: of the run before it of the same configuration, or, if that is later,
of the run that had the slot which it needs. The answer is its first step. Answers while another configuration played
or trained are counted apart. The last line is JSON: seconds, quartiles.
"""

import argparse
import json
import math
import os
import statistics
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import dagster as dg

from ringrift_assets.outcomes import stages_of

_SENSOR_TAG: Final = "dagster/sensor_name"
_PARTITION_TAG: Final = "dagster/partition"
_START: Final = dg.DagsterEventType.STEP_START
_END: Final = dg.DagsterEventType.STEP_SUCCESS


def steps_of(instance: dg.DagsterInstance, run_id: str) -> list[tuple[float, float]]:
    """Start and end of every step that went well, in order."""
    starts: dict[str, float] = {}
    steps = []
    for event in instance.all_logs(run_id, of_type={_START, _END}):
        assert event.dagster_event is not None
        step = str(event.dagster_event.step_key)
        if event.dagster_event.event_type == _START:
            starts[step] = event.timestamp
        else:
            steps.append((starts[step], event.timestamp))
    return sorted(steps)


def answers(records: Sequence[dg.RunRecord], steps: dict[str, list[tuple[float, float]]]) -> dict[str, list[float]]:
    """Seconds from the event that let a run be asked for to its first step, of all runs that a sensor asked for."""
    found: dict[str, list[float]] = {"on an idle machine": [], "while others play or train": []}
    for record in records:
        run = record.dagster_run
        event = event_before(record, records)
        if event is None or _SENSOR_TAG not in run.tags or not steps[run.run_id]:
            continue
        others = [one for one in records if slots_of(one) and one is not record and at_work(one, event)]
        name = "while others play or train" if others else "on an idle machine"
        found[name].append(steps[run.run_id][0][0] - event)
    return found


def event_before(record: dg.RunRecord, records: Sequence[dg.RunRecord]) -> float | None:
    """When the last of those runs ended that a run had to wait for; None if there was none."""
    key, asked = record.dagster_run.tags.get(_PARTITION_TAG), record.create_timestamp.timestamp()
    ends = [
        one.end_time
        for one in records
        if one.end_time is not None
        and one.end_time <= asked
        and (one.dagster_run.tags.get(_PARTITION_TAG) == key or slots_of(one) & slots_of(record))
    ]
    return max(ends, default=None)


def slots_of(record: dg.RunRecord) -> set[str]:
    """The stages of a run that only some runs may be at work on at a time."""
    return {"game_databases", "checkpoints"} & set(stages_of(record.dagster_run))


def at_work(record: dg.RunRecord, moment: float) -> bool:
    """Whether a run was at work at that time."""
    return (record.start_time or math.inf) < moment < (record.end_time or math.inf)


def quartiles(values: Sequence[float]) -> dict[str, Any]:
    """Quartiles, rounded, and how many values there are."""
    if len(values) < 2:
        return {"count": len(values), "values": [round(value, 3) for value in values]}
    low, median, high = statistics.quantiles(values, n=4)
    return {"count": len(values), "low": round(low, 3), "median": round(median, 3), "high": round(high, 3)}


def main() -> None:
    """Read and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    os.chdir(folder)  # the instance lies in the folder that commands run in
    with dg.DagsterInstance.from_config(".") as instance:
        records = sorted(instance.get_run_records(dg.RunsFilter()), key=lambda record: record.create_timestamp)
        steps = {record.dagster_run.run_id: steps_of(instance, record.dagster_run.run_id) for record in records}
    between = [later[0] - earlier[1] for run in steps.values() for earlier, later in pairwise(run)]
    found = {"from step to step": quartiles(between)}
    for name, seconds in answers(records, steps).items():
        found[f"from event to first step, {name}"] = quartiles(seconds)
    for name, numbers in found.items():
        print(f"{name}: {numbers}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
