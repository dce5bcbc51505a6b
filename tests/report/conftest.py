"""Golden files: `pytest tests/report --regenerate-golden` writes them anew; read the difference before you commit."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rootwarden import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

GOLDEN = Path(__file__).parent / "golden"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate-golden", action="store_true", help="write the golden files of the reports anew")


@pytest.fixture
def matches(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """A check that a file holds exactly this text; with `--regenerate-golden` it writes the file instead."""
    regenerate = bool(request.config.getoption("--regenerate-golden", default=False))

    def check(path: Path, text: str) -> None:
        if regenerate:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        assert path.exists(), f"no golden file `{path.name}`: pytest tests/report --regenerate-golden"
        assert text == path.read_bytes().decode()

    return check


@pytest.fixture
def golden(matches: Callable[[Path, str], None]) -> Callable[[str, str], None]:
    """A check against a file of the golden folder by its name."""

    def check(name: str, text: str) -> None:
        held = _unstyled(text) if name.endswith(".html") else text
        matches(GOLDEN / name, held.replace(f'version": "{__version__}"', 'version": "VERSION"'))

    return check


def _unstyled(page: str) -> str:
    """A page without its style sheet, which is no page's own, and without the version."""
    page = re.sub(r"<style>.*?</style>|sha256-[^']+", "STYLE", page, flags=re.DOTALL)
    return page.replace(f"Rootwarden {__version__}", "Rootwarden VERSION")


@pytest.fixture(scope="module")
def chromium() -> str:
    """Path of the system's Chromium; without one tests that need it are left out and say so."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None and "CI" in os.environ:
        pytest.fail("a build server has a Chromium: .ci/run installs it")
    if found is None:
        pytest.skip("no Chromium on this system")
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield browser
        browser.close()
