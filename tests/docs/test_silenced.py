"""Where a check is silenced, the line says why."""

from __future__ import annotations

import re
from typing import Final

import pytest
from tests.docs.pages import ROOT

BARE: Final = re.compile(r"# (?:type: ignore(?:\[[^\]]*\])?|noqa(?:: *[A-Z0-9, ]+)?)\s*$", re.MULTILINE)


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks"])
def test_a_silenced_check_has_its_reason(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{content.count(chr(10), 0, bare.start()) + 1}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for content in [path.read_text(encoding="utf-8")]
        for bare in BARE.finditer(content)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("line", "is_bare"),
    [
        ("x = 1  # " + "noqa", True),
        ("x = 1  # " + "noqa: S311, PLR2004", True),
        ("x = 1  # " + "type: ignore[index]", True),
        ("x = 1  # " + "type: ignore", True),
        ("x = 1  # noqa: S311 - made-up data", False),
        ("x = 1  # type: ignore[index]  # it is there", False),
    ],
)
def test_what_a_reason_is(line: str, is_bare: bool) -> None:
    assert bool(BARE.search(line)) is is_bare
