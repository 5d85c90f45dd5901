"""The README's statements that a machine can check: its commands, its table of assets, its links."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from ringrift_assets.definitions import defs
from ringrift_assets.picture import layers

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```bash\n(.*?)```", TEXT, flags=re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines()]


def marked(name):
    return re.search(rf"<!-- {name} -->\n```bash\n(.*?)\n```", TEXT).group(1)


def test_the_first_command_materialises_the_whole_chain_of_an_existing_partition():
    words = shlex.split(marked("first run").split("&&")[-1])
    options = dict(zip(words[3::2], words[4::2], strict=True))
    assert words[:3] == [".venv/bin/dagster", "asset", "materialize"]
    assert options["-m"] == "ringrift_assets.definitions"
    assert options["--select"] == "*promoted_models"
    graph = defs.resolve_asset_graph()
    keys = {key.to_user_string(): key for key in graph.get_all_asset_keys()}
    assert graph.get(keys["promoted_models"]).partitions_def.has_partition_key(options["--partition"])


def test_ci_runs_exactly_the_test_command():
    script = (ROOT / ".ci" / "run").read_text()
    assert "<!-- test command -->" in script
    lines = TEXT.splitlines()
    assert lines[lines.index("<!-- test command -->") + 2] == marked("test command")


def test_the_table_has_every_asset_in_the_order_of_the_graph():
    """Ratings, which stand beside the chain, come last."""
    depth, groups, _ = layers()
    rows = re.findall(r"^\| `(\w+)` \|", TEXT, flags=re.MULTILINE)
    assert rows == sorted(depth, key=lambda name: (groups[name] == "ratings", depth[name], name))


@pytest.mark.parametrize(
    "command", [line for line in COMMANDS if line.startswith("ringrift ") and "--help" not in line]
)
def test_every_ringrift_command_exists_with_its_options(command):
    from ringrift_engine.cli.main import main

    words = shlex.split(command)[1:]
    names = [word for word in words[:2] if re.fullmatch(r"[a-z]+", word)]
    shown = CliRunner().invoke(main, [*names[: 2 if names[0] == "games" else 1], "--help"])
    assert shown.exit_code == 0, shown.output
    assert all(option in shown.output for option in words if option.startswith("--"))


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)]+)\)", TEXT))))
def test_every_link_leads_to_a_file(link):
    assert (ROOT / link).exists()
