"""`rootwarden rule check` and `lint`: what is wrong with rule files, and put right where that is plain."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rootwarden.cli.own_rules import rule_files
from rootwarden.cli.rule_input import read_text, write_text
from rootwarden.errors import RootwardenError
from rootwarden.rules.diagnostic import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rootwarden.report.diagnostics import Examined
    from rootwarden.rules.diagnostic import Diagnostic
    from rootwarden.rules.findings import Depth, Finding
    from rootwarden.rules.parameters import ParameterValue

    # A sentence and the parameters of its file: the sentence put right, and the diagnostics that settled.
    Repair = Callable[[str, Mapping[str, ParameterValue]], tuple[str, tuple[Diagnostic, ...]]]


class Face(StrEnum):
    """How diagnostics are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


Files = Annotated[list[Path], typer.Argument(help="Rule files, or folders of them.", show_default=False)]
As = Annotated[Face, typer.Option("--format", help="How to print: github is for its workflows.")]


def check(
    files: Files,
    *,
    syntax_only: Annotated[bool, typer.Option("--syntax-only", help="Leave names and types alone.")] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Make the plain edits, where a rule without mistakes comes of it.")
    ] = False,
    output_format: As = Face.TEXT,
) -> None:
    """Check rule files: grammar, names, types, cases. Exit code 1: a mistake; 3: a file could not be read."""
    from rootwarden.rules.findings import Depth

    examined = _examine(files, Depth.SYNTAX if syntax_only else Depth.TYPES, _mended if fix else None)
    _say(examined, output_format, ok=True)
    raise typer.Exit(_exit_code(examined))


def lint(
    files: Files,
    *,
    fix: Annotated[bool, typer.Option("--fix", help="Make the edits the findings offer.")] = False,
    output_format: As = Face.TEXT,
) -> None:
    """Find what a rule probably does not mean. Exit code 1: an error or a warning, not a note; 3: a file not read."""
    from rootwarden.rules.findings import Depth

    examined = _examine(files, Depth.DOUBTS, _settled if fix else None)
    _say(examined, output_format, ok=False)
    raise typer.Exit(_exit_code(examined))


def _examine(files: list[Path], depth: Depth, repair: Repair | None) -> Examined:
    from rootwarden.packs import schema
    from rootwarden.report.diagnostics import Examined, Fixed, Unread
    from rootwarden.rules.findings import examine

    findings: list[Finding] = []
    read, unread, fixed = [], [], []
    for file in rule_files(files):
        try:
            text = read_text(file)
            if repair is not None:
                text, settled = _repaired(file, text, repair)
                fixed += [Fixed(str(file), one.code, one.message, one.help) for one in settled]
        except RootwardenError as error:
            unread.append(Unread(str(file), error.message, error.hint))
            continue
        read.append(str(file))
        findings += examine(text, schema(), file=str(file), depth=depth)
    return Examined(files=tuple(read), findings=tuple(findings), unread=tuple(unread), fixed=tuple(fixed))


def _repaired(file: Path, text: str, repair: Repair) -> tuple[str, list[Diagnostic]]:
    """The file's text after a repair of each sentence, written back if it differs, and what that settled."""
    from rootwarden.errors import InputError
    from rootwarden.rules.rule_file import load_rule_file
    from rootwarden.rules.sentences import rewritten

    try:
        rule = load_rule_file(text, file=str(file), parsed=False)
    except InputError:
        return text, []  # which `examine` will say
    parameters = {one.name: one.default for one in rule.parameters}
    settled: list[Diagnostic] = []

    def change(sentence: str) -> str:
        new, done = repair(sentence, parameters)
        settled.extend(done)
        return new

    new = rewritten(text, change)
    if not settled:
        return text, []
    write_text(file, new)
    return new, settled


def _mended(sentence: str, parameters: Mapping[str, ParameterValue]) -> tuple[str, tuple[Diagnostic, ...]]:
    from rootwarden.packs import schema
    from rootwarden.rules.mend import mended

    made = mended(sentence, schema(), parameters=parameters)
    return made.text, made.mistakes


def _settled(sentence: str, parameters: Mapping[str, ParameterValue]) -> tuple[str, tuple[Diagnostic, ...]]:
    from rootwarden.packs import schema
    from rootwarden.rules.diagnostic import RuleSyntaxError
    from rootwarden.rules.lint import fixed, lint

    try:
        new = fixed(sentence, schema(), parameters=parameters)
        doubts = lint(sentence, schema(), parameters=parameters)
    except RuleSyntaxError:
        return sentence, ()
    return new, tuple(one for one in doubts if one.code.is_doubt and one.edits) if new != sentence else ()


def _say(examined: Examined, face: Face, *, ok: bool) -> None:
    from rootwarden.report import diagnostics

    if face is Face.TEXT:
        _say_text(examined, ok=ok)
        return
    if face is Face.JSON:
        said = diagnostics.json(examined)
    elif face is Face.SARIF:
        from rootwarden.packs import pages
        from rootwarden.report.sarif import sarif

        said = sarif(examined, pages())
    else:
        from rootwarden.report.annotations import workflow_commands

        said = workflow_commands(examined)
    if said:
        typer.echo(said)


def _say_text(examined: Examined, *, ok: bool) -> None:
    """Findings and what is right on standard output, what could not be read on standard error."""
    from rootwarden.report import diagnostics

    for fixed in examined.fixed:
        typer.echo(f"{fixed.file}: put right: {fixed.message} ({fixed.code}: {fixed.help})", err=True)
    wrong = {one.file for one in examined.findings}
    for file in examined.files:
        if ok and file not in wrong:
            typer.echo(f"{file}: ok")
    if examined.findings:
        typer.echo(diagnostics.text(examined))
    for one in examined.unread:
        typer.echo(f"error: {one.reason}", err=True)
        typer.echo(f"hint: {one.hint}", err=True)


def _exit_code(examined: Examined) -> int:
    """1 for a mistake or a doubt; else 2 when no file could be read, 3 when some could not."""
    if any(one.diagnostic.level is not Level.NOTE for one in examined.findings):
        return 1
    if examined.unread:
        return 3 if examined.files else 2
    return 0
