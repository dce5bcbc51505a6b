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
    from collections.abc import Mapping

    from rootwarden.report.diagnostics import Examined, Unread
    from rootwarden.report.encoding import JsonObject
    from rootwarden.rules.diagnostic import Choice, Code, Span
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
    run: JsonObject = {
        "tool": {
            "driver": {
                "name": "rootwarden",
                "version": __version__,
                "rules": [_rule(code, pages[code]) for code in codes],
            }
        },
        "columnKind": "utf16CodeUnits",
        "invocations": [
            {
                "executionSuccessful": not examined.unread,
                "toolExecutionNotifications": [_notification(one) for one in examined.unread],
            }
        ],
        "artifacts": [{"location": _place(file)} for file in examined.files],
        "results": list(by_text(examined.findings, lambda one, lines: _result(one, lines, codes))),
    }
    return to_json({"$schema": _SCHEMA, "version": _VERSION, "runs": [run]}, indent=2)


def _rule(code: Code, page: Page) -> JsonObject:
    return {
        "id": code.value,
        "name": "".join(word.capitalize() for word in code.name.split("_")),
        "shortDescription": {"text": page.title},
        "help": {"text": page_text(code, page)},
    }


def _result(finding: Finding, lines: Lines, codes: list[Code]) -> JsonObject:
    one = finding.diagnostic
    place = _place(finding.file)
    made: JsonObject = {
        "ruleId": one.code.value,
        "ruleIndex": codes.index(one.code),
        "level": one.level.value,
        "message": {"text": "\n".join(part for part in (one.message, one.help) if part)},
        "locations": [{"physicalLocation": {"artifactLocation": place, "region": _region(one.span, lines)}}],
    }
    if one.fixes:
        made["fixes"] = [_fix(fix, place, lines) for fix in one.fixes]
    return made


def _fix(fix: Choice, place: JsonObject, lines: Lines) -> JsonObject:
    return {
        "description": {"text": fix.title},
        "artifactChanges": [
            {
                "artifactLocation": place,
                "replacements": [
                    {"deletedRegion": _region(edit.span, lines), "insertedContent": {"text": edit.text}}
                    for edit in fix.edits
                ],
            }
        ],
    }


def _notification(unread: Unread) -> JsonObject:
    location: JsonObject = {"physicalLocation": {"artifactLocation": _place(unread.file)}}
    return {"level": Level.ERROR.value, "message": {"text": unread.reason}, "locations": [location]}


def _region(span: Span, lines: Lines) -> JsonObject:
    start, end = lines.position(span.start), lines.position(span.end)
    return {
        "startLine": start.line + 1,
        "startColumn": _column(start),
        "endLine": end.line + 1,
        "endColumn": _column(end),
    }


def _column(position: Position) -> int:
    return position.column + 1


def _place(file: str) -> JsonObject:
    """A file as a URI reference (3.4.3): relative as given, absolute ones with their scheme."""
    path = file.replace("\\", "/")
    windows = path[1:3] == ":/"
    prefix = "file:///" if windows else "file://" if path.startswith("/") else ""
    safe = "/:" if windows else "/"
    relative = quote(path.removeprefix("./"), safe=safe, errors="backslashreplace")
    return {"uri": prefix + relative}
