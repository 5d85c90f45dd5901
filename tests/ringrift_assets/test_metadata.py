"""Tables and pictures that the UI shows."""

import base64

import pytest

from ringrift_assets import metadata
from ringrift_assets.metadata import LARGEST_PICTURE, curves, made_from, table
from ringrift_engine.errors import DataError


def test_a_table_has_typed_columns_and_cells_that_json_can_hold():
    shown = table([{"opponent": "random", "games": 100, "rate": 0.97, "done": True, "seats": (1, 2)}])
    kinds = {column.name: column.type for column in shown.schema.columns}
    assert kinds == {"opponent": "string", "games": "int", "rate": "float", "done": "bool", "seats": "string"}
    assert shown.records[0].data["seats"] == "(1, 2)"


def test_numbers_of_a_table_can_be_read():
    cells = [record.data["share"] for record in table([{"share": 0.1 + 0.2}, {"share": 1 / 3}]).records]
    assert [str(cell) for cell in cells] == ["0.3", "0.333333"]


def test_a_table_of_nothing_is_empty():
    assert table([]).records == []


def test_a_learning_curve_is_a_small_png_inside_the_text():
    points = [(float(step), 2.0 / (1 + step)) for step in range(200)]
    text = str(curves("loss", "samples", {"training": points, "held out": points}).value)
    assert text.startswith("![loss](data:image/png;base64,")
    picture = base64.b64decode(text.removeprefix("![loss](data:image/png;base64,").removesuffix(")"))
    assert picture.startswith(b"\x89PNG\r\n")
    assert len(text) < LARGEST_PICTURE


def test_a_picture_that_would_bloat_the_event_log_is_an_error(monkeypatch):
    monkeypatch.setattr(metadata, "LARGEST_PICTURE", 1_000)
    with pytest.raises(DataError, match="plot fewer points"):
        curves("loss", "samples", {"training": [(0.0, 1.0), (1.0, 0.5)]})


def test_inputs_are_shown_in_order_of_their_names():
    assert list(made_from({"b": "2", "a": "1"}).value) == ["a", "b"]
