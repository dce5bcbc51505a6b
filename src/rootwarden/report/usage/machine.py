"""Usage as versioned JSON (`"schema": "rootwarden.usage/1"`, every field always present).

The records of `iam.usage.result` are the format; docs/iam-usage.md documents each field. Within version 1, fields are
only ever added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from rootwarden.iam.usage.result import AccountCoverage, PrincipalUsage
from rootwarden.report.encoding import to_json
from rootwarden.report.fleet.study_machine import schema_of

if TYPE_CHECKING:
    from rootwarden.report.usage.told import Told


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for; `null` where nothing was."""

    start: str | None = msgspec.field(name="from")
    to: str | None


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What was read."""

    source: str
    files: int
    records: int
    trouble: tuple[str, ...]
    undated: bool
    chains_cut: bool


class UsageDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole document."""

    schema: Literal["rootwarden.usage/1"]
    window: Window
    catalogue: str
    read: Read
    accounts: tuple[AccountCoverage, ...]
    principals: tuple[PrincipalUsage, ...]
    others: dict[str, int]


def render(told: Told) -> str:
    """The document, indented, with a line end."""
    usage = told.usage
    document = UsageDocument(
        schema="rootwarden.usage/1",
        window=Window(start=told.start or None, to=told.end or None),
        catalogue=usage.catalogue,
        read=Read(
            source=told.source,
            files=told.files,
            records=told.records,
            trouble=told.trouble,
            undated=usage.undated,
            chains_cut=usage.chains_cut,
        ),
        accounts=usage.accounts,
        principals=usage.principals,
        others=usage.others,
    )
    return to_json(document, indent=2) + "\n"


def json_schema() -> str:
    """The JSON Schema (draft 2020-12) of the format, as published in docs/reports/usage-1.schema.json."""
    return schema_of(UsageDocument, "usage")
