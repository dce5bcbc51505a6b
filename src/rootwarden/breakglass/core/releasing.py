"""What leaves, to whom, and the check-outs that tell of it: steps R1 to R7, T1 to T3."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from rootwarden.breakglass.core.entry import CheckoutPublished
from rootwarden.breakglass.core.refusal import require
from rootwarden.breakglass.core.request import Purpose
from rootwarden.breakglass.core.requesting import vaulted
from rootwarden.breakglass.core.settings import LONGEST_TASK_SESSION
from rootwarden.breakglass.core.standing import in_good_standing
from rootwarden.breakglass.core.state import Phase

if TYPE_CHECKING:
    from rootwarden.breakglass.core.entry import (
        CodeReleased,
        EnrolmentServed,
        ExportReleased,
        PasswordReleased,
        TaskSessionReleased,
    )
    from rootwarden.breakglass.core.public_key import PublicKey
    from rootwarden.breakglass.core.state import Lease, State

    Release: TypeAlias = CodeReleased | PasswordReleased | TaskSessionReleased | ExportReleased | EnrolmentServed

# AWS's virtual devices and tokens: RFC 6238 with its default step.
PERIOD: Final = timedelta(seconds=30)
_DIGEST_LETTERS: Final = 64


def step_begins(step: int) -> datetime:
    """When a time step begins (RFC 6238, T0 = 0)."""
    return datetime.fromtimestamp(step * PERIOD.total_seconds(), UTC)


def check_code(state: State, entry: CodeReleased) -> None:
    """R1 to R7."""
    lease = open_lease(state, entry.lease, entry.at)
    request = lease.request
    require(request.purpose is Purpose.VISIT, "R1", "the lease gives no codes")
    require(entry.actor == request.code_to, "R2", "codes of this lease go to somebody else")
    record = state.accounts[request.account].records.get(entry.device)
    fit = entry.device == request.device and record is not None and record.proven
    still = entry.device in vaulted(state, request.account)
    require(fit and still, "R3", f"`{entry.device}` is not the device of this lease")
    floor, _ = state.last_steps.get((request.account, entry.device), (-1, ""))
    require(entry.step > floor, "R4", "a code of this step, or a later one, was released already")
    begins = step_begins(entry.step)
    inside = lease.opened - PERIOD < begins < lease.until
    near = begins - PERIOD <= entry.at < begins + PERIOD
    require(inside and near, "R5", "the step is outside of the lease, or not the present one or the next")
    most = state.quorum_of(request).codes
    require(len(lease.steps) < most, "R6", f"the lease has had its {most} codes", hint="file a new request")


def apply_code(state: State, entry: CodeReleased) -> None:
    """The step is spent."""
    lease = state.leases[entry.lease]
    lease.steps.append(entry.step)
    lease.first_code = lease.first_code or entry.at
    state.last_steps[lease.request.account, entry.device] = (entry.step, lease.id)


def check_password(state: State, entry: PasswordReleased) -> None:
    """R1, R2, R7, and once for a lease."""
    lease = open_lease(state, entry.lease, entry.at)
    require(lease.request.purpose is Purpose.VISIT, "R1", "the lease gives no password")
    require(entry.actor == lease.request.password_to, "R2", "the password of this lease goes to somebody else")
    require("" in state.accounts[lease.request.account].records, "R3", "the vault holds no password of this account")
    require(not lease.password_released, "R6", "the password was released already")


def apply_password(state: State, entry: PasswordReleased) -> None:
    """It leaves once."""
    lease = state.leases[entry.lease]
    lease.password_released = True
    lease.first_code = lease.first_code or entry.at


def check_task_session(state: State, entry: TaskSessionReleased) -> None:
    """R1, R2, R7, T1 to T3 (BG-17)."""
    lease = open_lease(state, entry.lease, entry.at)
    request = lease.request
    require(request.purpose is Purpose.TASK_SESSION, "T1", "the lease is for no task session")
    require(entry.actor == request.requester, "R2", "task sessions of this lease go to somebody else")
    same = (entry.task_policy, entry.role) == (request.task_policy, request.role)
    require(same, "T2", "the request names another task policy, or another role")
    longest = int(LONGEST_TASK_SESSION.total_seconds())
    require(0 < entry.seconds <= longest, "T3", f"a session lasts at most {longest} s")
    require(lease.sessions < state.quorum_of(request).codes, "R6", "the lease has had its sessions")


def apply_task_session(state: State, entry: TaskSessionReleased) -> None:
    """One more."""
    lease = state.leases[entry.lease]
    lease.sessions += 1
    lease.first_code = lease.first_code or entry.at


def check_export(state: State, entry: ExportReleased) -> None:
    """R1, R2, R7, for an approved export (BG-1)."""
    lease = open_lease(state, entry.lease, entry.at)
    require(lease.request.purpose is Purpose.EXPORT, "R1", "the lease is for no export")
    require(entry.actor == lease.request.requester, "R2", "the export goes to somebody else")
    require(not lease.exported, "R6", "the export was released already")
    require(len(entry.digest) == _DIGEST_LETTERS, "R3", "the export has no digest")


def apply_export(state: State, entry: ExportReleased) -> None:
    """It leaves once."""
    state.leases[entry.lease].exported = entry.digest


def checkout_of(state: State, lease: Lease, at: datetime) -> CheckoutPublished:
    """What is published of a lease as it stands (docs/checkouts.md)."""
    request = lease.request
    account = state.accounts[request.account].account
    serials = {device.id: device.serial for device in account.devices}
    return CheckoutPublished(
        at=at,
        actor="system",
        lease=lease.id,
        account=request.account,
        task=request.task,
        person=request.code_to or request.password_to or request.requester,
        start=lease.opened,
        until=lease.ended or lease.until,
        released_at=lease.first_code,
        mfa_device=serials.get(request.device, ""),
        emergency=request.emergency,
        drill=request.drill,
        sources=request.sources or account.sources,
    )


def check_checkout(state: State, entry: CheckoutPublished) -> None:
    """R1: it says what is."""
    lease = state.lease(entry.lease)
    require(entry == checkout_of(state, lease, entry.at), "R1", "the check-out is not what the log says of the lease")


def open_lease(state: State, name: str, at: datetime, *, step: str = "R1") -> Lease:
    """A lease that is open at an instant, whose people are neither suspended nor frozen (L5).

    Raises:
        Refused: With this step, or L5, when there is none.
    """
    lease = state.lease(name)
    require(lease.phase is Phase.OPEN, step, "the lease is not open")
    require(at < lease.until, step, "the window of the lease is over")
    for person in sorted({lease.request.requester, *lease.request.recipients}):
        require(in_good_standing(state, person), "L5", f"`{person}` is frozen or suspended")
    return lease


def check_releasing_key(state: State, entry: Release, key: PublicKey) -> None:
    """R7: what leaves is signed for with a passkey, unless the settings say otherwise."""
    wanted = state.quorum_of(state.lease(entry.lease).request).passkey_releases
    require(not wanted or key.kind == "passkey", "R7", "releases ask for a passkey")
