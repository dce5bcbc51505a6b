"""Does an account's Sign-In resource policy fence its root user?

AWS Sign-In checks these policies for root before it asks for the password, and they are the one fence that reaches
the root user of a management or standalone account (AWS Sign-In User Guide, resource-based policies; not yet seen on
real AWS by us). A policy does nothing until console authorization is switched on.

A statement is a fence when it denies root the sign-in from everywhere but what it names (or from everywhere). One
that can never match root is none; whatever else a condition may do is not evaluated and stays unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from rootwarden.facts.fact import Absent, Known, Unknown, Why
from rootwarden.facts.iam_document import Condition
from rootwarden.guardrails.root_conditions import PRINCIPAL_ARN
from rootwarden.guardrails.sign_in_network import fences_network
from rootwarden.iam.condition import compiled
from rootwarden.iam.context import Context, held
from rootwarden.iam.pattern import VARIABLES_SINCE, pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.facts.fact import Fact, Source

Statement: TypeAlias = "Mapping[str, object]"
_SIGN_IN = "signin:authenticate"
# Who signs in: `signin:PrincipalArn` is the key of `signin:Authenticate` (Service authorization reference, AWS Signin).
_WHO_SIGNS_IN = frozenset({PRINCIPAL_ARN, "signin:principalarn"})


class _Said(msgspec.Struct, frozen=True):
    """What one statement, or one part of it, comes to: `None` is undecided; a clause says why."""

    fences: bool | None
    why: str


def fences_root(
    statements: Fact[tuple[Statement, ...]], enabled: Fact[bool], *, account: str, partition: str
) -> Fact[bool]:
    """Whether a statement keeps root from signing in but from where it names, and the policy is in force.

    Args:
        statements: The policy's statements; absent when the account has no such policy.
        enabled: Whether console authorization is switched on; absent when it was never configured.
        account: Twelve digits.
        partition: `aws`, `aws-us-gov`, …

    Returns:
        Unknown, with the statement named, when one may be a fence and none is known to be.
    """
    if isinstance(statements, Unknown):
        return statements
    if isinstance(statements, Absent):
        return Known(False, statements.sources, "the account has no Sign-In resource policy")
    sources = statements.sources
    root_arn = f"arn:{partition}:iam::{account}:root"
    said = [_statement(each, number, root_arn) for number, each in enumerate(statements.value, 1)]
    fence = next((each for wanted in (True, None) for each in said if each.fences is wanted), None)
    if fence is None:
        clauses = "; ".join(each.why for each in said)
        note = "no statement of the Sign-In resource policy fences root" + (f": {clauses}" if clauses else "")
        return Known(False, sources, note)
    return _in_force(fence, sources, enabled)


def _in_force(fence: _Said, sources: tuple[Source, ...], enabled: Fact[bool]) -> Fact[bool]:
    """A statement that is or may be a fence counts only where the policy is switched on."""
    if isinstance(enabled, Absent) or (isinstance(enabled, Known) and not enabled.value):
        note = "the Sign-In resource policy has no effect: console authorization is off"
        return Known(False, enabled.sources + sources, note)
    if fence.fences is None:
        return Unknown(f"the Sign-In resource policy's {fence.why}", Why.NOT_SUPPORTED, "", sources)
    if isinstance(enabled, Unknown):
        return Unknown(enabled.reason, Why.NOT_COLLECTED, enabled.permission, enabled.sources + sources)
    return Known(True, sources + enabled.sources, fence.why)


def _statement(statement: Statement, number: int, root_arn: str) -> _Said:
    """All parts must hold: one that is known not to settles it, then one that is undecided."""
    sid = _part(statement, "sid")
    parts = (
        _effect(statement),
        _actions(statement),
        _principals(statement, root_arn),
        _resources(statement),
        *_conditions(statement, root_arn),
    )
    outcome = _Said(
        True, "denies root the sign-in" + (" but from where it allows it" if _part(statement, "condition") else "")
    )
    for wanted in (False, None):
        outcome = next((part for part in parts if part.fences is wanted), outcome)
        if outcome.fences is wanted:
            break
    return _Said(outcome.fences, f"statement `{sid if isinstance(sid, str) and sid else f'#{number}'}` {outcome.why}")


def _part(statement: Statement, name: str) -> object:
    """An element by its name: the Sign-In API writes `effect`, policy documents write `Effect`."""
    return next((value for key, value in statement.items() if key.casefold() == name), None)


def _texts(value: object) -> tuple[str, ...] | None:
    """A text or a list of texts (booleans as policies spell them); `None` for anything else."""
    listed = value if isinstance(value, list) else [value]
    texts = tuple(str(one).lower() if isinstance(one, bool) else one for one in listed if isinstance(one, (str, bool)))
    return texts if listed and len(texts) == len(listed) else None


def _effect(statement: Statement) -> _Said:
    effect = _part(statement, "effect")
    if effect == "Allow":
        return _Said(False, "denies nothing")
    return _Said(True if effect == "Deny" else None, f"has the effect `{effect}`")


def _actions(statement: Statement) -> _Said:
    actions = _texts(_part(statement, "action"))
    if actions is None or _part(statement, "notaction") is not None:
        return _Said(None, "does not list its actions, and what it denies is not evaluated")
    return _Said(any(_fits(action.lower(), _SIGN_IN) for action in actions), "does not name `signin:Authenticate`")


def _principals(statement: Statement, root_arn: str) -> _Said:
    """`*`, the account (its root ARN stands for all of it) or others; a role or user is never root."""
    principal = _part(statement, "principal")
    undecided = _Said(None, "may be about root: its principal is not evaluated")
    kinds = principal if isinstance(principal, dict) else {"AWS": principal}
    if _part(statement, "notprincipal") is not None or not kinds:
        return undecided
    named = _texts(kinds["AWS"]) if "AWS" in kinds else ()
    if {"*", root_arn, root_arn.split(":")[4]} & set(named or ()):
        return _Said(True, "")
    if named is None or any("${" in one or _fits(one, root_arn) for one in named):
        return undecided
    return _Said(False, f"is about other principals than root ({', '.join(named or tuple(map(str, kinds)))})")


def _resources(statement: Statement) -> _Said:
    resources = _texts(_part(statement, "resource"))
    every = resources is not None and any(set(resource) == {"*"} for resource in resources)
    return _Said(True if every else None, "may bar root's sign-in: its resource is not evaluated")


def _conditions(statement: Statement, root_arn: str) -> tuple[_Said, ...]:
    block = _part(statement, "condition")
    if block is None:
        return ()
    if not isinstance(block, dict) or not all(isinstance(keys, dict) for keys in block.values()):
        return (_Said(None, "has a condition that cannot be read"),)
    return tuple(
        _condition(str(operator), str(key), _texts(values), root_arn)
        for operator, keys in block.items()
        for key, values in keys.items()
    )


def _condition(operator: str, key: str, values: tuple[str, ...] | None, root_arn: str) -> _Said:
    undecided = _Said(None, f"may fence root: its condition `{operator}` on `{key}` is not evaluated")
    if values is None:
        return undecided
    if key.casefold() in _WHO_SIGNS_IN:
        root = Context(dict.fromkeys(_WHO_SIGNS_IN, held(root_arn)), complete=False)
        matches = compiled(Condition(operator, key, values), VARIABLES_SINCE).test(root).truth
        never = _Said(False, f"leaves root out: `{operator}` on `{key}` ({', '.join(values)})")
        return undecided if matches is None else _Said(True, "") if matches else never
    fences = fences_network(operator.casefold(), key.casefold(), values)
    if fences is False:
        return _Said(False, f"lets root in from every address: `{operator}` on `{key}` ({', '.join(values)})")
    return undecided if fences is None else _Said(True, "")


def _fits(wildcards: str, text: str) -> bool:
    """Whether a text fits a pattern in which a variable is only its letters."""
    return pattern(wildcards, version="").matches(text) is True
