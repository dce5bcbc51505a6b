"""The condition operators of the policy language, and how they are spelled with prefix and suffix.

Source: IAM user guide, *IAM JSON policy elements: Condition operators*.
"""

from __future__ import annotations

from difflib import get_close_matches
from enum import StrEnum
from typing import Final

import msgspec

_LONGEST: Final = 64


class Family(StrEnum):
    """What an operator compares."""

    STRING = "String"
    NUMERIC = "Numeric"
    DATE = "Date"
    BOOL = "Bool"
    BINARY = "Binary"
    IP = "IPAddress"
    ARN = "ARN"
    NULL = "Null"


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """An operator as written.

    Attributes:
        name: Without prefix and suffix.
        family: What it compares.
        negated: It holds for what the values do not match, and for a missing key.
        pattern: `*` and `?` in its values are wildcards.
        every: `ForAllValues:` stands before it.
        some: `ForAnyValue:` stands before it.
        if_exists: `IfExists` stands behind it.
    """

    name: str
    family: Family
    negated: bool = False
    pattern: bool = False
    every: bool = False
    some: bool = False
    if_exists: bool = False

    @property
    def holds_without(self) -> bool:
        """Whether it holds when the key is missing."""
        return self.if_exists or (self.negated and not self.some) or self.every


def _named(family: Family, *names: str, pattern: bool = False) -> list[Operator]:
    return [Operator(name=name, family=family, pattern=pattern, negated="Not" in name) for name in names]


_ORDER: Final = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
_OPERATORS: Final = {
    one.name.lower(): one
    for one in (
        *_named(Family.STRING, "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase"),
        *_named(Family.STRING, "StringNotEqualsIgnoreCase"),
        *_named(Family.STRING, "StringLike", "StringNotLike", pattern=True),
        *_named(Family.NUMERIC, *(f"Numeric{order}" for order in _ORDER)),
        *_named(Family.DATE, *(f"Date{order}" for order in _ORDER)),
        *_named(Family.BOOL, "Bool"),
        *_named(Family.BINARY, "BinaryEquals"),
        *_named(Family.IP, "IpAddress", "NotIpAddress"),
        *_named(Family.ARN, "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", pattern=True),
        *_named(Family.NULL, "Null"),
    )
}
_SETS: Final = {"forallvalues:": "every", "foranyvalue:": "some"}


def read_operator(text: str) -> Operator | None:
    """An operator as policies spell it, letter case aside, or nothing."""
    lowered = text.lower()
    prefix = next((one for one in _SETS if lowered.startswith(one)), "")
    name = lowered.removeprefix(prefix)
    if_exists = name.endswith("ifexists")
    found = _OPERATORS.get(name.removesuffix("ifexists"))
    if found is None or (found.family is Family.NULL and (if_exists or prefix)):
        return None
    return msgspec.structs.replace(
        found, every=prefix.startswith("forall"), some=prefix.startswith("forany"), if_exists=if_exists
    )


def nearest_operator(text: str) -> str:
    """The operator that was probably meant, or an empty text."""
    prefix, colon, name = text.rpartition(":")
    sets = get_close_matches(prefix.lower(), ["forallvalues", "foranyvalue"], n=1) if len(prefix) <= _LONGEST else []
    if len(name) > _LONGEST or (colon and not sets):
        return ""
    lowered = name.lower()
    suffix = "IfExists" if lowered.endswith("ifexists") else ""
    near = get_close_matches(lowered.removesuffix("ifexists"), _OPERATORS, n=1, cutoff=0.7)
    if not near or (near[0] == "null" and (suffix or colon)):
        return ""
    before = {"forallvalues": "ForAllValues:", "foranyvalue": "ForAnyValue:"}[sets[0]] if sets else ""
    return f"{before}{_OPERATORS[near[0]].name}{suffix}"
