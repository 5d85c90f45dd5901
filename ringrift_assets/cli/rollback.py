"""`ringrift rollback`: how promoted models hold their own, and going back to the one before."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

from ringrift_engine.boards import CONFIG_KEYS, BoardConfig
from ringrift_engine.cli.options import ConfigKey, json_option, say

if TYPE_CHECKING:
    from ringrift_engine.promotion.publish import Promotion
    from ringrift_engine.promotion.regression import RegressionEvent
    from ringrift_engine.promotion.rollback import RollbackMonitor

NOT_DUE: Final = 3
_SHORT: Final = 12


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the promoted model of a configuration stands; `previous` is the one that a rollback brings back."""

    configuration: str
    model: str
    previous: str | None
    watched: bool
    checks: int
    at_risk: bool
    consecutive_regressions: int
    last: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a check or a rollback came to."""

    configuration: str
    model: str
    previous: str
    due: bool
    trigger: str
    why: str
    moved: bool = False


@click.group(name="rollback")
def rollback_group() -> None:
    """Promoted models against the ones before them, and going back.

    The sensor `rollback_monitor` does all of it by itself; docs/promotion.md says when.

    \b
    Examples:
      ringrift rollback status
      ringrift rollback check hex8_2p
      ringrift rollback run hex8_2p --dry-run
    """


@rollback_group.command(name="status")
@click.argument("config", type=ConfigKey(), required=False)
@json_option
def status_command(config: BoardConfig | None, as_json: bool) -> None:
    """How every promoted model stands, or that of CONFIG: checks, regressions in a row, what the last check said.

    \b
    Examples:
      ringrift rollback status
      ringrift rollback status hex8_2p --json
    """
    found = [row for key in ([config.key] if config else CONFIG_KEYS) if (row := _standing(key)) is not None]
    say(as_json, found, lambda: _standings_text(found))


@rollback_group.command(name="check")
@click.argument("config", type=ConfigKey())
@json_option
def check_command(config: BoardConfig, as_json: bool) -> None:
    """Check the promoted model of CONFIG by the games that are there; none are played and nothing is taken back.

    The check is a row in the registry. Exit status: 0 it stays, 3 it would be taken back; 1 and 2 are errors.

    \b
    Example:
      ringrift rollback check hex8_2p --json
    """
    outcome = _checked(config, lambda _monitor, _event: None)
    say(as_json, outcome, lambda: _outcome_text(outcome, "would be taken back"))
    if outcome.due:
        raise click.exceptions.Exit(NOT_DUE)


@rollback_group.command(name="run")
@click.argument("config", type=ConfigKey())
@click.option("--dry-run", is_flag=True, help="Say what would be taken back, take nothing back.")
@click.option("--override", "reason", help="Go back although no check asks for it; the reason is recorded.")
@json_option
def run_command(config: BoardConfig, dry_run: bool, reason: str | None, as_json: bool) -> None:
    """Check the promoted model of CONFIG, and go back to the one before if the check says so.

    Exit status: 0 it was taken back, or with --dry-run it would be; 3 no check asks for it; 1 and 2 are errors.

    \b
    Examples:
      ringrift rollback run hex8_2p --dry-run
      ringrift rollback run hex8_2p --override "it plays the same opening every time"
    """
    if reason is not None:
        outcome = _by_hand(config, reason, dry_run)
    else:
        outcome = _checked(config, lambda monitor, event: monitor.execute_rollback(event, dry_run))
    done = "was taken back" if outcome.moved else "would be taken back" if dry_run else "could not be taken back"
    say(as_json, outcome, lambda: _outcome_text(outcome, done))
    if not outcome.due:
        raise click.exceptions.Exit(NOT_DUE)
    if not (outcome.moved or dry_run):
        raise click.exceptions.Exit(1)


def _standing(key: str) -> Standing | None:
    """How a configuration's promoted model stands, None without one."""
    from ringrift_assets.registry import Registry
    from ringrift_assets.resources import Storage
    from ringrift_assets.rollback.monitor import monitor_over
    from ringrift_assets.thresholds import read_thresholds

    storage, thresholds = Storage(), read_thresholds()
    with Registry().open(storage.store) as registry:
        model, previous = registry.promoted(key), registry.previous(key)
        if model is None:
            return None
        monitor = monitor_over(registry, key, "ringrift rollback status", storage, thresholds)
        status = monitor.get_regression_status(model.sha256)
        watch = monitor.watch(key, thresholds.of(key).rollback.check_every_s)
    return Standing(
        configuration=key,
        model=model.sha256,
        previous=None if previous is None else previous.sha256,
        watched=watch is not None and not watch.over,
        checks=status.checks,
        at_risk=status.at_risk,
        consecutive_regressions=status.consecutive_regressions,
        last=status.last.why if status.last is not None else "",
    )


def _checked(
    config: BoardConfig, carry_out: "Callable[[RollbackMonitor, RegressionEvent], Promotion | None]"
) -> Outcome:
    """Check by the games that are there, and hand an event, if there is one, to `carry_out`."""
    with _looking(config.key) as (monitor, promoted, previous):
        due, event = monitor.check_for_regression(promoted, config.board, config.num_players, previous)
        made = carry_out(monitor, event) if event is not None else None
        last = monitor.get_regression_status(promoted).last
    _tell(config.key, made)
    assert last is not None
    return Outcome(
        configuration=config.key,
        model=promoted,
        previous=previous,
        due=due,
        trigger=last.trigger,
        why=last.why if made is None or made.decision.promoted else made.decision.summary,
        moved=made is not None and made.moved,
    )


def _by_hand(config: BoardConfig, reason: str, dry_run: bool) -> Outcome:
    with _looking(config.key) as (monitor, promoted, previous):
        made = monitor.roll_back_by_hand(config.key, reason, dry_run)
    _tell(config.key, made)
    return Outcome(
        configuration=config.key,
        model=promoted,
        previous=previous,
        due=True,
        trigger="override",
        why=reason,
        moved=made.moved,
    )


@contextmanager
def _looking(key: str) -> "Iterator[tuple[RollbackMonitor, str, str]]":
    """The monitor of a configuration, its promoted model and the one before, while nobody else moves them.

    DataError if there is no model to go back to.
    """
    import time

    from ringrift_assets.locks import exclusive
    from ringrift_assets.registry import Registry
    from ringrift_assets.resources import Storage
    from ringrift_assets.rollback.monitor import monitor_over
    from ringrift_assets.thresholds import read_thresholds
    from ringrift_engine.promotion.publish import both_promoted

    storage = Storage()
    with Registry().open(storage.store) as registry, exclusive(storage.store.lock("promoted_models", key)):
        promoted, previous = (model.sha256 for model in both_promoted(registry, key))
        run_id = f"ringrift rollback {time.time():.3f}"
        yield monitor_over(registry, key, run_id, storage, read_thresholds()), promoted, previous


def _tell(key: str, made: "Promotion | None") -> None:
    from ringrift_assets.cli.promote import tell_dagster

    if made is not None and made.moved:
        tell_dagster(key, made)


def _standings_text(found: Sequence[Standing]) -> str:
    from ringrift_assets.cli.text import wrapped

    if not found:
        return "No model is promoted yet."
    lines = []
    for one in found:
        instead = f"in place of {one.previous[:_SHORT]}" if one.previous else "the first, nothing to go back to"
        watched = "watched" if one.watched else "not watched any more" if one.previous else "not watched"
        risk = f", at risk: {one.consecutive_regressions} regressions in a row" if one.at_risk else ""
        lines.append(
            f"{one.configuration}  model {one.model[:_SHORT]}, {instead}; {watched}, {one.checks} checks{risk}"
        )
        if one.last:
            lines.append(wrapped("last check:", one.last))
    return "\n".join(lines)


def _outcome_text(outcome: Outcome, done: str) -> str:
    from ringrift_assets.cli.text import wrapped

    what = f"{done}, {outcome.previous[:_SHORT]} plays" if outcome.due else "stays"
    lines = [f"{outcome.configuration}  model {outcome.model[:_SHORT]} {what}"]
    return "\n".join([*lines, wrapped("-", outcome.why)])
