"""What one person may read of requests, leases and openings: what API, pages and commands show alike.

Pure over the replayed state: no view decides anything, and `may` only names what is worth offering to somebody.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.breakglass.broker import seeing
from rootwarden.breakglass.broker.words import DUTY_WORDS
from rootwarden.breakglass.core.custody import (
    PASSWORD,
    REWRAP,
    SEED,
    exported_records,
    opened_for,
    still_opens,
    still_owed,
)
from rootwarden.breakglass.core.leasing import opens_at, still_missing
from rootwarden.breakglass.core.people import Role
from rootwarden.breakglass.core.request import Purpose, Request
from rootwarden.breakglass.core.settings import OPENING_LIVES
from rootwarden.breakglass.core.standing import has_any
from rootwarden.breakglass.core.state import Phase, Stage
from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.breakglass.core.duty import Duty
    from rootwarden.breakglass.core.settings import Group
    from rootwarden.breakglass.core.state import Filed, Lease, Opening, State

MOST_SHOWN: Final = 200


class Needed(msgspec.Struct, frozen=True, kw_only=True):
    """One more who has to agree, or to give: of which group, and who could."""

    group: str
    could: tuple[str, ...]


class RequestView(msgspec.Struct, frozen=True, kw_only=True):
    """A request as somebody may see it.

    Attributes:
        request: What was asked for, word for word; approvals hold for exactly this.
        digest: Its SHA-256, in hexadecimal.
        stage: Where it stands now.
        filed_at: When it was filed.
        place: Its place in the log.
        account_name: What people call the account.
        position: `management`, `standalone` or `member`.
        task_title: What the task is, in words.
        approvals: Who agreed so far.
        still_needed: Who is still needed.
        opens_at: Before this no lease opens.
        lease: The lease it became.
        may: What the reader could do with it: approve, deny, report, withdraw, open.
        exports: Of an export, every device whose seed it holds, whichever one the request names; `root-password` when
            it holds that.
    """

    request: Request
    digest: str
    stage: str
    filed_at: Instant
    place: int
    account_name: str
    position: str
    task_title: str
    approvals: tuple[str, ...]
    still_needed: tuple[Needed, ...]
    opens_at: Instant
    lease: str
    may: tuple[str, ...]
    exports: tuple[str, ...] = ()


class DutyView(msgspec.Struct, frozen=True, kw_only=True):
    """One duty of a lease: what it asks, what the newest evidence shows of it (`open` before there is any), why."""

    duty: str
    asks: str
    shown: str
    why: str


class LeaseView(msgspec.Struct, frozen=True, kw_only=True):
    """A lease as somebody may see it; never a code.

    Attributes:
        id: Names it.
        request: Id of its request.
        purpose: What it is for.
        account: Twelve digits.
        account_name: What people call the account.
        task_title: What the task is, in words.
        requester: Who asked.
        code_to: Who gets codes.
        password_to: Who gets the password.
        device: Which device gives codes.
        phase: Open, duties or closed.
        opened: When.
        until: End of the window.
        ended: When it ended, if it did.
        why: How it ended.
        codes_given: How many codes left.
        codes_left: How many may still leave.
        password_released: Whether the password left.
        duties: What has to be shown afterwards.
        opening: Id of the opening that waits for custodians, if one does.
        may: What the reader could do with it: get-code, get-password, get-task-session, get-export,
            serve-enrolment, ask-again, give-back, revoke, check-in.
        ready: How many codes the keys still give that custodians opened last; none for a warm account, which needs
            no custodians.
        exports: Of an export, every device whose seed it holds; `root-password` when it holds that.
        exported: Whether the export left.
    """

    id: str
    request: str
    purpose: str
    account: str
    account_name: str
    task_title: str
    requester: str
    code_to: str
    password_to: str
    device: str
    phase: str
    opened: Instant
    until: Instant
    ended: Instant | None
    why: str
    codes_given: int
    codes_left: int
    password_released: bool
    duties: tuple[DutyView, ...]
    opening: str
    may: tuple[str, ...]
    ready: int | None = None
    exports: tuple[str, ...] = ()
    exported: bool = False


class OpeningView(msgspec.Struct, frozen=True, kw_only=True):
    """Custodians at work.

    Attributes:
        id: Names it.
        group: The custody group.
        epoch: Its epoch.
        purpose: What the key is for.
        reference: The lease, or the group, that needs it.
        accounts: What the group opens.
        fingerprint: Of the one-time recipient; custodians compare it.
        began: When.
        ends: When it is over by itself.
        gave: Who gave.
        missing: How many must still give.
        could_give: Who could.
        outcome: How it ended; empty while it runs.
        may: What the reader could do: give-share, hand-in, ask-again (for a group's next epoch).
    """

    id: str
    group: str
    epoch: int
    purpose: str
    reference: str
    accounts: tuple[str, ...]
    fingerprint: str
    began: Instant
    ends: Instant
    gave: tuple[str, ...]
    missing: int
    could_give: tuple[str, ...]
    outcome: str
    may: tuple[str, ...]


class MyRequests(msgspec.Struct, frozen=True, kw_only=True):
    """Requests somebody may see, newest first: their own, those that wait for them, others."""

    own: tuple[RequestView, ...]
    to_approve: tuple[RequestView, ...]
    others: tuple[RequestView, ...]


def requests_of(state: State, who: str, at: datetime) -> MyRequests:
    """Every request somebody may see, the newest 200."""
    filed = sorted(state.requests.values(), key=lambda one: one.index, reverse=True)
    seen = [view_request(state, one, who, at) for one in filed if seeing.sees_request(state, one, who, at)][:MOST_SHOWN]
    own = tuple(one for one in seen if who in {one.request.requester, *one.request.recipients})
    waiting = tuple(one for one in seen if "approve" in one.may)
    others = tuple(one for one in seen if one not in own and one not in waiting)
    return MyRequests(own=own, to_approve=waiting, others=others)


def request_of(state: State, who: str, name: str, at: datetime) -> RequestView:
    """One request.

    Raises:
        Unseen: There is none that this person may see.
    """
    filed = state.requests.get(name)
    if filed is None or not seeing.sees_request(state, filed, who, at):
        raise seeing.Unseen("A1", f"there is no request `{name}`")
    return view_request(state, filed, who, at)


def leases_of(state: State, who: str, at: datetime) -> tuple[LeaseView, ...]:
    """Every lease somebody may see, the newest 200, newest first."""
    leases = sorted(state.leases.values(), key=lambda one: one.index, reverse=True)
    seen = (one for one in leases if seeing.sees_lease(state, one, who, at))
    return tuple(_view_lease(state, one, who, at) for one, _ in zip(seen, range(MOST_SHOWN), strict=False))


def lease_of(state: State, who: str, name: str, at: datetime) -> LeaseView:
    """One lease.

    Raises:
        Unseen: There is none that this person may see.
    """
    lease = state.leases.get(name)
    if lease is None or not seeing.sees_lease(state, lease, who, at):
        raise seeing.Unseen("R1", f"there is no lease `{name}`")
    return _view_lease(state, lease, who, at)


def openings_of(state: State, who: str, at: datetime) -> tuple[OpeningView, ...]:
    """Every opening somebody may see, the newest 200, newest first."""
    openings = sorted(state.openings.values(), key=lambda one: one.at, reverse=True)
    seen = (one for one in openings if seeing.sees_opening(state, one, who, at))
    return tuple(_view_opening(state, one, who, at) for one, _ in zip(seen, range(MOST_SHOWN), strict=False))


def opening_of(state: State, who: str, name: str, at: datetime) -> OpeningView:
    """One opening.

    Raises:
        Unseen: There is none that this person may see.
    """
    opening = state.openings.get(name)
    if opening is None or not seeing.sees_opening(state, opening, who, at):
        raise seeing.Unseen("O1", f"there is no opening `{name}`")
    return _view_opening(state, opening, who, at)


@cache
def task_titles() -> dict[str, str]:
    """The root-only tasks in words, by id; `other` last."""
    from rootwarden.packs.content import root_tasks

    return {**{task.id: task.title for task in root_tasks()}, "other": "Something else, told in words"}


def view_request(state: State, filed: Filed, who: str, at: datetime) -> RequestView:
    """A request, for somebody who may see it."""
    request = filed.request
    account = state.accounts[request.account].account
    stage = state.stage_of(filed, at)
    lacking = still_missing(state, filed, at) if stage is Stage.FILED else ()
    lease = next((one.id for one in state.leases.values() if one.request.id == request.id), "")
    return RequestView(
        request=request,
        digest=filed.digest,
        stage=stage.value,
        filed_at=filed.at,
        place=filed.index,
        account_name=account.name,
        position=account.position,
        task_title=task_titles().get(request.task, request.task),
        approvals=tuple(filed.approvals),
        still_needed=tuple(Needed(group=group, could=_could(state, filed, group, at)) for group in lacking),
        opens_at=opens_at(state, filed, at),
        lease=lease,
        may=_may_with_request(state, filed, who, at),
        exports=exports_of(state, request),
    )


def exports_of(state: State, request: Request) -> tuple[str, ...]:
    """What an export of a request holds: devices, or the password."""
    if request.purpose is not Purpose.EXPORT:
        return ()
    return tuple(device or PASSWORD for device, _ in exported_records(state, request))


def _could(state: State, filed: Filed, group: str, at: datetime) -> tuple[str, ...]:
    """Who could fill a place: people of the group, or of an emergency's list, who have not agreed yet."""
    emergency = state.quorum_of(filed.request).emergency
    named = []
    for name, standing in state.people.items():
        if name in filed.approvals or not seeing.could_approve(state, filed, name, at):
            continue
        if filed.request.emergency:
            fits = name in emergency if group == "emergency" else has_any(state, name, [Role.CUSTODIAN], at)
        else:
            fits = not group or group in standing.person.groups
        named += [name] if fits else []
    return tuple(sorted(named))


def _may_with_request(state: State, filed: Filed, who: str, at: datetime) -> tuple[str, ...]:
    if state.stage_of(filed, at) is not Stage.FILED:
        return ()
    own = who in {filed.request.requester, *filed.request.recipients}
    ready = own and not still_missing(state, filed, at) and at >= opens_at(state, filed, at)
    offers = {
        "approve": seeing.could_approve(state, filed, who, at) and who not in filed.approvals,
        "deny": has_any(state, who, [Role.APPROVER], at),
        "report": True,
        "withdraw": who == filed.request.requester,
        "open": ready,
    }
    return tuple(name for name, offered in offers.items() if offered)


def _view_lease(state: State, lease: Lease, who: str, at: datetime) -> LeaseView:
    request = lease.request
    most = state.quorum_of(request).codes
    waiting = (one for one in state.openings.values() if one.reference == lease.id and not one.outcome)
    is_warm = bool(state.warm_minutes(request.account, at))
    return LeaseView(
        id=lease.id,
        request=request.id,
        purpose=request.purpose.value,
        account=request.account,
        account_name=state.accounts[request.account].account.name,
        task_title=task_titles().get(request.task, request.task),
        requester=request.requester,
        code_to=request.code_to,
        password_to=request.password_to,
        device=request.device,
        phase=lease.phase.value,
        opened=lease.opened,
        until=lease.until,
        ended=lease.ended,
        why=lease.why,
        codes_given=len(lease.steps),
        codes_left=max(0, most - len(lease.steps)) if request.code_to else 0,
        password_released=lease.password_released,
        duties=tuple(_view_duty(lease, duty) for duty in lease.duties),
        opening=next((one.id for one in waiting), ""),
        may=_may_with_lease(state, lease, who, at),
        exported=bool(lease.exported),
        ready=None if is_warm else still_opens(state, lease, SEED, at),
        exports=exports_of(state, request),
    )


def _view_duty(lease: Lease, duty: Duty) -> DutyView:
    finding = lease.findings.get(duty)
    if duty in lease.accepted:
        return DutyView(duty=duty.value, asks=DUTY_WORDS[duty], shown="accepted", why=lease.accepted[duty])
    shown, why = (finding.shown.value, finding.why) if finding else ("open", "nobody has looked yet")
    return DutyView(duty=duty.value, asks=DUTY_WORDS[duty], shown=shown, why=why)


def _may_with_lease(state: State, lease: Lease, who: str, at: datetime) -> tuple[str, ...]:
    request = lease.request
    own = who in {request.requester, *request.recipients}
    running = lease.phase is Phase.OPEN and at < lease.until
    left = still_owed(state, lease, SEED)
    is_warm = bool(state.warm_minutes(request.account, at))
    # What would be signed for in vain is not offered.
    ready = {holds: bool(still_opens(state, lease, holds, at)) for holds in opened_for(request)}
    lacks = any(
        still_owed(state, lease, holds) and not (is_warm and holds == SEED)
        for holds, is_ready in ready.items()
        if not is_ready
    )
    mine = running and who == request.requester
    revokes = own or has_any(state, who, [Role.APPROVER, Role.ADMINISTRATOR], at)
    offers = {
        "get-code": running
        and request.purpose is Purpose.VISIT
        and who == request.code_to
        and left
        and (is_warm or ready.get(SEED, False)),
        "get-password": running
        and who == request.password_to
        and still_owed(state, lease, PASSWORD)
        and ready.get(PASSWORD, False),
        "get-task-session": mine and request.purpose is Purpose.TASK_SESSION,
        "get-export": mine and request.purpose is Purpose.EXPORT and not lease.exported and any(ready.values()),
        "serve-enrolment": mine and request.purpose is Purpose.ENROLMENT,
        "ask-again": running and own and lacks,
        "give-back": lease.phase is Phase.OPEN and own,
        "revoke": lease.phase is Phase.OPEN and revokes,
        "check-in": lease.phase is Phase.DUTIES and not own and has_any(state, who, seeing.CHECKS_IN, at),
    }
    return tuple(name for name, offered in offers.items() if offered)


def _view_opening(state: State, opening: Opening, who: str, at: datetime) -> OpeningView:
    group = _group_of(state, opening)
    ends = opening.at + OPENING_LIVES
    running = not opening.outcome and at < ends
    missing = max(0, (group.threshold if group else 0) - len(opening.shares)) if running else 0
    custodians = tuple(one.person for one in group.custodians) if group else ()
    lease = state.leases.get(opening.reference)
    has_it = {lease.request.requester, *lease.request.recipients} if lease is not None else set[str]()
    could = tuple(one for one in custodians if one not in opening.shares and one not in has_it) if missing else ()
    return OpeningView(
        id=opening.id,
        group=opening.group,
        epoch=opening.epoch,
        purpose=opening.purpose,
        reference=opening.reference,
        accounts=group.accounts if group else (),
        fingerprint=opening.fingerprint,
        began=opening.at,
        ends=ends,
        gave=tuple(opening.shares),
        missing=missing,
        could_give=could,
        outcome=opening.outcome or ("" if running else "expired"),
        may=_may_with_opening(state, opening, who, at, gives=who in could),
    )


def _may_with_opening(state: State, opening: Opening, who: str, at: datetime, *, gives: bool) -> tuple[str, ...]:
    custody = state.groups.get(opening.group)
    waits = opening.purpose == REWRAP and custody is not None and custody.before is not None
    running = not opening.outcome and at < opening.at + OPENING_LIVES
    offers = {
        "give-share": gives and has_any(state, who, [Role.CUSTODIAN], at),
        "hand-in": running and bool(opening.shares),
        "ask-again": waits and has_any(state, who, [Role.ADMINISTRATOR], at),
    }
    return tuple(name for name, offered in offers.items() if offered)


def _group_of(state: State, opening: Opening) -> Group | None:
    custody = state.groups.get(opening.group)
    both = (custody, custody.before if custody else None)
    return next((one.group for one in both if one is not None and one.group.epoch == opening.epoch), None)
