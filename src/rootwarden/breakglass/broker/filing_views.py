"""What somebody needs to know to file a request: which accounts there are, and whether they need root at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.breakglass.broker import seeing
from rootwarden.breakglass.broker.views import task_titles
from rootwarden.breakglass.core.people import Role
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.settings import Need
from rootwarden.breakglass.core.standing import counts_as, has_any

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.breakglass.core.state import Guarded, State


class TaskView(msgspec.Struct, frozen=True, kw_only=True):
    """A root-only task, and how a member account gets by without root's own credentials, if it does."""

    id: str
    title: str
    task_policy: str
    avoidable: bool


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """An account somebody may ask for.

    Attributes:
        id: Twelve digits.
        name: What people call it.
        position: `management`, `standalone` or `member`.
        needs_root: Whether it needs root credentials, or a waiver says it may be opened all the same.
        devices: MFA devices that give codes.
        enrollable: MFA devices whose seed may be brought.
        has_password: Whether the vault holds its root password.
        task_roles: Roles task sessions start from.
        window_minutes: The longest window.
        codes: The most codes of a lease.
        separate_recipients: Whether code and password go to different people.
        slots: Who must agree: group and number; the empty group is any approver.
        emergency: Whether the reader may take the emergency path.
        owing: Leases whose duties are open.
        cold: Whether custodians are asked each time.
    """

    id: str
    name: str
    position: str
    needs_root: bool
    devices: tuple[str, ...]
    enrollable: tuple[str, ...]
    has_password: bool
    task_roles: tuple[str, ...]
    window_minutes: int
    codes: int
    separate_recipients: bool
    slots: tuple[tuple[str, int], ...]
    emergency: bool
    owing: tuple[str, ...]
    cold: bool


class Filing(msgspec.Struct, frozen=True, kw_only=True):
    """What a request can name: accounts, tasks, and who may receive something."""

    accounts: tuple[AccountView, ...]
    tasks: tuple[TaskView, ...]
    recipients: tuple[str, ...]


def filing_of(state: State, who: str, at: datetime) -> Filing:
    """What somebody can name in a request.

    Raises:
        Refused: They are no requester, nor auditor or administrator.
    """
    if not (has_any(state, who, [Role.REQUESTER], at) or seeing.sees_everything(state, who, at)):
        raise Refused("F1", "requesters file requests")
    recipients = (name for name, one in state.people.items() if counts_as(one, Role.REQUESTER, at) and not one.frozen)
    accounts = (_view(state, guarded, who, at) for _, guarded in sorted(state.accounts.items()))
    return Filing(accounts=tuple(accounts), tasks=tasks(), recipients=tuple(sorted(recipients)))


def tasks() -> tuple[TaskView, ...]:
    """The root-only tasks, `other` last."""
    from rootwarden.packs.content import root_tasks

    policies = {task.id: task.task_policy for task in root_tasks()}
    return tuple(
        TaskView(id=name, title=title, task_policy=policies.get(name, ""), avoidable=bool(policies.get(name)))
        for name, title in task_titles().items()
    )


def _view(state: State, guarded: Guarded, who: str, at: datetime) -> AccountView:
    account = guarded.account
    quorum = state.settings.quorums[account.quorum]
    waived = f"member:{account.id}" in state.waived(at)
    return AccountView(
        id=account.id,
        name=account.name,
        position=account.position,
        needs_root=account.need is Need.REQUIRED or waived,
        devices=tuple(name for name, record in guarded.records.items() if name and record.proven),
        enrollable=tuple(device.id for device in account.devices if device.kind == "totp"),
        has_password="" in guarded.records,
        task_roles=account.task_roles,
        window_minutes=quorum.window_minutes,
        codes=quorum.codes,
        separate_recipients=quorum.separate_recipients,
        slots=tuple((slot.group, slot.count) for slot in quorum.slots),
        emergency=who in quorum.emergency,
        owing=tuple(one.id for one in state.owing(account.id)),
        cold=account.warm_minutes == 0,
    )
