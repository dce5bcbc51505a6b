"""`rootwarden breakglass enrol …`: bring a seed or a password into the vault, and prove that it works."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from rootwarden.cli.breakglass_leases import LeaseId
from rootwarden.cli.breakglass_reaching import agreed, need, out, say, signed_in, tell_trouble, yes
from rootwarden.cli.whole_sentences import WholeSentences

if TYPE_CHECKING:
    from rootwarden.breakglass.client.session import Session

app = typer.Typer(
    cls=WholeSentences,
    name="enrol",
    help="Bring a seed or a root password into the vault, within the open lease of an approved enrolment.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Device: TypeAlias = Annotated[
    str, typer.Option("--device", metavar="NAME", help="The MFA device, as the account has it.")
]


@app.command("bring")
def bring(
    ctx: typer.Context,
    lease: LeaseId,
    *,
    device: Annotated[
        str, typer.Option("--device", metavar="NAME", help="The MFA device; none: a root password.")
    ] = "",
    source: Annotated[
        Path, typer.Option("--from", metavar="FILE", help="Picture of the QR code, or text; - for standard input.")
    ] = Path("-"),
) -> int:
    """Hand a seed, or without --device a root password, to the vault, and sign for what it sealed.

    Asks first whether the account needs root credentials at all. The secret is read from a file or standard input,
    never from an argument; its fingerprint, made here, is compared with the one the vault made.
    """
    with signed_in(ctx) as session:
        from rootwarden.breakglass.client import enrolling

        _ask_need(session, lease)
        secret = sys.stdin.buffer.read(enrolling.LARGEST) if str(source) == "-" else enrolling.read(source)
        material = enrolling.seed_of(secret) if device else enrolling.password_of(secret)
        for note in material.notes:
            say(f"note: {note}")
        signed = enrolling.bring(session, lease, device, material)
        say(f"fingerprint {material.fingerprint}: the vault has the same" if device else "the vault has it, sealed")
        say(f"signed for, entry {signed.position}")
        tell_trouble(signed.trouble)
        if device:
            say(f"next, at the console's form: rootwarden breakglass enrol codes {lease} --device {device}")
    return 0


@app.command("codes")
def codes(ctx: typer.Context, lease: LeaseId, *, device: Device) -> int:
    """Print the two consecutive codes the console's form asks for, a line each; they are served once."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.client import releasing
        from rootwarden.report.words import visible

        given = releasing.enrolment_codes(session, lease, device, say)
        out(f"{visible(given.first)}\n{visible(given.second)}\n")
        say(f"type both until {given.valid_until:%H:%M:%S} UTC, then sign in with the new device once")
        say(f"after that: rootwarden breakglass enrol prove {lease} --device {device} --evidence WORDS")
    return 0


@app.command("prove")
def prove(
    ctx: typer.Context,
    lease: LeaseId,
    *,
    device: Device,
    evidence: Annotated[
        str, typer.Option("--evidence", metavar="WORDS", help="How the sign-in was seen, for example an event id.")
    ],
) -> int:
    """Say that a sign-in with the new device worked, and whether the source of the seed is destroyed."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.wishes import ProveEnrolment

        say("the source is the picture of the QR code, its text, every copy of them, and what the browser kept")
        destroyed = yes("is the source of the seed destroyed?")
        wish = ProveEnrolment(lease=lease, device=device, evidence=evidence, source_destroyed=destroyed)
        _, signed = session.wish(wish)
        say(f"proven, entry {signed.position}" + ("" if destroyed else "; the source is still there: destroy it"))
        tell_trouble(signed.trouble)
    return 0


def _ask_need(session: Session, lease: str) -> None:
    """The question before any vaulting (SEC01-BP02): does the account need root credentials at all?"""
    from rootwarden.breakglass.broker.filing_views import Filing
    from rootwarden.breakglass.broker.views import LeaseView
    from rootwarden.report.words import visible

    need(("zxingcpp", "PIL"))
    view = session.get("/leases/{}", LeaseView, lease)
    accounts = session.get("/accounts", Filing).accounts
    position = next((one.position for one in accounts if one.id == view.account), "unknown")
    say(f"account {view.account} {visible(view.account_name)} ({position})")
    if position == "member":
        say("a member account needs no root credentials: its root-only tasks go through central root sessions")
        say("  rootwarden breakglass request ACCOUNT --purpose task-session …")
    agreed("does this account need root credentials of its own?")
