"""docs/feedback.md is what the constants and signals of the code say, and its command prints what it shows."""

import subprocess
import sys
from pathlib import Path

from ringrift_engine.feedback.page import render_page

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "feedback.md"
COMMAND = "python -m ringrift_engine.feedback.example"


def test_the_page_is_up_to_date():
    renew = "python -m ringrift_engine.feedback.page > docs/feedback.md"
    assert PAGE.read_text() == render_page(), f"renew it: {renew}"


def test_the_command_of_the_page_prints_the_plans_that_it_shows():
    text = PAGE.read_text()
    assert f"    {COMMAND}\n" in text
    words = [sys.executable, *COMMAND.split()[1:]]
    printed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    plans = printed.strip().split("\n\n")
    shown = [plan for plan in plans if "\n".join(f"    {line}" for line in plan.split("\n")) in text]
    assert len(plans) == 3
    assert [plan.split(",")[0] for plan in shown] == ["square8_2p", "hex8_2p"]


def test_feedback_imports_neither_torch_nor_numba():
    code = "import sys, ringrift_engine.feedback.idle; print({'torch', 'numba', 'scipy'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
