"""Writes docs/feedback.md from the constants and signals, so that the page cannot fall behind them; a test compares.

`python -m ringrift_engine.feedback.page > docs/feedback.md` renews it.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from ringrift_engine.feedback.example import render_example
from ringrift_engine.feedback.settings import FeedbackSettings
from ringrift_engine.feedback.signals import SIGNALS
from ringrift_engine.options import options_of

_SHOWN: Final = ("hex8_2p", "square8_2p")  # plans of the example that the page shows

_INTRODUCTION: Final = """# Feedback

For people who want to know why a configuration plays what it plays. Made by
`python -m ringrift_engine.feedback.page` from the constants and signals of `ringrift_engine/feedback`.

Feedback is pure functions: recorded histories and budgets in, one plan a configuration out, each number with the
terms that it is made of. No clock, file or variable is read, so equal histories give equal plans, and a plan can be
made again from the registry years later.

## What is read
"""
_ROWS: Final = (
    (
        "`GauntletResult`",
        "of a candidate: wins and games against each opponent, Elo difference to the promoted model with its interval, "
        "promoted or refused",
    ),
    ("`TrainingResult`", "learning curve, training and held-out loss; why the training was stopped early if it was"),
    ("`QualityResult`", "score and grade (good, degraded, blocked) of the games of one player, as the gate decided"),
    (
        "`ConfigurationHistory`",
        "those rows, rollbacks, and what is there now: age and number of games, searched positions, whether there is a "
        "model, failed starts",
    ),
)
_GUARD: Final = """Loop guard: a plan of generation g reads rows of generations below g only, so no step hears its echo.
Gauntlets beyond the newest `window` are forgotten, so trends wear off; an opponent stays mastered as long as the model
that mastered it plays. A result that is NaN opens nothing: games of unknown quality block training, a loss that is no
number asks for a check, an Elo difference that is no number is not recorded.

## What is planned
"""
_NUMBERS: Final = (
    (
        "priority",
        "`staleness_weight` x age + `velocity_weight` x rise + `curriculum_weight` x (weight - 1) + `deficit_weight` x "
        "missing, from 0 to `priority_cap`",
    ),
    ("age", "0 up to `fresh_hours`, 1 from `stale_hours`, a straight line between; 1 without games"),
    ("rise", "1 - exp(-Elo a generation / `velocity_scale`), 0 for a fall; 1 after a regression"),
    (
        "weight",
        "`promotion_step` to the power promotions - refusals in the window, x early stop, x quality, from "
        "`curriculum_least` to `curriculum_most`",
    ),
    ("missing", "1 - held / wanted, of games or (with a model) of searched positions, whichever lacks more"),
    ("games", "base x momentum x regression x quality, the factors together at most `games_cap`"),
    ("simulations", "base x `search_step` for each generation of a plateau, together at most `search_cap`"),
    (
        "temperature",
        "base x plateau x early stop x mastered, together from `exploration_least` to `exploration_most`",
    ),
    (
        "opponents",
        "`random_share`, `heuristic_share`, `earlier_share` (once there is an earlier model), the rest `self`; "
        "mastered ones give to harder ones, throttled ones to all others",
    ),
    ("training", "blocked; or batch size and epochs x their factors; whether its data need a check"),
)
_MEANING: Final = """`temperature` is `SelfplaySettings.temperature`: above 1 drawn moves are more diverse. In a game
against an opponent the promoted model has one seat and the opponent all others, so its network searches in every game.

Strength is the sum of the gains from one promoted model to the next; a rollback takes the last one away. Its trend is
the least-squares line through the window: one gauntlet alone is too noisy.

A regression is, whichever is found first: a rollback; a newest candidate weaker by `regression_elo`, its whole interval
below 0, over `regression_games` games; a falling trend; a win rate against the heuristic or the random player whose
95 % interval lies below that of the promoted model's own gauntlet (of the candidate before, as long as there is none).

**A regression never has fewer games.** Falling strength lowers the rate by `regressing_factor`, and is a regression,
which raises it by `regression_factor`: together no less than the `accelerating_factor` of the best history without one.
Settings that break this are refused. Of two regressions, a lasting fall has fewer games than a single stumble.

## Signals

Each is a row for the registry: name, value, subject, why.
"""
_RUNNING: Final = (
    (
        "should this training stop?",
        "`early_stop`",
        "after `patience` held-out losses without `least_improvement`; at once if a loss is no number",
    ),
    (
        "does it get worse at the game?",
        "`background_stop`",
        "yes if the newest evaluation's 95 % interval lies below that of the best",
    ),
    (
        "play on an idle machine?",
        "`may_play`, `next_to_play`",
        "if the pool is free, data are missing, memory suffices, and there is a model or a declared bootstrap player; "
        "the highest priority first",
    ),
    (
        "when again after failed starts?",
        "`backoff`",
        "`backoff_seconds`, doubled for each further failure, at most `backoff_cap_seconds`",
    ),
)
_EXAMPLE: Final = """## An example

    python -m ringrift_engine.feedback.example

prints, among others:

"""


def render_page() -> str:
    """The whole page as Markdown."""
    signals = ((name, *texts) for name, texts in SIGNALS.items())
    parts = [
        _INTRODUCTION,
        _table(("row", "holds"), _ROWS),
        _GUARD,
        _table(("number", "is"), _NUMBERS),
        _MEANING,
        _table(("signal", "value", "what follows"), signals),
        "## While something runs\n",
        _table(("question", "function", "answer"), _RUNNING),
        _EXAMPLE + _indented(_shown_plans()),
        "## Constants\n",
        _table(("constant", "default", "unit", "meaning", "range"), _constant_rows()),
    ]
    return "\n".join(parts)


def _shown_plans() -> str:
    plans = {plan.split(",")[0]: plan for plan in render_example().split("\n\n")}
    return "\n\n".join(plans[key] for key in _SHOWN)


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in text.split("\n"))


def _constant_rows() -> Iterable[tuple[str, ...]]:
    for name, one in options_of(FeedbackSettings).items():
        yield f"`{name}`", _number(one.default), one.unit, one.meaning, _range(one.least, one.most)


def _range(least: float | None, most: float | None) -> str:
    return f"from {_number(least)}" if most is None else f"{_number(least)} to {_number(most)}"


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,g}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    print(render_page(), end="")
