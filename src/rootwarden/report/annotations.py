"""Diagnostics as workflow commands of GitHub Actions, which show them beside the lines of a pull request.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands: `::error file=…,line=…::message`,
with `%`, line ends and in properties `:` and `,` escaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.report.diagnostics import by_text
from rootwarden.rules.diagnostic import Level

if TYPE_CHECKING:
    from rootwarden.report.diagnostics import Examined, Unread
    from rootwarden.rules.findings import Finding
    from rootwarden.rules.positions import Lines

_COMMANDS: Final = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def workflow_commands(examined: Examined) -> str:
    """One command a line; empty when there is nothing to say."""
    unread = [unread_command(one) for one in examined.unread]
    return "\n".join([*by_text(examined.findings, _command), *unread])


def _command(finding: Finding, lines: Lines) -> str:
    one = finding.diagnostic
    return command(
        _COMMANDS[one.level],
        file=finding.file,
        region=(one.span.start, one.span.end),
        lines=lines,
        title=one.code.value,
        said="\n".join(part for part in (one.message, one.help) if part),
    )


def command(name: str, *, file: str, region: tuple[int, int], lines: Lines, title: str, said: str) -> str:
    """One command.

    Args:
        name: `error`, `warning` or `notice`.
        file: The file it is about.
        region: Characters from, and up to but not including.
        lines: The lines of the file.
        title: What stands above.
        said: The message, of any number of lines.
    """
    first, last = lines.line(region[0]), lines.line(region[1])
    place = {"file": file.replace("\\", "/"), "line": first + 1, "endLine": last + 1}
    if first == last:  # columns count only inside one line
        column = lines.column(region[0]) + 1
        place |= {"col": column, "endColumn": max(column + 1, lines.column(region[1]) + 1)}
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in (place | {"title": title}).items())
    return f"::{name} {properties}::{_data(said)}"


def unread_command(unread: Unread) -> str:
    """The command about a file that could not be read."""
    return f"::error file={_property(unread.file)}::{_data(unread.reason)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
