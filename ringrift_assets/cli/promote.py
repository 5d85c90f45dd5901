"""`ringrift promote`: whether a model may be promoted, why, and doing it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from ringrift_engine.boards import BoardConfig
from ringrift_engine.cli.options import ConfigKey, json_option, say

if TYPE_CHECKING:
    from ringrift_assets.cli.advice import Advice
    from ringrift_assets.resources import Storage
    from ringrift_engine.promotion import PromotionController, PromotionType
    from ringrift_engine.promotion.criteria import PromotionDecision
    from ringrift_engine.promotion.publish import Promotion
    from ringrift_engine.promotion.registry import Registry as EngineRegistry

KINDS: Final = ("staging", "production", "tier", "champion", "rollback")
REFUSED: Final = 3
_SHORT: Final = 12


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a promotion came to.

    mode    check, dry run, or what was done: promoted, refused
    moved   whether anything changed
    advice  what to do about each criterion that failed; for --explain alone
    """

    configuration: str
    mode: str
    decision: "PromotionDecision"
    moved: bool
    advice: "tuple[Advice, ...]" = ()

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values; criteria that were not measured have null."""
        decision = {**self.decision.to_json(), "summary": self.decision.summary}
        told = {"configuration": self.configuration, "mode": self.mode, "moved": self.moved, **decision}
        return {**told, "advice": list(self.advice)} if self.advice else told


@click.command(name="promote")
@click.argument("config", type=ConfigKey())
@click.argument("model", required=False)
@click.option(
    "--type", "kind", type=click.Choice(KINDS), default="production", show_default=True, help="What it is to become."
)
@click.option("--baseline", help="Hash of the model to compare with; without it the one that holds the place.")
@click.option("--check", is_flag=True, help="Decide, and leave everything as it is.")
@click.option("--explain", is_flag=True, help="The same, with what each criterion asks and what to do about it.")
@click.option("--dry-run", is_flag=True, help="Decide and record what would be done, do nothing.")
@click.option("--override", "reason", help="Promote although a criterion fails; the reason is recorded.")
@json_option
def promote_command(
    config: BoardConfig,
    model: str | None,
    kind: str,
    baseline: str | None,
    check: bool,
    explain: bool,
    dry_run: bool,
    reason: str | None,
    as_json: bool,
) -> None:
    """Decide about a model by what was measured of it, and promote it if every criterion holds.

    MODEL is the beginning of its content hash; without it the newest checkpoint, for a rollback the model before. Every
    check, decision and execution is a row in the registry. docs/promotion.md says what is asked for each type.

    Exit status: 0 promoted, or with --check, --explain and --dry-run it would be; 3 refused; 1 and 2 are errors.

    \b
    Examples:
      ringrift promote hex8_2p --check
      ringrift promote hex8_2p 9f3c --type tier --explain
      ringrift promote hex8_2p 9f3c --dry-run --json
    """
    if sum((check, explain, dry_run)) > 1:
        raise click.UsageError("--check, --explain and --dry-run exclude each other.")
    mode = "check" if check or explain else "dry run" if dry_run else "execution"
    answer = _answer(config, model, kind, baseline, mode, reason, explain)
    say(as_json, answer.to_json(), lambda: _text(answer))
    if not answer.decision.promoted:
        raise click.exceptions.Exit(REFUSED)


def _answer(
    config: BoardConfig,
    model: str | None,
    kind: str,
    baseline: str | None,
    mode: str,
    reason: str | None,
    explain: bool,
) -> Answer:
    """Decide, and carry it out if that was asked for."""
    from ringrift_assets.cli.advice import advice_for
    from ringrift_assets.locks import exclusive
    from ringrift_assets.registry import Registry
    from ringrift_assets.resources import Storage
    from ringrift_engine.promotion import PromotionType

    storage, promotion_type = Storage(), PromotionType(kind)
    with Registry().open(storage.store) as registry:
        candidate = _candidate(registry, storage, config, model, promotion_type)
        compared = None if baseline is None else registry.find(baseline, config.key).sha256
        controller = _controller(registry, storage, config.key)
        with exclusive(storage.store.lock("promoted_models", config.key)):
            decision = controller.evaluate_promotion(
                candidate, config.board, config.num_players, promotion_type, compared
            )
            if reason is not None:
                decision = controller.override(decision, reason)
            if mode == "check":
                advice = advice_for(decision, registry, config.key) if explain else ()
                return Answer(configuration=config.key, mode=mode, decision=decision, moved=False, advice=advice)
            made = controller.execute_promotion(decision, dry_run=mode == "dry run")
    if made.moved and promotion_type in (PromotionType.PRODUCTION, PromotionType.ROLLBACK):
        tell_dagster(config.key, made)
    return Answer(configuration=config.key, mode=mode, decision=decision, moved=made.moved)


def _controller(registry: "EngineRegistry", storage: "Storage", key: str) -> "PromotionController":
    """A controller over everything that this platform knows of a configuration."""
    import time

    from ringrift_assets.evidence import PlatformEvidence, criteria_of
    from ringrift_assets.rollback.monitor import monitor_over
    from ringrift_assets.thresholds import read_thresholds
    from ringrift_engine.promotion import Occasion, PromotionController

    thresholds, now = read_thresholds(), time.time()
    occasion = Occasion(run_id=f"ringrift promote {now:.3f}", at=now)
    monitor = monitor_over(registry, key, occasion.run_id, storage, thresholds)
    return PromotionController(
        PlatformEvidence(storage.store, registry, storage.matches, monitor),
        criteria_of(thresholds.of(key)),
        registry=registry,
        data_root=storage.base,
        occasion=occasion,
    )


def _candidate(
    registry: "EngineRegistry", storage: "Storage", config: BoardConfig, model: str | None, kind: "PromotionType"
) -> str:
    """The hash of the model that is meant; DataError if there is none."""
    from ringrift_engine.errors import DataError
    from ringrift_engine.promotion import PromotionType
    from ringrift_engine.promotion.publish import both_promoted

    if model is not None:
        return registry.find(model, config.key).sha256
    if kind is PromotionType.ROLLBACK:
        return both_promoted(registry, config.key)[1].sha256
    newest = storage.store.latest("checkpoints", config.key)
    if newest is None:
        raise DataError(f"{config.key} has no checkpoint yet. Train one: `ringrift loop start`, or name a model.")
    return newest.version


def tell_dagster(key: str, made: "Promotion") -> None:
    """Show the model that plays now as the latest version of the asset, where Dagster keeps records."""
    from ringrift_assets.cli.instance import has_instance, opened_instance
    from ringrift_assets.promoted_event import promoted_event

    if not has_instance():
        return
    with opened_instance() as instance:
        instance.report_runless_asset_event(promoted_event(key, made, "By the command line."))


def _text(answer: Answer) -> str:
    from ringrift_assets.cli.text import columns, wrapped
    from ringrift_engine.promotion.criteria import ELO_IMPROVEMENT

    decision = answer.decision
    instead = f", compared with {decision.baseline[:_SHORT]}" if decision.baseline else ""
    lines = [f"{answer.configuration}  model {decision.candidate[:_SHORT]} to {decision.target}{instead}"]
    rows = [("", "criterion", "measured", "needed", "games")]
    for result in decision.criteria:
        state = "ok" if result.passed else "FAIL"
        measured = f"{result.measured:.4g}" if result.measured == result.measured else "-"
        rows.append((state, result.name, measured, f"{result.needed:.4g}", str(result.games or "-")))
    lines += [f"  {line}" for line in columns(rows)]
    told = [result for result in decision.criteria if not result.passed or result.name == ELO_IMPROVEMENT]
    lines += [wrapped("-", result.why) for result in told]
    for one in answer.advice:
        lines += ["", f"  {one.criterion}: {one.asks}", wrapped("->", one.do, indent=4)]
    return "\n".join([*lines, "", _outcome(answer)])


def _outcome(answer: Answer) -> str:
    if not answer.decision.promoted:
        return "refused" if answer.mode == "execution" else "would be refused"
    if answer.mode != "execution":
        return f"would become {answer.decision.target}"
    return f"is {answer.decision.target} now" if answer.moved else f"is {answer.decision.target} already"
