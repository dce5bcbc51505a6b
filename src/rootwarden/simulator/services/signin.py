"""AWS Sign-In: the account's resource policy, which can fence root's sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rootwarden.simulator.refusal import Refusal

if TYPE_CHECKING:
    from rootwarden.simulator.call import Call, Handler


def get_resource_policy(call: Call) -> dict[str, Any]:
    """The policy, or a refusal when the account has none (which of the two is simulator only)."""
    statements = call.account.sign_in_policy
    if not statements:
        raise Refusal("ResourceNotFoundException", "The account has no sign-in resource policy.", 404)
    described = [
        {
            "effect": statement.effect,
            "principal": statement.principal,
            "action": statement.action,
            "resource": statement.resource,
            "condition": statement.condition,
        }
        for statement in statements
    ]
    return {"signinResourceBasedPolicy": {"version": "2012-10-17", "statement": described}}


OPERATIONS: dict[str, Handler] = {"GetResourcePolicy": get_resource_policy}
