"""What others do that brings them closer to root: its e-mail address, its contacts, the fences around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.detect.visits.incident import ConcernKind
from rootwarden.simulator.trail.organization import ELSEWHERE, MANAGEMENT
from rootwarden.simulator.trail.record import CLI, role_identity

if TYPE_CHECKING:
    from rootwarden.detect.filter_pattern import Event as Record
    from rootwarden.simulator.trail.stage import Stage

_HIDDEN: Final = "HIDDEN_DUE_TO_SECURITY_REASONS"


def _does(stage: Stage, minute: float, call: str, request: Record | None, *, account: str = "", error: str = "") -> str:
    where = account or stage.account
    who = role_identity(where, "Administrator", stage.stranger, stage.key(), stage.at(minutes=-20))
    return stage.other(
        stage.at(minutes=minute),
        call,
        who,
        account=where,
        request=request,
        read_only=False,
        address=stage.address(ELSEWHERE),
        agent=CLI,
        error=error,
    )


def primary_email(stage: Stage) -> None:
    """The management account changes a member's root e-mail address."""
    start: Record = {"accountId": stage.account, "primaryEmail": _HIDDEN}
    made = [
        _does(stage, 0, "account:StartPrimaryEmailUpdate", start, account=MANAGEMENT),
        _does(stage, 9, "account:AcceptPrimaryEmailUpdate", {**start, "otp": _HIDDEN}, account=MANAGEMENT),
    ]
    stage.concern(ConcernKind.TOWARD_ROOT, "root's e-mail address is being changed", *made)


def contacts(stage: Stage) -> None:
    """Somebody changes the contacts of an account, its phone number among them."""
    made = [
        _does(stage, 0, "account:PutContactInformation", {"contactInformation": {"phoneNumber": "+15550100"}}),
        _does(
            stage,
            4,
            "account:PutAlternateContact",
            {"alternateContactType": "SECURITY", "emailAddress": "e@example.com"},
        ),
        _does(stage, 5, "account:DeleteAlternateContact", {"alternateContactType": "BILLING"}),
    ]
    stage.concern(ConcernKind.TOWARD_ROOT, "somebody changes contacts", *made)


def central_root(stage: Stage) -> None:
    """Central root access of the organization is switched."""
    names = ("EnableOrganizationsRootSessions", "DisableOrganizationsRootCredentialsManagement")
    made = [_does(stage, 3 * number, f"iam:{name}", None, account=MANAGEMENT) for number, name in enumerate(names)]
    stage.concern(ConcernKind.TOWARD_ROOT, "central root access is switched", *made, account=MANAGEMENT)


def guardrails(stage: Stage) -> None:
    """The policies that fence root are taken away; one attempt is refused."""
    policy: Record = {"policyId": "p-fakefake", "targetId": stage.account}
    made = [
        _does(stage, 0, "organizations:DetachPolicy", policy, account=MANAGEMENT),
        _does(
            stage, 2, "organizations:DisablePolicyType", {"policyType": "SERVICE_CONTROL_POLICY"}, account=MANAGEMENT
        ),
    ]
    stage.concern(ConcernKind.TOWARD_ROOT, "the fences around root are taken away", *made, account=MANAGEMENT)
