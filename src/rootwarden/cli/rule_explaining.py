"""`rootwarden rule explain`: the page about a code, or why a rule judges as it does and what would make it pass."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from rootwarden.cli.rule_input import instant, parameter_values, prepared_rule, read_text
from rootwarden.cli.rule_writing import AsText, Shown
from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rootwarden.rules.fixture import Resource
    from rootwarden.rules.posture import PreparedRule
    from rootwarden.rules.repair import Repair

_CODE: Final = re.compile(r"[Rr][0-9]{4}")
_MAXIMUM_SHOWN: Final = 50
_SECONDS_TO_FIX: Final = 10.0


def explain(
    target: Annotated[
        str, typer.Argument(metavar="CODE|FILE|ID", help="A code such as `R0203`, a rule file, or a shipped rule.")
    ],
    *,
    fixture: Annotated[Path | None, typer.Option(help="Facts as JSON, for a rule.", show_default=False)] = None,
    evidence: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="An evidence folder, for a rule.", show_default=False)
    ] = None,
    resource: Annotated[
        str, typer.Option(help="Only this one: number or name (`RootUser[0]`) in a fixture; ARN or account.")
    ] = "",
    fix: Annotated[
        bool, typer.Option("--fix", help="Also show the fewest changes that turn a fail into a pass.")
    ] = False,
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
    if (fixture is None) is (evidence is None):
        hint = "add `--fixture FACTS` or `--evidence FOLDER`, or give a code such as `R0203`"
        raise UsageError("a rule is explained on facts: a fixture, or an evidence folder", hint=hint)
    prepared = prepared_rule(target, benchmark, parameter_values(parameter or []))
    if fixture is not None:
        moment, resources = instant(as_of, prepared), _of_fixture(fixture, prepared, resource)
    else:
        moment, resources = _of_evidence(evidence or Path(), prepared, resource, as_of)
    made = [(one.name, explained(prepared.compiled, prepared.schema, one.record, as_of=moment)) for one in resources]
    repairs = _repairs(prepared, resources, moment) if fix else None
    printed = explanations_as_json if output_format is Shown.JSON else explanations_as_text
    typer.echo(printed(prepared, made, moment, repairs))


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


def _of_fixture(fixture: Path, prepared: PreparedRule, wanted: str) -> Sequence[Resource]:
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


def _of_evidence(folder: Path, prepared: PreparedRule, wanted: str, as_of: str) -> tuple[datetime, Sequence[Resource]]:
    """What a rule judges in an evidence folder, and the instant it was seen."""
    from rootwarden.audit.resources import resources_of
    from rootwarden.audit.rulebook import book_of
    from rootwarden.cli.looking import Look, look

    collected = look(Look(evidence=folder, as_of=as_of), book_of((prepared,), prepared.schema), tags=False, tree=False)
    found, unread = resources_of(collected, prepared.compiled.entity)
    for account, reason in unread:
        if wanted in {"", account}:
            typer.echo(f"note: `{prepared.compiled.entity}` of {account} is unknown: {reason}", err=True)
    chosen = [resource for account, resource in found if wanted in {"", account, resource.name}]
    if not chosen:
        names = ", ".join(resource.name for _, resource in found[:5]) or "none that could be read"
        what = f"no `{prepared.compiled.entity}` called `{wanted}`" if wanted else f"no `{prepared.compiled.entity}`"
        raise UsageError(f"the evidence has {what}", hint=f"it has: {names}")
    if len(chosen) > _MAXIMUM_SHOWN:
        hint = f"`--resource {chosen[0].name}` shows one"
        raise UsageError(f"the evidence has {len(chosen)} resources this rule is about", hint=hint)
    return collected.as_of, chosen


def _repairs(prepared: PreparedRule, resources: Sequence[Resource], moment: datetime) -> list[Repair]:
    """The fewest changes for each resource; all together may take so long and no longer."""
    from time import monotonic

    from rootwarden.rules.repair import repair

    end = monotonic() + _SECONDS_TO_FIX

    def go_on() -> bool:
        return monotonic() < end

    return [repair(prepared.compiled, prepared.schema, one.record, as_of=moment, go_on=go_on) for one in resources]
