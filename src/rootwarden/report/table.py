"""One row for each verdict, as CSV for spreadsheets (RFC 4180: CRLF, a quote doubled, UTF-8 without a mark).

Every cell is one line in which nothing is hidden: control characters and those that reorder text are written out, as on
the terminal, because people read CSV in terminals too. A cell a spreadsheet would run as a formula gets a leading
apostrophe: names and notes in AWS are written by others. Account ids are written as their twelve digits; a spreadsheet
that takes them for numbers drops leading zeros, so import that column as text (docs/reports/formats.md). The ARN beside
it always holds all twelve.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final

from rootwarden.report.encoding import well_formed
from rootwarden.report.words import instant, visible

if TYPE_CHECKING:
    from rootwarden.audit.result import AuditedAccount, AuditResult, Finding

COLUMNS: Final = (
    "account",
    "account_name",
    "position",
    "organizational_unit",
    "owner",
    "rule",
    "severity",
    "verdict",
    "suppressed_by",
    "suppressed_until",
    "reason",
    "missing",
    "permissions",
    "witness",
    "notes",
    "resource",
    "controls",
    "evidence",
)

# What a spreadsheet takes for the start of a formula, full-width forms included, also behind blanks and the
# invisible letters some of them skip (OWASP, "CSV Injection").
_FORMULA: Final = re.compile("[\\s\x00-\x1f\u200b-\u200f\u2060\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")


def render(result: AuditResult) -> str:
    """All findings in their order, one header line first; lines end in CRLF."""
    paper = io.StringIO(newline="")
    writer = csv.writer(paper, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    accounts = {account.id: account for account in result.accounts}
    for finding in result.findings:
        writer.writerow([inert(visible(cell)) for cell in _row(finding, accounts.get(finding.account))])
    return paper.getvalue()


def inert(cell: str) -> str:
    """`cell` with an apostrophe before it where a spreadsheet would take it for a formula."""
    text = well_formed(cell)
    return f"'{text}" if _FORMULA.match(text) else text


def _row(finding: Finding, account: AuditedAccount | None) -> tuple[str, ...]:
    suppression = finding.suppressed_by
    return (
        finding.account,
        account.name if account else "",
        account.position.value if account else "",
        account.organizational_unit if account else "",
        finding.owner,
        finding.rule,
        finding.severity.value,
        finding.verdict.value,
        f"{suppression.ticket}: {suppression.reason} ({suppression.owner})" if suppression else "",
        suppression.until.isoformat() if suppression else "",
        finding.reason,
        "; ".join(f"{each.attribute}: {each.reason}" for each in finding.missing),
        "; ".join(dict.fromkeys(each.permission for each in finding.missing if each.permission)),
        "; ".join(f"{each.attribute} = {each.value}" for each in finding.witness),
        "; ".join(finding.notes),
        finding.resource,
        "; ".join(finding.controls),
        "; ".join(_evidence(finding)),
    )


def _evidence(finding: Finding) -> list[str]:
    return [
        " ".join(part for part in (each.call, each.account, each.region, f"at {instant(each.observed_at)}") if part)
        for each in finding.evidence
    ]
