"""`ringrift doctor`: every check is seen to fail, or to warn, for the reason that it names."""

import importlib.metadata
import os
import sqlite3

import pytest

from ringrift_assets.cli import diagnosis
from ringrift_assets.cli.diagnosis import Level, database_check, overridden, resource_check, unsatisfied
from ringrift_assets.locks import RunMarks
from ringrift_assets.thresholds import read_thresholds
from ringrift_engine.promotion.registry import Registry
from ringrift_engine.resources import Finding
from ringrift_engine.resources import Level as FindingLevel
from tests.ringrift_engine.cli.conftest import ringrift
from tests.support.logs import drawn_games, write_log
from tests.support.sshd import HOST, running_sshd


@pytest.fixture
def checks(quick, monkeypatch):
    """Runs the doctor; the requirements of the environment that tests run in are not what is tested here."""
    monkeypatch.setattr(diagnosis, "unsatisfied", list)
    monkeypatch.setattr(diagnosis, "_definitions", lambda: good_definitions)
    monkeypatch.chdir(quick.root)
    return lambda: {check.name: check for check in diagnosis.diagnose()}


good_definitions = diagnosis.Check(name="definitions", level=Level.OK, text="load")


def test_a_healthy_folder_has_a_line_for_every_check(checks):
    found = checks()
    expected = {
        "packages", "dagster", "instance", "pools", "loop", "definitions", "settings", "storage", "disk", "memory",
        "gpu", "cpu", "load", "compiled code", "registry.db", "matches.db", "receipts.db", "marks of runs", "nodes",
        "browser",
    }  # fmt: skip
    assert set(found) == expected
    assert {name for name, check in found.items() if check.level is Level.FAIL} <= {"disk", "memory"}
    assert found["loop"].text == "does not run"
    assert "training.new_games = 4 (ringrift.yaml, default 1000)" in found["settings"].text


def test_the_command_prints_a_line_each_and_ends_with_1_if_one_failed(checks):
    good = ringrift("doctor")
    assert len([line for line in good.output.splitlines() if line[0] != " "]) == len(checks())
    assert all(len(line) <= 120 for line in good.output.splitlines())
    with open("ringrift.yaml", "w") as settings:
        settings.write("selfplya: {}\n")
    bad = ringrift("doctor")
    assert bad.exit_code == 1
    assert "FAIL settings      ringrift.yaml: unknown section 'selfplya'. Nearest: 'selfplay'" in bad.output
    assert '"level": "fail"' in ringrift("doctor", "--json").stdout


def test_nothing_is_left_behind(quick, checks):
    quick.data.mkdir()
    before = sorted(path.name for path in quick.data.rglob("*"))
    checks()
    assert sorted(path.name for path in quick.data.rglob("*")) == before


@pytest.mark.parametrize(
    ("required", "told"),
    [
        (["click>=8.1", "psutil"], []),
        (["click>=999"], ["click {click}, >=999 needed"]),
        (["no-such-package-anywhere>=2"], ["no-such-package-anywhere not installed, >=2 needed"]),
        (["no-such-package-anywhere; extra == 'gpu'", "click<1; python_version < '3'"], []),
    ],
)
def test_requirements_are_compared_with_what_is_installed(monkeypatch, required, told):
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: required)
    assert unsatisfied() == [line.format(click=importlib.metadata.version("click")) for line in told]


def test_parts_of_dagster_of_different_releases_fail(checks, monkeypatch):
    real = diagnosis._version
    monkeypatch.setattr(diagnosis, "_version", lambda name: "1.12.0" if name == "dagster-webserver" else real(name))
    found = checks()["dagster"]
    assert found.level is Level.FAIL
    assert "'dagster-webserver': '1.12.0'" in found.text


def test_no_instance_and_one_that_cannot_be_opened_fail(folder, monkeypatch):
    monkeypatch.setattr(diagnosis, "_definitions", lambda: good_definitions)
    (folder.root / "dagster.yaml").write_text("nonsense: 1\n")
    found = {check.name: check for check in diagnosis.diagnose()}
    assert found["instance"].level is Level.FAIL
    assert 'unexpected config entry "nonsense"' in found["instance"].text
    (folder.root / "dagster.yaml").unlink()
    found = {check.name: check for check in diagnosis.diagnose()}
    assert (found["instance"].level, found["instance"].text) == (Level.FAIL, f"no dagster.yaml in {folder.root}")
    assert found["storage"].level is Level.OK  # one illness hides no other


def test_definitions_that_do_not_load_are_told_by_their_last_line(folder):
    package = folder.root / "ringrift_assets"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "definitions.py").write_text("import dagster\nraise RuntimeError('a fault in here')\n")
    found = diagnosis._definitions()  # `python -c` imports from the current folder first
    assert (found.level, found.text) == (Level.FAIL, "do not load: RuntimeError: a fault in here")


def test_a_data_root_that_cannot_be_written_fails(checks, monkeypatch):
    monkeypatch.setenv("RINGRIFT_DATA_ROOT", "/proc/no/such/place")
    found = checks()["storage"]
    assert found.level is Level.FAIL
    assert found.text.startswith("/proc/no/such/place: ")
    assert "RINGRIFT_DATA_ROOT" in found.advice


def test_overrides_are_listed_with_who_says_so(folder):
    folder.set_up("breaker: {faults: 2}\nconfigurations: {hex8_3p: {breaker: {faults: 3}}}\n")
    thresholds = read_thresholds({"RINGRIFT_TRAINING_THRESHOLD": "7"})
    assert sorted(overridden(thresholds)) == [
        "breaker.faults = 2 (ringrift.yaml, default 5)",
        "hex8_3p: breaker.faults = 3 (ringrift.yaml, default 5)",
        "training.new_games = 7 (RINGRIFT_TRAINING_THRESHOLD, default 1000)",
    ]


@pytest.mark.parametrize(
    ("level", "hard", "shown"),
    [
        (FindingLevel.OK, True, Level.OK),
        (FindingLevel.WARN, True, Level.WARN),
        (FindingLevel.CRITICAL, True, Level.FAIL),
        (FindingLevel.CRITICAL, False, Level.WARN),  # a hint stops nothing
    ],
)
def test_what_stops_work_fails_and_a_hint_warns(level, hard, shown):
    check = resource_check(Finding("disk", level, "full", hard))
    assert (check.level, check.text, bool(check.advice)) == (shown, "full", shown is Level.FAIL)


def test_a_quota_that_is_used_up_fails(quick, checks):
    quick.set_up("resources: {quota_gb: 0}\n")
    found = checks()["disk"]
    assert found.level is Level.FAIL
    assert "resources.quota_gb" in found.text


def test_databases_are_opened_and_read(tmp_path):
    path = tmp_path / "registry.db"
    assert database_check(path).level is Level.INFO
    with Registry(path) as registry:
        for number in range(200):
            registry.add_history("hex8_2p", "subject", f"run {number}", {"text": "x" * 200})
    assert database_check(path).level is Level.OK
    content = bytearray(path.read_bytes())
    content[8_192:40_000] = b"\xff" * (40_000 - 8_192)
    path.write_bytes(content)
    assert database_check(path).level is Level.FAIL
    foreign = tmp_path / "matches.db"
    with sqlite3.connect(foreign) as other:
        other.execute("CREATE TABLE something (a)")
    other.close()
    found = database_check(foreign)
    assert found.level is Level.FAIL
    assert "not a match log" in found.text


def test_the_mark_of_a_killed_run_is_a_warning_and_that_of_a_living_one_is_not(quick, checks):
    marks = RunMarks(quick.data / "locks" / "runs")
    marks.begin("alive-run")
    marks.begin("killed-run")
    os.close(marks._held.pop("killed-run"))  # as the kernel does when a process dies
    found = checks()["marks of runs"]
    assert found.level is Level.WARN
    assert "killed-r (" in found.text
    assert "alive" not in found.text
    marks.end("alive-run")


def test_nodes_are_asked_and_each_failure_says_what_to_do(quick, tmp_path_factory):
    write_log(quick.root / "attic" / "matches.db", drawn_games(range(3)))
    for name in ("new", "foreign"):
        (quick.root / name).mkdir()
    (quick.root / "foreign" / "matches.db").write_bytes(b"nothing that could be a log" * 500)
    older = write_log(quick.root / "older" / "matches.db", drawn_games(range(3)))
    with sqlite3.connect(older) as log:
        log.execute("PRAGMA user_version = 1")
    log.close()
    expected = {
        "attic": (Level.OK, "its match log has 0."),
        "new": (Level.INFO, "has no match log yet"),
        "gone": (Level.FAIL, "Is it mounted, and the path in `nodes:` right?"),
        "foreign": (Level.FAIL, "not a"),
        "older": (Level.FAIL, "schema version 1"),
    }
    with running_sshd(tmp_path_factory.mktemp("sshd")) as server:
        lines = [f"  - {{name: {name}, path: {quick.root / name}, role: store}}" for name in expected]
        lines += [f'  - {{name: ssh-{name}, ssh: "{HOST}:{quick.root / name}", role: generate}}' for name in expected]
        lines.append('  - {name: ssh-silent, ssh: "nobody-listens:/srv", role: train}')
        quick.set_up("\n".join(["nodes:", *lines, f"reconciliation: {{ssh_config: {server.config}}}\n"]))
        found = {check.name: check for check in diagnosis._nodes(read_thresholds())}
        one = ringrift("doctor", "--host", "ssh-silent")
    for name, (level, text) in expected.items():
        for check in (found[f"node {name}"], found[f"node ssh-{name}"]):
            assert check.level is level, check
            assert text in check.text
            assert bool(check.advice) is (level is Level.FAIL)
    assert len(found) == 11
    assert found["node ssh-silent"].level is Level.FAIL
    assert "ssh says" in found["node ssh-silent"].text
    assert f"try `ssh -F {server.config} nobody-listens true` by hand" in found["node ssh-silent"].advice
    assert one.exit_code == 1
    assert [line.split()[:2] for line in one.output.splitlines() if line[0] != " "] == [
        ["ok", "settings"], ["FAIL", "node"],
    ]  # fmt: skip


def test_a_node_that_the_settings_do_not_know_is_an_error_that_names_the_nearest(quick):
    quick.set_up("nodes:\n  - {name: rack1, path: /nowhere, role: store}\n")
    said = ringrift("doctor", "--host", "rak1")
    assert said.exit_code == 1
    assert "unknown node 'rak1'. Nearest: 'rack1'" in said.output


def test_slots_of_runs_that_have_ended_are_a_warning(quick, checks):
    with quick.instance() as instance:
        instance.event_log_storage.set_concurrency_slots("generate", 1)
        claim = instance.event_log_storage.claim_concurrency_slot("generate", "no-such-run", "step")
        assert claim.is_claimed
    found = checks()["pools"]
    assert (found.level, found.text) == (Level.WARN, "runs that have ended hold slots: no-such-")
