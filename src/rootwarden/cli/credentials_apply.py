"""`rootwarden credentials apply` and `verify`: a plan carried out, taken back, and looked at again."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from rootwarden.cli import applying, options
from rootwarden.cli.applying import say
from rootwarden.cli.credentials_journals import PURPOSE
from rootwarden.cli.credentials_reading import phrase
from rootwarden.cli.journal_check import PublicKeys, journal_holds
from rootwarden.cli.looking import DEFAULT_ROOT_SESSIONS, session_writer
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from rootwarden.aws.caller import Caller
    from rootwarden.aws.door import Door
    from rootwarden.credentials.member import Members
    from rootwarden.credentials.plan import Plan
    from rootwarden.rollout.journal import Journal

_CALLER_SECONDS: Final = 60
PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="A plan kept by `credentials plan --output`.")]
Workers = Annotated[int, typer.Option("--workers", min=1, max=64, help="How many accounts are worked on at once.")]


@dataclass(frozen=True, kw_only=True)
class _Run:
    """The arguments of one run."""

    plan: Plan
    through: int
    accounts: tuple[str, ...]
    workers: int
    undo: bool


def apply(
    plan: PlanFile,
    journal: applying.JournalFile = None,
    key: applying.SigningKey = None,
    signer: applying.SigningProgram = None,
    signed_by: applying.SignedBy = None,
    confirmed: Annotated[
        str, typer.Option("--confirm", metavar="TEXT", help="What you would type, when nobody can be asked.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print every call, and make none.")] = False,
    wave: Annotated[int, typer.Option("--wave", min=0, metavar="N", help="Go no further than this wave.")] = 0,
    undo: Annotated[
        bool, typer.Option("--undo", help="Wake sleeping keys, and allow passwords to be recovered again.")
    ] = False,
    accounts: Annotated[
        str, typer.Option("--accounts", metavar="ID,ID,…", help="With --undo: only these, or the ids in @FILE.")
    ] = "",
    root_sessions: options.RootSessions = DEFAULT_ROOT_SESSIONS,
    profile: options.Profile = "",
    region: options.Region = "",
    workers: Workers = 8,
) -> int:
    """Carry a plan out, or go on with it; the first surprise stops it. Shows up as root activity in every member.

    Exit code 0: everything that could begin is done. 1: a surprise. 3: an account was out of reach.
    """
    from rootwarden.credentials.plan_file import read_plan
    from rootwarden.report.credentials import plan_text
    from rootwarden.report.words import several

    read, digest = read_plan(plan)
    if dry_run:
        typer.echo(plan_text(read, calls=True))
        return 0
    run = _Run(plan=read, through=wave, accounts=options.account_ids(accounts), workers=workers, undo=undo)
    _check_undo(run, journal)
    opened = applying.journal_of(journal, key, signer, signed_by)
    count = len(run.accounts) or _count(run)
    applying.confirm(phrase(read, count, undo=undo), confirmed)
    members, caller = _members(root_sessions, profile, region, workers)
    from rootwarden.aws.door import now
    from rootwarden.credentials.prepare import check_organization

    check_organization(read, members)
    with opened(plan=digest, purpose=PURPOSE, by=caller.arn, clock=now) as book:
        _say_resumed(book)
        say(f"sessions of AssumeRoot in up to {several(count, 'account')}: root activity in each one's CloudTrail")
        return _signed(run, book, members)


def verify(
    plan: PlanFile,
    journal: Annotated[
        Path | None, typer.Option("--journal", metavar="FILE", help="Verify this journal too, line by line.")
    ] = None,
    key: PublicKeys = None,
    offline: Annotated[bool, typer.Option("--offline", help="Only the journal; look at no account.")] = False,
    root_sessions: options.RootSessions = DEFAULT_ROOT_SESSIONS,
    profile: options.Profile = "",
    region: options.Region = "",
    workers: Workers = 8,
) -> int:
    """Look again through audit sessions, at every member that was changed or clean; and verify the journal.

    Exit code 0: nothing is left, and the journal holds. 1: something is, or it does not. 3: neither, but an account
    could not be looked at.
    """
    from rootwarden.credentials.plan_file import read_plan
    from rootwarden.credentials.prepare import check_organization
    from rootwarden.credentials.verify import exit_code, look_again
    from rootwarden.report.credentials import looked_text

    read, digest = read_plan(plan)
    sound = journal is None or journal_holds(journal, digest, key or ())
    if offline:
        if journal is None:
            raise UsageError("with --offline there is nothing to verify", hint="give --journal FILE")
        return 0 if sound else 1
    members, _ = _members(root_sessions, profile, region, workers)
    check_organization(read, members)
    looked = look_again(read, members, workers=workers)
    typer.echo(looked_text(looked))
    return exit_code(looked) if sound else 1


def caller_arn(profile: str, region: str) -> str:
    """Who runs this, for the plan to check what policies leave them."""
    return _who(profile, region, 1)[1].arn


def _signed(run: _Run, journal: Journal, members: Members) -> int:
    """Do it, and sign the journal however it ends."""
    from rootwarden.errors import StoreError

    why = "stop"
    try:
        code = _undo(run, journal, members) if run.undo else _apply(run, journal, members)
        why = "end" if code != 1 else "stop"
    except StoreError:
        raise  # the journal itself is the trouble
    except BaseException:
        journal.sign("stop")
        raise
    journal.sign(why)
    return code


def _check_undo(run: _Run, journal: Path | None) -> None:
    """Refuse accounts that are not for taking back, and a journal that tells of nothing to take back.

    Raises:
        UsageError: There is such an account, or no such journal.
    """
    if run.accounts and not run.undo:
        raise UsageError("--accounts is for --undo", hint="plan again with --accounts to change fewer accounts")
    strangers = sorted({*run.accounts} - {one.account for one in run.plan.ready()})
    if strangers:
        raise UsageError(f"the plan changes nothing in account `{strangers[0]}`", hint="`--dry-run` lists its accounts")
    if run.undo and journal is not None and not journal.exists():
        hint = "give the journal of the run whose steps are to be taken back"
        raise UsageError(f"there is no journal `{journal}` to take back from", hint=hint)


def _say_resumed(journal: Journal) -> None:
    """Say with what a run goes on that was not begun now."""
    from rootwarden.report.words import several
    from rootwarden.rollout.entry import Kind

    begun = [entry.number for entry in journal.entries if entry.kind in {Kind.BEGIN, Kind.RESUME}]
    if len(begun) == 1:
        return
    before = journal.entries[begun[-1] - 1]
    ended = "was ended and signed" if before.kind is Kind.SIGNED else "was killed"
    say(f"going on with a journal of {several(begun[-1], 'line')}; the run before {ended}")
    open_calls = len(journal.unsettled())
    if open_calls:
        say(f"of {several(open_calls, 'call')} it is not known what became: AWS is looked at first")


def _apply(run: _Run, journal: Journal, members: Members) -> int:
    from rootwarden.aws.door import now
    from rootwarden.credentials.apply import Applying
    from rootwarden.credentials.prepare import prepare
    from rootwarden.report.credentials import outcome_text

    prepare(run.plan, journal, members, say)
    done = Applying(
        plan=run.plan,
        journal=journal,
        members=members,
        clock=now,
        stop=threading.Event(),
        workers=run.workers,
        on_account=say,
    ).run(through=run.through)
    typer.echo(outcome_text(done))
    if done.surprises:
        return 1
    return 3 if done.gone else 0


def _undo(run: _Run, journal: Journal, members: Members) -> int:
    from rootwarden.credentials.undo import undo
    from rootwarden.report.words import several

    done = undo(run.plan, journal, members, accounts=run.accounts, on_account=say)
    typer.echo(f"taken back: {several(len(done.undone), 'step')}; what was deleted stays so: {len(done.lasting)}")
    return 0


def _count(run: _Run) -> int:
    """How many accounts may be changed."""
    waves = (wave for wave in run.plan.waves.waves if not run.through or wave.number <= run.through)
    return sum(len(wave.accounts) for wave in waves)


def _members(root_sessions: Path, profile: str, region: str, workers: int) -> tuple[Members, Caller]:
    from rootwarden.aws.door import now
    from rootwarden.aws.regions import home_region
    from rootwarden.collect.root_session import RootSessionOpener
    from rootwarden.credentials.member import Members

    door, caller = _who(profile, region, workers)
    opener = RootSessionOpener(
        door=door, caller=caller.account, clock=now, on_root_session=session_writer(root_sessions)
    )
    members = Members(
        door=door,
        opener=opener,
        caller=caller.account,
        partition=caller.partition,
        home=home_region(caller.partition),
        clock=now,
    )
    return members, caller


def _who(profile: str, region: str, workers: int) -> tuple[Door, Caller]:
    from rootwarden.aws.caller import caller_of
    from rootwarden.aws.deadline import Deadline
    from rootwarden.aws.door import Door

    door = Door(profile=profile, region=region, connections=workers)
    return door, caller_of(door, Deadline(_CALLER_SECONDS))
