"""What keeps a loop from starting is said in one line, and nothing is left of the attempt."""

import sys
import textwrap

import pytest

from ringrift_assets.cli import server, starting
from ringrift_assets.cli.graphql import read_location
from ringrift_assets.cli.server import LoopError, launch, recorded
from tests.ringrift_engine.cli.conftest import ringrift

# An instance that cannot be had: whoever gets as far as a process has passed every check before it.
DIES = """
    import sys
    print("2026-11-21 12:00:00 - dagster - INFO - Launching Dagster services...")
    print("Traceback (most recent call last):", file=sys.stderr)
    print('  File "x.py", line 1, in <module>', file=sys.stderr)
    print("dagster._core.errors.DagsterInvalidConfigError: no such storage", file=sys.stderr)
    sys.exit(1)
"""


def stand_in(monkeypatch, program):
    for name in ("_END_WITHIN_S", "_KILL_WITHIN_S"):
        monkeypatch.setattr(server, name, 1.0)
    monkeypatch.setattr(server, "_command", lambda _: [sys.executable, "-c", textwrap.dedent(program)])


@pytest.mark.parametrize(
    ("settings", "options", "message"),
    [
        ("traning: {}", (), "ringrift.yaml: unknown section 'traning'. Nearest: 'training'"),
        ("training: {new_games: 0}", (), "training.new_games"),
        ("", ("--configurations", "hex8_2p,hex8_5p"), "unknown configuration 'hex8_5p'. Nearest: 'hex8_"),
    ],
)
def test_settings_that_cannot_be_are_refused_before_anything_is_started(here, settings, options, message):
    here.set_up(settings)
    result = ringrift("loop", "start", *options)
    assert result.exit_code == 1
    assert message in result.output
    assert "Traceback" not in result.output
    assert not (here.root / ".dagster" / "loop.json").exists()


def test_a_folder_without_an_instance_is_refused(here):
    (here.root / "dagster.yaml").unlink()
    result = ringrift("loop", "start")
    assert result.exit_code == 1
    assert f"no dagster.yaml in {here.root}" in result.output


@pytest.mark.parametrize("text", ["nonsense: {a: 1}\n", "storage: [\n", "storage: {sqlite: {base_dir: {env: NOPE}}}\n"])
def test_an_instance_file_that_cannot_be_used_is_one_line(here, text):
    (here.root / "dagster.yaml").write_text(text)
    result = ringrift("loop", "start")
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {here.root / 'dagster.yaml'} cannot be used: ")
    assert len(result.output.splitlines()) == 1


def test_a_port_that_is_no_port_and_a_port_without_a_server_are_wrong_usage(here):
    assert ringrift("loop", "start", "--port", "70000").exit_code == 2
    assert ringrift("loop", "start", "--port", "3100", "--no-server").exit_code == 2
    assert ringrift("loop", "run", "--detached", "--verbose").exit_code == 2
    assert not (here.root / ".dagster" / "loop.json").exists()


@pytest.mark.usefixtures("here")
def test_processes_that_end_at_once_are_an_error_with_the_first_error_of_their_log(monkeypatch):
    stand_in(monkeypatch, DIES)
    result = ringrift("loop", "start", "--port", "3998")
    assert result.exit_code == 1
    assert "DagsterInvalidConfigError: no such storage" in result.output
    assert "Traceback" not in result.output
    assert recorded() is None


@pytest.mark.usefixtures("here")
def test_a_loop_that_never_answers_is_given_up_and_ended(monkeypatch):
    stand_in(monkeypatch, "import time; time.sleep(600)")
    monkeypatch.setattr(starting, "_LOAD_WITHIN_S", 0.6)
    result = ringrift("loop", "start", "--port", "3998")
    assert result.exit_code == 1
    assert "still waiting for the web server after" in result.output
    assert recorded() is None


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--port", "3100"), "--port"),
        (("--no-server",), "--no-server"),
        (("--configurations", "square8_2p"), "--configurations"),
    ],
)
def test_a_loop_that_was_started_otherwise_is_not_touched(monkeypatch, options, named):
    stand_in(monkeypatch, "import time; time.sleep(600)")
    loop = launch(3997, "hex8_2p")
    try:
        result = ringrift("loop", "start", *options)
        assert result.exit_code == 1
        assert f"a loop runs already (http://127.0.0.1:3997), started otherwise: {named}." in result.output
        assert recorded() == loop
    finally:
        server.end(loop)


# --- what the server says of the code location


def answer(found, status="LOADED", name="ringrift_assets"):
    return {
        "workspaceOrError": {
            "locationEntries": [{"name": name, "loadStatus": status, "locationOrLoadError": found}],
        }
    }


LOADED = {
    "__typename": "RepositoryLocation",
    "repositories": [
        {
            "sensors": [
                {"name": "training_trigger", "sensorState": {"status": "RUNNING"}},
                {"name": "freshness_gate", "sensorState": {"status": "STOPPED"}},
            ],
            "schedules": [{"name": "housekeeping", "scheduleState": {"status": "STOPPED"}}],
        }
    ],
}


def test_a_loaded_location_tells_what_is_on():
    location = read_location(answer(LOADED))
    assert location is not None
    assert location.sensors == {"training_trigger": True, "freshness_gate": False}
    assert location.schedules == {"housekeeping": False}


@pytest.mark.parametrize(
    "data", [answer(None, "LOADING"), answer(LOADED, name="another"), {"workspaceOrError": {"locationEntries": []}}]
)
def test_a_location_that_is_not_there_yet_is_none(data):
    assert read_location(data) is None


def test_definitions_that_do_not_load_are_told_by_their_first_cause():
    """The answer of a real server whose definitions could not be imported, shortened."""
    error = {
        "__typename": "PythonError",
        "message": "dagster._core.errors.DagsterImportError: Encountered ImportError: `cannot import name 'b'`\n",
        "errorChain": [{"error": {"message": "ImportError: cannot import name 'b' from 'a' (/a.py)\n"}}],
    }
    with pytest.raises(LoopError) as told:
        read_location(answer(error))
    assert str(told.value) == "the definitions do not load: ImportError: cannot import name 'b' from 'a' (/a.py)"
    with pytest.raises(LoopError, match=r"do not load: dagster\._core\.errors\.DagsterImportError"):
        read_location(answer({**error, "errorChain": []}))
