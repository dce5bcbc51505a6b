"""`rootwarden rule fmt` and `lint`: for people who write rules."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rootwarden.cli.rule_input import complain, read_text
from rootwarden.errors import InputError, RootwardenError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.rules.diagnostic import Diagnostic

Files = Annotated[list[Path], typer.Argument(help="Rule files.", show_default=False)]


class Shown(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"


AsText = Annotated[Shown, typer.Option("--format", help="How to print the result.")]


def fmt(
    files: Files,
    *,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit code 1 if something would.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Spell shorter forms out, for tools without them.")] = False,
) -> None:
    """Write the sentences of rule files in their one canonical form; nothing else in a file changes."""
    from rootwarden.rules.rule_file import load_rule_file
    from rootwarden.rules.sentences import rewritten

    wrong = 0
    for file in files:
        try:
            text = read_text(file)
            load_rule_file(text, file=str(file))
            formatted = rewritten(text, _written(str(file), plain=plain))
            if formatted == text:
                continue
            wrong += check
            if not check:
                _write(file, formatted)
            typer.echo(f"{file}: {'would be ' if check else ''}formatted")
        except RootwardenError as error:
            wrong += 1
            complain(error)
    raise typer.Exit(1 if wrong else 0)


def _written(file: str, *, plain: bool) -> Callable[[str], str]:
    """How a sentence is written; what has no plain form is said on stderr."""
    from rootwarden.rules.diagnostic import quoted
    from rootwarden.rules.format import format_sentence
    from rootwarden.rules.spelling import spell_out

    def spelled(sentence: str) -> str:
        result = spell_out(sentence)
        for one in result.kept:
            typer.echo(f"note: {quoted(file, limit=400)}: there is no plain form of {quoted(one)}", err=True)
        return result.text

    return spelled if plain else format_sentence


def lint(
    files: Files,
    *,
    fix: Annotated[bool, typer.Option("--fix", help="Make the edits the findings offer.")] = False,
    output_format: AsText = Shown.TEXT,
) -> None:
    """Find what a rule probably does not mean. Exit code 1 at an error or a warning, not at a note."""
    from rootwarden.cli.rule_output import findings_as_json, findings_as_text
    from rootwarden.rules.diagnostic import Level

    found: list[tuple[str, str, Diagnostic]] = []
    wrong = 0
    for file in files:
        try:
            if fix:
                _fix(file)
            found += _findings(file)
        except RootwardenError as error:
            wrong += 1
            complain(error)
    shown = findings_as_json(found) if output_format is Shown.JSON else findings_as_text(found)
    if shown:
        typer.echo(shown)
    wrong += sum(one.level is not Level.NOTE for _, _, one in found)
    raise typer.Exit(1 if wrong else 0)


def _findings(file: Path) -> list[tuple[str, str, Diagnostic]]:
    """Name of the file, text the finding points into, finding."""
    from rootwarden.packs import schema
    from rootwarden.rules.lint import lint as doubts
    from rootwarden.rules.rule_file import load_rule_file
    from rootwarden.rules.sentences import sentences

    text = read_text(file)
    rule = load_rule_file(text, file=str(file))
    parameters = {one.name: one.default for one in rule.parameters}
    found = []
    for place in sentences(text):
        for one in doubts(place.sentence, schema(), parameters=parameters):
            here = place.offset >= 0
            found.append((str(file), text if here else place.sentence, one.moved(place.offset) if here else one))
    return found


def _fix(file: Path) -> None:
    from rootwarden.packs import schema
    from rootwarden.rules.lint import fixed
    from rootwarden.rules.rule_file import load_rule_file
    from rootwarden.rules.sentences import rewritten

    text = read_text(file)
    rule = load_rule_file(text, file=str(file))
    parameters = {one.name: one.default for one in rule.parameters}
    new = rewritten(text, lambda sentence: fixed(sentence, schema(), parameters=parameters))
    if new != text:
        _write(file, new)


def _write(file: Path, text: str) -> None:
    """Put the text back; a byte order mark stays."""
    try:
        with file.open("rb") as stream:
            mark = stream.read(3) == b"\xef\xbb\xbf"
        file.write_bytes(text.encode("utf-8-sig" if mark else "utf-8"))
    except OSError as error:
        reason = (error.strerror or "not writable").lower()
        raise InputError(f"`{file}` cannot be written: {reason}", hint="make the file writable") from None
