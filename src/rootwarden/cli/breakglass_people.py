"""`rootwarden breakglass people`, `change`, `suspend`, `leavers`, `key`, and what several people sign together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rootwarden.cli import options
from rootwarden.cli.breakglass_checkin import tell_waiting
from rootwarden.cli.breakglass_reaching import agreed, need, out, say, signed_in, tell_trouble
from rootwarden.cli.breakglass_requests import Reason
from rootwarden.cli.whole_sentences import WholeSentences

if TYPE_CHECKING:
    from rootwarden.breakglass.identity.leavers import Departures


def _group(name: str, text: str) -> typer.Typer:
    return typer.Typer(
        cls=WholeSentences,
        name=name,
        help=text,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


change = _group("change", "Changes of people, keys, settings, accounts and custody: two administrators sign each.")
key = _group("key", "Keys people sign with at a terminal.")
epoch = _group("epoch", "A new epoch after a rollback.")
clock = _group("clock", "The time, attested by two people.")


def people(
    ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="[PERSON]", help="One person, whole.")] = ""
) -> int:
    """List the people you may see: roles, keys, custody, who is suspended."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.people_views import PersonView
        from rootwarden.breakglass.client import telling

        if name:
            out(telling.fields(session.get("/people/{}", PersonView, name)))
        else:
            out(telling.people(session.get("/people", list[PersonView])))
    return 0


@change.command("propose")
def propose(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="CHANGE.json", help="The change: docs/break-glass.md shows them.")],
) -> int:
    """Propose a change. Prints the id of the proposal, for another administrator to second."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.wishes import Propose
        from rootwarden.breakglass.client import telling
        from rootwarden.breakglass.client.private_file import read_bounded
        from rootwarden.breakglass.client.wishing import read_change
        from rootwarden.report.words import visible

        wanted = read_change(read_bounded(file, most=256 * 1024))
        say(telling.fields(wanted))
        _, signed = session.wish(Propose(change=wanted))
        out(f"{visible(signed.names.get('proposal', ''))}\n")
        tell_trouble(signed.trouble)
    return 0


@change.command("second")
def second(
    ctx: typer.Context, proposal: Annotated[str, typer.Argument(metavar="PROPOSAL", help="Id of a proposal.")]
) -> int:
    """Show a change another administrator proposed, word for word, and agree to it after a yes."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.people_views import ProposalView
        from rootwarden.breakglass.broker.wishes import Second
        from rootwarden.breakglass.client import telling
        from rootwarden.breakglass.client.wishing import proposal_shown
        from rootwarden.errors import InputError

        found = [one for one in session.get("/proposals", list[ProposalView]) if one.id == proposal]
        if not found:
            raise InputError(f"there is no proposal `{proposal}`", hint="`breakglass change list` names them")
        digest = proposal_shown(found[0])
        say(telling.fields(found[0].change))
        say(f"proposed by {found[0].proposer}; digest {telling.in_groups(digest)}")
        session.look()
        agreed("agree to exactly this?")
        _, signed = session.wish(Second(proposal=proposal), also={"digest": digest})
        say(f"it holds from here on, entry {signed.position}")
        tell_trouble(signed.trouble)
    return 0


@change.command("list")
def list_(ctx: typer.Context) -> int:
    """List changes that wait for a second administrator."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.people_views import ProposalView
        from rootwarden.breakglass.client import telling

        out(telling.proposals(session.get("/proposals", list[ProposalView])))
    return 0


def suspend(
    ctx: typer.Context,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Who.")],
    *,
    reason: Reason,
) -> int:
    """Take every right of somebody away at once; back in takes two administrators."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.wishes import Suspend

        _, signed = session.wish(Suspend(person=person, reason=reason))
        say(f"suspended, entry {signed.position}")
        tell_trouble(signed.trouble)
    return 0


def leavers(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or JSON lines with `person` and `left_at`.")],
) -> int:
    """Suspend everybody a list names who has left, after a yes. Exit code 1: somebody could not be suspended."""
    need()
    with signed_in(ctx) as session:
        from datetime import UTC, datetime

        from rootwarden.breakglass.broker.people_views import PersonView
        from rootwarden.breakglass.broker.wishes import Suspend
        from rootwarden.breakglass.client.leaving import known_people
        from rootwarden.breakglass.client.private_file import read_bounded
        from rootwarden.breakglass.core.refusal import Refused
        from rootwarden.breakglass.identity.leavers import departures, read_leavers

        listed = read_leavers(read_bounded(file))
        known = known_people(session.get("/people", list[PersonView]))
        gone = departures(listed, known, at=datetime.now(UTC))
        _tell_leavers(gone)
        if not gone.suspend:
            return 0
        agreed(f"suspend {', '.join(gone.suspend)}?")
        failed = 0
        for person in gone.suspend:
            try:
                session.wish(Suspend(person=person, reason="named by a list of leavers"))
                out(f"{person}\n")
            except Refused as error:
                failed += 1
                say(f"warning: {person}: {error.message}")
    return 1 if failed else 0


@key.command("make")
def make(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="A new file, mode 0600.")],
) -> int:
    """Make an Ed25519 key in a file, to try things out. Keys of people belong into hardware: docs/break-glass.md."""
    need(())
    from rootwarden.breakglass.client.signer import make_key
    from rootwarden.breakglass.client.telling import fields

    out(fields(make_key(output)))
    say(f"warning: whoever reads `{output}` signs as you; keys in hardware cannot be copied")
    return 0


@key.command("show")
def show(file: Annotated[Path, typer.Argument(metavar="FILE", help="A private or public key (PEM).")]) -> int:
    """Print the public half of a key as the log has it."""
    from rootwarden.breakglass.client.signer import public_of_file
    from rootwarden.breakglass.client.telling import fields

    out(fields(public_of_file(file)))
    return 0


@key.command("offer")
def offer(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Your new key (PEM), private, or public with --signer.")],
    *,
    signer: Annotated[
        Path | None, typer.Option("--signer", metavar="PROGRAM", help="Signs with the new key, when it is in hardware.")
    ] = None,
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="What you call it.")] = "",
) -> int:
    """Offer a new key of yours, signed by itself, for two administrators to admit. Prints its id."""
    with signed_in(ctx) as session:
        import msgspec

        from rootwarden.breakglass.broker.wishes import OfferKey
        from rootwarden.breakglass.client.signer import signer_of

        new = signer_of(file, signer)
        offered = msgspec.structs.replace(new.key, name=name)
        _, signed = session.wish(OfferKey(key=offered), signer=new)
        out(f"{offered.id}\n")
        say(f'offered, entry {signed.position}; an administrator proposes {{"change": "admit-key", …}}')
    return 0


@epoch.command("begin")
def begin_epoch(ctx: typer.Context, *, reason: Reason) -> int:
    """Begin a new epoch after a rollback or a restore: two administrators and a custodian sign.

    It ends every lease, voids requests, approvals, openings and sessions, and floors the steps of every device.
    """
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.wishes import BeginEpoch
        from rootwarden.breakglass.client import telling

        def confirm(draft: object) -> None:
            del draft
            agreed("is this the log that goes on, whole, as you and the sinks saw it?")

        view, before = session.shown()
        say(telling.standing(view, before))
        draft, signed = session.wish(BeginEpoch(reason=reason), ask=confirm)
        tell_waiting(draft.id, signed.waiting_for, signed.position)
    return 0


@clock.command("attest")
def attest(
    ctx: typer.Context,
    *,
    at: Annotated[str, typer.Option("--at", metavar="INSTANT", help="The time, read from a source of your own.")],
    source: Annotated[
        str, typer.Option("--source", metavar="WORDS", help="Which: a radio clock, a phone's network time.")
    ],
) -> int:
    """Attest the time where no authenticated source can be reached; two people sign."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.wishes import AttestClock
        from rootwarden.errors import UsageError

        instant = options.instant(at)
        if instant is None:
            raise UsageError("--at is empty", hint="write it as 2026-03-02T12:00:00Z")
        draft, signed = session.wish(AttestClock(instant=instant, source=source))
        tell_waiting(draft.id, signed.waiting_for, signed.position)
    return 0


def sign(
    ctx: typer.Context, draft: Annotated[str, typer.Argument(metavar="DRAFT", help="Id of a draft others began.")]
) -> int:
    """Show what several people sign together, word for word, and sign it after a yes."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.client import telling

        found, fields = session.draft(draft)
        out(telling.fields(fields))
        say(f"begun by {found.person}; signed by {', '.join(found.signed) or 'nobody yet'}")
        agreed("sign exactly this?")
        signed = session.sign(found)
        tell_waiting(draft, signed.waiting_for, signed.position)
        tell_trouble(signed.trouble)
    return 0


def _tell_leavers(gone: Departures) -> None:
    from rootwarden.report.words import visible

    for name in gone.unknown:
        say(f"note: `{visible(name)}` is nobody here")
    for name in gone.ambiguous:
        say(f"warning: `{visible(name)}` is several people here; nobody is suspended for that name")
    for person, groups in gone.custodians:
        say(f"custodian: {person} holds a key of {', '.join(groups)}; begin the next epoch of each without them")
    if not gone.suspend:
        say("nobody is to be suspended")
