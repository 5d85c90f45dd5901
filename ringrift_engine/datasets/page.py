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
from ringrift_engine.records import index, quality_score, shard_schema
from ringrift_engine.records.criteria import CRITERIA

_INTRODUCTION = """# Games and datasets on disk

For people who read the files with their own programs. Made by `python -m ringrift_engine.datasets.page` from the tables
of `ringrift_engine/records` and `ringrift_engine/datasets`.

Every file is published whole, by a rename, after its content was checked; then it never changes. Its name begins with
the hash of its content, equal content gives equal bytes, and no clock, path or host is inside. Names that begin with
`.partial-` are files being written; no reader looks at them.
"""
_SHARDS = """## Shards

One SQLite file a batch of games, `<first 12 digits of its SHA-256>.db`, `application_id` {application:#x},
`user_version` {version}. A policy has one byte for each choice of its position, in the fixed order of `rules.legal`:
0 for none, else 255 + 16 log2(share), rounded. Reading, the shares of a position are scaled to sum 1: each comes back
within 4.5 % of its value (2.2 % of rounding, as much again of the scale), and shares below 1/60,000 become 0. Whoever
wants policies replays the games, which every reader of the engine does anyway. What a search found out, the divergence
of its policy from the one that it began with, is one byte a decision: 0 for none, else 255 + 16 log2(nats / 16). A
decision has flags: drawn from the policy 1, with root values 2, an example to learn from 4.
`ringrift games verify FILE` replays a shard and compares every result.
"""
_INDEX = """## games.parquet

One row a game of a configuration, ordered by shard and position. Statistics and gates read it instead of the shards.
"""
_SOURCES = """## Where games are from

`synced_games` holds every shard that was taken in: those that were played here (`game_databases`), and those that
somebody put into `inbox/` (docs/operating.md, "Games from elsewhere"). `report.sources` in its manifest says which is
which, shard by shard; `games.parquet` says of every game which shard it is in, by which players and models. Inputs of
the version are the version of `game_databases` and a hash over the shards from the inbox.

`receipts.db` has a row for every shard that ever arrived: hash, source, size, time. A shard that housekeeping removed
is noted there too, and is not taken in again, whoever offers it.

A shard counts as of the generation in its header, but of none newer than the newest that was played here at its
arrival: another machine's numbers are not this one's. Where nothing is played, that bound is the generation of the next
training. Games that name no generation are of the first. What was decided stays (`report.quality.by_shard`).
"""
_DATASETS = """## Datasets (NPZ, format {version})

`np.load(path, allow_pickle=False)` reads them. A row is a decision with two choices or more, after the random opening
of a finished game, seen from the player to move; decisions that were searched cheaply, only to move the game on
(`search.settings.PlayoutCap`), are no rows. Axes: N rows, M policy entries of all rows, C planes, G numbers, W the
width of the bounding box, K shards, T names. Columns over seats are absolute: column s - 1 is seat s.

An export (`npz_exports`) has the rows of one shard and is deflated. A combined dataset (`combined_npz`) is stored, so
that its planes can be mapped. It has the newest rows up to the window ({window}), each position once, shuffled.
A game is held out if its `game_id` is a multiple of {held_out}, in every file and for ever.

Equal positions are merged into the newest row: policy, outcome and what searches stated become weighted means, surprise
the plain mean over those that were searched, the rest stays that row's own.
Held-out rows whose position occurs in a training game are dropped. Weights are quality (`datasets/quality.py`) times
freshness, which halves with every half-life of generations and has a floor, times surprise: a searched row to train on
counts 1 - s + s * surprise / mean surprise of such rows, at most eight means, s being `data.surprise_share`
(`datasets/combine.py`).
"""

_QUALITY = """## Quality

How good games are to learn from is one number from 0 to 1, the weighted mean of the sub-scores below. It is measured on
every shard, on all games of the newest generation, on those of every player setting among them
(`records/quality.py`; in the report of `synced_games`), and on every training set (`datasets/dataset_quality.py`; in
those of `npz_exports` and `combined_npz`). Every number comes from the games: what cannot be measured is worth 0, never
a default. Nothing is replayed. Bookkeeping moves, those that are made when there is nothing to do, count in no balance.
Between the two ends of a row the worth is a straight line; lengths have their own formula.

Length is compared with the configuration's own earlier games, those of the generations before, so that every board has
its own curve; a criterion that cannot be judged is left out, and the others count for more. A mean alone could not
veto: a thousand copies of one good game would pass. So the vital sub-scores, {vital}, limit the
mean to {times:g} times their value where they are below {below:g}.
"""
_GRADES = """
With G games the score is (G * mean + {prior} * {middle:g}) / (G + {prior}): few games are neither excellent nor
unusable by chance, two score between 0.50 and 0.67 whatever they are, and from 1,000 games on the mean is all. Without
games, or if any number is not a number, the score is 0.
"""
_REMOVED = """## What is removed, and when

Only the job `housekeeping` deletes, by its schedule at 3:30 every night (local time, off until it is turned on), from
the UI, or as `ringrift prune`. `ringrift prune --dry-run`, or `dry_run` in the job's configuration, says what would go
and why, file by file, and touches nothing. The numbers are in the section `housekeeping` of docs/settings.md. What it
did, or would have done, is a row of the registry's history (subject `housekeeping`).
"""
_REMOVED_RULES = """
The locks of the stages are held while something is taken away; what a stage at work may need is left alone until the
next time, with the reason in the report. A set (`game_databases`, `synced_games`, `npz_exports`) gets a manifest
without the files first, in the order in which a shard goes through them, and the files are deleted second. So a kill
leaves files that no manifest names; the next housekeeping, or the next stage that works on the set, clears them away.

The data version of a set is the hash of what is in it, so a removal changes it. Dagster hears of that with the next
materialisation, whose metadata says how much was removed so far. The manifest keeps the account in `report.removed`:
files and bytes, and for exports games and rows, which count on for the gates ("new since the last training") and for
the training window. Hence a training set made again after a removal is the same file, and nothing that was removed is
missed. Statistics of `synced_games`, and what games are compared with for quality, are of the games that are there.

Ticks of schedules and sensors are removed by Dagster itself: `retention` in dagster.yaml says when. With a run's record
its materialisations leave the plots over time; what a stage came to stays in the registry.
"""
_REMOVED_KINDS = (
    (
        "shard",
        "its game database, the copy that was taken in, and its export, together and by whole generations",
        "newer rows fill the training window several times, and the newest training set reads none of the generation; "
        "never of the newest generation, without an export, or without a receipt",
    ),
    ("combination", "a training set", "it is not the latest and no checkpoint that stays learnt from it"),
    (
        "checkpoint",
        "a trained network",
        "it is not among the newest; never the latest, the promoted one, the one that a rollback brings back, the two "
        "that were promoted last, or the one that the next training starts from; copies in `promoted_models` are never "
        "removed",
    ),
    ("gauntlet, feedback", "results of evaluations, states and plans of feedback", "not among the newest"),
    (
        "leftover",
        "half-written files, checkpoints that nobody registered, and what a killed housekeeping left",
        "old enough that nobody writes them; the last at once",
    ),
    (
        "run",
        "Dagster's record of a run: row, event log, captured output",
        "it ended long ago; never the latest materialisation of a partition, or the newest run of a job and partition",
    ),
)


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
        _SOURCES,
        _DATASETS.format(version=FORMAT_VERSION, window="`datasets/window.py`", held_out=HELD_OUT_ONE_IN),
        _table(("key", "dtype", "shape", "holds"), _keys((*ROW_KEYS, WEIGHT_KEY, *CODE_KEYS, *SCALAR_KEYS))),
        _QUALITY.format(
            vital=" and ".join(", ".join(_vital()).rsplit(", ", 1)),
            times=1 / quality_score.VITAL_BELOW,
            below=quality_score.VITAL_BELOW,
        ),
        _table(("sub-score", "of games", "of datasets", "worth 1", "worth 0"), _criteria()),
        _GRADES.format(prior=quality_score.PRIOR_GAMES, middle=quality_score.PRIOR_SCORE).lstrip(),
        _table(("grade", "score from"), [(name, f"{least:.2f}") for name, least in quality_score.GRADES]),
        _REMOVED,
        _table(("kind", "what", "goes when"), _REMOVED_KINDS),
        _REMOVED_RULES.lstrip(),
    ]
    return "\n".join(parts)


def _columns(columns: shard_schema.Columns) -> list[tuple[str, str, str]]:
    words = {str: "text", int: "integer", bytes: "blob"}
    return [(name, words[kind], meaning) for name, kind, meaning in columns]


def _keys(keys: Sequence[Key]) -> list[tuple[str, str, str, str]]:
    return [(key.name, key.dtype, ", ".join(map(str, key.axes)) or "scalar", key.meaning) for key in keys]


def _vital() -> list[str]:
    return [rule.name for rule in CRITERIA if rule.vital]


def _criteria() -> list[tuple[str, ...]]:
    """Weights, and what they are given for."""
    return [
        (rule.name, *(f"{part:.2f}" if part else "-" for part in (rule.games_weight, rule.dataset_weight)), *rule.ends)
        for rule in CRITERIA
    ]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    print(render_page(), end="")
