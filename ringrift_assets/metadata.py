"""Metadata that a person wants to see: tables, learning curves, counts.

Pictures are stored in Dagster's event log with every materialisation, so they stay below 100 kB: they are drawn small,
and one that would be larger is an error here instead of a slow UI later.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import dagster as dg

from ringrift_assets.thresholds import Thresholds
from ringrift_engine.errors import DataError

LARGEST_PICTURE: Final = 100_000  # bytes of the markdown that holds it
_INCHES: Final = (6.0, 3.2)
_DOTS_PER_INCH: Final = 80
_PANELS_A_ROW: Final = 4


def table(rows: Sequence[Mapping[str, Any]]) -> dg.TableMetadataValue:
    """Rows with equal keys as a table, to be read: numbers have six digits. Column types follow from the first row."""
    if not rows:
        return dg.MetadataValue.table([], schema=dg.TableSchema(columns=[]))
    kinds = {bool: "bool", int: "int", float: "float"}
    columns = [dg.TableColumn(name, kinds.get(type(value), "string")) for name, value in rows[0].items()]
    records = [dg.TableRecord({name: _cell(value) for name, value in row.items()}) for row in rows]
    return dg.MetadataValue.table(records, schema=dg.TableSchema(columns=columns))


def quality_shown(quality: Mapping[str, Any]) -> dict[str, Any]:
    """Score, grade and the table of sub-scores of games or of a dataset; the heaviest loss first."""
    rows = [{name: part[name] for name in ("name", "value", "weight", "why")} for part in quality["subscores"]]
    rows.sort(key=lambda row: row["weight"] * (1 - float(row["value"])), reverse=True)
    return {"quality": quality["score"], "grade": quality["grade"], "subscores": table(rows)}


def curves(title: str, step: str, lines: Mapping[str, Sequence[tuple[float, float]]]) -> dg.MarkdownMetadataValue:
    """Lines of (step, value) points as a picture that the UI shows inline; `step` names the horizontal axis, of whole
    numbers.
    """
    figure = _figure(_INCHES)
    axes = figure.add_subplot()
    for name, points in lines.items():
        axes.plot([x for x, _ in points], [y for _, y in points], label=name, linewidth=1.4, marker=".")
    axes.set_title(title, fontsize=10)
    _whole_steps(axes, step)
    if lines:
        axes.legend(fontsize=8)
    return inline_png(title, _png(figure))


def bands(
    title: str, step: str, panels: Mapping[str, Sequence[tuple[float, float, float, float]]]
) -> dg.MarkdownMetadataValue:
    """One small panel for each name: (step, value, low, high) points as a line in the band of its intervals."""
    return inline_png(title, bands_png(title, step, panels))


def bands_png(title: str, step: str, panels: Mapping[str, Sequence[tuple[float, float, float, float]]]) -> bytes:
    """The picture of `bands` as the content of a PNG file."""
    rows = -(-len(panels) // _PANELS_A_ROW) or 1
    figure = _figure((_INCHES[0] * 1.4, 0.5 + 1.7 * rows))
    figure.suptitle(title, fontsize=10)
    for number, (name, points) in enumerate(panels.items(), start=1):
        axes = figure.add_subplot(rows, min(_PANELS_A_ROW, len(panels)), number)
        steps, values, lows, highs = zip(*points, strict=True) if points else ((), (), (), ())
        axes.fill_between(steps, lows, highs, alpha=0.25, linewidth=0)
        axes.errorbar(steps, values, [_gaps(values, lows), _gaps(highs, values)], linewidth=1.2, marker=".")
        axes.set_title(name, fontsize=8)
        axes.tick_params(labelsize=7)
        _whole_steps(axes, step)
    return _png(figure)


def _figure(inches: tuple[float, float]) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=inches, dpi=_DOTS_PER_INCH, layout="constrained")


def _gaps(high: Sequence[float], low: Sequence[float]) -> list[float]:
    return [above - below for above, below in zip(high, low, strict=True)]


def _whole_steps(axes: Any, step: str) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel(step, fontsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)


def _png(figure: Any) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    drawn = io.BytesIO()
    FigureCanvasAgg(figure).print_png(drawn)
    return drawn.getvalue()


def inline_png(title: str, png: bytes) -> dg.MarkdownMetadataValue:
    """A picture that the UI shows inline; DataError if it is too large to be kept with every materialisation."""
    text = f"![{title}](data:image/png;base64,{base64.b64encode(png).decode()})"
    if len(text) > LARGEST_PICTURE:
        raise DataError(
            f"the picture {title!r} has {len(text)} bytes, {LARGEST_PICTURE} are allowed: plot fewer points."
        )
    return dg.MetadataValue.md(text)


def made_from(inputs: Mapping[str, str]) -> dg.JsonMetadataValue:
    """The inputs of a version: name -> version or content hash."""
    return dg.MetadataValue.json(dict(sorted(inputs.items())))


def overridden(thresholds: Thresholds, options: Mapping[str, Mapping[str, Any]]) -> dg.JsonMetadataValue:
    """What was not at its default when a gate was passed: thresholds with who changed them, and options of the run."""
    changed: dict[str, Any] = {
        name: {"value": found.value, "default": found.default, "source": found.source}
        for name, found in sorted(thresholds.overrides().items())
    }
    for asset, values in options.items():
        changed |= {
            f"{asset}.{name}": {"value": value, "source": "option of the run"}
            for name, value in values.items()
            if value is not None
        }
    return dg.MetadataValue.json(changed)


def place(path: Path) -> dg.PathMetadataValue:
    """A file or folder, with a button to copy its path."""
    return dg.MetadataValue.path(str(path))


def _cell(value: Any) -> str | int | float | bool | None:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)
