"""How long the loop takes between things: from step to step of a cycle, and from an event to the run that answers it.

    python -m tests.benchmarks.loop_latency FOLDER

FOLDER is one that a loop ran in (`ringrift loop start`): everything is read from Dagster's event log there. The event
that triggers a run is the end of the run before it of the same configuration; its answer is the first step of the next
run that a sensor requested. Runs that began while another configuration played are counted apart. The last line is
JSON: seconds, quartiles.
"""

import argparse
import json
import os
import statistics
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import dagster as dg

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
    """Seconds from the end of a configuration's run to the first step of its next one that a sensor asked for."""
    found: dict[str, list[float]] = {"idle": [], "while others play": []}
    spans = [(record.start_time or 0.0, record.end_time or 0.0) for record in records]
    for key in sorted({record.dagster_run.tags.get(_PARTITION_TAG, "") for record in records}):
        own = [record for record in records if record.dagster_run.tags.get(_PARTITION_TAG) == key]
        for before, after in pairwise(own):
            first = steps[after.dagster_run.run_id]
            if not first or _SENSOR_TAG not in after.dagster_run.tags or before.end_time is None:
                continue
            ended = before.end_time
            others = sum(start < ended < end for start, end in spans)
            found["while others play" if others else "idle"].append(first[0][0] - ended)
    return found


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
