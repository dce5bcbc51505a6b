"""`rootwarden rule fmt` and `explain`: for people who write rules."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from rootwarden.cli.rule_input import complain, instant, parameter_values, read_text, write_text
from rootwarden.errors import InputError, RootwardenError, UsageError

if TYPE_CHECKING:
    from rootwarden.rules.fixture import Resource
    from rootwarden.rules.posture import PreparedRule

_CODE: Final = re.compile(r"[Rr][0-9]{4}")

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
) -> None:
    """Write the sentences of rule files in their one canonical form; nothing else in a file changes."""
    from rootwarden.rules.format import format_sentence
    from rootwarden.rules.rule_file import load_rule_file
    from rootwarden.rules.sentences import rewritten

    wrong = 0
    for file in files:
        try:
            text = read_text(file)
            load_rule_file(text, file=str(file))
            formatted = rewritten(text, format_sentence)
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


def explain(
    target: Annotated[str, typer.Argument(metavar="CODE|FILE", help="A code such as `R0203`, or a rule file.")],
    *,
    fixture: Annotated[Path | None, typer.Option(help="Facts as JSON, for a rule file.", show_default=False)] = None,
    resource: Annotated[str, typer.Option(help="Only this one: its number, or its name such as `RootUser[0]`.")] = "",
    as_of: Annotated[str, typer.Option("--as-of", help="The instant `now` means, ISO 8601; never the clock.")] = "",
    benchmark: Annotated[str, typer.Option(help="Judge by this benchmark's meaning, such as `cis-5.0`.")] = "",
    parameter: Annotated[list[str] | None, typer.Option(help="NAME=VALUE; may be repeated.")] = None,
    output_format: AsText = Shown.TEXT,
) -> None:
    """Open the page about a code, or show part by part why a rule judges as it does."""
    from rootwarden.cli.rule_output import explanations_as_json, explanations_as_text
    from rootwarden.rules.explain import explain as explained

    if _CODE.fullmatch(target):
        typer.echo(_page(target.upper()))
        return
    if fixture is None:
        raise UsageError("a rule is explained on facts", hint="add `--fixture FACTS`, or give a code such as `R0203`")
    prepared = _prepared(Path(target), benchmark, parameter_values(parameter or []))
    moment = instant(as_of, prepared)
    resources = _chosen(fixture, prepared, resource)
    made = [(one.name, explained(prepared.compiled, prepared.schema, one.record, as_of=moment)) for one in resources]
    printed = explanations_as_json if output_format is Shown.JSON else explanations_as_text
    typer.echo(printed(prepared, made, moment))


def _page(name: str) -> str:
    """The page about a code."""
    from rootwarden.packs import pages
    from rootwarden.rules.diagnostic import Code
    from rootwarden.rules.pages import page_text

    code = next((one for one in Code if one.value == name), None)
    if code is None:
        known = ", ".join(one.value for one in Code if one.value[:3] == name[:3]) or "docs/rule-language.md has them"
        raise UsageError(f"there is no code `{name}`", hint=known)
    return page_text(code, pages()[code])


def _prepared(
    file: Path, benchmark: str, parameters: dict[str, bool | int | float | str | tuple[str, ...]]
) -> PreparedRule:
    from rootwarden.audit.rulebook import benchmark_name
    from rootwarden.packs import root_pack, schema
    from rootwarden.rules.diagnostic import RuleSyntaxError
    from rootwarden.rules.posture import prepare
    from rootwarden.rules.rule_file import load_rule_file, placed

    text = read_text(file)
    rule = load_rule_file(text, file=str(file))
    if benchmark:
        benchmark = benchmark_name(benchmark, (rule, *root_pack()))
    try:
        return prepare(rule, schema(), benchmark=benchmark, parameters=parameters)
    except RuleSyntaxError as error:
        raise placed(error, error.text, text, str(file)) from None


def _chosen(fixture: Path, prepared: PreparedRule, wanted: str) -> list[Resource]:
    """The resources of the rule's entity, or the one asked for."""
    from rootwarden.rules.fixture import load_fixture

    entity = prepared.compiled.entity
    there = load_fixture(read_text(fixture), prepared.schema, file=str(fixture))
    resources = [one for one in there if one.entity == entity]
    if not wanted:
        if not resources:
            raise InputError(f"the fixture has no `{entity}`", hint="give facts about what the rule is about")
        return resources
    chosen = [one for one in resources if wanted in {one.name, one.name.removeprefix(f"{entity}[").rstrip("]")}]
    if not chosen:
        names = ", ".join(one.name for one in resources[:5]) or "none"
        raise UsageError(f"the fixture has no resource `{wanted}` for this rule", hint=f"it has: {names}")
    return chosen
