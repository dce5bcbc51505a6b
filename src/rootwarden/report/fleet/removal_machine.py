"""The course as versioned JSON: `"schema": "rootwarden.credentials-progress/1"`, every field always present.

docs/reports/credentials-progress-1.schema.json is made from the records; within version 1, fields are only ever added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from rootwarden.fleet.removal import Point
from rootwarden.fleet.removal_work import WaveDone
from rootwarden.report.encoding import to_json
from rootwarden.report.fleet.study_machine import schema_of

if TYPE_CHECKING:
    from rootwarden.fleet.removal import Removal


class ProgressDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole document."""

    schema: Literal["rootwarden.credentials-progress/1"]
    source: str
    points: tuple[Point, ...]
    kept: int
    remaining: tuple[str, ...]
    undecided: tuple[str, ...]
    waves: tuple[WaveDone, ...]


def render(removal: Removal, source: str) -> str:
    """Indented JSON with keys in a fixed order and a final newline."""
    document = ProgressDocument(
        schema="rootwarden.credentials-progress/1",
        source=source,
        points=removal.points,
        kept=removal.kept,
        remaining=removal.remaining,
        undecided=removal.undecided,
        waves=removal.waves,
    )
    return to_json(document, indent=2) + "\n"


def json_schema() -> str:
    """The JSON Schema (draft 2020-12) of the format."""
    return schema_of(ProgressDocument, "credentials-progress")
