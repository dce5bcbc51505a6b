"""Go and look at one account: the calls of the plan, each answered or refused, none deciding anything."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from rootwarden.aws.calls import Call, CallFailed
from rootwarden.aws.deadline import Deadline
from rootwarden.collect import files
from rootwarden.collect import plan as planning
from rootwarden.collect.asked import Asked
from rootwarden.collect.assets import count_assets
from rootwarden.collect.monitoring_plan import next_calls
from rootwarden.collect.native_services import Duties
from rootwarden.collect.native_services_plan import first_service_calls, service_calls
from rootwarden.collect.root_session import SESSION_SECONDS, RootSessionOpener, identity_of
from rootwarden.collect.watching_plan import first_watching_calls, watching_calls
from rootwarden.facts.fact import Absent, Known, Unknown

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator
    from datetime import datetime

    from rootwarden.aws.door import Door
    from rootwarden.aws.identity import Identity
    from rootwarden.collect.evidence import AccountAnswers
    from rootwarden.collect.plan import Plan
    from rootwarden.collect.root_session import RootSession

_NOT_READY = frozenset({"ReportInProgress", "ReportNotPresent", "ReportExpired"})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0
MOST_MONITORING_CALLS = 14
MOST_WATCHING_CALLS = 24
_NO_DUTIES = Duties()


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """How to get into an account.

    Attributes:
        kind: `own` (the caller is in it), `role` (sts:AssumeRole), `root` (sts:AssumeRoot) or `none` (no way in).
        role_name: For `role`.
        external_id: For `role`, when its trust policy asks for one.
    """

    kind: str
    role_name: str = ""
    external_id: str = ""


class AccountCollector:
    """Collects accounts through one door.

    Args:
        door: Access to AWS.
        plan: What to ask.
        caller: The caller's own account.
        partition: The caller's partition.
        home: Home region of the partition.
        account_seconds: Time limit of one account.
        stop: Set by Ctrl-C.
        on_root_session: Called with every AssumeRoot session before it is used.
        clock: What answers are stamped with.
    """

    def __init__(
        self,
        *,
        door: Door,
        plan: Plan,
        caller: str,
        partition: str,
        home: str,
        account_seconds: float,
        stop: threading.Event,
        on_root_session: Callable[[RootSession], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._door = door
        self._plan = plan
        self._caller = caller
        self._partition = partition
        self._home = home
        self._seconds = account_seconds
        self._stop = stop
        self._opener = RootSessionOpener(door=door, caller=caller, clock=clock, on_root_session=on_root_session)
        self._clock = clock

    def collect(
        self,
        answers: AccountAnswers,
        entry: Entry,
        *,
        monitoring: bool,
        sign_in: bool,
        duties: Duties = _NO_DUTIES,
    ) -> Generator[float, None, None]:
        """Fill `answers`; yields the seconds to wait whenever only waiting helps.

        Args:
            answers: Where answers are kept; whatever is in it when the run is stopped is kept.
            entry: How to get in.
            monitoring: Follow the account's own chain from trail to subscriber.
            sign_in: Read its Sign-In resource policy.
            duties: What of AWS's own services it is asked about.
        """
        deadline = Deadline(self._seconds, self._stop)
        asked = Asked(self._door, answers, deadline, self._home, self._clock)
        calls = self._calls(entry, sign_in=sign_in)
        services = _first_services(asked, entry, duties)
        needed = [*self._files(calls, entry, monitoring=monitoring), *services]
        if not needed:
            # No selected rule asks anything inside the account: no session is opened for nothing.
            self._ask_centrally(asked, entry)
            return
        try:
            identity = self._enter(answers.account, entry, deadline)
        except CallFailed as failed:
            assume = "sts:AssumeRole" if entry.kind == "role" else "sts:AssumeRoot"
            for file in needed:
                asked.record(file, assume, failed)
            self._ask_centrally(asked, entry)
            return
        report = entry.kind != "root" and self._plan.report
        refused = self._generate(asked, identity) if report else None
        for call in calls:
            asked.ask(call, identity)
        if entry.kind == "root":
            self._ask_key_use(asked, identity)
        self._ask_centrally(asked, entry)
        if entry.kind != "root":
            self._look_around(asked, identity, monitoring=monitoring)
        if services:
            _ask_services(asked, identity, duties)
        if report:
            yield from self._report(asked, identity, refused)

    def _calls(self, entry: Entry, *, sign_in: bool) -> tuple[Call, ...]:
        if entry.kind == "root":
            return planning.root_session_calls() if self._plan.root_credentials else ()
        sign_in_calls = planning.sign_in_calls(self._plan) if sign_in else ()
        return planning.credential_calls(self._plan) + planning.contact_calls(self._plan, "") + sign_in_calls

    def _files(self, calls: tuple[Call, ...], entry: Entry, *, monitoring: bool) -> list[str]:
        """Every file the account would have had, for when nobody could get in."""
        names = [call.file for call in calls]
        if entry.kind != "root" and self._plan.report:
            names.append(files.CREDENTIAL_REPORT)
        if self._plan.assets and entry.kind != "root":
            names.append(files.ASSET_COUNTS)
        if self._plan.watched and entry.kind != "root":
            names += [call.file for call in first_watching_calls(self._home, self._plan.watched)]
        if monitoring and entry.kind != "root":
            names += [f"regions/{self._home}/describe-trails.json", f"regions/{self._home}/event-rules.json"]
        return names

    def _enter(self, account: str, entry: Entry, deadline: Deadline) -> Identity | None:
        """Credentials for the account; `None` is the caller's own.

        Raises:
            CallFailed: When nobody gets in.
        """
        if entry.kind == "own":
            return None
        if entry.kind == "none":
            raise CallFailed("NoWayIn", "AssumeRoot never enters the management account")
        if entry.kind == "root":
            return self._assume_root(account, deadline)
        role = f"arn:{self._partition}:iam::{account}:role/{entry.role_name}"
        external = {"ExternalId": entry.external_id} if entry.external_id else {}
        call = Call(
            service="sts",
            operation="AssumeRole",
            file="",
            region=self._door.region,
            parameters={
                "RoleArn": role,
                "RoleSessionName": "rootwarden-audit",
                "DurationSeconds": SESSION_SECONDS,
                **external,
            },
        )
        return identity_of(account, self._door.ask(call, identity=None, deadline=deadline, charged=self._caller))

    def _assume_root(self, account: str, deadline: Deadline) -> Identity:
        policy = planning.AUDIT_TASK_POLICY.format(partition=self._partition)
        return self._opener.open(account, policy, deadline)

    def _ask_centrally(self, asked: Asked, entry: Entry) -> None:
        """What the management account answers for a member: its tags, and its contacts in an AssumeRoot audit."""
        account = asked.answers.account
        if entry.kind == "root":
            for call in planning.contact_calls(self._plan, account):
                asked.ask(call, None, charged=self._caller)
        if self._plan.tags:
            call = Call(
                service="organizations",
                operation="ListTagsForResource",
                file=files.TAGS,
                parameters={"ResourceId": account},
            )
            asked.ask(call, None, charged=self._caller)

    def _ask_key_use(self, asked: Asked, identity: Identity | None) -> None:
        kept = asked.answers.answered.get(files.ROOT_ACCESS_KEYS)
        listed = kept.document.get("AccessKeyMetadata") if kept and kept.document else None
        for each in listed if isinstance(listed, list) else ():
            key = each.get("AccessKeyId") if isinstance(each, dict) else None
            if isinstance(key, str):
                asked.ask(planning.key_last_used_call(key), identity)

    def _look_around(self, asked: Asked, identity: Identity | None, *, monitoring: bool) -> None:
        """What needs several rounds of calls."""
        if monitoring:
            self._follow_chain(asked, identity)
        if self._plan.watched:
            self._watch(asked, identity)
        if self._plan.assets:
            self._count(asked, identity)

    def _follow_chain(self, asked: Asked, identity: Identity | None) -> None:
        made = 0
        while made < MOST_MONITORING_CALLS:
            calls = next_calls(asked.answers, self._home)[: MOST_MONITORING_CALLS - made]
            if not calls:
                return
            for call in calls:
                asked.ask(call, identity)
            made += len(calls)

    def _watch(self, asked: Asked, identity: Identity | None) -> None:
        """What rules read of trails, log groups, alarms and topics themselves."""
        made = 0
        while made < MOST_WATCHING_CALLS:
            calls = watching_calls(asked.answers, self._home, self._plan.watched)[: MOST_WATCHING_CALLS - made]
            if not calls:
                return
            for call in calls:
                asked.ask(call, identity)
            made += len(calls)

    def _count(self, asked: Asked, identity: Identity | None) -> None:
        """The five asset counts."""
        if files.ACCOUNT_SUMMARY not in asked.answers.answered:
            asked.ask(Call(service="iam", operation="GetAccountSummary", file=files.ACCOUNT_SUMMARY), identity)
        summary = asked.answers.answer(files.ACCOUNT_SUMMARY)
        told = summary.value if isinstance(summary, Known) else summary
        why = told if not isinstance(told, Absent) else Unknown("iam:GetAccountSummary told nothing")
        asked.keep_ours(files.ASSET_COUNTS, count_assets(partial(asked.total, identity), why))

    def _generate(self, asked: Asked, identity: Identity | None) -> CallFailed | None:
        """Have the credential report made; a refusal is returned, because a report may be there already."""
        call = Call(
            service="iam", operation="GenerateCredentialReport", file=files.REPORT_GENERATION, region=self._home
        )
        try:
            document = self._door.ask(call, identity=identity, deadline=asked.deadline, charged=asked.answers.account)
        except CallFailed as failed:
            asked.record(call.file, call.action, failed)
            return failed
        asked.keep(call, document)
        return None

    def _report(
        self, asked: Asked, identity: Identity | None, refused: CallFailed | None
    ) -> Generator[float, None, None]:
        call = Call(service="iam", operation="GetCredentialReport", file=files.CREDENTIAL_REPORT, region=self._home)
        pause = _FIRST_PAUSE
        while True:
            try:
                document = self._door.ask(
                    call, identity=identity, deadline=asked.deadline, charged=asked.answers.account
                )
            except CallFailed as failed:
                if failed.code not in _NOT_READY:
                    asked.record(call.file, call.action, failed)
                    return
                if refused is not None:
                    asked.record(call.file, "iam:GenerateCredentialReport", refused)
                    return
                if not asked.time_for(pause):
                    asked.record(call.file, call.action, CallFailed("NotAsked", "the report was not ready in time"))
                    return
            else:
                asked.keep(call, document)
                return
            yield pause
            pause = min(pause * 1.6, _LONGEST_PAUSE)


def _first_services(asked: Asked, entry: Entry, duties: Duties) -> list[str]:
    """Files of the first calls about AWS's own services; with AssumeRoot, whose sessions may not ask them, none."""
    calls = first_service_calls(duties)
    if entry.kind != "root":
        return [call.file for call in calls]
    for call in calls:
        asked.record(call.file, call.action, CallFailed("NoWayIn", "an AssumeRoot audit session may not"))
    return []


def _ask_services(asked: Asked, identity: Identity | None, duties: Duties) -> None:
    """Each round asks what no round before asked; there are three: regions, what is on in each, its details."""
    while calls := service_calls(asked.answers, duties):
        for call in calls:
            asked.ask(call, identity)
