"""What the organization denies some of its accounts, and which accounts trust each other; by number of the account.

Of every twenty accounts one is in the sandbox, where an SCP denies some actions; of every forty one is in quarantine,
where one denies everything. Every fourth account is trusted by the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.simulator import parts
from rootwarden.simulator.policy_text import deny, document
from rootwarden.simulator.world import Policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.simulator.world import Organization

DENIED: Final = ("iam:CreateAccessKey", "iam:CreatePolicyVersion", "iam:AttachUserPolicy", "lambda:CreateFunction")
_SANDBOX, _SANDBOXES = 3, 20
_QUARANTINE, _QUARANTINES = 7, 40
_NEIGHBOURS = 4


def put_up(organization: Organization, ids: Sequence[str]) -> None:
    """Attach the SCPs, and let the organization manage root of its members."""
    organization.features = {"RootCredentialsManagement", "RootSessions"}
    some = Policy(policy_id="p-fakesandbox0", name="SandboxLimits", document=document(deny(*DENIED)))
    everything = Policy(policy_id="p-fakequarantine", name="Quarantine", document=document(deny("*")))
    parts.attach(organization, parts.SANDBOX_UNIT, some)
    for number, account_id in enumerate(ids):
        if is_quarantined(number):
            parts.attach(organization, account_id, everything)


def denied(number: int) -> frozenset[str]:
    """Actions an SCP denies in the n-th account; quarantine aside, which denies all."""
    return frozenset(DENIED) if number % _SANDBOXES == _SANDBOX else frozenset()


def is_quarantined(number: int) -> bool:
    """Whether an SCP denies the n-th account everything."""
    return number % _QUARANTINES == _QUARANTINE


def neighbour(number: int, ids: Sequence[str]) -> str:
    """The account whose role `shared-deploy` trusts the n-th one, or an empty text."""
    return ids[number + 1] if number % _NEIGHBOURS == 0 and number + 1 < len(ids) else ""


def trusted_by(number: int, ids: Sequence[str]) -> str:
    """The account that `shared-deploy` of the n-th one trusts, or an empty text."""
    return ids[number - 1] if number % _NEIGHBOURS == 1 else ""
