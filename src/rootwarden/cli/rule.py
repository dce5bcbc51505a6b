"""`rootwarden rule …`: check, evaluate, test, format, explain and show rules."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rootwarden.cli import groups, rule_check, rule_explaining, rule_schema, rule_writing
from rootwarden.cli.own_rules import rule_files
from rootwarden.cli.rule_input import instant as _instant
from rootwarden.cli.rule_input import parameter_values as _parameters
from rootwarden.cli.rule_input import read_text as _read
from rootwarden.cli.whole_sentences import WholeSentences
from rootwarden.errors import InputError, UsageError
from rootwarden.rules.verdict import Severity, Verdict

if TYPE_CHECKING:
    from rootwarden.rules.posture import PreparedRule
    from rootwarden.rules.rule_file import PostureRule

app = typer.Typer(
    cls=WholeSentences,
    name="rule",
    help=groups.RULE,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class Format(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"


Packs = Annotated[
    list[str] | None, typer.Option("--pack", metavar="NAME", help="Only this pack (root, iam, …); may be repeated.")
]
AsText = Annotated[Format, typer.Option("--format", help="How to print the result.")]


app.command("check")(rule_check.check)


@app.command("eval")
def evaluate(
    file: Annotated[
        Path, typer.Argument(help="A rule file, or a file with nothing but a sentence.", show_default=False)
    ],
    *,
    fixture: Annotated[Path, typer.Option(help="Facts as JSON (docs/rule-files.md).", show_default=False)],
    as_of: Annotated[str, typer.Option("--as-of", help="The instant `now` means, ISO 8601; never the clock.")] = "",
    benchmark: Annotated[str, typer.Option(help="Judge by this benchmark's meaning, such as `cis-5.0`.")] = "",
    parameter: Annotated[list[str] | None, typer.Option(help="NAME=VALUE; may be repeated.")] = None,
    two_valued: Annotated[
        bool, typer.Option("--two-valued", help="Read what is unknown as absent, to compare; every line says so.")
    ] = False,
    output_format: AsText = Format.TEXT,
    fail_on: Annotated[Severity, typer.Option(help="Severity from which a fail sets the exit code.")] = Severity.HIGH,
) -> None:
    """Judge the resources of a fixture. Exit code 1: a fail; 3: undecided; 0: neither."""
    from rootwarden.audit.rulebook import benchmark_name
    from rootwarden.packs import every_rule, schema
    from rootwarden.rules.cases import overall
    from rootwarden.rules.diagnostic import RuleSyntaxError
    from rootwarden.rules.fixture import load_fixture
    from rootwarden.rules.posture import prepare
    from rootwarden.rules.rule_file import load_rule_file, placed

    text = _read(file)
    rule = load_rule_file(text, file=str(file))
    if benchmark:
        benchmark = benchmark_name(benchmark, (rule, *every_rule()))
    try:
        values = _parameters(parameter or [])
        prepared = prepare(rule, schema(), benchmark=benchmark, parameters=values, two_valued=two_valued)
    except RuleSyntaxError as error:
        raise placed(error, error.text, text, str(file)) from None
    resources = load_fixture(_read(fixture), schema(), file=str(fixture))
    instant = _instant(as_of, prepared)
    judged = [
        (one.name, prepared.judge(one.record, as_of=instant))
        for one in resources
        if one.entity == prepared.compiled.entity
    ]
    if not judged:
        typer.echo(f"note: the fixture has no `{prepared.compiled.entity}`", err=True)
    verdict = overall(one.outcome.verdict for _, one in judged)
    from rootwarden.cli.rule_output import evaluation_as_json, evaluation_as_text

    printed = evaluation_as_json if output_format is Format.JSON else evaluation_as_text
    typer.echo(printed(prepared, judged, verdict, instant))
    raise typer.Exit(_exit_code(verdict, counts=rule.severity.at_least(fail_on)))


@app.command("test")
def run_tests(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Rule files or folders; the shipped packs if none.")
    ] = None,
    *,
    pack: Packs = None,
    coverage: Annotated[bool, typer.Option("--coverage", help="Also name clauses not seen true and false.")] = False,
    mutate: Annotated[bool, typer.Option("--mutate", help="Also name changes to the rule no case notices.")] = False,
) -> None:
    """Run the cases of rule files. Exit code 1 when one gets another answer than it says, or asked-for tests lack."""
    from rootwarden.cli.rule_tests import cases_as_lines, coverage_as_lines, mutants_as_lines
    from rootwarden.packs import schema
    from rootwarden.rules.cases import run_cases

    rules = _rules(files or [], pack or [])
    results = [result for rule in rules for result in run_cases(rule, schema())]
    if not results:
        raise InputError("there are no cases to run", hint="docs/rule-files.md, Cases, shows how to write one")
    lines, complete = cases_as_lines(results), all(result.right for result in results)
    # A rule that gets its own cases wrong is put right first: what its clauses saw would mislead.
    sound = complete
    if coverage and sound:
        from rootwarden.rules.coverage import coverage as covered_by

        covered = [(rule.id, covered_by(rule, schema())) for rule in rules]
        complete &= not any(clause.missing for _, clauses in covered for clause in clauses)
        lines += coverage_as_lines(covered)
    if mutate and sound:
        from rootwarden.rules.mutants import mutants

        tried = [(rule.id, mutants(rule, schema())) for rule in rules]
        complete &= not any(mutant.survives for _, found in tried for mutant in found)
        lines += mutants_as_lines(tried)
    typer.echo("\n".join(lines))
    raise typer.Exit(0 if complete else 1)


@app.command("diff")
def show_difference(
    first: Annotated[Path, typer.Argument(metavar="A", help="A rule file.", show_default=False)],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another about the same entity.", show_default=False)],
    *,
    as_of: Annotated[str, typer.Option("--as-of", help="The instant `now` means, ISO 8601; never the clock.")] = "",
    time_limit: Annotated[float, typer.Option(min=0.1, max=3600, help="Seconds after which the search ends.")] = 30,
) -> None:
    """Print facts on which two rules disagree.

    It is a smallest such fixture, or `none within bounds`. Exit code 0 either way.
    """
    from time import monotonic

    from rootwarden.cli.rule_tests import difference_as_text
    from rootwarden.packs import schema
    from rootwarden.rules.difference import difference

    one, other = _prepared(first), _prepared(second)
    instant = _instant(as_of, one if one.compiled.reads_clock else other)
    end = monotonic() + time_limit
    found = difference(one.compiled, other.compiled, schema(), as_of=instant, go_on=lambda: monotonic() < end)
    printed, said = difference_as_text(found, (str(first), str(second)))
    typer.echo(printed)
    if said:
        typer.echo(said, err=True)


@app.command("list")
def list_rules(*, pack: Packs = None, output_format: AsText = Format.TEXT) -> None:
    """List the shipped rules."""
    from rootwarden.cli.rule_output import pack_as_json, pack_as_text
    from rootwarden.packs import EVERY_PACK, chosen, names
    from rootwarden.packs import pack as rules_of

    wanted = {rule.id for rule in chosen(pack or [EVERY_PACK])}
    listed = [(name, rule) for name in names() for rule in rules_of(name) if rule.id in wanted]
    typer.echo(pack_as_json(listed) if output_format is Format.JSON else pack_as_text(listed))


@app.command()
def show(
    identifier: Annotated[
        str, typer.Argument(metavar="ID|FILE", help="Id of a shipped rule, such as `root-mfa`, or a rule file.")
    ],
    *,
    output_format: AsText = Format.TEXT,
) -> None:
    """Show one rule: why, what it asks, what it misses, what to do."""
    from rootwarden.cli.rule_input import shipped_rule
    from rootwarden.cli.rule_output import rule_as_json, rule_as_text
    from rootwarden.packs import every_rule, schema
    from rootwarden.rules.words import closest

    own = Path(identifier)
    rule = _rules([own], [])[0] if own.is_file() else shipped_rule(identifier)
    if rule is None:
        meant = closest(identifier, (one.id for one in every_rule()))
        hint = f"did you mean `{meant}`?" if meant else "`rootwarden rule list` shows them all"
        raise UsageError(f"there is no rule `{identifier}`", hint=hint)
    typer.echo(rule_as_json(rule, schema()) if output_format is Format.JSON else rule_as_text(rule, schema()))


app.command("fmt")(rule_writing.fmt)
app.command("lint")(rule_check.lint)
app.command("explain")(rule_explaining.explain)
app.command("schema")(rule_schema.schema)


def _prepared(file: Path) -> PreparedRule:
    """A rule file under its general meaning, with default parameters."""
    from rootwarden.packs import schema
    from rootwarden.rules.diagnostic import RuleSyntaxError
    from rootwarden.rules.posture import prepare
    from rootwarden.rules.rule_file import load_rule_file, placed

    text = _read(file)
    try:
        return prepare(load_rule_file(text, file=str(file)), schema())
    except RuleSyntaxError as error:
        raise placed(error, error.text, text, str(file)) from None


def _rules(files: list[Path], packs: list[str]) -> list[PostureRule]:
    from rootwarden.packs import EVERY_PACK, chosen
    from rootwarden.rules.rule_file import load_rule_file

    if files and packs:
        raise UsageError("rule files and --pack exclude each other", hint="give one or the other")
    if not files:
        return list(chosen(packs or [EVERY_PACK]))
    return [load_rule_file(_read(file), file=str(file)) for file in rule_files(files)]


def _exit_code(verdict: Verdict, *, counts: bool) -> int:
    return {Verdict.FAIL: 1, Verdict.UNKNOWN: 3}.get(verdict, 0) if counts else 0
