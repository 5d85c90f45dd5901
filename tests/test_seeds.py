"""docs/seeds.md: one row for every part of the platform that this one replaces, and every claim of it looked up."""

import ast
import re
from collections import Counter
from functools import cache
from itertools import groupby
from pathlib import Path

import click
import pytest

from ringrift_assets.definitions import defs
from ringrift_assets.thresholds.reading import VARIABLES
from ringrift_assets.thresholds.table import OPTIONS
from ringrift_engine.cli.main import main

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "seeds.md"
LINES = PAGE.read_text().splitlines()

# How many parts each of the five descriptions names: S0.1 to S0.86 and so on.
ROWS_OF_SEED = {"S0": 86, "S1": 47, "S2": 41, "S3": 53, "S4": 77}
HERE, NOT_NEEDED, TO_COME = "here", "not needed", "to come"
LEAST_WORDS = {HERE: 1, NOT_NEEDED: 6, TO_COME: 2}
SOURCES = [path for name in ("ringrift_engine", "ringrift_assets") for path in sorted((ROOT / name).rglob("*.py"))]


def read_rows(lines):
    """Cells of every row that begins with an id: id, what, state, where."""
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines if re.match(r"\| S\d", line)]


ROWS = read_rows(LINES)
CLAIMS = [row for row in ROWS if len(row) == 4 and row[2] in (HERE, NOT_NEEDED)]


# --- what a row in backticks may name


@cache
def names_in(path):
    """Functions, classes, their methods as Class.method, and names that get a value, of a Python file."""
    names = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        if isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


@cache
def declared():
    """Everything in the definitions, as a row names it: asset:NAME, check:ASSET.NAME, job:NAME and so on."""
    graph = defs.resolve_asset_graph()
    keys = {key.to_user_string(): key for key in graph.get_all_asset_keys()}
    return {
        *(f"asset:{name}" for name in keys),
        *(f"check:{check.asset_key.to_user_string()}.{check.name}" for check in graph.asset_check_keys),
        *(f"job:{job.name}" for job in defs.resolve_all_job_defs() if not job.name.startswith("__")),
        *(f"sensor:{sensor.name}" for sensor in defs.sensors or []),
        *(f"schedule:{schedule.name}" for schedule in defs.schedules or []),
        *(f"pool:{asset.op.pool}" for asset in graph.assets_defs if asset.op.pool),
    }


@cache
def variables_read():
    """Environment variables of thresholds, and those that sources name as whole strings beside a reading of them."""
    texts = [path.read_text() for path in SOURCES]
    named = {
        name for text in texts if re.search(r"environ|envvar", text) for name in re.findall(r'"(RINGRIFT_\w+)"', text)
    }
    return named | set(VARIABLES)


def command_exists(words):
    """Whether `ringrift` has these subcommands, and the last of them these options."""
    command = main
    while words and re.fullmatch(r"[a-z][a-z-]*", words[0]) and isinstance(command, click.Group):
        command = command.get_command(click.Context(command), words.pop(0))
    known = {option for parameter in getattr(command, "params", ()) for option in parameter.opts}
    return command not in (None, main) and all(word in known for word in words if word.startswith("--"))


def is_there(token):
    """Whether what a row names in backticks exists; False for a form that the page does not allow."""
    if re.fullmatch(r"(asset|check|job|sensor|schedule|pool):[\w.]+", token):
        return token in declared()
    if token.startswith("setting:"):
        return token.removeprefix("setting:") in OPTIONS
    if re.fullmatch(r"RINGRIFT_[A-Z_]+", token):
        return token in variables_read()
    if token.startswith("ringrift "):
        return command_exists(token.split()[1:])
    path, _, name = token.partition("::")
    if not re.fullmatch(r"[\w./-]+", path) or not ("/" in path or "." in path):
        return False
    return (ROOT / path).is_file() and name in names_in(ROOT / path) if name else (ROOT / path).exists()


def tokens_of(row):
    return re.findall(r"`([^`]+)`", row[3])


def shows(token):
    """Whether a person can run it and see: a test, a command, or what every change must pass."""
    return (
        token.startswith("ringrift ") or token == ".ci/run" or re.match(r"tests/[\w/]*test_\w+\.py", token) is not None
    )


# --- the page


def test_every_part_has_one_row_in_order():
    assert [row[0] for row in ROWS] == [
        f"{seed}.{n}" for seed, last in ROWS_OF_SEED.items() for n in range(1, last + 1)
    ]


def test_rows_stand_below_the_heading_of_their_description():
    seeds = [match[0] for line in LINES if (match := re.match(r"(?:## |\| )S\d", line))]
    assert [seed for seed, _ in groupby(seeds)] == [mark + seed for seed in ROWS_OF_SEED for mark in ("## ", "| ")]


def test_every_row_has_four_cells_a_known_state_and_a_reason():
    assert [row for row in ROWS if len(row) != 4 or not row[1] or row[2] not in LEAST_WORDS] == []
    assert [row for row in ROWS if len(row[3].split()) < LEAST_WORDS[row[2]]] == []


def test_the_count_is_that_of_the_rows():
    states = Counter(row[2] for row in ROWS)
    count = (
        f"Of {len(ROWS)} rows, {states[HERE]} are here, {states[NOT_NEEDED]} are not needed, "
        f"{states[TO_COME]} are to come."
    )
    assert [line for line in LINES if line.startswith("Of ")] == [count]


def test_what_a_row_names_is_there():
    assert [(row[0], token) for row in CLAIMS for token in tokens_of(row) if not is_there(token)] == []


def test_what_is_here_has_a_test_or_command_that_shows_it():
    assert [row[0] for row in CLAIMS if row[2] == HERE and not any(map(shows, tokens_of(row)))] == []


# --- the test of the test


@pytest.mark.parametrize(
    "token",
    [
        "tests/test_seeds.py",
        "tests/test_seeds.py::test_every_part_has_one_row_in_order",
        "ringrift_assets/resources.py::Storage.store",
        "ringrift_engine/promotion/registry_format.py::TRANSITIONS",
        "ringrift games stats",
        "ringrift train CONFIG DATASET --out FILE",
        "asset:checkpoints",
        "check:checkpoints.weights_load",
        "job:improve",
        "pool:train",
        "setting:breaker.faults",
        "RINGRIFT_TRAINING_THRESHOLD",
        "RINGRIFT_DATA_ROOT",
    ],
)
def test_what_exists_is_found(token):
    assert is_there(token)


@pytest.mark.parametrize(
    "token",
    [
        "tests/test_seed.py",
        "tests/test_seeds.py::test_every_part_has_two_rows",
        "ringrift_assets/resources.py::Storage.shop",
        "ringrift",
        "ringrift gamble",
        "ringrift games gamble",
        "ringrift train --colour",
        "asset:game_database",
        "check:checkpoints.games_replay",
        "job:checkpoints",
        "sensor:improve",
        "schedule:improve",
        "pool:improve",
        "setting:breaker.fault",
        "RINGRIFT_TRAINING_THRESHOLDS",
        "some words",
        "checkpoints",
    ],
)
def test_what_does_not_exist_is_not_found(token):
    assert not is_there(token)
