"""How every command of break-glass reaches the service: options of the group, the key, the heads that are kept."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from rootwarden.cli import extras
from rootwarden.errors import RootwardenError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.breakglass.client.replies import Problem
    from rootwarden.breakglass.client.session import Session

EXTRA: Final = ("httpx", "pyrage")
_LONGEST_ANSWER: Final = 1000
_USUAL_HEADS: Final = "~/.local/state/rootwarden/heads"


class Reach(NamedTuple):
    """What the group was given."""

    server: str
    ca: str
    key: Path | None
    signer: Path | None
    heads: Path
    service: str


def reach(
    ctx: typer.Context,
    server: Annotated[
        str,
        typer.Option("--server", metavar="URL", envvar="ROOTWARDEN_SERVER", help="The service, https://HOST[:PORT]."),
    ] = "",
    ca: Annotated[
        str, typer.Option("--ca", metavar="FILE", envvar="ROOTWARDEN_CA", help="Authority of its certificate (PEM).")
    ] = "",
    key: Annotated[
        Path | None,
        typer.Option(
            "--key",
            metavar="FILE",
            envvar="ROOTWARDEN_KEY",
            help="Your Ed25519 key (PEM), private or, with --signer, public.",
        ),
    ] = None,
    signer: Annotated[
        Path | None,
        typer.Option(
            "--signer",
            metavar="PROGRAM",
            envvar="ROOTWARDEN_SIGNER",
            help="Signs with a key in hardware: see docs/break-glass.md.",
        ),
    ] = None,
    heads: Annotated[
        Path,
        typer.Option("--heads", metavar="FOLDER", envvar="ROOTWARDEN_HEADS", help="Where heads of the log are kept."),
    ] = Path(_USUAL_HEADS),
    service: Annotated[
        str,
        typer.Option(
            "--service",
            metavar="NAME",
            envvar="ROOTWARDEN_SERVICE",
            help="Its own name, when it is reached by an address.",
        ),
    ] = "",
) -> None:
    """Where the service is, and who you are."""
    ctx.obj = Reach(server, ca, key, signer, heads.expanduser(), service)


def need(names: tuple[str, ...] = EXTRA) -> None:
    """Make sure a part of the extra `breakglass` is installed.

    Raises:
        UsageError: When it is not.
    """
    extras.need(names, "break-glass needs", extra="breakglass")


def reach_of(ctx: typer.Context) -> Reach:
    """What the group was given."""
    found: Reach = ctx.obj
    return found


@contextmanager
def signed_in(ctx: typer.Context) -> Iterator[Session]:
    """A session, over when the command is: nothing of it is written down.

    Raises:
        UsageError: It is not said where, or with which key.
        RootwardenError: The service does not let this key in.
    """
    given = reach_of(ctx)
    if not given.server or given.key is None:
        missing = "--server" if not given.server else "--key"
        hint = f"rootwarden breakglass {missing} … COMMAND, or set ROOTWARDEN_{missing.strip('-').upper()}"
        raise UsageError(f"{missing} is not given", hint=hint)
    need()
    from rootwarden.breakglass.client.door import Door
    from rootwarden.breakglass.client.heads import KeptHeads
    from rootwarden.breakglass.client.session import Session
    from rootwarden.breakglass.client.signer import signer_of

    signer = signer_of(given.key, given.signer)
    session = Session(Door(given.server, given.ca), signer, KeptHeads(given.heads), service=given.service)
    try:
        yield session
    finally:
        with suppress(RootwardenError):
            session.door.post("/sign-out", {}, dict)


def say(text: str) -> None:
    """To stderr, the voice of the command line."""
    print(text.rstrip("\n"), file=sys.stderr, flush=True)  # noqa: T201 - the voice of the command line


def out(text: str) -> None:
    """To stdout: a result."""
    sys.stdout.write(text)
    sys.stdout.flush()


def tell_trouble(trouble: Problem | None) -> None:
    """Raise what the service could not do after an entry was written.

    Raises:
        RootwardenError: It could not; the entry stands.
    """
    if trouble is not None:
        from rootwarden.breakglass.client.door import trouble_of

        say("it is written into the log, and what follows from it failed:")
        raise trouble_of(trouble, trouble.status)


def asked(question: str) -> str:
    """An answer from the terminal, or from standard input; the question goes to stderr.

    Raises:
        Declined: There is no answer.
    """
    from rootwarden.breakglass.client.troubles import Declined

    answer = _answer(f"{question}: ")
    if not answer:
        raise Declined("nothing was answered, so nothing was done")
    return answer


def yes(question: str) -> bool:
    """Whether the answer is yes; no answer is none."""
    return _answer(f"{question} [y/N] ").lower() in ("y", "yes")


def agreed(question: str) -> None:
    """Go on only after a yes.

    Raises:
        Declined: It was another answer.
    """
    from rootwarden.breakglass.client.troubles import Declined

    if not yes(question):
        raise Declined("you did not say yes, so nothing was done")


def _answer(question: str) -> str:
    # Not `input`, nor what typer makes of it: both write to stdout, which is for results.
    sys.stderr.write(question)
    sys.stderr.flush()
    answer = sys.stdin.readline(_LONGEST_ANSWER)
    if not sys.stdin.isatty():
        sys.stderr.write("\n")
    return answer.strip()
