"""The result as versioned JSON for other programs: `"schema": "rootwarden.audit/1"`, every field always present.

The structs below are the format: names, order and meaning. docs/reports/formats.md documents each field and
docs/reports/audit-1.schema.json is made from them; a test keeps the three together. Within version 1, fields are
only ever added.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias, TypeVar

import msgspec

from rootwarden.audit.result import Need, Position, Reach
from rootwarden.report.digest import blocking, tally
from rootwarden.report.encoding import to_json
from rootwarden.report.words import Standing
from rootwarden.rules.rule_file import ParameterDefault
from rootwarden.rules.verdict import Severity, Verdict

if TYPE_CHECKING:
    from rootwarden.audit import result as audit
    from rootwarden.facts.fact import Source

R = TypeVar("R", bound="Record")

Instant: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]

SCHEMA: Final = "rootwarden.audit/1"


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An object of the format."""


class EvidenceRecord(Record, frozen=True, kw_only=True):
    """Where a fact was seen."""

    source: str
    observed_at: Instant | None
    account: str
    region: str


class WitnessRecord(Record, frozen=True, kw_only=True):
    """A fact that decided a verdict."""

    attribute: str
    value: str
    evidence: tuple[EvidenceRecord, ...]


class MissingRecord(Record, frozen=True, kw_only=True):
    """A fact an unknown verdict waits for."""

    attribute: str
    reason: str
    permission: str


class SuppressionRecord(Record, frozen=True, kw_only=True):
    """The exception a fail stands under."""

    reason: str
    owner: str
    ticket: str
    until: date


class OverrideRecord(Record, frozen=True, kw_only=True):
    """A parameter that has another value for this account than the run's."""

    name: str
    value: ParameterDefault
    usual: ParameterDefault
    place: str


class VerdictRecord(Record, frozen=True, kw_only=True):
    """What one rule says about one root user, or IAM user."""

    rule: str
    account: str
    resource: str
    verdict: Verdict
    severity: Severity
    reason: str
    witness: tuple[WitnessRecord, ...]
    controls: tuple[str, ...]
    evidence: tuple[EvidenceRecord, ...]
    suppressed_by: SuppressionRecord | None
    notes: tuple[str, ...]
    missing: tuple[MissingRecord, ...]
    owner: str
    overrides: tuple[OverrideRecord, ...]


class RefusalRecord(Record, frozen=True, kw_only=True):
    """A call that gave no answer."""

    call: str
    kind: str
    reason: str
    permission: str


class AccountRecord(Record, frozen=True, kw_only=True):
    """An account that was audited, reachable or not."""

    id: str
    name: str
    email: str
    partition: str
    position: Position
    organizational_unit: str
    owner: str
    need: Need
    need_reason: str
    reach: Reach
    refusals: tuple[RefusalRecord, ...]
    report_generated_at: Instant | None
    root_last_used_at: Instant | None
    root_last_used: str


class SkippedRecord(Record, frozen=True, kw_only=True):
    """An account that was not asked."""

    id: str
    name: str
    state: str


class RemedyRecord(Record, frozen=True, kw_only=True):
    """A step of a remedy."""

    text: str
    console: str
    command: str


class RuleRecord(Record, frozen=True, kw_only=True):
    """A rule that took part."""

    id: str
    title: str
    severity: Severity
    why: str
    misses: str
    check: str
    remedy: tuple[RemedyRecord, ...]
    controls: tuple[str, ...]
    references: tuple[str, ...]


class CountsRecord(Record, frozen=True, kw_only=True):
    """Verdicts by kind."""

    passed: int = msgspec.field(name="pass")
    fail: int
    not_applicable: int
    unknown: int


class SummaryRecord(Record, frozen=True, kw_only=True):
    """The result in numbers."""

    accounts: int
    skipped: int
    verdicts: CountsRecord
    suppressed: int
    failing_at_or_above_fail_on: int
    fail_on: Severity
    interrupted: bool


class ExceptionRecord(Record, frozen=True, kw_only=True):
    """An entry of the exceptions file."""

    rule: str
    accounts: tuple[str, ...]
    reason: str
    owner: str
    ticket: str
    until: date
    state: str
    matched: int
    units: tuple[str, ...]
    when: str
    approver: str
    since: date | None


class ChangeRecord(Record, frozen=True, kw_only=True):
    """A verdict that differs from the earlier run."""

    kind: str
    rule: str
    account: str
    before: str
    after: str
    resource: str


class ChangesRecord(Record, frozen=True, kw_only=True):
    """What differs from the earlier run."""

    since: str
    items: tuple[ChangeRecord, ...]


class IndicatorRecord(Record, frozen=True, kw_only=True):
    """A key figure."""

    id: str
    title: str
    value: str
    target: str
    met: bool | None
    note: str


class OrganizationRecord(Record, frozen=True, kw_only=True):
    """The organization, as far as it was readable."""

    id: str
    management_account: str
    root_credentials_management: str
    root_sessions: str


class AuditRecord(Record, frozen=True, kw_only=True):
    """The whole document."""

    schema: Literal["rootwarden.audit/1"]
    as_of: Instant
    input: str
    benchmark: str
    summary: SummaryRecord
    verdicts: tuple[VerdictRecord, ...]
    accounts: tuple[AccountRecord, ...]
    skipped: tuple[SkippedRecord, ...]
    rules: tuple[RuleRecord, ...]
    exceptions: tuple[ExceptionRecord, ...]
    changes: ChangesRecord | None
    indicators: tuple[IndicatorRecord, ...]
    organization: OrganizationRecord | None
    warnings: tuple[str, ...]


def render(result: audit.AuditResult) -> str:
    """The result as indented JSON with keys in a fixed order, instants as ISO 8601 in UTC, and a final newline."""
    return to_json(record(result), indent=2) + "\n"


def record(result: audit.AuditResult) -> AuditRecord:
    """The document `render` writes, before it is text."""
    changes = None
    if result.changes is not None:
        items = tuple(_same(each, ChangeRecord) for each in result.changes)
        changes = ChangesRecord(since=result.changes_since, items=items)
    return AuditRecord(
        schema=SCHEMA,
        as_of=result.as_of,
        input=result.input,
        benchmark=result.benchmark,
        summary=_summary(result),
        verdicts=tuple(_verdict(each) for each in result.findings),
        accounts=tuple(_same(each, AccountRecord) for each in result.accounts),
        skipped=tuple(_same(each, SkippedRecord) for each in result.skipped),
        rules=tuple(_same(each, RuleRecord) for each in result.rules),
        exceptions=tuple(_same(each, ExceptionRecord) for each in result.exceptions),
        changes=changes,
        indicators=tuple(_same(each, IndicatorRecord) for each in result.indicators),
        organization=None if result.organization is None else _same(result.organization, OrganizationRecord),
        warnings=result.warnings,
    )


def _same(value: object, kind: type[R]) -> R:
    """`value` as the record that has the same field names."""
    return msgspec.convert(value, kind, from_attributes=True)


def _summary(result: audit.AuditResult) -> SummaryRecord:
    counts = result.counts()
    return SummaryRecord(
        accounts=len(result.accounts),
        skipped=len(result.skipped),
        verdicts=CountsRecord(
            passed=counts[Verdict.PASS],
            fail=counts[Verdict.FAIL],
            not_applicable=counts[Verdict.NOT_APPLICABLE],
            unknown=counts[Verdict.UNKNOWN],
        ),
        suppressed=tally(result.findings)[Standing.SUPPRESSED],
        failing_at_or_above_fail_on=sum(blocking(result).values()),
        fail_on=result.fail_on,
        interrupted=result.interrupted,
    )


def _verdict(finding: audit.Finding) -> VerdictRecord:
    suppression = finding.suppressed_by
    return VerdictRecord(
        rule=finding.rule,
        account=finding.account,
        resource=finding.resource,
        verdict=finding.verdict,
        severity=finding.severity,
        reason=finding.reason,
        witness=tuple(
            WitnessRecord(attribute=each.attribute, value=each.value, evidence=_evidence(each.sources, finding.account))
            for each in finding.witness
        ),
        controls=finding.controls,
        evidence=_evidence(finding.evidence, finding.account),
        suppressed_by=None if suppression is None else _same(suppression, SuppressionRecord),
        notes=finding.notes,
        missing=tuple(_same(each, MissingRecord) for each in finding.missing),
        owner=finding.owner,
        overrides=tuple(_same(each, OverrideRecord) for each in finding.overrides),
    )


def _evidence(sources: tuple[Source, ...], account: str) -> tuple[EvidenceRecord, ...]:
    """Sources with the asked account filled in where it is the account the verdict is about."""
    return tuple(
        EvidenceRecord(
            source=each.call, observed_at=each.observed_at, account=each.account or account, region=each.region
        )
        for each in sources
    )


def json_schema() -> str:
    """The JSON Schema (draft 2020-12) of the format, as published in docs/reports/audit-1.schema.json."""
    (reference,), components = msgspec.json.schema_components([AuditRecord], ref_template="#/$defs/{name}")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:rootwarden:audit:1",
        **reference,
        "$defs": components,
    }
    return to_json(schema, indent=2) + "\n"
