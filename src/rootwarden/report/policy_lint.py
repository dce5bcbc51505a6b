"""What there is to say about policies, for people and as versioned JSON: `"schema": "rootwarden.policy-lint/1"`.

docs/iam-lint.md documents each field. SARIF and the workflow commands of GitHub show the same findings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from rootwarden.iam.actions import Edition
from rootwarden.iam.lint.codes import Code, Level
from rootwarden.iam.lint.finding import Finding, Kind
from rootwarden.iam.lint.nodes import Span
from rootwarden.iam.lint.pages import page_text
from rootwarden.report import sarif
from rootwarden.report.annotations import command, unread_command
from rootwarden.report.diagnostics import SummaryRecord, Unread
from rootwarden.report.encoding import to_json
from rootwarden.rules.diagnostic import render_at
from rootwarden.rules.positions import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rootwarden.iam.lint.pages import Page
    from rootwarden.report.encoding import JsonObject

_COMMANDS: Final = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


class Linted(msgspec.Struct, frozen=True):
    """One file: its name, its text and what was found."""

    file: str
    text: str
    findings: tuple[Finding, ...]


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What one run looked at: files of one kind, and those that could not be read."""

    kind: Kind
    catalogue: Edition
    files: tuple[Linted, ...]
    unread: tuple[Unread, ...] = ()

    @property
    def levels(self) -> list[Level]:
        """The level of every finding."""
        return [finding.level for one in self.files for finding in one.findings]


class FindingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One finding of the JSON format; lines and columns count from 1."""

    file: str
    code: Code
    level: Level
    message: str
    hint: str
    pointer: str
    line: int
    column: int
    end_line: int
    end_column: int


class LintRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The whole document."""

    schema: Literal["rootwarden.policy-lint/1"] = "rootwarden.policy-lint/1"
    kind: Kind
    catalogue: Edition
    files: tuple[str, ...]
    unread: tuple[Unread, ...]
    summary: SummaryRecord
    findings: tuple[FindingRecord, ...]


def text(run: Run) -> str:
    """Each finding with its line, a caret and the next step; of a file without findings, that it is all right."""
    said = []
    for one in run.files:
        said += [_rendered(one, finding) for finding in one.findings] or [f"{one.file}: ok"]
    return "\n".join(said)


def _rendered(one: Linted, finding: Finding) -> str:
    span = _span(finding)
    head = f"{finding.level}[{finding.code}]: {finding.message}"
    return render_at(span.start, span.end, one.text, file=one.file, head=head, help_text=finding.hint)


def json(run: Run) -> str:
    """The document `rootwarden.policy-lint/1`."""
    levels = run.levels
    summary = SummaryRecord(
        error=levels.count(Level.ERROR), warning=levels.count(Level.WARNING), note=levels.count(Level.NOTE)
    )
    document = LintRecord(
        kind=run.kind,
        catalogue=run.catalogue,
        files=tuple(one.file for one in run.files),
        unread=run.unread,
        summary=summary,
        findings=tuple(_record(*found) for found in _with_lines(run)),
    )
    return to_json(msgspec.to_builtins(document), indent=2)


def _with_lines(run: Run) -> Iterator[tuple[Linted, Finding, Lines]]:
    """Every finding with its file and the lines of it."""
    for one in run.files:
        lines = Lines(one.text)
        for finding in one.findings:
            yield one, finding, lines


def _record(one: Linted, finding: Finding, lines: Lines) -> FindingRecord:
    span = _span(finding)
    return FindingRecord(
        file=one.file,
        code=finding.code,
        level=finding.level,
        message=finding.message,
        hint=finding.hint,
        pointer=finding.pointer,
        line=lines.line(span.start) + 1,
        column=lines.column(span.start) + 1,
        end_line=lines.line(span.end) + 1,
        end_column=lines.column(span.end) + 1,
    )


def _span(finding: Finding) -> Span:
    return finding.span or Span(0, 0)


def workflow_commands(run: Run) -> str:
    """One command of GitHub Actions a finding; empty when there is nothing to say."""
    commands = [
        command(
            _COMMANDS[finding.level],
            file=one.file,
            region=(_span(finding).start, _span(finding).end),
            lines=lines,
            title=finding.code.value,
            said=_said(finding),
        )
        for one, finding, lines in _with_lines(run)
    ]
    return "\n".join([*commands, *(unread_command(one) for one in run.unread)])


def as_sarif(run: Run, pages: Mapping[Code, Page]) -> str:
    """SARIF 2.1.0: a log of the run."""
    codes = sorted({finding.code for one in run.files for finding in one.findings})
    return sarif.run_log(
        kinds=[sarif.kind(code, title=pages[code].title, text=page_text(code, pages[code])) for code in codes],
        results=[_result(*found, codes=codes) for found in _with_lines(run)],
        files=[one.file for one in run.files],
        unread=run.unread,
    )


def _result(one: Linted, finding: Finding, lines: Lines, *, codes: list[Code]) -> JsonObject:
    span = _span(finding)
    region = sarif.region(span.start, span.end, lines)
    physical: JsonObject = {"artifactLocation": sarif.place(one.file), "region": region}
    return {
        "ruleId": finding.code.value,
        "ruleIndex": codes.index(finding.code),
        "level": finding.level.value,
        "message": {"text": _said(finding)},
        "locations": [{"physicalLocation": physical}],
    }


def _said(finding: Finding) -> str:
    return "\n".join(part for part in (finding.message, finding.hint) if part)
