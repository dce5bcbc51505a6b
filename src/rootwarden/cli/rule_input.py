"""What the `rule` commands take from the user: files, instants, parameters; and how they complain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from rootwarden.errors import RootwardenError
    from rootwarden.rules.posture import PreparedRule
    from rootwarden.rules.rule_file import ParameterDefault, PostureRule

MAXIMUM_BYTES: Final = 64 << 20


def read_text(file: Path) -> str:
    """The text of a file the user named."""
    try:
        with file.open("rb") as stream:
            content = stream.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise InputError(f"`{file}` cannot be read: {reason}", hint="give the path of a file") from None
    if len(content) > MAXIMUM_BYTES:
        raise InputError(f"`{file}` is larger than {MAXIMUM_BYTES >> 20} MiB", hint="give a smaller file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"`{file}` is not UTF-8 text (byte {error.start})", hint="save it as UTF-8") from None


def write_text(file: Path, text: str) -> None:
    """Put the text back; a byte order mark stays."""
    try:
        with file.open("rb") as stream:
            mark = stream.read(3) == b"\xef\xbb\xbf"
        file.write_bytes(text.encode("utf-8-sig" if mark else "utf-8"))
    except OSError as error:
        reason = (error.strerror or "not writable").lower()
        raise InputError(f"`{file}` cannot be written: {reason}", hint="make the file writable") from None


def shipped_rule(identifier: str) -> PostureRule | None:
    """The rule of a pack with this id."""
    from rootwarden.packs import names, pack

    return next((rule for name in names() for rule in pack(name) if rule.id == identifier), None)


def prepared_rule(target: str, benchmark: str, parameters: dict[str, ParameterDefault]) -> PreparedRule:
    """A rule file, or a rule of a pack by its id, under one meaning.

    Raises:
        InputError: There is neither, or it is no rule.
        UsageError: No rule knows the benchmark.
    """
    from pathlib import Path

    from rootwarden.audit.rulebook import benchmark_name
    from rootwarden.packs import every_rule, schema
    from rootwarden.rules.diagnostic import RuleSyntaxError
    from rootwarden.rules.posture import prepare
    from rootwarden.rules.rule_file import load_rule_file, placed

    text = ""
    rule = None if Path(target).exists() else shipped_rule(target)
    if rule is None:
        text = read_text(Path(target))
        rule = load_rule_file(text, file=target)
    if benchmark:
        benchmark = benchmark_name(benchmark, (rule, *every_rule()))
    try:
        return prepare(rule, schema(), benchmark=benchmark, parameters=parameters)
    except RuleSyntaxError as error:
        raise placed(error, error.text, text, target) from None


def instant(as_of: str, prepared: PreparedRule) -> datetime:
    """The instant to judge at: as given, else the one fixtures have by default, which is then said."""
    from datetime import UTC, datetime

    from rootwarden.rules import instants
    from rootwarden.rules.rule_file import DEFAULT_AS_OF

    if not as_of:
        if prepared.compiled.reads_clock:
            shown = instants.iso(DEFAULT_AS_OF.timestamp())
            typer.echo(f"note: judged at {shown}, the instant of fixtures; --as-of chooses another", err=True)
        return DEFAULT_AS_OF
    try:
        return datetime.fromtimestamp(instants.epoch(as_of), tz=UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"`{as_of}` is no instant", hint="write it as `2026-03-02T12:00:00Z`") from None


def parameter_values(assignments: list[str]) -> dict[str, ParameterDefault]:
    """`NAME=VALUE` of the command line."""
    values: dict[str, ParameterDefault] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals or not name:
            raise UsageError(f"`{assignment}` sets no parameter", hint="write it as `--parameter window=7`")
        values[name.strip()] = _value(value.strip())
    return values


def _value(text: str) -> ParameterDefault:
    """A parameter's value from the command line: a number or truth value if it looks like one."""
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def complain(error: RootwardenError) -> None:
    """Show an error and go on."""
    typer.echo(f"error: {error.message}", err=True)
    if error.hint:
        typer.echo(f"hint: {error.hint}", err=True)
