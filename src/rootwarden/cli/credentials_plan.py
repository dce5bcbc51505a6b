"""`rootwarden credentials plan`: what each root user holds, what uses it, and the calls that take it away."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import msgspec
import typer

from rootwarden.cli import applying, credentials_apply, options
from rootwarden.cli.credentials_reading import check_look, evidence_of, trail_of, waivers
from rootwarden.cli.look_options import looking
from rootwarden.cli.looking import Look

if TYPE_CHECKING:
    from rootwarden.credentials.plan import Plan
    from rootwarden.credentials.planning import Wishes

_USUAL_WAIT: Final = 14
_USUAL_UNUSED: Final = 90


class Shown(StrEnum):
    """How the plan is printed."""

    TERMINAL = "terminal"
    JSON = "json"


Trail: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--trail", metavar="PATH", help="CloudTrail logs: what each key is used for. Repeat."),
]
Hold: TypeAlias = Annotated[
    str,
    typer.Option(
        "--hold", metavar="POLICY_ID", help="How active keys sleep first: an SCP of the organization, or deactivate."
    ),
]
Wait: TypeAlias = Annotated[
    int, typer.Option("--wait", min=0, max=365, metavar="DAYS", help="How long they sleep; 0 for not at all.")
]
Unused: TypeAlias = Annotated[
    int, typer.Option("--unused", min=1, max=3650, metavar="DAYS", help="Used within so many days: move it first.")
]
Waive: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--waive", metavar="ACCOUNT=WHY", help="Remove although it is in use, and why. Repeat."),
]
Canary: TypeAlias = Annotated[
    list[str] | None, typer.Option("--canary", metavar="ACCOUNT", help="Comes first, alone. Repeat.")
]
Order: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--order", metavar="UNIT", help="Comes next, by id or path, with all below it. Repeat."),
]
Cap: TypeAlias = Annotated[int, typer.Option("--cap", min=1, metavar="N", help="Most accounts of one wave.")]
Delegate: TypeAlias = Annotated[
    str, typer.Option("--delegate", metavar="ACCOUNT", help="Also make this member delegated administrator of IAM.")
]
CallerArn: TypeAlias = Annotated[
    str, typer.Option("--caller", metavar="ARN", help="Who will apply it (with --evidence): is that allowed?")
]
Calls: TypeAlias = Annotated[bool, typer.Option("--calls", help="Print every call with its parameters.")]
Form: TypeAlias = Annotated[Shown, typer.Option("--format", help="How to print the plan; json is what apply takes.")]
PlanOutput: TypeAlias = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Also keep the plan (JSON) there, for apply.")
]


@looking("credential_report", "role_name", "external_id", "declarations")
def plan(
    *,
    asked: Look,
    trail: Trail = None,
    hold: Hold = "",
    wait: Wait = _USUAL_WAIT,
    unused: Unused = _USUAL_UNUSED,
    waive: Waive = None,
    canary: Canary = None,
    order: Order = None,
    cap: Cap = 50,
    delegate: Delegate = "",
    caller: CallerArn = "",
    calls: Calls = False,
    form: Form = Shown.TERMINAL,
    output: PlanOutput = None,
) -> int:
    """What each root user holds, what uses it, what to move first, and the calls that take it away. Changes nothing.

    Exit code 0: every member is clean or ready. 1: one is blocked. 3: none is, but one could not be decided.
    """
    from rootwarden.credentials.planning import Wishes

    wishes = Wishes(
        hold=hold,
        wait_days=wait,
        unused_days=unused,
        waived=waivers(waive or ()),
        canaries=tuple(canary or ()),
        order=tuple(order or ()),
        cap=cap,
        delegate=delegate,
        caller=caller,
    )
    made = _made(asked, wishes, trail or [])
    _show(made, form, output, calls=calls)
    return _exit_code(made)


def _made(asked: Look, wishes: Wishes, paths: list[str]) -> Plan:
    """The plan of a live look, or of a folder; the caller of a live look is who will apply it."""
    from rootwarden.credentials.planning import plan_from

    check_look(asked)
    live = asked.evidence is None
    wishes = msgspec.structs.replace(
        wishes,
        as_of=options.instant(asked.as_of),
        accounts=options.account_ids(asked.accounts),
        caller=wishes.caller or (credentials_apply.caller_arn(asked.profile, asked.region) if live else ""),
    )
    trail = trail_of(paths, profile=asked.profile, region=asked.region)
    with evidence_of(asked) as folder:
        return plan_from(folder, wishes, trail)


def _show(plan: Plan, form: Shown, output: Path | None, *, calls: bool) -> None:
    from rootwarden.credentials.plan import encode
    from rootwarden.report.credentials import plan_text

    if output is not None:
        applying.keep(encode(plan), output)
    if form is Shown.JSON:
        typer.echo(encode(plan).decode(), nl=False)
    else:
        typer.echo(plan_text(plan, calls=calls))


def _exit_code(plan: Plan) -> int:
    from rootwarden.credentials.plan import State

    if plan.of(State.BLOCKED):
        return 1
    return 3 if plan.of(State.UNKNOWN) else 0
