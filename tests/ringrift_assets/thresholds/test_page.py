"""docs/settings.md is what the code says, and its example is one that can be read."""

import re
from dataclasses import fields
from pathlib import Path

from ringrift_assets.thresholds import Thresholds, read_thresholds
from ringrift_assets.thresholds.page import render_page
from ringrift_assets.thresholds.table import OPTIONS, SECTIONS

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == render_page(), "python -m ringrift_assets.thresholds.page > docs/settings.md"


def test_every_field_of_every_section_has_one_row_with_default_unit_and_meaning():
    rows = [line.split(" | ") for line in PAGE.read_text().splitlines() if re.match(r"\| `\w+\.\w+` \|", line)]
    by_name = {row[0].strip("| `"): row for row in rows}
    declared = [
        f"{section.name}.{one.name}"
        for section in fields(Thresholds)
        if section.name in SECTIONS
        for one in fields(SECTIONS[section.name])
    ]
    assert sorted(by_name) == sorted(declared) == sorted(OPTIONS)
    assert len(rows) == len(declared)
    assert by_name["training.new_games"][1:4] == ["1000", "games", "`RINGRIFT_TRAINING_THRESHOLD`"]
    assert by_name["sync.min_interval_s"][1:4] == ["2", "s", "`RINGRIFT_MIN_SYNC_INTERVAL`"]
    assert all(len(row) == 5 and row[4].rstrip(" |").endswith(".") for row in rows)


def test_every_section_is_a_part_of_the_object_in_the_same_order():
    names = [one.name for one in fields(Thresholds)]
    assert names[: len(SECTIONS)] == list(SECTIONS)


def test_the_example_on_the_page_can_be_read(tmp_path):
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    (tmp_path / "ringrift.yaml").write_text(example)
    found = read_thresholds({}, tmp_path)
    assert set(found.overrides()) == {"training.new_games", "resources.quota_gb"}
    assert found.of("hexagonal_2p").training.new_positions == 50_000
    assert [node.name for node in found.nodes] == ["attic", "rack1"]
