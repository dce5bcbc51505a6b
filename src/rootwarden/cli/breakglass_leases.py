"""`rootwarden breakglass …`: what an open lease gives, and giving it back."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from rootwarden.cli import options
from rootwarden.cli.breakglass_reaching import out, say, signed_in, tell_trouble
from rootwarden.cli.breakglass_requests import Reason

if TYPE_CHECKING:
    from rootwarden.breakglass.broker.views import LeaseView
    from rootwarden.breakglass.client.session import Session

LeaseId: TypeAlias = Annotated[str, typer.Argument(metavar="LEASE", help="Id of a lease.")]


class Shape(StrEnum):
    """How credentials are printed."""

    PROCESS = "process"
    SHELL = "shell"


def leases(
    ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="[LEASE]", help="One lease, whole.")] = ""
) -> int:
    """List the leases you may see, or show one: what left, what is owed."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.views import LeaseView
        from rootwarden.breakglass.client import telling

        found = [_view(session, name)] if name else session.get("/leases", list[LeaseView])
        out("\n".join(map(telling.lease, found)) if found else "there is no lease you may see\n")
    return 0


def code(ctx: typer.Context, lease: LeaseId) -> int:
    """Print a code of your open lease: the code alone to stdout, everything else to stderr.

    Where the settings ask for a passkey, which a terminal has not, the address of the page is told.
    Exit code 1: refused.
    """
    with signed_in(ctx) as session:
        from rootwarden.breakglass.client import releasing
        from rootwarden.report.words import visible

        given = releasing.code(session, lease, say)
        out(f"{visible(given.code)}\n")
        say(
            f"device `{visible(given.device)}`, {given.seconds_left} s left, until {given.valid_until:%H:%M:%S} UTC; "
            f"{given.codes_left} more codes; recorded at {visible(', '.join(given.anchored)) or 'nobody'}"
        )
    return 0


def password(ctx: typer.Context, lease: LeaseId) -> int:
    """Print the root password of your open lease to stdout; it leaves once."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.client import releasing
        from rootwarden.report.words import visible

        given = releasing.password(session, lease)
        out(f"{given.password}\n")
        say(f"recorded at {visible(', '.join(given.anchored)) or 'nobody'}; somebody else rotates it afterwards")
    return 0


def session(
    ctx: typer.Context,
    lease: LeaseId,
    *,
    seconds: Annotated[int, typer.Option("--seconds", min=60, max=900, help="How long the session lasts.")] = 900,
    format_: Annotated[
        Shape, typer.Option("--format", help="For credential_process of the AWS CLI, or lines for `eval`.")
    ] = Shape.PROCESS,
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Open the task session of your lease with your own AWS credentials, and print its credentials.

    Assumes the role of the request with the lease as source identity, then root of the member account for its one
    task. The service never has these credentials.
    """
    with signed_in(ctx) as opened:
        from rootwarden.breakglass.client import releasing

        made = releasing.task_session(opened, lease, seconds=seconds, profile=profile, region=region)
        out((made.for_process() if format_ is Shape.PROCESS else made.for_shell()).decode())
        say(f"account {made.account}, {made.task_policy}, until {made.expires_at:%H:%M:%S} UTC")
        if releasing.leaves_a_password(made):
            say("duty: the recovery password is deleted again before the lease closes (`IAMDeleteRootUserCredentials`)")
    return 0


def return_(ctx: typer.Context, lease: LeaseId) -> int:
    """Give your lease back before its time; its duties begin."""
    return _end(ctx, {"say": "give-back", "lease": lease}, "given back")


def revoke(ctx: typer.Context, lease: LeaseId, *, reason: Reason) -> int:
    """End a lease; its duties begin."""
    return _end(ctx, {"say": "revoke", "lease": lease, "reason": reason}, "revoked")


def export(
    ctx: typer.Context,
    lease: LeaseId,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="A new file, mode 0600.")],
) -> int:
    """Get the sealed export of your lease: only its custodians together open it, with `age` alone."""
    with signed_in(ctx) as opened:
        from rootwarden.breakglass.client import releasing
        from rootwarden.breakglass.client.private_file import write_private

        write_private(output, releasing.export(opened, lease))
        say(f"written to {output}; what is in it, who signed it, and how it is opened without this service:")
        say(f"rootwarden breakglass custody open-export {output} --key CHECKPOINT.pem")
    return 0


def checkouts(
    ctx: typer.Context,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where check-outs are written.")
    ] = Path("checkouts.jsonl"),
    key: Annotated[
        Path | None, typer.Option("--checkouts-key", metavar="FILE", help="Write the key they are verified with there.")
    ] = None,
) -> int:
    """Write the published check-outs, signed, each with its proof, for `trail incidents --checkouts` and `kpi`.

    The key is the one this program keeps with the heads it saw, not one that came with the file.
    """
    with signed_in(ctx) as opened:
        from rootwarden.report.write import write_bytes

        now = opened.look()
        content = opened.door.lines("/checkouts.jsonl")
        write_bytes(output, content)
        if key is not None:
            write_bytes(key, opened.heads.pem(now.view.log))
        count = content.count(b"\n")
        say(f"check-outs: {count}, written to {output}")
    return 0


def _end(ctx: typer.Context, what: dict[str, str], word: str) -> int:
    with signed_in(ctx) as opened:
        from rootwarden.breakglass.client import telling

        said = opened.say(what)
        say(f"{word}, entry {said.position}; these duties are open, and somebody else checks in:")
        out(telling.lease(_view(opened, what["lease"])))
        tell_trouble(said.trouble)
    return 0


def _view(opened: Session, name: str) -> LeaseView:
    from rootwarden.breakglass.broker.views import LeaseView

    return opened.get("/leases/{}", LeaseView, name)
