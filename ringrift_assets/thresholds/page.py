"""Writes docs/settings.md from the thresholds themselves; a test compares the two.

`python -m ringrift_assets.thresholds.page > docs/settings.md` renews it.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from ringrift_assets.thresholds.nodes import ROLES
from ringrift_assets.thresholds.reading import CONFIG_VARIABLE, DEFAULT_FILE
from ringrift_assets.thresholds.table import BY_BOARD, OPTIONS, PER_CONFIGURATION, SECTIONS
from ringrift_engine.options import Option

_INTRODUCTION: Final = """# Settings: the thresholds

For people who run the platform. Made by `python -m ringrift_assets.thresholds.page` from the code: how much one cycle
takes, when it is enough, how often things happen, and how full a machine may become.

Every threshold has a default. `{file}` in the folder that commands run in, or the file that
`{variable}` names, is stronger; an environment variable is stronger still. Unknown names and impossible values are
errors that say where they stand and what the nearest known name is.

```yaml
training:
  new_games: 500
resources:
  quota_gb: 40
configurations:            # stronger than the same sections above
  hexagonal_2p:
    training: {{new_positions: 50000}}
nodes:                     # other machines: a mounted folder or an address for ssh; role one of {roles}
  - {{name: attic, path: /mnt/attic/ringrift, role: store}}
  - {{name: rack1, ssh: "games@rack1:/srv/ringrift", role: generate}}
```

Below `configurations:` these sections can be set, the others are about the machine:
{per_configuration}.

A share is a number from 0 to 1, a GB is 2^30 bytes.
"""
_BOARDS: Final = """## Defaults that differ by board

One number cannot serve a board of 61 cells and one of 469.
"""


def render_page() -> str:
    """The whole page as Markdown."""
    sections = ", ".join(f"`{name}`" for name in SECTIONS if name in PER_CONFIGURATION)
    introduction = _INTRODUCTION.format(
        file=DEFAULT_FILE, variable=CONFIG_VARIABLE, roles=", ".join(ROLES), per_configuration=sections
    )
    by_board = [(board, f"`{name}`", _shown(value)) for board, row in BY_BOARD.items() for name, value in row.items()]
    boards = f"{_BOARDS}\n{_table(('board', 'threshold', 'default'), by_board)}"
    return "\n".join([introduction, *map(_section, SECTIONS), boards])


def _section(section: str) -> str:
    rows = [_row(name, one) for name, one in OPTIONS.items() if name.startswith(f"{section}.")]
    head = ("threshold", "default", "unit", "environment", "meaning")
    return f"## {section}\n\n{(SECTIONS[section].__doc__ or '').splitlines()[0]}\n\n{_table(head, rows)}"


def _row(name: str, one: Option) -> tuple[str, ...]:
    variable = f"`{one.variable}`" if one.variable else ""
    return f"`{name}`", _shown(one.default), one.unit, variable, one.meaning


def _shown(value: Any) -> str:
    """A value as one would write it in YAML."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    print(render_page(), end="")
