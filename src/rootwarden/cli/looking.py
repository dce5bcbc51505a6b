"""From the arguments of `audit` and `collect` to what was collected."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.cli import options
from rootwarden.cli.given_file import given_bytes
from rootwarden.errors import RootwardenError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.audit.rulebook import Rulebook
    from rootwarden.cli.archiving import Archiving
    from rootwarden.collect.collected import Collected, CollectedAccount, Digest
    from rootwarden.collect.plan import Plan
    from rootwarden.collect.root_session import RootSession
    from rootwarden.collect.save import EvidenceWriter
    from rootwarden.facts.inventory import Part
    from rootwarden.facts.organization import Organization

DEFAULT_ROLE = "RootwardenAudit"
DEFAULT_ROOT_SESSIONS = Path("rootwarden-root-sessions.jsonl")
NO_INSTANT: Final = datetime.fromtimestamp(0, UTC)
LIVE_ONLY: Final = (
    "save_evidence",
    "assume_root",
    "role_name",
    "external_id",
    "declarations",
    "root_sessions",
    "workers",
    "account_timeout",
)


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments that say what to look at, and how."""

    evidence: Path | None = None
    credential_report: Path | None = None
    accounts: str = ""
    org: bool = False
    role_name: str = ""
    assume_root: bool = False
    root_sessions: Path = DEFAULT_ROOT_SESSIONS
    external_id: str = ""
    profile: str = ""
    region: str = ""
    as_of: str = ""
    workers: int = 24
    account_timeout: float = 60
    declarations: Path | None = None
    save_evidence: Path | None = None


def look(
    asked: Look,
    book: Rulebook,
    *,
    tags: bool,
    tree: bool,
    digest: Digest | None = None,
    kept: Archiving | None = None,
    dated: bool = True,
    services: bool = False,
) -> Collected:
    """Collect from wherever the arguments say.

    Args:
        asked: The arguments.
        book: The rules, which decide what is asked.
        tags: Account tags are needed to name owners.
        tree: The organization's tree is needed to name owners or for exceptions.
        digest: What is kept of each account once it is read; everything when not given.
        kept: Takes every account for the archive, with all there is to know of it.
        dated: Something is judged by the instant; if not, a folder that does not tell one is read as of `NO_INSTANT`.
        services: Whether AWS's own services are on is asked as well.

    Raises:
        UsageError: When the arguments contradict each other.
    """
    _check_one_place(asked)
    taken, parts = _taken(digest, kept), _parts(book, kept)
    from rootwarden.collect.plan import plan_for

    instant = options.instant(asked.as_of)
    if asked.evidence is not None:
        from rootwarden.collect.folder import EvidenceFolder
        from rootwarden.collect.offline import collect_folder

        folder = EvidenceFolder(asked.evidence)
        return collect_folder(
            folder,
            as_of=instant if dated else folder.as_of or NO_INSTANT,
            parts=parts,
            inside=plan_for(book.needs, watched=book.watched, assets=kept is not None).inside,
            digest=taken,
            services=services,
        )
    if asked.credential_report is not None:
        from rootwarden.collect.offline import collect_credential_report

        return collect_credential_report(asked.credential_report, as_of=instant, parts=parts)
    plan = plan_for(book.needs, watched=book.watched, tags=tags, tree=tree, assets=kept is not None, services=services)
    return look_live(asked, plan, parts, instant, digest=taken)


def _check_one_place(asked: Look) -> None:
    offline = [asked.evidence is not None, asked.credential_report is not None]
    if sum([*offline, bool(asked.accounts), asked.org]) > 1:
        raise UsageError(
            "more than one thing to look at was given",
            hint="choose one of --evidence, --credential-report, --accounts and --org",
        )
    if any(offline):
        refuse_live_options(asked)
    elif asked.external_id and not (asked.role_name or asked.accounts or asked.org):
        raise UsageError(
            "--external-id is for a role, and none would be assumed",
            hint="give --role-name, --accounts or --org too, or leave it out",
        )


def _taken(digest: Digest | None, kept: Archiving | None) -> Digest:
    """What is done with each account that was read: the archive takes all of it before anything is let go."""
    from rootwarden.collect.collected import keep_whole

    last = digest or keep_whole
    if kept is None:
        return last
    recorder = kept.recorder

    def both(account: CollectedAccount, organization: Organization, as_of: datetime) -> CollectedAccount:
        return last(recorder.digest(account, organization, as_of), organization, as_of)

    return both


def _parts(book: Rulebook, kept: Archiving | None) -> frozenset[Part]:
    """What of each account's inventory is read: what rules read, or for the archive whatever was answered."""
    from rootwarden.facts.inventory import Part

    return book.parts if kept is None else frozenset(Part)


def refuse_live_options(asked: Look) -> None:
    """Nothing that was asked for is dropped in silence: what only a live run can heed is refused without one."""
    usual = Look()
    given = [f"--{name.replace('_', '-')}" for name in LIVE_ONLY if getattr(asked, name) != getattr(usual, name)]
    if given:
        raise UsageError(
            f"{' and '.join(given)} {'needs' if len(given) == 1 else 'need'} a live run",
            hint=f"leave {'it' if len(given) == 1 else 'them'} out, or leave out --evidence and --credential-report",
        )


def look_live(
    asked: Look, plan: Plan, parts: frozenset[Part], instant: datetime | None, *, digest: Digest
) -> Collected:
    """Ask AWS what a plan says, in the accounts the arguments name.

    Raises:
        UsageError: When the arguments contradict each other.
        AccessError: When AWS does not let the caller in.
    """
    from rootwarden.aws.door import Door
    from rootwarden.cli.progress import progress
    from rootwarden.collect.live import LiveCollection, Scope
    from rootwarden.collect.save import EvidenceWriter

    if asked.assume_root and asked.role_name:
        raise UsageError("--role-name and --assume-root exclude each other", hint="choose one way to look into members")
    role = asked.role_name or (DEFAULT_ROLE if not asked.assume_root else "")
    scope = Scope(
        organization=asked.org,
        accounts=options.account_ids(asked.accounts),
        role_name=role,
        external_id=asked.external_id,
        assume_root=asked.assume_root,
    )
    door = Door(
        profile=asked.profile,
        region=asked.region,
        connections=asked.workers,
        read_timeout=min(20.0, asked.account_timeout),
    )
    writer = EvidenceWriter(asked.save_evidence) if asked.save_evidence else None
    with progress() as show, _given_up(writer):
        return LiveCollection(
            door=door,
            plan=plan,
            scope=scope,
            as_of=instant,
            workers=asked.workers,
            account_seconds=asked.account_timeout,
            writer=writer,
            declarations=_declarations(asked.declarations),
            on_progress=show,
            on_announce=_announce,
            on_root_session=session_writer(asked.root_sessions),
            parts=parts,
            digest=digest,
        ).run()


@contextmanager
def _given_up(writer: EvidenceWriter | None) -> Iterator[None]:
    """Leave the evidence folder to the next run when this one ends before it wrote anything."""
    try:
        yield
    except (RootwardenError, KeyboardInterrupt):
        if writer is not None:
            writer.give_up()
        raise


def _declarations(path: Path | None) -> bytes | None:
    return None if path is None else given_bytes(path, hint="give --declarations FILE")


def _announce(accounts: tuple[str, ...], alarm: str) -> None:
    """Say what an AssumeRoot audit is about to do, before it does it."""
    count = len(accounts)
    print(  # noqa: T201 - the voice of the command line
        f"about to open an AssumeRoot audit session in {count} member account{'s' if count != 1 else ''}: "
        "this is root activity in each member's CloudTrail\n"
        + (f"alarms that will fire: {alarm}" if alarm else "alarms: none we know of is known to fire"),
        file=sys.stderr,
    )


def session_writer(path: Path) -> Callable[[RootSession], None]:
    """Write every AssumeRoot session down, durably, before it is used."""

    def write(session: RootSession) -> None:
        try:
            with path.open("ab") as file:
                file.write(msgspec.json.encode(session) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UsageError(
                f"`{path}` cannot be written: {error.strerror}",
                hint="AssumeRoot sessions must be written down before they are used; give --root-sessions FILE",
            ) from error

    return write
