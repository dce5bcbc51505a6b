"""Who may see what: section 7 of docs/break-glass-protocol.md, its row `read log and pages`.

Nothing here lets anybody act; `core.step` decides that. What may not be seen is told apart from nothing at all by
nobody: both are the same refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.core.people import Role
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.requesting import involved
from rootwarden.breakglass.core.standing import has_any, in_good_standing
from rootwarden.breakglass.core.state import Phase

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.breakglass.core.state import Filed, Lease, Opening, State


class Unseen(Refused):
    """There is nothing of that name, or nothing this person may see; nobody is told which."""


EVERYTHING: Final = (Role.AUDITOR, Role.ADMINISTRATOR)
CHECKS_IN: Final = (Role.APPROVER, Role.CUSTODIAN, Role.AUDITOR, Role.ADMINISTRATOR)


def sees_everything(state: State, who: str, at: datetime) -> bool:
    """Whether somebody reads the whole log: auditors, administrators; of neither a code or a password."""
    return has_any(state, who, EVERYTHING, at)


def could_approve(state: State, filed: Filed, who: str, at: datetime) -> bool:
    """Whether a request is one somebody is asked about (A2, A3); custodians stand in for emergencies."""
    if who in involved(state, filed.request) or not in_good_standing(state, who):
        return False
    stands_in = filed.request.emergency and has_any(state, who, [Role.CUSTODIAN], at)
    return stands_in or has_any(state, who, [Role.APPROVER], at)


def sees_request(state: State, filed: Filed, who: str, at: datetime) -> bool:
    """Whether somebody may see a request: their own, one they approve, or every one."""
    if sees_everything(state, who, at):
        return True
    own = who in {filed.request.requester, *filed.request.recipients}
    return own or who in filed.approvals or could_approve(state, filed, who, at)


def sees_lease(state: State, lease: Lease, who: str, at: datetime) -> bool:
    """Whether somebody may see a lease: their own, one they may revoke, one they may check in, or every one."""
    if who in {lease.request.requester, *lease.request.recipients} or sees_everything(state, who, at):
        return True
    asked = CHECKS_IN if lease.phase is Phase.DUTIES else (Role.APPROVER,)
    return has_any(state, who, asked, at)


def sees_opening(state: State, opening: Opening, who: str, at: datetime) -> bool:
    """Whether somebody may see an opening: its custodians, who waits for it, auditors and administrators."""
    custody = state.groups.get(opening.group)
    groups = [one.group for one in (custody, custody.before if custody else None) if one is not None]
    named = any(custodian.person == who for group in groups for custodian in group.custodians)
    lease = state.leases.get(opening.reference)
    waits = lease is not None and who in {lease.request.requester, *lease.request.recipients}
    return named or waits or sees_everything(state, who, at)
