"""`rootwarden breakglass …`: ask, agree, say no, open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from rootwarden.cli import options
from rootwarden.cli.breakglass_reaching import agreed, asked, out, say, signed_in, tell_trouble

if TYPE_CHECKING:
    from rootwarden.breakglass.broker.views import RequestView
    from rootwarden.breakglass.client.replies import Draft
    from rootwarden.breakglass.client.session import Session

RequestId: TypeAlias = Annotated[str, typer.Argument(metavar="REQUEST", help="Id of a request.")]
Reason: TypeAlias = Annotated[str, typer.Option("--reason", metavar="WORDS", help="Why; it stands in the log.")]
Account: TypeAlias = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Twelve digits.")]
Task: TypeAlias = Annotated[
    str, typer.Option("--task", metavar="ID", help="A root-only task: docs/root-tasks.md, or other.")
]
Ticket: TypeAlias = Annotated[str, typer.Option("--ticket", metavar="TEXT", help="Where it is tracked.")]
PurposeName: TypeAlias = Annotated[
    str, typer.Option("--purpose", metavar="NAME", help="visit, task-session, enrolment or export.")
]
Words: TypeAlias = Annotated[
    str, typer.Option("--words", metavar="WORDS", help="What is to be done; needed for other.")
]
Minutes: TypeAlias = Annotated[int, typer.Option("--minutes", min=1, max=720, help="Length of the window.")]
Start: TypeAlias = Annotated[
    str, typer.Option("--start", metavar="INSTANT", help="Beginning of the window; now if left out.")
]
CodeTo: TypeAlias = Annotated[str, typer.Option("--code-to", metavar="PERSON", help="Who gets codes.")]
PasswordTo: TypeAlias = Annotated[str, typer.Option("--password-to", metavar="PERSON", help="Who gets the password.")]
Device: TypeAlias = Annotated[
    str, typer.Option("--device", metavar="NAME", help="MFA device that gives codes, or is enrolled.")
]
Source: TypeAlias = Annotated[
    list[str] | None, typer.Option("--source", metavar="CIDR", help="Network root will be used from. Repeat.")
]
TaskPolicy: TypeAlias = Annotated[str, typer.Option("--task-policy", metavar="NAME", help="Of a task session.")]
Role: TypeAlias = Annotated[
    str, typer.Option("--role", metavar="ARN", help="Of a task session: the role it starts from.")
]
Emergency: TypeAlias = Annotated[
    bool, typer.Option("--emergency", help="Take the emergency path, if you are on its list.")
]
Drill: TypeAlias = Annotated[str, typer.Option("--drill", metavar="KIND", help="The drill it is part of.")]
OverridesDuties: TypeAlias = Annotated[
    bool, typer.Option("--overrides-duties", help="Go before open duties of the lease before; everybody sees it.")
]


def status(ctx: typer.Context) -> int:
    """Who you are, what waits for you, and whether the log is the one you saw before."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.people_views import Waiting
        from rootwarden.breakglass.client import telling

        out(telling.waiting(session.get("/me", Waiting)))
        say(telling.seen(session.look()))
    return 0


def request(
    ctx: typer.Context,
    account: Account,
    *,
    task: Task,
    ticket: Ticket,
    reason: Reason,
    purpose: PurposeName = "visit",
    words: Words = "",
    minutes: Minutes = 60,
    start: Start = "",
    code_to: CodeTo = "",
    password_to: PasswordTo = "",
    device: Device = "",
    source: Source = None,
    task_policy: TaskPolicy = "",
    role: Role = "",
    emergency: Emergency = False,
    drill: Drill = "",
    overrides_duties: OverridesDuties = False,
) -> int:
    """Ask for a visit, a task session, an enrolment or an export. Prints the id of the request.

    The phrase goes to stderr: read it out to each approver, by voice.
    """
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.wishes import File
        from rootwarden.breakglass.client.wishing import purpose_of
        from rootwarden.report.words import visible

        wish = File(
            account=account,
            task=task,
            ticket=ticket,
            reason=reason,
            purpose=purpose_of(purpose),
            words=words,
            minutes=minutes,
            start=options.instant(start),
            code_to=code_to,
            password_to=password_to,
            device=device,
            sources=tuple(source or ()),
            task_policy=task_policy,
            role=role,
            emergency=emergency,
            drill=drill,
            overrides_duties=overrides_duties,
        )
        draft, signed = session.wish(wish)
        out(f"{visible(signed.names.get('request', ''))}\n")
        say(f"phrase: {visible(draft.phrase)}   read it out to each approver, by voice; it is shown nowhere else")
        _still_needed(session, signed.names.get("request", ""))
        tell_trouble(signed.trouble)
    return 0


def requests(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[REQUEST]", help="One request, whole.")] = "",
) -> int:
    """List the requests you may see, or show one: what is granted, who agreed, who is still needed."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.views import MyRequests
        from rootwarden.breakglass.client import telling

        if name:
            out(telling.request(_view(session, name)))
            return 0
        found = session.get("/requests", MyRequests)
        groups = (("yours", found.own), ("to approve", found.to_approve), ("others", found.others))
        out(telling.requests(groups))
    return 0


def approve(ctx: typer.Context, name: RequestId) -> int:
    """Approve exactly what is shown, after its requester read the phrase out to you.

    Asks for the phrase, and for a yes once it has shown the head of the log your signature is over. A log that is not
    the one you saw before is refused. Exit code 1: refused, or you said no.
    """
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.wishes import Approve
        from rootwarden.breakglass.client import telling
        from rootwarden.breakglass.client.wishing import digest_shown

        view = _view(session, name)
        digest = digest_shown(view)
        say(telling.request(view))
        say(telling.seen(session.look()))
        phrase = asked("phrase the requester reads out")

        def confirm(draft: Draft) -> None:
            del draft
            agreed(f"approve exactly this, digest {telling.in_groups(digest)[:39]} …?")

        _, signed = session.wish(Approve(request=name, phrase=phrase), also={"digest": digest}, ask=confirm)
        say(f"approved, entry {signed.position}")
        _still_needed(session, name)
        tell_trouble(signed.trouble)
    return 0


def deny(ctx: typer.Context, name: RequestId, *, reason: Reason) -> int:
    """Say no to a request; it ends."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.wishes import Deny

        _, signed = session.wish(Deny(request=name, reason=reason))
        say(f"denied, entry {signed.position}")
    return 0


def report(ctx: typer.Context, name: RequestId, *, reason: Reason) -> int:
    """Report a request nobody announced to you: it ends, and its requester is frozen."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.wishes import Report

        _, signed = session.wish(Report(request=name, reason=reason))
        say(f"reported, entry {signed.position}; two administrators can lift the freeze")
    return 0


def withdraw(ctx: typer.Context, name: RequestId) -> int:
    """Take your own request back."""
    with signed_in(ctx) as session:
        said = session.say({"say": "withdraw", "request": name})
        say(f"withdrawn, entry {said.position}")
    return 0


def open_(ctx: typer.Context, name: RequestId) -> int:
    """Open the lease of your approved request. Prints the id of the lease."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.views import LeaseView
        from rootwarden.breakglass.client import telling
        from rootwarden.report.words import visible

        said = session.say({"say": "open-lease", "request": name})
        out(f"{visible(said.lease)}\n")
        say(telling.lease(session.get("/leases/{}", LeaseView, said.lease)))
        tell_trouble(said.trouble)
    return 0


def _view(session: Session, name: str) -> RequestView:
    from rootwarden.breakglass.broker.views import RequestView

    return session.get("/requests/{}", RequestView, name)


def _still_needed(session: Session, name: str) -> None:
    from rootwarden.breakglass.client import telling

    say(telling.needed(_view(session, name)))
