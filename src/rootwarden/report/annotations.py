"""Diagnostics as workflow commands of GitHub Actions, which show them beside the lines of a pull request.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands: `::error file=…,line=…::message`,
with `%`, line ends and in properties `:` and `,` escaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.report.diagnostics import by_text
from rootwarden.rules.diagnostic import Level

if TYPE_CHECKING:
    from rootwarden.report.diagnostics import Examined
    from rootwarden.rules.findings import Finding
    from rootwarden.rules.positions import Lines

_COMMANDS: Final = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def workflow_commands(examined: Examined) -> str:
    """One command a line; empty when there is nothing to say."""
    unread = [f"::error file={_property(one.file)}::{_data(one.reason)}" for one in examined.unread]
    return "\n".join([*by_text(examined.findings, _command), *unread])


def _command(finding: Finding, lines: Lines) -> str:
    one = finding.diagnostic
    first, last = lines.line(one.span.start), lines.line(one.span.end)
    place = {"file": finding.file.replace("\\", "/"), "line": first + 1, "endLine": last + 1}
    if first == last:  # columns count only inside one line
        column = lines.column(one.span.start) + 1
        place |= {"col": column, "endColumn": max(column + 1, lines.column(one.span.end) + 1)}
    place["title"] = one.code.value
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in place.items())
    said = "\n".join(part for part in (one.message, one.help) if part)
    return f"::{_COMMANDS[one.level]} {properties}::{_data(said)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
