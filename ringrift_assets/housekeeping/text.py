"""What an execution came to, as a person reads it in a log or a terminal."""

from collections.abc import Iterable, Sequence
from typing import Final

from ringrift_assets.housekeeping.keeping import Amount, Report

_UNITS: Final = ("B", "kB", "MB", "GB", "TB")
_STEP: Final = 1024


def report_text(report: Report, *, files: bool = False) -> str:
    """Two tables, by kind and by folder; with `files` every file with its reason, too."""
    went = "would go" if report.dry_run else "removed"
    left = "would stay" if report.dry_run else "left"
    parts = [_files(report)] if files and report.removed else []
    kinds = sorted(report.by_kind().items())
    if kinds:
        parts.append(_aligned(("kind", went, "size"), [(name, *_cells(amount)) for name, amount in kinds]))
    parts.append(_folders(report, went, left))
    parts += [f"left alone: {key}: {why}" for key, why in sorted(report.left_alone.items())]
    return "\n\n".join(part for part in parts if part)


def size_text(size: int) -> str:
    """A number of bytes in the unit that suits it."""
    value, unit = float(size), 0
    while value >= _STEP and unit + 1 < len(_UNITS):
        value, unit = value / _STEP, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{size} B"


def _files(report: Report) -> str:
    return "\n".join(f"{one.kind} {one.path} ({size_text(one.bytes)}): {one.why}" for one in report.removed)


def _folders(report: Report, went: str, left: str) -> str:
    """What lay in every asset's folders, what of it went, and what is left."""
    if not report.before:
        return "No configuration has any files."
    gone, rows = report.by_asset(), []
    for asset, before in report.before.items():
        out = gone.get(asset, Amount())
        after = Amount(items=before.items - out.items, bytes=before.bytes - out.bytes)
        rows.append((asset, *_cells(before), *_cells(out), *_cells(after)))
    return _aligned(("folder", "before", "size", went, "size", left, "size"), rows)


def _cells(amount: Amount) -> tuple[str, str]:
    return str(amount.items), size_text(amount.bytes)


def _aligned(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table: the first column to the left, the others to the right."""
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join([first.ljust(widths[0]), *map(str.rjust, others, widths[1:])]) for first, *others in lines
    )
