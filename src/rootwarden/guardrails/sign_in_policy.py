"""Does an account's Sign-In resource policy fence its root user?

AWS Sign-In checks these policies for root before it asks for the password, and they are the one fence that reaches
the root user of a management or standalone account (AWS Sign-In User Guide, resource-based policies; not yet seen on
real AWS by us). A policy does nothing until console authorization is switched on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from rootwarden.facts.fact import Absent, Known, Unknown, Why

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.facts.fact import Fact

Statement: TypeAlias = "Mapping[str, object]"
_SIGN_IN_ACTIONS = ("signin:authenticate", "signin:*", "*")


def fences_root(statements: Fact[tuple[Statement, ...]], enabled: Fact[bool]) -> Fact[bool]:
    """Whether a statement denies root sign-in from somewhere, and the policy is in force.

    Args:
        statements: The policy's statements; absent when the account has no such policy.
        enabled: Whether console authorization is switched on; absent when it was never configured.
    """
    if isinstance(statements, Unknown):
        return statements
    if isinstance(statements, Absent):
        return Known(False, statements.sources, "the account has no Sign-In resource policy")
    if not any(_denies_sign_in(each) and not _excludes_root(each) for each in statements.value):
        return Known(False, statements.sources, "no statement of the Sign-In resource policy denies root")
    if isinstance(enabled, Unknown):
        return Unknown(enabled.reason, Why.NOT_COLLECTED, enabled.permission, enabled.sources + statements.sources)
    if isinstance(enabled, Absent) or not enabled.value:
        note = "the Sign-In resource policy has no effect: console authorization is off"
        return Known(False, enabled.sources + statements.sources, note)
    return Known(True, statements.sources + enabled.sources)


def _denies_sign_in(statement: Statement) -> bool:
    effect = statement.get("effect") or statement.get("Effect")
    actions = statement.get("action") or statement.get("Action")
    names = [actions] if isinstance(actions, str) else actions if isinstance(actions, list) else []
    return effect == "Deny" and any(isinstance(name, str) and name.casefold() in _SIGN_IN_ACTIONS for name in names)


def _excludes_root(statement: Statement) -> bool:
    """True when a condition on the principal's ARN names a root user: the statement's `excludedPrincipal`."""
    condition = statement.get("condition") or statement.get("Condition")
    if not isinstance(condition, dict):
        return False
    for operator, keys in condition.items():
        if not isinstance(keys, dict) or "not" not in str(operator).casefold():
            continue
        for key, values in keys.items():
            listed = [values] if isinstance(values, str) else values if isinstance(values, list) else []
            if str(key).casefold() == "aws:principalarn" and any(str(value).endswith(":root") for value in listed):
                return True
    return False
