"""Conditions that say more or less than they seem to, because of what holds when a key is missing.

Source: IAM user guide, *Condition operators* (IfExists, negated operators) and *Single-valued and multivalued context
keys*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.iam.lint.codes import Code
from rootwarden.iam.lint.finding import quoted
from rootwarden.iam.lint.operators import Family

if TYPE_CHECKING:
    from rootwarden.iam.lint.context import Context
    from rootwarden.iam.lint.statement import Test, View

_MFA: Final = "aws:multifactorauthpresent"


def check_traps(view: View, context: Context) -> None:
    """Note conditions that hold, or do not hold, when a key is missing and probably should not, or should."""
    needed = view.needed
    for test in view.tests:
        if view.effect == "Allow" and test.name not in needed:
            _allowed_without(test, context)
        elif view.effect == "Deny" and test.name == _MFA:
            _denied_without(test, context)


def _allowed_without(test: Test, context: Context) -> None:
    if test.operator.family is Family.NULL:
        return
    name, operator = quoted(test.key.text), test.operator
    if operator.every:
        said = f"`ForAllValues` holds when {name} is missing, so a request without it is allowed"
        hint = f'add `"Null": {{"{test.key.text[:60]}": "false"}}`'
        context.found.add(Code.FOR_ALL_VALUES, test.key.place, said, hint)
        return
    key = context.knowledge.global_key(test.key.text[:256])
    if key is None or not key.guards or not operator.holds_without:
        return
    if operator.if_exists:
        said = f"`IfExists` holds when {name} is missing, so a request without it is allowed"
        context.found.add(Code.IF_EXISTS_ALLOWED, test.key.place, said, f"write `{operator.name}`")
    else:
        said = f"`{operator.name}` holds when {name} is missing, so a request without it is allowed"
        hint = f"say in `{operator.name.replace('Not', '', 1)}` what is allowed"
        context.found.add(Code.NEGATED_ALLOWED, test.key.place, said, hint)


def _denied_without(test: Test, context: Context) -> None:
    """A deny for want of MFA that misses access keys, which have no such key at all."""
    wants = [value.text.lower() for value in test.values]
    if test.operator.family is Family.BOOL and not test.operator.if_exists and wants == ["false"]:
        said = "requests with long-term access keys do not have `aws:MultiFactorAuthPresent`, so they are not denied"
        context.found.add(Code.MFA_BOOL, test.key.place, said, "write `BoolIfExists`")
