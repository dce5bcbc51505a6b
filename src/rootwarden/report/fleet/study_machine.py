"""A study as versioned JSON: `"schema": "rootwarden.study/1"`, every field always present.

The records of `fleet.result` and `told.Comparison` are the format. docs/reports/study.md documents each field and
docs/reports/study-1.schema.json is made from the records; a test keeps the three together. Within version 1, fields
are only ever added.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from rootwarden.fleet.result import Study
from rootwarden.report.encoding import to_json
from rootwarden.report.fleet.told import Comparison  # noqa: TC001 - msgspec reads annotations


class StudyDocument(Study, frozen=True, kw_only=True):
    """The whole document: a study, and what it was compared with, or null."""

    schema: Literal["rootwarden.study/1"]
    comparison: Comparison | None


def render(study: Study, comparison: Comparison | None = None) -> str:
    """The study as indented JSON with keys in a fixed order and a final newline."""
    return to_json(document(study, comparison), indent=2) + "\n"


def document(study: Study, comparison: Comparison | None) -> StudyDocument:
    """The document `render` writes, before it is text."""
    return StudyDocument(comparison=comparison, **msgspec.structs.asdict(study))


def json_schema() -> str:
    """The JSON Schema (draft 2020-12) of the format, as published in docs/reports/study-1.schema.json."""
    return schema_of(StudyDocument, "study")


def schema_of(kind: type[msgspec.Struct], name: str) -> str:
    """The JSON Schema of a document, version 1."""
    (reference,), components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:rootwarden:{name}:1",
        **reference,
        "$defs": components,
    }
    return to_json(schema, indent=2) + "\n"
