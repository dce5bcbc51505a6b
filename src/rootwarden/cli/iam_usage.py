"""`rootwarden iam usage`: what users and roles are granted, and what of it they use."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from rootwarden.cli import options, showing
from rootwarden.cli.trail_reading import From, Paths, To, Workers

if TYPE_CHECKING:
    from rootwarden.cli.iam_comparing import Compared


class Format(StrEnum):
    """How the comparison is printed."""

    TERMINAL = "terminal"
    JSON = "json"
    CSV = "csv"
    POLICY = "policy"
    TERRAFORM = "terraform"


class Resources(StrEnum):
    """Which resources a minimal policy names."""

    SEEN = "seen"
    ANY = "any"


EvidenceFolder: TypeAlias = Annotated[
    Path | None, typer.Option("--evidence", metavar="FOLDER", help="Users, roles and guardrails of an evidence folder.")
]
LastAccessed: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--last-accessed", metavar="[ARN=]FILE", help="What get-service-last-accessed-details prints. Repeat."
    ),
]
Principals: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--principal", metavar="PATTERN", help="Only principals whose ARN or name fits (ci-*). Repeat."),
]
DataEvents: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--data-events", metavar="SERVICE", help="All data events of it are in the log (s3). Repeat."),
]
WhichResources: TypeAlias = Annotated[
    Resources, typer.Option("--resources", help="In a minimal policy: the ARNs the log tells, or any.")
]
WithFailed: TypeAlias = Annotated[
    bool,
    typer.Option("--with-failed", help="In a minimal policy: also what failed for other reasons than a denial."),
]
FormatName: TypeAlias = Annotated[Format, typer.Option("--format", help="How to print it.")]
Output: TypeAlias = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there instead of stdout.")
]


def usage(
    paths: Paths,
    *,
    authorization_details: options.AuthorizationDetails = None,
    evidence: EvidenceFolder = None,
    organization: options.OrganizationFolder = None,
    last_accessed: LastAccessed = None,
    principal: Principals = None,
    data_events: DataEvents = None,
    resources: WhichResources = Resources.SEEN,
    with_failed: WithFailed = False,
    format_: FormatName = Format.TERMINAL,
    output: Output = None,
    start: From = "",
    end: To = "",
    workers: Workers = 0,
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Compare what CloudTrail shows with what users and roles are granted, or write the smallest policy for it.

    PATH... is the trail; users and roles come from --authorization-details or --evidence. Exit code 3: part of what
    was given could not be read.
    """
    from rootwarden.cli.iam_comparing import Given, compare
    from rootwarden.cli.trail_reading import Asked

    given = Given(
        asked=Asked(paths=tuple(paths), start=start, end=end, workers=workers, profile=profile, region=region),
        dumps=tuple(authorization_details or ()),
        evidence=evidence,
        organization=organization,
        last_accessed=tuple(last_accessed or ()),
        principals=tuple(principal or ()),
        data_events=tuple(data_events or ()),
    )
    compared = compare(given)
    showing.show(_told(compared, format_, output, resources, with_failed=with_failed), output)
    return compared.exit_code()


def register(group: typer.Typer) -> None:
    """Add the command to the group `iam`."""
    group.command("usage")(usage)


def _told(compared: Compared, format_: Format, output: Path | None, resources: Resources, *, with_failed: bool) -> str:
    from rootwarden.report.usage import machine, policy, table, terminal

    match format_:
        case Format.JSON:
            return machine.render(compared.told)
        case Format.CSV:
            return table.render(compared.told)
        case Format.TERMINAL:
            width, color = showing.screen(output)
            return terminal.render(compared.told, width=width, color=color)
        case Format.POLICY | Format.TERRAFORM:
            policies = compared.minimal(seen_resources=resources is Resources.SEEN, with_failed=with_failed)
            return policy.render(policies) if format_ is Format.POLICY else policy.terraform(policies)
