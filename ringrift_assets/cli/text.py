"""Numbers, times and lines of text for people."""

import math
import textwrap
import time
from collections.abc import Iterable, Sequence
from typing import Final

WIDTH: Final = 120
_UNITS: Final = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"))
_LARGE: Final = 10_000


def duration(seconds: float) -> str:
    """`43 s`, `12 min`, `3.4 h`, `2.1 d`; `unknown` for NaN."""
    if not math.isfinite(seconds):
        return "unknown"
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}" if unit == "min" else f"{seconds / size:.1f} {unit}"
    return f"{max(seconds, 0.0):.0f} s"


def clock(moment: float) -> str:
    """A time of day in the local time zone; `moment` in seconds since 1970."""
    return time.strftime("%H:%M:%S", time.localtime(moment))


def date(moment: float) -> str:
    """Date and time in the local time zone; `moment` in seconds since 1970."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))


def amount(number: float) -> str:
    """A count in few characters: `9999`, `12k`, `3.4M`."""
    if number < _LARGE:
        return f"{number:.0f}"
    return f"{number / 1e3:.0f}k" if number < 1e6 else f"{number / 1e6:.1f}M"


def first_line(text: str | None, longest: int = 300) -> str:
    """The first line of a text that says something, cut to `longest` characters."""
    return one_line(next((line for line in (text or "").splitlines() if line.strip()), ""), longest)


def one_line(text: str, longest: int = 400) -> str:
    """All of a text in one line, cut to `longest` characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 3]}..."


def wrapped(label: str, text: str, indent: int = 2) -> str:
    """`label` and `text`, wrapped below each other so that the text stays in its column."""
    start = f"{' ' * indent}{label} "
    return textwrap.fill(
        " ".join(text.split()),
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )


def columns(rows: Iterable[Sequence[str]], gap: str = "  ") -> list[str]:
    """Rows of equal length as lines, every column as wide as its longest cell; a line that is too long is cut."""
    kept = [list(map(str, row)) for row in rows]
    widths = [max(map(len, cells)) for cells in zip(*kept, strict=True)]
    lines = [gap.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in kept]
    return [line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..." for line in lines]
