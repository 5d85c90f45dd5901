"""The tables of docs/performance.md: what is measured with its goals, and the figures of one run.

python -m ringrift_engine.bench.page            the quantities; a test compares them with the page
python -m ringrift_engine.bench.page run.json   the figures of a run that `ringrift bench --json` wrote
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from ringrift_engine.bench.comparison import read_rows
from ringrift_engine.bench.quantities import QUANTITIES, Quantity
from ringrift_engine.bench.rows import Row
from ringrift_engine.bench.table import number_text


def quantity_table() -> str:
    """Every quantity as a Markdown table."""
    lines = ["| name | unit | goal | what | limit |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{name}` | {one.unit} | {_goals(one)} | {one.meaning} | {one.limit} |" for name, one in QUANTITIES.items()
    ]
    return "\n".join(lines)


def _goals(quantity: Quantity) -> str:
    sign = "at least" if quantity.higher_is_better else "at most"
    small, large = (None if goal is None else f"{goal:,.10g}" for goal in (quantity.small, quantity.large))
    if small is None:
        return ""
    if large is None:
        return f"{sign} {small} on small boards"
    return f"{sign} {small}" if small == large else f"{sign} {small}, large boards {large}"


def figures_table(rows: Sequence[Row]) -> str:
    """The rows of a run as a Markdown table."""
    lines = ["| name | configuration | threads | median | quartiles | unit | of limit |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- |")
    return "\n".join([*lines, *map(_figures, rows)])


def _figures(row: Row) -> str:
    value = "not measured" if row.value is None else number_text(row.value)
    spread = "" if row.low is None or row.high is None else f"{number_text(row.low)} to {number_text(row.high)}"
    share = "" if row.share_of_limit is None else f"{row.share_of_limit:.1%}"
    where = row.configuration or (row.note if row.value is not None else "")
    return f"| `{row.name}` | {where} | {row.threads} | {value} | {spread} | {row.unit} | {share} |"


if __name__ == "__main__":
    print(figures_table(read_rows(Path(sys.argv[1]))) if len(sys.argv) > 1 else quantity_table())
