"""`rootwarden credentials …`: root credentials of members are planned away, removed, looked for again, and followed."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from rootwarden.cli import credentials_apply, credentials_progress, options
from rootwarden.cli.credentials_reading import evidence_of, uses_of, waivers
from rootwarden.cli.looking import DEFAULT_ROOT_SESSIONS, Look

app = typer.Typer(
    name="credentials",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
_USUAL_WAIT: Final = 14
_USUAL_UNUSED: Final = 90


class Shown(StrEnum):
    """How the plan is printed."""

    TERMINAL = "terminal"
    JSON = "json"


def plan(
    evidence: options.Evidence = None,
    accounts: options.Accounts = "",
    org: options.Org = False,
    assume_root: options.AssumeRoot = False,
    root_sessions: options.RootSessions = DEFAULT_ROOT_SESSIONS,
    profile: options.Profile = "",
    region: options.Region = "",
    as_of: options.AsOf = "",
    workers: options.Workers = 24,
    account_timeout: options.AccountTimeout = 60,
    save_evidence: options.SaveEvidence = None,
    trail: Annotated[
        list[str] | None,
        typer.Option("--trail", metavar="PATH", help="CloudTrail logs: what each key is used for. Repeat."),
    ] = None,
    hold: Annotated[
        str,
        typer.Option(
            "--hold",
            metavar="POLICY_ID",
            help="How active keys sleep first: an SCP of the organization, or deactivate.",
        ),
    ] = "",
    wait: Annotated[
        int, typer.Option("--wait", min=0, max=365, metavar="DAYS", help="How long they sleep; 0 for not at all.")
    ] = _USUAL_WAIT,
    unused: Annotated[
        int,
        typer.Option("--unused", min=1, max=3650, metavar="DAYS", help="Used within so many days: move it first."),
    ] = _USUAL_UNUSED,
    waive: Annotated[
        list[str] | None,
        typer.Option("--waive", metavar="ACCOUNT=WHY", help="Remove although it is in use, and why. Repeat."),
    ] = None,
    canary: Annotated[
        list[str] | None, typer.Option("--canary", metavar="ACCOUNT", help="Comes first, alone. Repeat.")
    ] = None,
    order: Annotated[
        list[str] | None,
        typer.Option("--order", metavar="UNIT", help="Comes next, by id or path, with all below it. Repeat."),
    ] = None,
    cap: Annotated[int, typer.Option("--cap", min=1, metavar="N", help="Most accounts of one wave.")] = 50,
    delegate: Annotated[
        str, typer.Option("--delegate", metavar="ACCOUNT", help="Also make this member delegated administrator of IAM.")
    ] = "",
    caller: Annotated[
        str, typer.Option("--caller", metavar="ARN", help="Who will apply it (with --evidence): is that allowed?")
    ] = "",
    calls: Annotated[bool, typer.Option("--calls", help="Print every call with its parameters.")] = False,
    form: Annotated[Shown, typer.Option("--format", help="How to print the plan; json is what apply takes.")] = (
        Shown.TERMINAL
    ),
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Also keep the plan (JSON) there, for apply.")
    ] = None,
) -> int:
    """What each root user holds, what uses it, what to move first, and the calls that take it away. Changes nothing.

    Exit code 0: every member is clean or ready. 1: one is blocked. 3: none is, but one could not be decided.
    """
    from rootwarden.credentials.plan import State, encode
    from rootwarden.credentials.planning import Wishes, plan_from
    from rootwarden.report.credentials import plan_text

    asked = Look(
        evidence=evidence,
        accounts="" if evidence is not None else accounts,
        org=org,
        assume_root=assume_root,
        root_sessions=root_sessions,
        profile=profile,
        region=region,
        as_of=as_of,
        workers=workers,
        account_timeout=account_timeout,
        save_evidence=save_evidence,
    )
    wishes = Wishes(
        as_of=options.instant(as_of),
        hold=hold,
        wait_days=wait,
        unused_days=unused,
        waived=waivers(waive or ()),
        canaries=tuple(canary or ()),
        order=tuple(order or ()),
        cap=cap,
        delegate=delegate,
        caller=caller or ("" if evidence is not None else credentials_apply.caller_arn(profile, region)),
        accounts=options.account_ids(accounts),
    )
    uses = uses_of(trail or (), profile=profile, region=region)
    with evidence_of(asked) as folder:
        made = plan_from(folder, wishes, uses)
    if output is not None:
        credentials_apply.keep(encode(made), output)
    typer.echo(encode(made).decode() if form is Shown.JSON else plan_text(made, calls=calls), nl=form is not Shown.JSON)
    if made.of(State.BLOCKED):
        return 1
    return 3 if made.of(State.UNKNOWN) else 0


app.command("plan")(plan)
app.command("apply")(credentials_apply.apply)
app.command("verify")(credentials_apply.verify)
app.command("progress")(credentials_progress.progress)
