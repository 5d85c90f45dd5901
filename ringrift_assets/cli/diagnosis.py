"""The checks of `ringrift doctor`. Each finds one thing out and says it in one line, with what to do if it is wrong.

A check that cannot be made because an earlier thing is missing says so itself: a doctor that stops at the first
illness is of no use. Nothing is repaired here, and nothing is left behind.
"""

import importlib.metadata
import platform
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ringrift_assets.cli.instance import INSTANCE_FILE, has_instance, instance_home, opened_instance
from ringrift_assets.cli.runs import SHORT
from ringrift_assets.cli.text import duration, first_line, one_line
from ringrift_engine.errors import RingRiftError
from ringrift_engine.files import publishing

if TYPE_CHECKING:
    import dagster as dg

    from ringrift_assets.thresholds import Thresholds
    from ringrift_engine.ratings.reconcile import RatingNode, ReconcileSettings
    from ringrift_engine.resources import Finding

_PACKAGE: Final = "ringrift"
_SHOWN: Final = ("dagster", "torch", "numba", "numpy", "polars")
_ONE_RELEASE: Final = (
    "dagster",
    "dagster-dg-cli",
    "dagster-graphql",
    "dagster-pipes",
    "dagster-shared",
    "dagster-webserver",
)
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
_DATABASES: Final = ("registry.db", "matches.db", "receipts.db")
_MB: Final = 2**20
_ASKED_AT_ONCE: Final = 8  # nodes: one that is dead answers after half a minute


class Level(StrEnum):
    """How much a finding matters; INFO is neither well nor ill."""

    OK = "ok"
    INFO = "info"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, kw_only=True)
class Check:
    """What one check found; `advice` is what to do, empty if nothing is."""

    name: str
    level: Level
    text: str
    advice: str = ""


def diagnose(host: str | None = None) -> Iterator[Check]:
    """Every check, one after the other; with `host` only those of that node and of the settings that name it.

    ConfigError for a host that is no node of the settings.
    """
    if host is not None:
        thresholds, check = _thresholds()
        yield check
        yield from _nodes(thresholds, host)
        return
    yield from _environment()
    yield from _instance()
    yield _definitions()
    thresholds, check = _thresholds()
    yield check
    yield from _storage()
    yield from _resources(thresholds)
    yield _compiled_code()
    yield from _databases()
    yield from _left_behind()
    yield from _nodes(thresholds)
    yield _browser()


# --- what is installed


def _environment() -> Iterator[Check]:
    versions = ", ".join(f"{name} {_version(name)}" for name in _SHOWN)
    missing = unsatisfied()
    yield Check(
        name="packages",
        level=Level.FAIL if missing else Level.OK,
        text="; ".join(missing) or f"Python {platform.python_version()}, ringrift {_version(_PACKAGE)}, {versions}",
        advice="`pip install -e .` in the repository, in this environment" if missing else "",
    )
    found = {name: _version(name) for name in _ONE_RELEASE}
    one = len(set(found.values())) == 1
    yield Check(
        name="dagster",
        level=Level.OK if one else Level.FAIL,
        text=f"all of one release, {found['dagster']}" if one else f"of different releases: {found}",
        advice="" if one else "`pip install -e .` in the repository; its parts pin each other exactly",
    )


def unsatisfied() -> list[str]:
    """Requirements of this package that the environment does not meet, as `name: what is there, what is needed`."""
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    metadata = importlib.metadata.metadata(_PACKAGE)
    python = SpecifierSet(metadata["Requires-Python"])
    told = [] if platform.python_version() in python else [f"Python {platform.python_version()}, {python} needed"]
    for text in importlib.metadata.requires(_PACKAGE) or ():
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        version = _version(requirement.name)
        if version == _ABSENT or not requirement.specifier.contains(version.split("+")[0], prereleases=True):
            told.append(f"{requirement.name} {version}, {requirement.specifier or 'any'} needed")
    return told


_ABSENT: Final = "not installed"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return _ABSENT


# --- Dagster


def _instance() -> Iterator[Check]:
    home = instance_home()
    if not has_instance():
        advice = f"run commands in the folder of the platform, or copy {INSTANCE_FILE} of the repository here"
        yield Check(name="instance", level=Level.FAIL, text=f"no {INSTANCE_FILE} in {home}", advice=advice)
        return
    try:
        with opened_instance() as instance:
            runs = instance.get_runs_count()
            yield Check(name="instance", level=Level.OK, text=f"{home / INSTANCE_FILE} opens, {runs} runs")
            yield _slots(instance)
        yield _loop()
    except RingRiftError as error:
        yield Check(name="instance", level=Level.FAIL, text=str(error), advice=f"put {INSTANCE_FILE} right")


def _loop() -> Check:
    from ringrift_assets.cli.loop_facts import loop_facts

    facts = loop_facts()
    if facts.loop is not None and not facts.running:
        left = len(facts.loop.processes())
        return Check(
            name="loop",
            level=Level.WARN,
            text=f"its first process was killed, {left} others are left",
            advice="`ringrift loop stop`, then `ringrift loop start`",
        )
    if facts.loop is None:
        return Check(name="loop", level=Level.INFO, text="does not run")
    ill, off = [one.name for one in facts.daemons if not one.healthy], list(facts.off)
    text = f"runs; no heartbeat of {', '.join(ill)}" if ill else "runs, every daemon has a heartbeat"
    if off:
        text += f"; off: {', '.join(off)}"
    restart = "`ringrift loop stop`, then `ringrift loop start`"
    advice = restart if ill else "`ringrift loop start` turns them on" if off else ""
    return Check(name="loop", level=Level.FAIL if ill else Level.WARN if off else Level.OK, text=text, advice=advice)


def _slots(instance: "dg.DagsterInstance") -> Check:
    """Slots of pools that runs hold although they have ended."""
    holders = instance.event_log_storage.get_concurrency_run_ids()
    found = {run_id: instance.get_run_by_id(run_id) for run_id in sorted(holders)}
    idle = [run_id[:SHORT] for run_id, run in found.items() if run is None or run.is_finished]
    return Check(
        name="pools",
        level=Level.WARN if idle else Level.OK,
        text=f"runs that have ended hold slots: {', '.join(idle)}" if idle else f"{len(found)} runs hold slots",
        advice="the next run gives them back, the loop's daemon does within a minute" if idle else "",
    )


def _definitions() -> Check:
    """Loaded in a process of its own: what is wrong with them must not be wrong with the doctor."""
    import subprocess
    import sys

    code = (
        "import dagster as dg\n"
        "from ringrift_assets.definitions import defs\n"
        "dg.Definitions.validate_loadable(defs)\n"
        "print(len(list(defs.assets or ())), 'assets,', len(list(defs.jobs or ())), 'jobs,',"
        " len(list(defs.sensors or ())), 'sensors,', len(list(defs.schedules or ())), 'schedules')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return Check(name="definitions", level=Level.OK, text=f"load: {done.stdout.strip()}")
    last = first_line("\n".join(reversed(done.stderr.strip().splitlines())))
    advice = "`python -c 'import ringrift_assets.definitions'` shows where"
    return Check(name="definitions", level=Level.FAIL, text=f"do not load: {last}", advice=advice)


# --- settings


def _thresholds() -> "tuple[Thresholds | None, Check]":
    from ringrift_assets.sensors.requests import configurations_of
    from ringrift_assets.thresholds import read_thresholds

    try:
        thresholds = read_thresholds()
        keys = configurations_of(thresholds)
    except RingRiftError as error:
        advice = "put it right; docs/settings.md lists every threshold"
        return None, Check(name="settings", level=Level.FAIL, text=str(error), advice=advice)
    told = [f"{len(keys)} configurations", *overridden(thresholds)]
    return thresholds, Check(name="settings", level=Level.OK, text="; ".join(told))


def overridden(thresholds: "Thresholds") -> list[str]:
    """What differs from the defaults, with who says so: common values first, then those of single configurations."""
    common = thresholds.overrides()
    told = [f"{name} = {one.value} ({one.source}, default {one.default})" for name, one in common.items()]
    for key, own in thresholds.configurations.items():
        for name, one in own.overrides().items():
            if name not in common or common[name].value != one.value:
                told.append(f"{key}: {name} = {one.value} ({one.source}, default {one.default})")
    return told


# --- the machine


def _storage() -> Iterator[Check]:
    from ringrift_assets.resources import Storage

    base = Storage().base
    existing = next(place for place in (base, *base.parents) if place.exists())
    try:
        with tempfile.TemporaryDirectory(prefix=".doctor-", dir=existing) as folder:
            target = Path(folder) / "file"
            for text in ("before", "after"):  # the second one replaces the first, as a new manifest does
                with publishing(target) as path:
                    path.write_text(text)
            whole = target.read_text() == "after"
    except OSError as error:
        advice = "make it writable, or name another folder: RINGRIFT_DATA_ROOT"
        yield Check(name="storage", level=Level.FAIL, text=f"{base}: {error.strerror}", advice=advice)
        return
    text = f"{base} is writable, files appear whole" if whole else f"{base}: a file did not replace another"
    advice = "" if whole else "use a file system with atomic renames: RINGRIFT_DATA_ROOT"
    yield Check(name="storage", level=Level.OK if whole else Level.FAIL, text=text, advice=advice)


def _resources(thresholds: "Thresholds | None") -> Iterator[Check]:
    from ringrift_assets.resources import Storage
    from ringrift_engine import resources

    limits = thresholds.resources if thresholds is not None else resources.ResourceLimits()
    yield resource_check(resources.check_disk_space(folder=Storage().base, limits=limits))
    yield resource_check(resources.check_memory(limits=limits))
    yield resource_check(resources.check_gpu_memory(limits=limits))
    yield resource_check(resources.check_cpu(limits=limits))
    yield resource_check(resources.check_load(limits=limits))


def resource_check(finding: "Finding") -> Check:
    """A finding of the engine: what stops work fails, a hint only warns."""
    from ringrift_engine.resources import Level as FindingLevel

    level = Level.FAIL if not finding.ok else Level.OK if finding.level is FindingLevel.OK else Level.WARN
    advice = "free some, or change the limit (docs/resources.md)" if level is Level.FAIL else ""
    return Check(name=finding.resource, level=level, text=finding.text, advice=advice)


def _compiled_code() -> Check:
    from ringrift_engine.resources import Machine
    from ringrift_engine.rules.backend import cache_folder

    folder = cache_folder("ringrift_engine.rules.apply").parent
    kept = [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    size = Machine().bytes_below(folder) / _MB
    told = f"{folder}: {size:.0f} MB in {len(kept)} folders, one for each state of the sources"
    return Check(name="compiled code", level=Level.INFO, text=told)


# --- the data


def _databases() -> Iterator[Check]:
    from ringrift_assets.resources import Storage

    for name in _DATABASES:
        yield database_check(Storage().base / name)


def database_check(path: Path) -> Check:
    """Whether a database opens, is what its name says, and is whole."""
    from ringrift_engine.database import DatabaseFile
    from ringrift_engine.evaluation.match_log import MatchLog
    from ringrift_engine.promotion.registry import Registry

    kinds: dict[str, type[DatabaseFile]] = {"registry.db": Registry, "matches.db": MatchLog}
    if not path.exists():
        return Check(name=path.name, level=Level.INFO, text="not there yet")
    try:
        if path.name in kinds:
            kinds[path.name](path).close()
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except (RingRiftError, sqlite3.DatabaseError) as error:
        said = one_line(str(error))
    if said == "ok":
        return Check(name=path.name, level=Level.OK, text=f"opens and is whole, {path.stat().st_size / _MB:.1f} MB")
    return Check(name=path.name, level=Level.FAIL, text=f"{path}: {said}", advice="restore it from a copy")


def _left_behind() -> Iterator[Check]:
    from ringrift_assets.locks import RunMarks
    from ringrift_assets.resources import Storage

    folder = Storage().base / "locks" / "runs"
    marks = RunMarks(folder)
    alive, dead = [], []
    for path in sorted(folder.glob("*.run")):
        (dead if marks.died(path.stem) else alive).append(path)
    killed = [f"{path.stem[:SHORT]} ({_age(path)} ago)" for path in dead]
    yield Check(
        name="marks of runs",
        level=Level.WARN if dead else Level.OK,
        text=f"killed runs left their marks: {', '.join(killed)}" if dead else f"{len(alive)} runs at work",
        advice="nothing: the next run gives back what they held and shows them as failed" if dead else "",
    )


def _age(path: Path) -> str:
    import time

    return duration(max(time.time() - path.stat().st_mtime, 0.0))


# --- the other machines


def _nodes(thresholds: "Thresholds | None", host: str | None = None) -> Iterator[Check]:
    """A check for every node of the settings, or for the one that is called `host`; all are asked at once."""
    from ringrift_assets.reconciling import reconciler_of
    from ringrift_assets.resources import Storage

    if thresholds is None:
        return
    reconciler = reconciler_of(Storage().base, thresholds, "ringrift doctor", track_history=False)
    chosen = reconciler.nodes if host is None else (reconciler.node(host),)
    if not chosen:
        yield Check(name="nodes", level=Level.INFO, text="ringrift.yaml lists no other machines")
        return
    with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
        yield from pool.map(lambda node: node_check(node, reconciler.settings), chosen)


def node_check(node: "RatingNode", settings: "ReconcileSettings") -> Check:
    """Whether a node can be reached and its match log could be taken in."""
    from ringrift_engine.ratings.reconcile import NoLogError, probe

    name = f"node {node.name}"
    try:
        size = probe(node, settings)
    except NoLogError:
        return Check(name=name, level=Level.INFO, text=f"answers, but has no match log yet: {node.address}")
    except RingRiftError as error:
        return Check(name=name, level=Level.FAIL, text=one_line(str(error)), advice=_node_advice(node.host, settings))
    return Check(name=name, level=Level.OK, text=f"answers, its match log has {size / _MB:.1f} MB: {node.address}")


def _node_advice(host: str | None, settings: "ReconcileSettings") -> str:
    if host is None:
        return "mount it, or put its path in `nodes:` right (docs/reconciliation.md)"
    config = f"-F {settings.ssh_config} " if settings.ssh_config else ""
    return f"try `ssh {config}{host} true` by hand: key, host key, address; then docs/reconciliation.md"


def _browser() -> Check:
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    text = f"{found}, for the tests of the UI" if found else "none; the tests of the UI are skipped"
    return Check(name="browser", level=Level.INFO, text=text)
