"""Go and look at the caller's account, a list of accounts, or a whole organization."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import msgspec

from rootwarden.aws.caller import caller_of
from rootwarden.aws.deadline import Deadline
from rootwarden.aws.door import now
from rootwarden.aws.regions import home_region
from rootwarden.collect.collected import (
    Collected,
    CollectedAccount,
    active,
    counted,
    in_order,
    keep_whole,
    unreachable,
)
from rootwarden.collect.evidence import AccountAnswers
from rootwarden.collect.folder import parse_declarations
from rootwarden.collect.guardrail_landscape import resource_controls
from rootwarden.collect.live_account import AccountCollector, Entry
from rootwarden.collect.live_organization import OrganizationCollector
from rootwarden.collect.native_services import Duties, duties
from rootwarden.collect.organization import read_organization
from rootwarden.collect.pool import Pool
from rootwarden.collect.reader import AccountReader
from rootwarden.collect.surroundings import surroundings
from rootwarden.errors import AccessError, UsageError
from rootwarden.facts.fact import Known, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from datetime import datetime

    from rootwarden.aws.caller import Caller
    from rootwarden.aws.door import Door
    from rootwarden.collect.collected import Digest
    from rootwarden.collect.evidence import CallRecord
    from rootwarden.collect.plan import Plan
    from rootwarden.collect.root_session import RootSession
    from rootwarden.collect.save import EvidenceWriter
    from rootwarden.facts.declarations import Declaration
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.inventory import Part
    from rootwarden.facts.organization import Organization, OrganizationAccount

ORGANIZATION_SECONDS = 600


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Which accounts, and how to get into them.

    Attributes:
        organization: The whole organization the caller manages.
        accounts: Else these ids; empty for the caller's own account.
        role_name: Role to assume in every account but the caller's.
        external_id: For that role's trust policy.
        assume_root: Use AssumeRoot audit sessions on members instead of a role.
    """

    organization: bool = False
    accounts: tuple[str, ...] = ()
    role_name: str = ""
    external_id: str = ""
    assume_root: bool = False


class Tally(msgspec.Struct):
    """Progress of a run, for people."""

    total: int = 0
    done: int = 0
    refused: int = 0
    throttled: int = 0


class LiveCollection:
    """One live run.

    Args:
        door: Access to AWS.
        plan: What to ask.
        scope: Which accounts.
        as_of: The instant to judge at; the start of the run when not given.
        workers: How many accounts are worked on at once.
        account_seconds: Time limit of one account.
        writer: Where to write the evidence, or `None`.
        declarations: Content of a `declarations.json`, or `None`.
        on_progress: Called in the calling thread after each account.
        on_announce: Called once before anything noisy, with the accounts an AssumeRoot audit will touch and the
            chains of alarm that will fire.
        on_root_session: Called with every AssumeRoot session before it is used.
        parts: What of each account's inventory is kept, because a selected rule reads it.
        digest: What is kept of an account once it is read.
        clock: What answers are stamped with; the wall clock, but for the demo's simulated organization.
    """

    def __init__(
        self,
        *,
        door: Door,
        plan: Plan,
        scope: Scope,
        as_of: datetime | None = None,
        workers: int = 24,
        account_seconds: float = 60,
        writer: EvidenceWriter | None = None,
        declarations: bytes | None = None,
        on_progress: Callable[[Tally], None] = lambda _tally: None,
        on_announce: Callable[[tuple[str, ...], str], None] = lambda _accounts, _alarm: None,
        on_root_session: Callable[[RootSession], None] = lambda _session: None,
        parts: frozenset[Part] = frozenset(),
        digest: Digest = keep_whole,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._door = door
        self._plan = plan
        self._scope = scope
        self._clock = clock
        self._as_of = as_of or clock()
        self._workers = workers
        self._seconds = account_seconds
        self._writer = writer
        self._on_progress = on_progress
        self._on_announce = on_announce
        self._on_root_session = on_root_session
        self._parts = parts
        self._digest = digest
        self._declarations = declarations
        self._declared: Fact[tuple[Declaration, ...]] = Unknown("`declarations.json` was not given")
        if declarations is not None:
            self._declared = Known(parse_declarations(declarations))
        self._stop = threading.Event()
        self._records: list[CallRecord] = []
        self._written: set[str] = set()
        self._writing = threading.Lock()
        self._done: dict[str, CollectedAccount] = {}

    def run(self) -> Collected:
        """Look, and give the facts of every account.

        Raises:
            AccessError: When the caller has no valid credentials, or may not list the organization's accounts.
            AwsError: When AWS cannot be reached.
            UsageError: When the scope cannot be carried out.
        """
        caller = caller_of(self._door, Deadline(60, self._stop))
        home = home_region(caller.partition)
        central = self._organization(caller, home)
        organization = read_organization(central.answers.answer, central.answers.policy_ids())
        targets, skipped = self._targets(caller, organization)
        around = surroundings(
            organization, self._declared, self._as_of, parts=self._parts, services=self._plan.services
        )
        reader = AccountReader(around, home, alarms=self._plan.monitoring or self._opens_root_sessions())
        collected, interrupted = self._collect(caller, home, targets, reader)
        accounts = in_order(collected, organization)
        self._finish(central)
        return Collected(
            as_of=self._as_of,
            described=self._described(caller, organization, len(accounts)),
            organization=organization,
            resource_controls=resource_controls(central.answers.answer, central.answers.policy_ids()),
            accounts=accounts,
            skipped=skipped,
            unreadable=tuple(unreachable(each) for each in accounts if not each.answered),
            interrupted=interrupted,
        )

    def _organization(self, caller: Caller, home: str) -> OrganizationCollector:
        deadline = Deadline(ORGANIZATION_SECONDS, self._stop)
        collector = OrganizationCollector(
            door=self._door, caller=caller.account, home=home, deadline=deadline, clock=self._clock
        )
        collector.describe()
        described = read_organization(collector.answers.answer, ())
        manages = (
            isinstance(described.management_account, Known) and described.management_account.value == caller.account
        )
        if not (self._scope.organization or manages):
            return collector
        collector.list_accounts()
        if self._plan.features:
            collector.features()
        if self._plan.policies or self._plan.tree:
            collector.tree(self._plan)
        if self._plan.services:
            collector.services()
        return collector

    def _targets(
        self, caller: Caller, organization: Organization
    ) -> tuple[tuple[str, ...], tuple[OrganizationAccount, ...]]:
        """(accounts to ask, accounts skipped for their state)."""
        listed = organization.accounts.value if isinstance(organization.accounts, Known) else ()
        if self._scope.organization:
            if not isinstance(organization.accounts, Known):
                why = organization.accounts.reason if isinstance(organization.accounts, Unknown) else "there is none"
                raise AccessError(
                    f"the accounts of the organization cannot be listed: {why}",
                    hint="run from the management account or a delegated administrator, or name accounts",
                )
            wanted = [each.id for each in listed]
        else:
            wanted = list(dict.fromkeys(self._scope.accounts)) or [caller.account]
        if any(each != caller.account for each in wanted) and not (self._scope.role_name or self._scope.assume_root):
            raise UsageError(
                "other accounts need a role to look with", hint="give --role-name NAME, or ask for --assume-root"
            )
        state = {each.id: each for each in listed}
        skipped = tuple(state[each] for each in wanted if each in state and not active(state[each]))
        gone = {each.id for each in skipped}
        return tuple(each for each in wanted if each not in gone), skipped

    def _collect(
        self, caller: Caller, home: str, targets: tuple[str, ...], reader: AccountReader
    ) -> tuple[list[CollectedAccount], bool]:
        collector = AccountCollector(
            door=self._door,
            plan=self._plan,
            caller=caller.account,
            partition=caller.partition,
            home=home,
            account_seconds=self._seconds,
            stop=self._stop,
            on_root_session=self._on_root_session,
            clock=self._clock,
        )
        tally = Tally(total=len(targets))
        answers = {each: AccountAnswers(each, caller.partition) for each in targets}
        done = self._done
        interrupted = False
        try:
            for batch in self._batches(caller, targets, reader):
                tasks = [self._task(collector, caller, reader, answers[each]) for each in batch]
                for account in Pool[CollectedAccount](self._workers, self._stop).run(tasks):
                    done[account.facts.id] = account
                    tally.done += 1
                    tally.refused += bool(account.refusals)
                    tally.throttled = self._door.throttled()
                    self._on_progress(tally)
        except KeyboardInterrupt:
            interrupted = True
            self._stop.set()
            for each in targets:
                if each not in done:
                    done[each] = self._read(
                        reader, AccountAnswers(each, caller.partition, dict(answers[each].answered))
                    )
        for each in reader.unsettled():
            read = self._digested(reader.read(answers[each]), reader)
            done[each] = msgspec.structs.replace(read, answered=done[each].answered)
        return list(done.values()), interrupted

    def _batches(self, caller: Caller, targets: tuple[str, ...], reader: AccountReader) -> Iterator[list[str]]:
        """The management account first: what its organization trail answers need not be asked in members.

        Then, for the same reason, whoever has that trail's log group; then the rest.
        """
        yield [each for each in targets if each == reader.management_account]
        rest = [each for each in targets if each != reader.management_account]
        self._announce(caller, rest, reader)
        serving = [] if self._scope.assume_root else [each for each in rest if each in reader.log_accounts()]
        yield serving
        yield [each for each in rest if each not in serving]

    def _task(
        self, collector: AccountCollector, caller: Caller, reader: AccountReader, answers: AccountAnswers
    ) -> Generator[float, None, CollectedAccount]:
        account = answers.account
        keeps_root = account == reader.management_account or not reader.in_organization
        # An AssumeRoot audit says beforehand which alarms it will set off: that is read from the management account.
        announces = self._opens_root_sessions() and account == reader.management_account
        monitoring = (self._plan.monitoring and not reader.covered(answers)) or announces
        entry = self._entry(account, caller, reader.management_account)
        duty = duties(reader.organization, account) if self._plan.services else Duties()
        yield from collector.collect(answers, entry, monitoring=monitoring, sign_in=keeps_root, duties=duty)
        asked = bool(answers.answered)
        read = self._read(reader, answers)
        # No selected rule asks anything inside this account: that is not an account nobody could look into.
        done = read if asked else msgspec.structs.replace(read, answered=True)
        self._done[account] = done
        if not reader.waits(account):
            answers.keep_monitoring()
        return done

    def _opens_root_sessions(self) -> bool:
        """Whether this run makes root activity in members: asked for, and needed by a selected rule."""
        return self._scope.assume_root and self._plan.root_credentials

    def _entry(self, account: str, caller: Caller, management_account: str) -> Entry:
        if account == caller.account:
            return Entry(kind="own")
        if self._scope.assume_root:
            return Entry(kind="none" if account == management_account else "root")
        return Entry(kind="role", role_name=self._scope.role_name, external_id=self._scope.external_id)

    def _read(self, reader: AccountReader, answers: AccountAnswers) -> CollectedAccount:
        read = self._digested(reader.read(answers), reader)
        with self._writing:
            if answers.account in self._written:  # read when the run was interrupted: its thread only now came back
                return read
            self._written.add(answers.account)
            self._records.extend(each.record for each in answers.answered.values())
        if self._writer is not None:
            self._writer.account(answers.account, answers.answered)
        return read

    def _digested(self, account: CollectedAccount, reader: AccountReader) -> CollectedAccount:
        return self._digest(account, reader.organization, self._as_of)

    def _announce(self, caller: Caller, rest: list[str], reader: AccountReader) -> None:
        if self._opens_root_sessions():
            self._on_announce(tuple(each for each in rest if each != caller.account), reader.alarm_in_words)

    def _finish(self, central: OrganizationCollector) -> None:
        if self._writer is None:
            return
        self._writer.organization(central.answers.answered)
        if self._declarations is not None:
            self._writer.declarations(self._declarations)
        records = self._records + [each.record for each in central.answers.answered.values()]
        self._writer.finish(self._as_of, records)

    def _described(self, caller: Caller, organization: Organization, count: int) -> str:
        if self._scope.organization:
            identity = organization.id.value if isinstance(organization.id, Known) else "unknown"
            return f"organization {identity}, {counted(count)}"
        return f"account {caller.account}" if not self._scope.accounts else counted(count)
