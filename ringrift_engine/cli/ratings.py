"""ringrift ratings: how strong everybody is, fitted from the match log."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringrift_engine.boards import CONFIG_KEYS, BoardConfig
from ringrift_engine.cli.options import ANY_PATH, ConfigKey, data_root_option, json_option, say

if TYPE_CHECKING:
    from ringrift_engine.ratings.report import PoolReport, RatedParticipant


@click.command(name="ratings")
@click.argument("keys", nargs=-1, type=ConfigKey())
@click.option("--log", type=ANY_PATH, help="Match log to read.  [default: matches.db of the data root]")
@data_root_option
@json_option
def ratings_command(keys: Sequence[BoardConfig], log: Path | None, data_root: Path, as_json: bool) -> None:
    """Rate everybody who played a configuration KEYS, with 95 % intervals, from all logged games of it.

    Without KEYS all configurations that have games. The default heuristic is 1200 by definition, everything else is
    fitted again each time. Below the table: what seats are worth, whether ratings explain who beats whom, and the
    surest circle in which each beats the next.

    \b
    Examples:
      ringrift ratings
      ringrift ratings hex8_2p square8_2p
      ringrift ratings hex8_2p --log matches.db
    """
    from ringrift_engine.evaluation.match_log import MATCHES

    path = log or data_root / MATCHES
    reports = [_report(path, key) for key in [config.key for config in keys] or _with_games(path)]
    say(as_json, reports, lambda: "\n\n".join(map(_text, reports)) or f"{path}: no games yet")


def _with_games(path: Path) -> list[str]:
    """Configurations of which there are games under the present rules, in their order; DataError without a log."""
    from ringrift_engine import RULES_VERSION
    from ringrift_engine.errors import DataError
    from ringrift_engine.evaluation.match_log import MatchLog

    if not path.is_file():
        raise DataError(f"{path}: there is no match log. `ringrift evaluate --log` and every gauntlet write one.")
    with MatchLog(path, read_only=True) as log:
        counts = log.counts(RULES_VERSION)
    return [key for key in CONFIG_KEYS if key in counts]


def _report(path: Path, key: str) -> "PoolReport":
    from ringrift_engine.ratings import read_results, report_of

    return report_of(read_results(path, key))


def _text(report: "PoolReport") -> str:
    lines = [
        f"{report.config_key}: {len(report.participants)} participants, {report.games} games",
        "     Elo   95 % interval     games",
        *map(_line, report.participants),
        "  seats: "
        + ", ".join(f"{one.seat} {one.elo:+.0f} ({one.low:+.0f} to {one.high:+.0f})" for one in report.seats),
    ]
    if report.degrees:
        lines.append(
            f"  pairs against ratings: chi-squared {report.statistic:.1f}, {report.degrees} degrees of freedom, "
            f"p = {report.p_value:.3g}"
        )
    if report.surprise is not None and report.degrees:
        worst = report.surprise
        lines.append(
            f"  farthest off: {worst.first} scored {worst.score:g} of {worst.comparisons} against {worst.second}, "
            f"expected {worst.expected:.1f} ({worst.deviations:+.1f} standard deviations)"
        )
    if report.circle is not None:
        shown = "shown" if report.circle.shown else "no more than chance makes"
        ring = " > ".join((*report.circle.names, report.circle.names[0]))
        lines.append(f"  circle: {ring}, the weakest by {report.circle.weakest:.1f} standard deviations: {shown}")
    return "\n".join(lines)


def _line(row: "RatedParticipant") -> str:
    if row.elo is None or row.low is None or row.high is None:
        return f"       -   {'':15}  {row.games:6}  {row.name}  (never met those who met the anchor)"
    interval = "by definition" if row.anchored else f"{row.low:.0f} to {row.high:.0f}"
    note = "  (won or lost everything: one virtual game)" if row.held else ""
    return f"  {row.elo:6.0f}   {interval:15}  {row.games:6}  {row.name}{note}"
