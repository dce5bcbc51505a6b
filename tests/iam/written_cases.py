"""The cases of `cases/*.json`: a request with every policy about it, the answer, and where the answer is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "cases"


def written_cases() -> list[Any]:
    return [
        pytest.param(row, id=f"{file.stem}: {row['name']}")
        for file in sorted(FOLDER.glob("*.json"))
        for row in json.loads(file.read_text(encoding="utf-8"))
    ]
