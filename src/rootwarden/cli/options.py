"""Options that several commands share, each written once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from rootwarden.errors import UsageError
from rootwarden.facts.instant import parse_instant
from rootwarden.report import FORMATS
from rootwarden.rules.verdict import Severity

Evidence: TypeAlias = Annotated[
    Path | None, typer.Option("--evidence", metavar="FOLDER", help="Judge an evidence folder instead of asking AWS.")
]
CredentialReport: TypeAlias = Annotated[
    Path | None,
    typer.Option("--credential-report", metavar="FILE", help="Judge one credential report (CSV, or the CLI's JSON)."),
]
Accounts: TypeAlias = Annotated[
    str, typer.Option("--accounts", metavar="ID,ID,…", help="Ask these accounts, or the ids in @FILE, one a line.")
]
Org: TypeAlias = Annotated[bool, typer.Option("--org", help="Ask every active account of the caller's organization.")]
RoleName: TypeAlias = Annotated[
    str, typer.Option("--role-name", metavar="NAME", help="Role to assume in every account but the caller's.")
]
AssumeRoot: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--assume-root",
        help="Look through sts:AssumeRoot audit sessions instead of a role. Shows up as root activity in every member.",
    ),
]
RootSessions: TypeAlias = Annotated[
    Path,
    typer.Option("--root-sessions", metavar="FILE", help="Where to write down our AssumeRoot sessions (JSON Lines)."),
]
ExternalId: TypeAlias = Annotated[
    str, typer.Option("--external-id", metavar="TEXT", help="External id the role's trust policy asks for.")
]
Profile: TypeAlias = Annotated[str, typer.Option("--profile", metavar="NAME", help="AWS profile, as for the AWS CLI.")]
Region: TypeAlias = Annotated[
    str, typer.Option("--region", metavar="NAME", help="Region for regional endpoints, as for the AWS CLI.")
]
AsOf: TypeAlias = Annotated[
    str, typer.Option("--as-of", metavar="INSTANT", help="Judge at this instant, for example 2026-03-02T12:00:00Z.")
]
Workers: TypeAlias = Annotated[
    int, typer.Option("--workers", min=1, max=256, help="How many accounts are worked on at once.")
]
AccountTimeout: TypeAlias = Annotated[
    float, typer.Option("--account-timeout", min=1, metavar="SECONDS", help="Time limit of one account.")
]
Declarations: TypeAlias = Annotated[
    Path | None,
    typer.Option("--declarations", metavar="FILE", help="What no API tells (live runs): see docs/evidence-folder.md."),
]
Packs: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--pack", metavar="NAME", help="Rules of this pack: root (usual), iam, …, or all. Repeat."),
]
Rules: TypeAlias = Annotated[
    list[str] | None, typer.Option("--rule", metavar="ID", help="Only this rule, or pattern (root-contact-*). Repeat.")
]
RuleFiles: TypeAlias = Annotated[
    list[Path] | None, typer.Option("--rule-file", metavar="FILE", help="A rule file of your own, added. Repeat.")
]
OwnRules: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option("--rules", metavar="PATH", help="Your own rules, a file or folder, instead of the packs. Repeat."),
]
Benchmark: TypeAlias = Annotated[
    str, typer.Option("--benchmark", metavar="NAME", help="One benchmark's controls, in its meaning: cis-5.0.")
]
Window: TypeAlias = Annotated[
    int | None, typer.Option("--window", min=1, metavar="DAYS", help="root-usage: how recent a use counts (1).")
]
MinimumAccountAge: TypeAlias = Annotated[
    int | None,
    typer.Option("--minimum-account-age", min=0, metavar="DAYS", help="root-usage: leave out younger accounts (0)."),
]
Parameters: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--parameter", metavar="NAME=VALUE", help="Value for every rule with such a parameter. Repeat."),
]
FailOn: TypeAlias = Annotated[
    Severity, typer.Option("--fail-on", case_sensitive=False, help="Severity from which a fail sets exit code 1.")
]
Exceptions: TypeAlias = Annotated[
    Path | None, typer.Option("--exceptions", metavar="FILE", help="Accepted fails: see docs/exceptions.md.")
]
NoExceptions: TypeAlias = Annotated[
    bool, typer.Option("--no-exceptions", help="Leave every exception out, those in rule files too.")
]
Config: TypeAlias = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Owners of accounts, parameters by unit: see docs/configuration.md."),
]
Since: TypeAlias = Annotated[
    Path | None,
    typer.Option("--since", metavar="FOLDER", help="Earlier evidence: tell new, fixed and newly unknown."),
]
ReportFormat: TypeAlias = Annotated[str, typer.Option("--format", metavar="NAME", help=f"One of {', '.join(FORMATS)}.")]
ReportFile: TypeAlias = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the report there instead of stdout.")
]
SendTo: TypeAlias = Annotated[
    str, typer.Option("--send-to", metavar="TARGET", help="Also send the findings: securityhub.")
]
Archive: TypeAlias = Annotated[
    str,
    typer.Option("--archive", metavar="A", help="Also keep the run in this archive: a folder, or s3://BUCKET/PREFIX."),
]
OrganizationName: TypeAlias = Annotated[
    str, typer.Option("--organization-name", metavar="NAME", help="What the archive calls the organization.")
]
SaveEvidence: TypeAlias = Annotated[
    Path | None, typer.Option("--save-evidence", metavar="FOLDER", help="Keep the answers of a live run.")
]


def instant(text: str) -> datetime | None:
    """Read `--as-of`; a date alone is its midnight, UTC.

    Raises:
        UsageError: When it is neither.
    """
    if not text:
        return None
    parsed = parse_instant(text)
    if parsed is None:
        try:
            parsed = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError as error:
            raise UsageError(f"`{text}` is not an instant", hint="write it as 2026-03-02T12:00:00Z") from error
    return parsed


def account_ids(text: str) -> tuple[str, ...]:
    """Read `--accounts`: ids with commas between, or `@FILE` with one a line.

    Raises:
        UsageError: When something in it is no account id, or the file cannot be read.
    """
    if not text:
        return ()
    if text.startswith("@"):
        try:
            words = Path(text[1:]).read_text(encoding="utf-8").split()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"`{text[1:]}` cannot be read", hint="--accounts @FILE wants one id a line") from error
    else:
        words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        if not (len(word) == 12 and word.isdigit()):  # noqa: PLR2004 - account ids have twelve digits
            raise UsageError(f"`{word}` is no account id", hint="account ids have twelve digits")
    if not words:
        raise UsageError("--accounts names no account", hint="give ids with commas between, or @FILE")
    return tuple(words)


AuthorizationDetails: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--authorization-details",
        metavar="FILE",
        help="What get-account-authorization-details of IAM prints; once for each account.",
    ),
]
OrganizationFolder: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--organization", metavar="FOLDER", help="An evidence folder with the organization's tree and policies."
    ),
]
