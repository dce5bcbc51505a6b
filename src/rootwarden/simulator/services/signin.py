"""AWS Sign-In: the account's resource policy, which can fence root's sign-in, and whether it is in force."""

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


def get_console_authorization_configuration(call: Call) -> dict[str, Any]:
    """Whether the policy is in force; refused (simulator only) when never configured, and for another account."""
    account = call.account
    if call.text("targetId") not in {"", account.account_id}:
        raise call.denied("signin:GetConsoleAuthorizationConfiguration")
    if account.console_authorization is None:
        raise Refusal("ResourceNotFoundException", "Console authorization was never configured.", 404)
    return {
        "targetId": account.account_id,
        "scope": "ACCOUNT",
        "consoleAuthorizationEnabled": account.console_authorization,
    }


OPERATIONS: dict[str, Handler] = {
    "GetResourcePolicy": get_resource_policy,
    "GetConsoleAuthorizationConfiguration": get_console_authorization_configuration,
}
