"""When a lease opens and when it ends: steps L1 to L6."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.core.duty import ALWAYS, Duty
from rootwarden.breakglass.core.people import Role
from rootwarden.breakglass.core.quorum import missing
from rootwarden.breakglass.core.refusal import require
from rootwarden.breakglass.core.request import Purpose
from rootwarden.breakglass.core.requesting import involved
from rootwarden.breakglass.core.standing import has_any, in_good_standing
from rootwarden.breakglass.core.state import Lease, Phase, Stage

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.breakglass.core.entry import LeaseEnded, LeaseOpened
    from rootwarden.breakglass.core.request import Request
    from rootwarden.breakglass.core.state import Filed, State

RECOVERY_POLICY: Final = "IAMCreateRootUserPassword"
RETURNED, REVOKED, WINDOW = "returned", "revoked", "window"


def still_missing(state: State, filed: Filed, at: datetime) -> tuple[str, ...]:
    """Who has still to agree, as groups of approvers; nothing when the quorum is met (L1, L6).

    Approvals of people who were suspended or frozen since, or whose role is gone, do not count (BG-3). An emergency
    nobody but its own people was told of needs a custodian, who is another person than the one of the emergency list.
    """
    quorum = state.quorum_of(filed.request)
    agreed = _agreed(state, filed)
    approvers = {
        who: frozenset(state.people[who].person.groups) for who in agreed if has_any(state, who, [Role.APPROVER], at)
    }
    if not filed.request.emergency:
        return missing(quorum.slots, approvers)
    listed = [who for who in approvers if who in quorum.emergency]
    if _told_at(state, filed) is not None:
        return () if listed else ("emergency",)
    if _custodian_stands_in(state, filed, at):
        return ()
    return (*(() if listed else ("emergency",)), "custodian")


def opens_at(state: State, filed: Filed, at: datetime) -> datetime:
    """The instant before which no lease opens: the window, and the veto of an emergency (L6).

    The veto runs from when the first of the others was told: a notice that comes late takes nothing of it away. Where a
    custodian stands in for the notice, it runs from the filing; so it does while nobody was told, for it can be no
    shorter.
    """
    if not filed.request.emergency:
        return filed.request.start
    veto = timedelta(minutes=state.quorum_of(filed.request).veto_minutes)
    told = None if _custodian_stands_in(state, filed, at) else _told_at(state, filed)
    return max(filed.request.start, (told or filed.at) + veto)


def check_opened(state: State, entry: LeaseOpened) -> None:
    """L1 to L6."""
    filed = state.request(entry.request)
    request = filed.request
    stage = state.stage_of(filed, entry.at)
    require(stage is Stage.FILED, "L2", f"the request is {stage}", hint="file a new one")
    require(entry.actor in {request.requester, *request.recipients}, "G6", "a lease is opened by who asked or receives")
    lacking = still_missing(state, filed, entry.at)
    step = "L6" if request.emergency else "L1"
    named = ", ".join(group or "an approver" for group in lacking)
    require(not lacking, step, f"still needed: {named}")
    early = "L6" if entry.at >= request.start else "L2"
    require(entry.at >= opens_at(state, filed, entry.at), early, "it is before the window, or within the veto")
    require(entry.lease not in state.leases and bool(entry.lease), "L3", f"there is a lease `{entry.lease}` already")
    require(entry.until == request.until, "L2", "a lease ends with its window")
    require(entry.fence == state.size, "L3", "the log moved on since the lease was prepared", hint="try again")
    require(state.open_lease(request.account) is None, "L3", "another lease on the account is open")
    owing = state.owing(request.account)
    require(not owing or request.overrides_duties, "L4", f"duties of the lease `{_first(owing)}` are open")
    for name in sorted({request.requester, *request.recipients}):
        require(in_good_standing(state, name), "L5", f"`{name}` is frozen or suspended")


def apply_opened(state: State, entry: LeaseOpened) -> None:
    """The recipients may begin."""
    filed = state.requests[entry.request]
    state.over(filed, Stage.SERVED)
    state.leases[entry.lease] = Lease(
        id=entry.lease,
        request=filed.request,
        index=state.size,
        opened=entry.at,
        until=entry.until,
        duties=duties_of(filed.request),
    )
    state.open_leases[filed.request.account] = entry.lease


def duties_of(request: Request) -> tuple[Duty, ...]:
    """What must be shown after a lease, before its account is opened again (BG-9)."""
    if request.purpose in (Purpose.EXPORT, Purpose.ENROLMENT):
        return (Duty.REPORT,)
    if request.purpose is Purpose.TASK_SESSION:
        recovery = request.task_policy.casefold() == RECOVERY_POLICY.casefold()
        removed = (Duty.PASSWORD_REMOVED,) if recovery else ()
        return (*removed, Duty.REPORT)
    rotated = (Duty.PASSWORD_ROTATED,) if request.password_to else ()
    return (*ALWAYS[:-1], *rotated, Duty.REPORT)


def check_ended(state: State, entry: LeaseEnded) -> None:
    """R1: an open lease ends by its time, by giving it back, or by being revoked."""
    lease = state.lease(entry.lease)
    require(lease.phase is Phase.OPEN, "R1", "the lease is not open")
    own = entry.actor in {lease.request.requester, *lease.request.recipients}
    if entry.why == WINDOW:
        require(entry.actor == "system" and entry.at >= lease.until, "R1", "the window is not over")
    elif entry.why == RETURNED:
        require(own, "G6", "a lease is given back by who has it")
    else:
        require(entry.why == REVOKED, "R1", f"`{entry.why}` is no way for a lease to end")
        may = own or has_any(state, entry.actor, [Role.APPROVER, Role.ADMINISTRATOR], entry.at)
        require(may, "G6", f"`{entry.actor}` may not revoke this lease")


def apply_ended(state: State, entry: LeaseEnded) -> None:
    """Duties begin."""
    state.end(state.leases[entry.lease], entry.at, entry.why)


def _agreed(state: State, filed: Filed) -> list[str]:
    """Whose approval counts; who enrolled a seed since is out as well (A2)."""
    out = involved(state, filed.request)
    return [who for who in filed.approvals if who not in out and in_good_standing(state, who)]


def _told_at(state: State, filed: Filed) -> datetime | None:
    """When the first human who has nothing of the request was told of it."""
    out = involved(state, filed.request)
    return min((at for who, at in filed.told.items() if at is not None and who not in out), default=None)


def _custodian_stands_in(state: State, filed: Filed, at: datetime) -> bool:
    """Whether a custodian agreed, beside another human of the emergency list who did."""
    agreed, emergency = _agreed(state, filed), state.quorum_of(filed.request).emergency
    listed = [who for who in agreed if who in emergency and has_any(state, who, [Role.APPROVER], at)]
    custodians = [who for who in agreed if has_any(state, who, [Role.CUSTODIAN], at)]
    return any(one != other for one in listed for other in custodians)


def _first(owing: tuple[Lease, ...]) -> str:
    return owing[0].id if owing else ""
