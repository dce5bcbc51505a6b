"""Incidents as versioned JSON (`"schema": "rootwarden.incidents/1"`, every field always present) and as JSON Lines.

The records of `detect.visits` are the format. docs/incidents.md documents each field and
docs/reports/incidents-1.schema.json is made from the records; a test keeps the three together. Within version 1, fields
are only ever added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from rootwarden.detect.visits.findings import RootKey
from rootwarden.detect.visits.incident import Concern, Incident
from rootwarden.facts.instant import Instant
from rootwarden.report.encoding import to_json
from rootwarden.report.fleet.study_machine import schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.detect.visits.findings import Findings
    from rootwarden.report.incidents.told import Told


class NotBelieved(msgspec.Struct, frozen=True, kw_only=True):
    """A check-out that explains nothing."""

    lease: str
    account: str
    person: str
    start: Instant = msgspec.field(name="from")
    until: Instant
    doubt: str


class Odd(msgspec.Struct, frozen=True, kw_only=True):
    """How much was read, and how much of it was odd."""

    files: int
    records: int
    events: int
    root_events: int
    without_time: int
    without_account: int
    without_id: int
    irregular: dict[str, int]
    trouble: tuple[str, ...]


class IncidentsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole document."""

    schema: Literal["rootwarden.incidents/1"]
    as_of: Instant | None
    source: str
    incidents: tuple[Incident, ...]
    concerns: tuple[Concern, ...]
    root_keys: tuple[RootKey, ...]
    not_believed: tuple[NotBelieved, ...]
    asleep: tuple[str, ...]
    counts: Odd


def render(findings: Findings, told: Told) -> str:
    """The findings as indented JSON with keys in a fixed order and a final newline."""
    return to_json(document(findings, told), indent=2) + "\n"


def document(findings: Findings, told: Told) -> IncidentsDocument:
    """The document `render` writes, before it is text."""
    counts = findings.counts
    return IncidentsDocument(
        schema="rootwarden.incidents/1",
        as_of=findings.as_of,
        source=told.source,
        incidents=findings.incidents,
        concerns=findings.concerns,
        root_keys=findings.root_keys,
        not_believed=tuple(
            NotBelieved(
                lease=one.lease,
                account=one.account,
                person=one.person,
                start=one.start,
                until=one.until,
                doubt=one.doubt,
            )
            for one in findings.doubted
        ),
        asleep=findings.asleep,
        counts=Odd(
            files=told.read.files,
            records=told.read.events,
            events=counts.events,
            root_events=counts.root_events,
            without_time=counts.without_time,
            without_account=counts.without_account,
            without_id=counts.without_id,
            irregular=dict(sorted(counts.irregular.counts.items())),
            trouble=told.read.trouble,
        ),
    )


def lines(findings: Findings) -> Iterator[str]:
    """One incident a line, as the key figures read them; those without an account or a time are not among them."""
    for one in findings.incidents:
        if is_line(one):
            yield to_json(one) + "\n"


def is_line(incident: Incident) -> bool:
    """Whether an incident can be told in a line: it has an account and a time."""
    return len(incident.account) == _ACCOUNT_LENGTH and incident.account.isdigit() and incident.started is not None


_ACCOUNT_LENGTH = 12


def json_schema() -> str:
    """The JSON Schema (draft 2020-12) of the format, as published in docs/reports/incidents-1.schema.json."""
    return schema_of(IncidentsDocument, "incidents")
