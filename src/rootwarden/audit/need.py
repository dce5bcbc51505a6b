"""Does this account need root credentials at all? The first question (SEC01-BP02, implementation step 3).

A management or standalone account does: nothing else can repair it. A member account does not: the few tasks that
need root can be done with central root sessions, so its credentials are best removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.audit.result import Need
from rootwarden.facts.fact import Known, Unknown
from rootwarden.facts.organization import Position

if TYPE_CHECKING:
    from rootwarden.facts.account import Account

_REQUIRED = {
    Position.MANAGEMENT: "the management account keeps its root user: no one else can repair it, and no SCP binds it",
    Position.STANDALONE: "a standalone account keeps its root user: no organization can repair it",
}


def credential_need(account: Account) -> tuple[Need, str]:
    """Whether an account needs root credentials, and why."""
    if not account.has_root_user:
        return Need.NOT_NEEDED, "the China partition has no root user"
    if not isinstance(account.position, Known):
        return Need.UNKNOWN, "whether it is a member of an organization is not known"
    required = _REQUIRED.get(account.position.value)
    if required:
        return Need.REQUIRED, required
    present = account.root.credentials_present
    if isinstance(present, Known) and not present.value:
        return Need.REMOVED, "a member account without root credentials: nothing to guard, nothing to lose"
    return Need.NOT_NEEDED, f"a member account needs no root credentials: {_removal(account)}"


def _removal(account: Account) -> str:
    """How to be rid of them."""
    if isinstance(account.root.credentials_present, Unknown):
        return "whether it has any could not be read"
    central = account.root_credentials_management
    if not isinstance(central, Known):
        return "whether they can be removed centrally is not known"
    return "remove them centrally" if central.value else "switch central management on, then remove them"
