"""`rootwarden guardrails replay`: what policies would have denied in the time of the logs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from rootwarden.cli import options, trail_engine
from rootwarden.cli.replay_format import Format
from rootwarden.cli.trail_reading import Asked, From, OnlyAccounts, OnlyRegions, To, Workers

Policies: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(metavar="[POLICY|ID]...", help="Policies (.json), guardrails (.toml) or shipped ones, at the root."),
]
Trail: TypeAlias = Annotated[
    list[str],
    typer.Option("--trail", metavar="PATH", help="Files, folders, s3://BUCKET/PREFIX, or - for stdin. Repeat."),
]
With: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="TARGET=FILE|ID", help="As if this were attached there. Repeat."),
]
Without: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--without", metavar="TARGET=POLICY", help="As if this policy were detached there. Repeat."),
]
Form: TypeAlias = Annotated[Format, typer.Option("--format", help="How to print what is found.")]
Output: TypeAlias = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there instead of stdout.")
]


def replay(
    policies: Policies = None,
    *,
    trail: Trail,
    evidence: options.Evidence = None,
    with_: With = None,
    without: Without = None,
    parameter: options.Parameters = None,
    format_: Form = Format.TERMINAL,
    output: Output = None,
    start: From = "",
    end: To = "",
    account: OnlyAccounts = None,
    event_region: OnlyRegions = None,
    workers: Workers = 0,
    engine: trail_engine.Engine = trail_engine.Kind.LOCAL,
    spark_master: trail_engine.SparkMaster = "",
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Tell which calls of a trail a change of policies would have denied, by account, principal and action.

    The policies there are come from AWS as it is, asked from the management account, or from an evidence folder.
    A call that depends on something the trail does not tell is never taken for safe: there are two numbers, at least
    and at most. Exit code 3: part of the logs could not be read.
    """
    from rootwarden.cli.guardrails_looking import landscape_of
    from rootwarden.cli.guardrails_replaying import Given, replayed
    from rootwarden.cli.guardrails_steps import steps_of
    from rootwarden.facts.fact import Known

    asked = Asked(
        paths=tuple(trail),
        start=start,
        end=end,
        accounts=tuple(account or ()),
        regions=tuple(event_region or ()),
        workers=workers,
        profile=profile,
        region=region,
    )
    landscape, organization = landscape_of(evidence, profile=profile, region=region)
    given = Given(
        asked=asked,
        where=trail_engine.Where(kind=engine, master=spark_master),
        landscape=landscape,
        listed=isinstance(organization.accounts, Known),
        steps=steps_of(landscape, policies or [], with_ or [], without or [], parameter or []),
    )
    with replayed(given) as found:
        if format_ is Format.JSONL:
            found.write_lines(output)
        else:
            found.write(format_, output)
    return found.exit_code
