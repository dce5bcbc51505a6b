"""The verdicts as versioned JSON: `"schema": "rootwarden.admins/1"`, every field always present.

The records of `iam.admins.verdict` are the format. docs/iam-admins.md documents each field and
docs/reports/admins-1.schema.json is made from the records; a test keeps the three together. Within version 1, fields
are only ever added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from rootwarden.facts.instant import Instant
from rootwarden.iam.admins.standing import Standing
from rootwarden.iam.admins.verdict import OpenRole, PrincipalVerdict
from rootwarden.report.encoding import to_json
from rootwarden.report.fleet.study_machine import schema_of

if TYPE_CHECKING:
    from rootwarden.report.admins.told import Told


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many principals there are of each class."""

    direct: int
    escalation: int
    conditional: int
    lateral: int
    none: int


class Unread(msgspec.Struct, frozen=True):
    """What could not be read, and why."""

    subject: str
    reason: str


class AdminsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole document."""

    schema: Literal["rootwarden.admins/1"]
    as_of: Instant | None
    counts: Counts
    principals: tuple[PrincipalVerdict, ...]
    open_roles: tuple[OpenRole, ...]
    administrators: tuple[Standing, ...]
    unread: tuple[Unread, ...]
    notes: tuple[str, ...]


def render(told: Told) -> str:
    """The verdicts as indented JSON with keys in a fixed order and a final newline."""
    return to_json(document(told), indent=2) + "\n"


def document(told: Told) -> AdminsDocument:
    """The document `render` writes, before it is text."""
    found = told.found
    listed = {one.arn for one in told.principals}
    return AdminsDocument(
        schema="rootwarden.admins/1",
        as_of=found.as_of,
        counts=Counts(**{kind.value: count for kind, count in told.counts().items()}),
        principals=tuple(one for one in found.principals if one.arn in listed),
        open_roles=tuple(one for one in found.open_roles if one.arn in listed),
        administrators=found.administrators,
        unread=tuple(Unread(subject, reason) for subject, reason in found.unread),
        notes=found.notes,
    )


def json_schema() -> str:
    """The JSON Schema (draft 2020-12) of the format, as published in docs/reports/admins-1.schema.json."""
    return schema_of(AdminsDocument, "admins")
