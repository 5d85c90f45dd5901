"""Writes docs/data.md from the tables of the code, so that the page cannot fall behind them; a test compares the two.

`python -m ringrift_engine.datasets.page > docs/data.md` renews it.
"""

from collections.abc import Iterable, Sequence

from ringrift_engine.datasets.contract import (
    CODE_KEYS,
    FORMAT_VERSION,
    HELD_OUT_ONE_IN,
    ROW_KEYS,
    SCALAR_KEYS,
    WEIGHT_KEY,
    Key,
)
from ringrift_engine.records import index, shard_schema

_INTRODUCTION = """# Games and datasets on disk

For people who read the files with their own programs. Made by `python -m ringrift_engine.datasets.page` from the tables
of `ringrift_engine/records` and `ringrift_engine/datasets`.

Every file is published whole, by a rename, after it was read again and checked; then it never changes. Its name begins
with the hash of its content, equal content gives equal bytes, and no clock, path or host is inside. Names that begin
with `.partial-` are files being written; no reader looks at them.
"""
_SHARDS = """## Shards

One SQLite file a batch of games, `<first 12 digits of its SHA-256>.db`, `application_id` {application:#x},
`user_version` {version}. A policy has one byte for each choice of its position, in the fixed order of `rules.legal`:
0 for none, else 255 + 16 log2(share). So whoever wants policies replays the games, which every reader of the engine
does anyway. `ringrift games verify FILE` replays a shard and compares every result.
"""
_INDEX = """## games.parquet

One row a game of a configuration, ordered by shard and position. Statistics and gates read it instead of the shards.
"""
_DATASETS = """## Datasets (NPZ, format {version})

`np.load(path, allow_pickle=False)` reads them. A row is a decision with two choices or more, after the random opening
of a finished game, seen from the player to move. Axes: N rows, M policy entries of all rows, C planes, G numbers, W the
width of the bounding box, K shards, T names. Columns over seats are absolute: column s - 1 is seat s.

An export (`npz_exports`) has the rows of one shard and is deflated. A combined dataset (`combined_npz`) is stored, so
that its planes can be mapped. It has the newest rows up to the window ({window}), each position once, shuffled.
A game is held out if its `game_id` is a multiple of {held_out}, in every file and for ever.

Equal positions are merged into the newest row: policy and outcome become weighted means, the rest stays that row's own.
Held-out rows whose position occurs in a training game are dropped. Weights are quality (`datasets/quality.py`) times
freshness, which halves with every half-life of generations and has a floor (`datasets/combine.py`).
"""


def render_page() -> str:
    """The whole page as Markdown."""
    version = shard_schema.FORMAT_VERSION
    parts = [
        _INTRODUCTION,
        _SHARDS.format(application=shard_schema.APPLICATION_ID, version=version),
        "Table `shard`, one row:\n",
        _table(("column", "type", "holds"), _columns(shard_schema.SHARD_COLUMNS)),
        "Table `games`:\n",
        _table(("column", "type", "holds"), _columns(shard_schema.GAME_COLUMNS)),
        _INDEX,
        _table(("column", "type", "holds"), index.COLUMNS),
        _DATASETS.format(version=FORMAT_VERSION, window="`datasets/window.py`", held_out=HELD_OUT_ONE_IN),
        _table(("key", "dtype", "shape", "holds"), _keys((*ROW_KEYS, WEIGHT_KEY, *CODE_KEYS, *SCALAR_KEYS))),
    ]
    return "\n".join(parts)


def _columns(columns: shard_schema.Columns) -> list[tuple[str, str, str]]:
    words = {str: "text", int: "integer", bytes: "blob"}
    return [(name, words[kind], meaning) for name, kind, meaning in columns]


def _keys(keys: Sequence[Key]) -> list[tuple[str, str, str, str]]:
    return [(key.name, key.dtype, ", ".join(map(str, key.axes)) or "scalar", key.meaning) for key in keys]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    print(render_page(), end="")
