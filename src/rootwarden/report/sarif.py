"""Diagnostics as SARIF 2.1.0, the exchange format of static analysis, for code scanning and editors.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; numbers below are sections of it. Lines and columns
count from 1, columns in UTF-16 code units (3.14.17). The first of several fixes is the one that was plainly meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from rootwarden import __version__
from rootwarden.report.diagnostics import by_text
from rootwarden.report.encoding import to_json
from rootwarden.rules.diagnostic import Level
from rootwarden.rules.pages import page_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from enum import StrEnum

    from rootwarden.report.diagnostics import Examined, Unread
    from rootwarden.report.encoding import JsonObject, JsonValue
    from rootwarden.rules.diagnostic import Choice, Code
    from rootwarden.rules.findings import Finding
    from rootwarden.rules.pages import Page
    from rootwarden.rules.positions import Lines, Position

_VERSION: Final = "2.1.0"
_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(examined: Examined, pages: Mapping[Code, Page]) -> str:
    """A log of one run.

    Args:
        examined: What was looked at.
        pages: What there is to say about each code.
    """
    codes = sorted({one.diagnostic.code for one in examined.findings})
    return run_log(
        kinds=[kind(code, title=pages[code].title, text=page_text(code, pages[code])) for code in codes],
        results=list(by_text(examined.findings, lambda one, lines: _result(one, lines, codes))),
        files=examined.files,
        unread=examined.unread,
    )


def run_log(
    *, kinds: Sequence[JsonValue], results: Sequence[JsonValue], files: Iterable[str], unread: Sequence[Unread]
) -> str:
    """A log of one run.

    Args:
        kinds: What `kind` made for each code, in the order results count them.
        results: The results.
        files: The files that were read.
        unread: Those that could not be read.
    """
    run: JsonObject = {
        "tool": {"driver": {"name": "rootwarden", "version": __version__, "rules": list(kinds)}},
        "columnKind": "utf16CodeUnits",
        "invocations": [
            {
                "executionSuccessful": not unread,
                "toolExecutionNotifications": [_notification(one) for one in unread],
            }
        ],
        "artifacts": [{"location": place(file)} for file in files],
        "results": list(results),
    }
    return to_json({"$schema": _SCHEMA, "version": _VERSION, "runs": [run]}, indent=2)


def kind(code: StrEnum, *, title: str, text: str) -> JsonObject:
    """What a code means, as a rule of the driver (3.49)."""
    return {
        "id": code.value,
        "name": "".join(word.capitalize() for word in code.name.split("_")),
        "shortDescription": {"text": title},
        "help": {"text": text},
    }


def _result(finding: Finding, lines: Lines, codes: list[Code]) -> JsonObject:
    one = finding.diagnostic
    where = place(finding.file)
    made: JsonObject = {
        "ruleId": one.code.value,
        "ruleIndex": codes.index(one.code),
        "level": one.level.value,
        "message": {"text": "\n".join(part for part in (one.message, one.help) if part)},
        "locations": [
            {"physicalLocation": {"artifactLocation": where, "region": region(one.span.start, one.span.end, lines)}}
        ],
    }
    if one.fixes:
        made["fixes"] = [_fix(fix, where, lines) for fix in one.fixes]
    return made


def _fix(fix: Choice, where: JsonObject, lines: Lines) -> JsonObject:
    return {
        "description": {"text": fix.title},
        "artifactChanges": [
            {
                "artifactLocation": where,
                "replacements": [
                    {
                        "deletedRegion": region(edit.span.start, edit.span.end, lines),
                        "insertedContent": {"text": edit.text},
                    }
                    for edit in fix.edits
                ],
            }
        ],
    }


def _notification(unread: Unread) -> JsonObject:
    location: JsonObject = {"physicalLocation": {"artifactLocation": place(unread.file)}}
    return {"level": Level.ERROR.value, "message": {"text": unread.reason}, "locations": [location]}


def region(start: int, end: int, lines: Lines) -> JsonObject:
    """Characters `start` up to `end` of a text (3.30)."""
    first, last = lines.position(start), lines.position(end)
    return {
        "startLine": first.line + 1,
        "startColumn": _column(first),
        "endLine": last.line + 1,
        "endColumn": _column(last),
    }


def _column(position: Position) -> int:
    return position.column + 1


def place(file: str) -> JsonObject:
    """A file as a URI reference (3.4.3): relative as given, absolute ones with their scheme."""
    path = file.replace("\\", "/")
    windows = path[1:3] == ":/"
    prefix = "file:///" if windows else "file://" if path.startswith("/") else ""
    safe = "/:" if windows else "/"
    relative = quote(path.removeprefix("./"), safe=safe, errors="backslashreplace")
    return {"uri": prefix + relative}
