"""What there is to say about rule files, for people and as versioned JSON: `"schema": "rootwarden.diagnostics/1"`.

The structs below are the JSON format: names, order and meaning. docs/rule-files.md documents each field and
docs/reports/diagnostics-1.schema.json is made from them; a test keeps the three together. Within version 1, fields are
only ever added. SARIF and GitHub annotations have modules of their own and show the same diagnostics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeVar

import msgspec

from rootwarden.report.encoding import to_json
from rootwarden.rules import diagnostic
from rootwarden.rules.diagnostic import Code, Level
from rootwarden.rules.findings import Finding
from rootwarden.rules.positions import Lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rootwarden.rules.diagnostic import Edit, Span

T = TypeVar("T")


class Unread(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that could not be read, and why: nothing is known of it."""

    file: str
    reason: str
    hint: str = ""


class Fixed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A diagnostic that an edit has settled; it is no longer in the file."""

    file: str
    code: Code
    message: str
    help: str


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """What one run looked at.

    Attributes:
        files: The files that were read.
        findings: What there is to say about them, file by file in order of place.
        unread: The files that could not be read.
        fixed: What was put right in the files.
    """

    files: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    unread: tuple[Unread, ...] = ()
    fixed: tuple[Fixed, ...] = ()


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An object of the format."""


class RegionRecord(Record, frozen=True, kw_only=True):
    """A stretch of a file: characters `start` up to `end` from 0, and the same as lines and columns from 1."""

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int


class EditRecord(Record, frozen=True, kw_only=True):
    """Put `text` in the place of `region`."""

    region: RegionRecord
    text: str


class FixRecord(Record, frozen=True, kw_only=True):
    """One way to put it right: edits to be made together."""

    title: str
    edits: tuple[EditRecord, ...]


class DiagnosticRecord(Record, frozen=True, kw_only=True):
    """One diagnostic. With `plain` the first of `fixes` is the one that was meant; else somebody has to choose."""

    file: str
    code: Code
    level: Level
    message: str
    region: RegionRecord
    label: str
    help: str
    plain: bool
    fixes: tuple[FixRecord, ...]


class SummaryRecord(Record, frozen=True, kw_only=True):
    """How many of each level."""

    error: int
    warning: int
    note: int


class DiagnosticsRecord(Record, frozen=True, kw_only=True):
    """The whole document."""

    schema: Literal["rootwarden.diagnostics/1"] = "rootwarden.diagnostics/1"
    files: tuple[str, ...]
    unread: tuple[Unread, ...]
    fixed: tuple[Fixed, ...]
    summary: SummaryRecord
    diagnostics: tuple[DiagnosticRecord, ...]


def text(examined: Examined) -> str:
    """Each finding with its line, a caret and help; empty when there are none."""
    return "\n".join(diagnostic.render(one.diagnostic, one.text, file=one.file) for one in examined.findings)


def json(examined: Examined) -> str:
    """The document `rootwarden.diagnostics/1`."""
    levels = [one.diagnostic.level for one in examined.findings]
    document = DiagnosticsRecord(
        files=examined.files,
        unread=examined.unread,
        fixed=examined.fixed,
        summary=SummaryRecord(
            error=levels.count(Level.ERROR), warning=levels.count(Level.WARNING), note=levels.count(Level.NOTE)
        ),
        diagnostics=tuple(by_text(examined.findings, _diagnostic)),
    )
    return to_json(msgspec.to_builtins(document), indent=2)


def json_schema() -> str:
    """JSON Schema (draft 2020-12) of the format."""
    (reference,), components = msgspec.json.schema_components([DiagnosticsRecord], ref_template="#/$defs/{name}")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:rootwarden:diagnostics:1",
        **reference,
        "$defs": components,
    }
    return to_json(schema, indent=2) + "\n"


def by_text(findings: Sequence[Finding], made: Callable[[Finding, Lines], T]) -> Iterable[T]:
    """What `made` makes of each finding and the lines of its text, which are counted once a text."""
    lines = Lines("")
    for one in findings:
        if lines.text is not one.text:
            lines = Lines(one.text)
        yield made(one, lines)


def _diagnostic(finding: Finding, lines: Lines) -> DiagnosticRecord:
    one = finding.diagnostic
    return DiagnosticRecord(
        file=finding.file,
        code=one.code,
        level=one.level,
        message=one.message,
        region=_region(one.span, lines),
        label=one.label,
        help=one.help,
        plain=bool(one.edits),
        fixes=tuple(FixRecord(title=fix.title, edits=_edits(fix.edits, lines)) for fix in one.fixes),
    )


def _edits(edits: Iterable[Edit], lines: Lines) -> tuple[EditRecord, ...]:
    return tuple(EditRecord(region=_region(one.span, lines), text=one.text) for one in edits)


def _region(span: Span, lines: Lines) -> RegionRecord:
    return RegionRecord(
        start=span.start,
        end=span.end,
        line=lines.line(span.start) + 1,
        column=lines.column(span.start) + 1,
        end_line=lines.line(span.end) + 1,
        end_column=lines.column(span.end) + 1,
    )
