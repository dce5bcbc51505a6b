"""Every requirement of the broker has a test that names it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rootwarden.breakglass.rehearsal.human_steps import COLD_START

TESTS = Path(__file__).parents[1]
STEPS = TESTS.parent / "docs" / "break-glass-steps.md"
REQUIREMENTS = [f"BG-{number}" for number in range(1, 18)]
NAMED = re.compile(r"(?<![a-z])bg[-_]?(\d+)(?!\d)", re.IGNORECASE)


def named() -> dict[str, set[str]]:
    """Test files by the requirement their tests name, in a name or a docstring."""
    found: dict[str, set[str]] = {}
    for path in TESTS.rglob("test_*.py"):
        if path == Path(__file__):
            continue
        for match in NAMED.finditer(path.read_text(encoding="utf-8")):
            found.setdefault(f"BG-{match[1]}", set()).add(path.name)
    return found


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_a_test_names_it(requirement: str) -> None:
    assert named().get(requirement), f"no test names {requirement}"


def test_the_page_lists_every_human_step() -> None:
    page = STEPS.read_text(encoding="utf-8")
    assert all(f"| {step.person} | {step.does} | {step.seconds} s |" in page for step in COLD_START)
