"""What changed since an earlier run: rows of two runs side by side, as ratios."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ringrift_engine.bench.rows import Row
from ringrift_engine.errors import DataError

_REMEDY: Final = "Write one with `ringrift bench --json > FILE`."


@dataclass(frozen=True)
class Change:
    """A row and what an earlier run has for it.

    before            the earlier value; None if there is none
    ratio             value / before; None without one of the two
    calibrated_ratio  the same with seconds counted in turns of each run's own calibration loop: what is left when one
                      machine, or one hour, was slower than the other
    """

    row: Row
    before: float | None
    ratio: float | None
    calibrated_ratio: float | None

    def to_json(self) -> dict[str, Any]:
        """The row as a JSON object with the ratios."""
        compared = {"before": self.before, "ratio": self.ratio, "calibrated_ratio": self.calibrated_ratio}
        return {**self.row.to_json(), **compared}


def read_rows(path: Path) -> list[Row]:
    """The rows of a file that `ringrift bench --json` wrote; DataError if it is torn or something else."""
    try:
        content = json.loads(path.read_text())
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(f"{path}: no run of `ringrift bench`, or a torn one ({error}). {_REMEDY}") from error
    if not isinstance(content, list) or not content:
        raise DataError(f"{path}: not a list of rows. {_REMEDY}")
    return [Row.from_json(facts, f"{path}: row {number}") for number, facts in enumerate(content, start=1)]


def compare(rows: Sequence[Row], earlier: Sequence[Row]) -> list[Change]:
    """Every row beside the earlier one that measured the same."""
    known = {row.key: row for row in earlier}
    return [_change(row, known.get(row.key)) for row in rows]


def _change(row: Row, earlier: Row | None) -> Change:
    if earlier is None:
        return Change(row, None, None, None)
    return Change(row, earlier.value, _ratio(row.value, earlier.value), _ratio(row.calibrated, earlier.calibrated))


def _ratio(now: float | None, before: float | None) -> float | None:
    return now / before if now is not None and before is not None else None
