"""Rows as a table for people, and the machine above it."""

from collections.abc import Sequence
from typing import Final

from ringrift_engine.bench.comparison import Change
from ringrift_engine.bench.rows import Row

_HEADINGS: Final = ("name", "configuration", "threads", "median", "quartiles", "unit", "goal", "of limit")
_COMPARED: Final = ("before", "ratio", "calibrated")
_LEFT: Final = frozenset({"name", "configuration", "unit", "goal"})
_MET: Final = {True: "met", False: "missed", None: ""}


def table_text(changes: Sequence[Change], *, compared: bool) -> str:
    """The machine, then a line a row; with `compared` also what was before and the ratios."""
    headings = (*_HEADINGS, *_COMPARED) if compared else _HEADINGS
    lines = [headings, *(_cells(change)[: len(headings)] for change in changes)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    return "\n".join(
        [*_machine_lines(changes), "", *(_line(line, headings, widths) for line in lines), *_notes(changes)]
    )


def _machine_lines(changes: Sequence[Change]) -> list[str]:
    facts = next((change.row.details for change in changes if change.row.name == "machine.calibration"), {})
    return [f"{name:<10} {value}" for name, value in facts.items()]


def _line(cells: Sequence[str], headings: Sequence[str], widths: Sequence[int]) -> str:
    aligned = [
        cell.ljust(width) if heading in _LEFT else cell.rjust(width)
        for cell, heading, width in zip(cells, headings, widths, strict=True)
    ]
    return "  ".join(aligned).rstrip()


def _cells(change: Change) -> tuple[str, ...]:
    row = change.row
    share = row.share_of_limit
    return (
        row.name,
        row.configuration,
        str(row.threads),
        "not measured" if row.value is None else number_text(row.value),
        "" if row.low is None or row.high is None else f"{number_text(row.low)} to {number_text(row.high)}",
        row.unit,
        "" if row.goal is None else f"{_sign(row)} {number_text(row.goal)} {_MET[row.meets_goal]}".rstrip(),
        "" if share is None else f"{share:.1%}",
        "" if change.before is None else number_text(change.before),
        "" if change.ratio is None else f"{change.ratio:.3f}",
        "" if change.calibrated_ratio is None else f"{change.calibrated_ratio:.3f}",
    )


def _sign(row: Row) -> str:
    return ">=" if row.quantity.higher_is_better else "<="


def _notes(changes: Sequence[Change]) -> list[str]:
    notes = [(change.row.name, change.row.configuration, change.row.note) for change in changes if change.row.note]
    lines = [f"{name} {configuration}".strip() + f": {note}" for name, configuration, note in notes]
    return ["", *dict.fromkeys(lines)] if lines else []


def number_text(value: float) -> str:
    """Three digits, with thousands as k, M, G: 4.12M, 118, 0.0473."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e3 if letter == 'k' else size):.3g}{letter}"
    return f"{value:.0f}" if abs(value) >= 1_000 else f"{value:.3g}"
