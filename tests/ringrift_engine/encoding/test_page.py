"""docs/encoding.md says what the code does: it is exactly what the tables render to."""

from pathlib import Path

from ringrift_engine import BoardConfig
from ringrift_engine.encoding import Encoding
from ringrift_engine.encoding.page import render_page

PAGE = Path(__file__).resolve().parents[3] / "docs" / "encoding.md"


def test_the_page_is_what_the_tables_render_to():
    assert PAGE.read_text() == render_page(), "renew it: python -m ringrift_engine.encoding.page > docs/encoding.md"


def test_the_page_names_every_plane_and_number():
    encoding, text = Encoding(BoardConfig.from_key("hex8_2p")), PAGE.read_text()
    for name in (*encoding.plane_names, *encoding.global_names):
        if not name.startswith("phase_") and not name.endswith("_1"):
            assert f"`{name}`" in text, name
