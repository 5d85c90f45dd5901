"""docs/data.md is what the tables of the code say."""

from pathlib import Path

from ringrift_engine.datasets.page import render_page

PAGE = Path(__file__).parents[3] / "docs" / "data.md"


def test_the_page_is_up_to_date():
    renew = "python -m ringrift_engine.datasets.page > docs/data.md"
    assert PAGE.read_text() == render_page(), f"renew it: {renew}"
