"""What `ringrift status` prints: a table of all configurations in 120 columns, or one of them in full."""

from collections.abc import Sequence
from typing import Final

from ringrift_assets.cli.outlooks import UNITS, ConfigurationRow, DamagedRow, StageRow
from ringrift_assets.cli.text import amount, columns, duration, wrapped

_NEVER: Final = "-"


def table_text(rows: Sequence[ConfigurationRow | DamagedRow]) -> str:
    """The table: a line of the cycle's stages for each configuration, below it what keeps it and what comes next."""
    from ringrift_assets.outcomes import STAGES

    head = [["", *STAGES], ["", *(f"{UNITS[stage][0]}, age" for stage in STAGES)]]
    name, unit, *lines = columns([*head, *(_cells(row, STAGES) for row in rows)])
    told = [name, unit]
    for line, row in zip(lines, rows, strict=True):
        told += [line, *(_remarks(row) if isinstance(row, ConfigurationRow) else [wrapped("damaged", row.damage)])]
    return "\n".join(told)


def detail_text(row: ConfigurationRow | DamagedRow) -> str:
    """One configuration in full: every stage, every gate, and the plan with its terms."""
    if isinstance(row, DamagedRow):
        return wrapped(f"{row.key} is damaged:", row.damage, indent=0)
    outlook = row.outlook
    model = outlook.promoted[:12] or "none"
    lines = [f"{outlook.key}: generation {outlook.plan.generation} is next, promoted model {model}", ""]
    head = ("stage", "holds", "age", "version", "breaker")
    lines += columns([head, *(_stage_cells(stage) for stage in row.stages)])
    lines += _breakers(row)
    lines += ["", f"gates before a training: {len(outlook.closed)} of {len(outlook.verdicts)} closed"]
    lines += [wrapped("open  " if one.passed else "CLOSED", str(one).removeprefix("gate ")) for one in outlook.verdicts]
    lines += _inbox(row)
    lines += ["", wrapped("next:", row.next.text, indent=0), "", "plan of self-play", outlook.plan.explain()]
    return "\n".join(lines)


def _cells(row: ConfigurationRow | DamagedRow, stages: Sequence[str]) -> list[str]:
    if isinstance(row, DamagedRow):
        return [row.key, *("?" for _ in stages)]
    by_name = {stage.stage: stage for stage in row.stages}
    return [row.key, *(_cell(by_name[stage]) for stage in stages)]


def _cell(stage: StageRow) -> str:
    if not stage.version:
        return _NEVER
    held = stage.version[:6] if stage.unit == "model" else amount(stage.counted)
    return f"{held}, {duration(stage.age_s)}"


def _stage_cells(stage: StageRow) -> tuple[str, str, str, str, str]:
    breaker = stage.breaker.split(",")[0]
    if not stage.version:
        return stage.stage, _NEVER, _NEVER, _NEVER, breaker
    return stage.stage, f"{amount(stage.counted)} {stage.unit}", duration(stage.age_s), stage.version[:12], breaker


def _remarks(row: ConfigurationRow) -> list[str]:
    """The closed gates, the breakers that let nothing through, and the next step."""
    outlook = row.outlook
    gates = [wrapped("gate", str(one).removeprefix("gate ")) for one in outlook.closed]
    if not gates:
        gates = [f"  all {len(outlook.verdicts)} gates are open"]
    return [*gates, *_breakers(row), *_inbox(row), wrapped("next", row.next.text)]


def _inbox(row: ConfigurationRow) -> list[str]:
    return [wrapped("inbox", f"files that wait to be taken in: {row.inbox}")] if row.inbox else []


def _breakers(row: ConfigurationRow) -> list[str]:
    return [wrapped("breaker", f"of {stage.stage} is {stage.breaker}") for stage in row.stages if stage.held]
