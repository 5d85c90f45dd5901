"""What the loop's web server is asked, at the address that its own pages use: GraphQL."""

import json
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ringrift_assets.cli.instance import LOCATION, REPOSITORY
from ringrift_assets.cli.server import LoopError
from ringrift_assets.cli.text import first_line, one_line

_ANSWER_WITHIN_S: Final = 60.0

_LOCATIONS: Final = """{
  workspaceOrError {
    ... on Workspace {
      locationEntries {
        name
        loadStatus
        locationOrLoadError {
          __typename
          ... on PythonError { message errorChain { error { message } } }
          ... on RepositoryLocation {
            repositories {
              sensors { name sensorState { status } }
              schedules { name scheduleState { status } }
            }
          }
        }
      }
    }
    ... on PythonError { message }
  }
}"""
_START: Final = {
    "sensor": """mutation Start($selector: SensorSelector!) {
  started: startSensor(sensorSelector: $selector) { __typename ... on PythonError { message } }
}""",
    "schedule": """mutation Start($selector: ScheduleSelector!) {
  started: startSchedule(scheduleSelector: $selector) { __typename ... on PythonError { message } }
}""",
}
_LAUNCH: Final = """mutation Launch($parameters: ExecutionParams!) {
  launched: launchPipelineExecution(executionParams: $parameters) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on RunConfigValidationInvalid { errors { message } }
    ... on PythonError { message }
  }
}"""


@dataclass(frozen=True)
class LoadedLocation:
    """The code location as the server has it: names of what can be on, and whether it is."""

    sensors: Mapping[str, bool]
    schedules: Mapping[str, bool]


@dataclass(frozen=True)
class Server:
    """The web server at `address`."""

    address: str

    def ask(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The data of an answer; LoopError if there is none or the server refuses the question."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.address}/graphql", body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=_ANSWER_WITHIN_S) as answer:
                found = json.load(answer)
        except (OSError, ValueError) as error:
            raise LoopError(f"{self.address} does not answer: {error}. See `ringrift loop status`.") from error
        if found.get("errors"):
            raise LoopError(f"{self.address}: {one_line(found['errors'][0]['message'])}")
        return found["data"]

    def answers(self) -> bool:
        """Whether anybody listens there already."""
        try:
            with urllib.request.urlopen(f"{self.address}/server_info", timeout=_ANSWER_WITHIN_S):
                return True
        except OSError:
            return False

    def location(self) -> LoadedLocation | None:
        """The code location, None while it is being loaded; LoopError with the first error if it cannot be."""
        return read_location(self.ask(_LOCATIONS, {}))

    def turn_on(self, kind: str, name: str) -> None:
        """Turn a sensor or schedule (`kind`) on; LoopError if the server refuses."""
        selector = {"repositoryLocationName": LOCATION, "repositoryName": REPOSITORY, f"{kind}Name": name}
        answer = self.ask(_START[kind], {"selector": selector})["started"]
        if "message" in answer or answer["__typename"].endswith("Error"):
            raise LoopError(f"{kind} {name} cannot be turned on: {first_line(answer.get('message'))}")

    def launch(
        self,
        job: str,
        assets: Sequence[str] | None,
        config: Mapping[str, Any],
        tags: Mapping[str, str],
        parent: tuple[str, str],
    ) -> str:
        """Queue a run and return its id; `parent` are the run that it repeats and the first one of that line.

        LoopError with the reason if the server refuses.
        """
        selector: dict[str, Any] = {
            "repositoryLocationName": LOCATION,
            "repositoryName": REPOSITORY,
            "jobName": job,
        }
        if assets is not None:
            selector["assetSelection"] = [{"path": name.split("/")} for name in assets]
        metadata = {
            "parentRunId": parent[0],
            "rootRunId": parent[1],
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        }
        parameters = {
            "selector": selector,
            "runConfigData": dict(config),
            "mode": "default",
            "executionMetadata": metadata,
        }
        answer = self.ask(_LAUNCH, {"parameters": parameters})["launched"]
        if "run" not in answer:
            why = [error["message"] for error in answer.get("errors", ())] or [answer.get("message", "")]
            raise LoopError(f"{job} was not launched ({answer['__typename']}): {first_line(why[0])}")
        return answer["run"]["runId"]


def read_location(data: Mapping[str, Any]) -> LoadedLocation | None:
    """What an answer says of the code location; as `Server.location`."""
    workspace = data["workspaceOrError"]
    if "message" in workspace:
        raise LoopError(f"the definitions do not load: {first_line(workspace['message'])}")
    entry = next((one for one in workspace["locationEntries"] if one["name"] == LOCATION), None)
    if entry is None or entry["loadStatus"] != "LOADED" or entry["locationOrLoadError"] is None:
        return None
    found = entry["locationOrLoadError"]
    if found["__typename"] == "PythonError":
        chain = [link["error"]["message"] for link in found["errorChain"]]
        # The first cause says what is wrong with the definitions, the errors around it say who noticed.
        raise LoopError(f"the definitions do not load: {first_line(chain[-1] if chain else found['message'])}")
    repositories = found["repositories"]
    return LoadedLocation(
        sensors={one["name"]: _is_on(one["sensorState"]) for part in repositories for one in part["sensors"]},
        schedules={one["name"]: _is_on(one["scheduleState"]) for part in repositories for one in part["schedules"]},
    )


def _is_on(state: Mapping[str, str]) -> bool:
    return state["status"] == "RUNNING"
