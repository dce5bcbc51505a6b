"""`rootwarden breakglass check-in`, `accept-duty`: after the visit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rootwarden.cli import options
from rootwarden.cli.breakglass_evidence import Before, Looked, TrailKeys, TrailPaths, bring
from rootwarden.cli.breakglass_leases import LeaseId
from rootwarden.cli.breakglass_reaching import agreed, out, say, signed_in, tell_trouble
from rootwarden.cli.breakglass_requests import Reason

if TYPE_CHECKING:
    from rootwarden.breakglass.broker.views import LeaseView
    from rootwarden.breakglass.client.session import Session


def check_in(
    ctx: typer.Context,
    lease: LeaseId,
    *,
    evidence: Annotated[
        Path | None,
        typer.Option(
            "--evidence",
            metavar="FOLDER",
            help="What `rootwarden collect` wrote after the visit; not needed where only a report is due.",
        ),
    ] = None,
    before: Before = None,
    trail: TrailPaths = None,
    trail_keys: TrailKeys = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="What was done, in words, as the visitor wrote it.")
    ] = None,
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Check a lease in on evidence, somebody else's: shows what it shows of each duty, and asks before you sign.

    What nobody could look at is unknown, and stays open. Acts of root are read from the logs; that nothing is missing
    from them is believed as far as CloudTrail's own digests prove it. Exit code 0: every duty is met. 1: one is not.
    """
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.views import LeaseView
        from rootwarden.breakglass.checkin.brought import judged
        from rootwarden.breakglass.checkin.visit import all_met
        from rootwarden.breakglass.client import telling

        view = session.get("/leases/{}", LeaseView, lease)
        words = _words(report)
        if evidence is None:
            return _report_alone(session, view, words)
        looked = Looked(evidence, before, tuple(trail or ()), trail_keys, profile, region)
        wish = judged(bring(looked, view.account, since=view.opened), view, report=words)
        out(telling.findings(wish.findings))
        agreed("sign that this is what the evidence shows?")
        _, signed = session.wish(wish)
        say(f"checked in, entry {signed.position}")
        tell_trouble(signed.trouble)
    return 0 if all_met(wish.findings) else 1


def _report_alone(session: Session, view: LeaseView, words: str) -> int:
    """After an enrolment or an export nothing is due but words: no evidence shows more than they do."""
    from rootwarden.breakglass.checkin.report_alone import is_all_that_is_due, report_alone
    from rootwarden.breakglass.client import telling
    from rootwarden.errors import UsageError

    if not is_all_that_is_due(view):
        others = ", ".join(one.duty for one in view.duties)
        raise UsageError(f"--evidence is not given, and {others} are to be shown", hint=_COLLECT)
    if not words:
        raise UsageError("--report is not given, and is all that is due", hint="name a file that says what was done")
    wish = report_alone(view, words)
    out(telling.findings(wish.findings))
    agreed("sign that this was done?")
    _, signed = session.wish(wish)
    say(f"checked in, entry {signed.position}")
    tell_trouble(signed.trouble)
    return 0


_COLLECT = "`rootwarden collect` writes the folder"


def accept_duty(
    ctx: typer.Context,
    lease: LeaseId,
    duty: Annotated[str, typer.Argument(metavar="DUTY", help="One that differs, as `leases` names it.")],
    *,
    reason: Reason,
) -> int:
    """Accept a duty that differs, in words; an administrator and an approver sign, two people."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.wishes import AcceptDuty

        draft, signed = session.wish(AcceptDuty(lease=lease, duty=duty, reason=reason))
        tell_waiting(draft.id, signed.waiting_for, signed.position)
    return 0


def tell_waiting(draft: str, waiting_for: int, position: int | None) -> None:
    """Say whether an entry several people sign is written, or who signs next how."""
    if position is not None:
        say(f"written, entry {position}")
        return
    out(f"{draft}\n")
    say(f"{waiting_for} more to sign within half an hour: rootwarden breakglass sign {draft}")


def _words(path: Path | None) -> str:
    if path is None:
        return ""
    from rootwarden.breakglass.client.private_file import read_bounded

    return read_bounded(path, most=16_000).decode("utf-8", "replace").strip()
