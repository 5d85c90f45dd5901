"""The second opinion is only worth asking if it agrees with the recorded games itself, and owes the engine nothing."""

import ast
from itertools import islice
from pathlib import Path

import pytest

from tests.naive.replay import naive_difference
from tests.support.traces import GAME_FILES, games_of

SMALL = [path for path in GAME_FILES if "square8" in path.name or "hex8" in path.name]
LARGE = [path for path in GAME_FILES if path not in SMALL]


def name_of(path: Path) -> str:
    return path.name.removesuffix(".jsonl.gz")


@pytest.mark.parametrize("path", SMALL, ids=name_of)
def test_the_naive_engine_replays_every_recorded_game_on_small_boards(path):
    assert [difference for game in games_of(path) if (difference := naive_difference(game))] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", LARGE, ids=name_of)
def test_the_naive_engine_replays_the_first_recorded_game_of_each_file_on_large_boards(path):
    """The rest takes minutes: `python -m tests.naive.replay`."""
    assert [difference for game in islice(games_of(path), 1) if (difference := naive_difference(game))] == []


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.glob("*.py")), ids=lambda path: path.stem)
def test_the_naive_engine_imports_nothing_that_it_judges(path):
    nodes = list(ast.walk(ast.parse(path.read_text())))
    imported = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    imported += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    assert not [name for name in imported if name.split(".")[0] in {"ringrift_engine", "numba", "numpy"}]
