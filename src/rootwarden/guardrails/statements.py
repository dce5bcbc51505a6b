"""Wildcards in the values of conditions, and conditions on `aws:PrincipalArn` asked of one root user.

Decided exactly (IAM user guide, *Condition operators*), or undecided.
"""

from __future__ import annotations

from typing import Final

PRINCIPAL_ARN: Final = "aws:principalarn"
_ARN_PARTS: Final = 6


def fits(pattern: str, text: str) -> bool:
    """True when `text` fits `pattern`, where `*` is any run of characters and `?` any one; letter case counts."""
    at = star = mark = 0
    starred = False
    position = 0
    while position < len(text):
        if at < len(pattern) and pattern[at] == "*":
            starred, star, mark = True, at, position
            at += 1
        elif at < len(pattern) and pattern[at] in {"?", text[position]}:
            at, position = at + 1, position + 1
        elif starred:
            at, mark = star + 1, mark + 1
            position = mark
        else:
            return False
    return set(pattern[at:]) <= {"*"}


def matches_principal(operator: str, values: tuple[str, ...], root_arn: str) -> bool | None:
    """Whether a condition on `aws:PrincipalArn` holds for root; `operator` in lower case, `None` is undecided."""
    operator = operator.removesuffix("ifexists")  # the key is in every request
    negated = {
        "stringnotequals": "stringequals",
        "stringnotlike": "stringlike",
        "arnnotequals": "arnequals",
        "arnnotlike": "arnlike",
    }
    if not values:
        return None  # AWS does not say what a list of no values compares with
    answers = [_one_principal(negated.get(operator, operator), value, root_arn) for value in values]
    matched = True if True in answers else None if None in answers else False
    return None if matched is None else matched is not (operator in negated)


def _one_principal(operator: str, value: str, root_arn: str) -> bool | None:
    if "${" in value:
        return None
    if operator == "stringequals":
        return value == root_arn
    if operator == "stringlike":
        return fits(value, root_arn)
    if operator in {"arnlike", "arnequals"}:
        parts = value.split(":", _ARN_PARTS - 1)
        if len(parts) != _ARN_PARTS:
            return None
        return all(fits(part, own) for part, own in zip(parts, root_arn.split(":", _ARN_PARTS - 1), strict=True))
    return None
