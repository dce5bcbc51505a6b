"""`rootwarden rule fmt`: the one canonical form of rules."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rootwarden.cli.own_rules import rule_files
from rootwarden.cli.rule_input import complain, read_text, write_text
from rootwarden.errors import RootwardenError

if TYPE_CHECKING:
    from collections.abc import Callable

Files = Annotated[list[Path], typer.Argument(help="Rule files, or folders of them.", show_default=False)]


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
    for file in rule_files(files):
        try:
            text = read_text(file)
            load_rule_file(text, file=str(file))
            formatted = rewritten(text, _written(str(file), plain=plain))
            if formatted == text:
                continue
            wrong += check
            if not check:
                write_text(file, formatted)
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
