"""A headless Chromium for tests of the UI. Where it cannot be had, the tests are skipped and say what to install.

Pages are read through locators only: the UI's content security policy forbids `eval`, which `wait_for_function` needs.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCREENSHOTS_VARIABLE: Final = "RINGRIFT_SCREENSHOTS"
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS: Final = (
    "--no-sandbox",  # Chromium's own sandbox refuses to run as root, as it is in containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PATIENCE_MS: Final = 60_000
# Dagster greets a browser that it does not know with a dialog that covers the page.
_NO_GREETING: Final = """localStorage.setItem("communityNux", JSON.stringify("1"))"""


@contextmanager
def browser_page() -> Iterator["Page"]:
    """An empty page, large enough that no part of the UI hides behind a menu."""
    library = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install -e '.[dev]'")
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with library.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=list(_OPTIONS))
        page = browser.new_page(viewport={"width": 1600, "height": 1100})
        page.set_default_timeout(_PATIENCE_MS)
        page.add_init_script(_NO_GREETING)
        yield page
        browser.close()


def screenshot(page: "Page", name: str) -> None:
    """Keep a picture of the page as `name`.png in the folder that RINGRIFT_SCREENSHOTS names; nothing without it."""
    if folder := os.environ.get(SCREENSHOTS_VARIABLE):
        page.screenshot(path=Path(folder) / f"{name}.png")
