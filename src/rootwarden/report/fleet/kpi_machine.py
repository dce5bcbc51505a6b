"""Key figures as versioned JSON: `"schema": "rootwarden.kpi/1"`, every field always present.

The records of `fleet.kpi` are the format, documented in docs/reports/study.md; docs/reports/kpi-1.schema.json is made
from them, and a test keeps the three together.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from rootwarden.fleet.kpi import KeyFigures
from rootwarden.report.encoding import to_json
from rootwarden.report.fleet.study_machine import schema_of


class KpiDocument(KeyFigures, frozen=True, kw_only=True):
    """The whole document."""

    schema: Literal["rootwarden.kpi/1"]


def render(figures: KeyFigures) -> str:
    """The key figures as indented JSON with keys in a fixed order and a final newline."""
    return to_json(KpiDocument(**msgspec.structs.asdict(figures)), indent=2) + "\n"


def json_schema() -> str:
    """The JSON Schema (draft 2020-12) of the format, as published in docs/reports/kpi-1.schema.json."""
    return schema_of(KpiDocument, "kpi")
