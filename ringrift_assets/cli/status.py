"""ringrift status: every configuration and stage, and what happens next."""

import os
from collections.abc import Sequence

import click

from ringrift_engine.boards import BoardConfig
from ringrift_engine.cli.options import ConfigKey, json_option, say


@click.command(name="status")
@click.argument("keys", nargs=-1, type=ConfigKey())
@json_option
def status_command(keys: Sequence[BoardConfig], as_json: bool) -> None:
    """Show of each configuration KEYS what there is, how old, which gates are closed, and what happens next.

    Without KEYS those that the loop works on. One KEY is shown in full: every stage with its breaker, every gate, and
    the plan of self-play with its terms. Works whether the loop runs or not.

    \b
    Examples:
      ringrift status
      ringrift status hex8_2p
    """
    from ringrift_assets.cli.instance import instance_home
    from ringrift_assets.cli.loop_facts import headline, loop_facts
    from ringrift_assets.cli.outlook_text import detail_text, table_text
    from ringrift_assets.cli.outlooks import look_at
    from ringrift_assets.cli.server import CONFIGURATIONS_VARIABLE
    from ringrift_assets.sensors.requests import configurations_of
    from ringrift_assets.thresholds import read_thresholds

    facts = loop_facts()
    named = facts.loop.configurations if facts.loop is not None else ""
    thresholds = read_thresholds({**os.environ, **({CONFIGURATIONS_VARIABLE: named} if named else {})})
    looked_after = configurations_of(thresholds)
    rows = look_at([config.key for config in keys] or looked_after, thresholds)

    def text() -> str:
        lines = [headline(facts)]
        if not facts.instance:
            lines.append(f"No dagster.yaml in {instance_home()}: nothing is known of runs and breakers.")
        left_out = [row.key for row in rows if row.key not in looked_after]
        if left_out:
            lines.append(f"The loop does not work on {', '.join(left_out)} (loop.configurations).")
        return "\n".join([*lines, "", detail_text(rows[0]) if len(keys) == 1 else table_text(rows)])

    facts_of_loop = {"running": facts.running, "instance": facts.instance, "off": list(facts.off)}
    say(as_json, {"loop": facts_of_loop, "configurations": [row.to_json() for row in rows]}, text)
