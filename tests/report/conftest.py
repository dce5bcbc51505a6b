"""Golden files: `pytest tests/report --regenerate-golden` writes them anew; read the difference before you commit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rootwarden import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parent / "golden"


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
        matches(GOLDEN / name, text.replace(f'version": "{__version__}"', 'version": "VERSION"'))

    return check
