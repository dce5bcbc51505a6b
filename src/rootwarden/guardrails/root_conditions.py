"""Does the root user of any account meet a condition?

Of root three keys are known (IAM user guide, *AWS global condition context keys*): `aws:PrincipalArn` is the ARN of the
account's root user, `aws:PrincipalType` is `Account`, and `aws:AssumedRoot` is not there, for it exists only in
sessions of `sts:AssumeRoot`, which are another matter. Every other key is undecided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from rootwarden.facts.fact import Unknown, Why
from rootwarden.guardrails.clauses import Doubt
from rootwarden.guardrails.globs import Glob, glob, literal
from rootwarden.iam.pattern import pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Truth: TypeAlias = bool | None
PARTITIONS = ("aws", "aws-us-gov", "aws-cn")
PRINCIPAL_ARN = "aws:principalarn"
_PRINCIPAL_TYPE = "aws:principaltype"
_ASSUMED_ROOT = "aws:assumedroot"
_ROOT_TYPE = "Account"
_ARN_PARTS = 6
_MOST_PARTITIONS = 8
_NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
}
_POSITIVE = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "bool", "arnlike", "arnequals"})


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One operator with one key.

    Attributes:
        operator: `StringLike`, as written.
        key: `aws:PrincipalArn`, as written.
        values: One of them is enough (none of them, for a negated operator).
        place: Where it stands in the statement, `Conditions[0]`.
    """

    operator: str
    key: str
    values: tuple[str | Unknown, ...]
    place: str

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """What to say when it decides and cannot be decided."""
        unread = tuple(
            Doubt(f"{self.place}.Value[{index}]", value)
            for index, value in enumerate(self.values)
            if isinstance(value, Unknown)
        )
        reason = f"the condition `{self.operator}` on `{self.key}` decides"
        return unread or (Doubt(self.place, Unknown(reason, Why.NOT_SUPPORTED)),)


class RootTest(msgspec.Struct, frozen=True, kw_only=True):
    """A condition, made ready to be asked of root.

    Attributes:
        patterns: What the root user's ARN is compared with; empty when the answer does not depend on it.
        negated: None of them may match.
        certain: Without a match it is known not to match: no value is unread.
        truth: The answer, where no pattern decides.
    """

    patterns: tuple[Glob, ...] = ()
    negated: bool = False
    certain: bool = True
    truth: Truth = None

    def holds(self, matched: int) -> Truth:
        """Whether root meets it when exactly the patterns at these bits match its ARN."""
        if not self.patterns:
            return self.truth
        if matched:
            return not self.negated
        return self.negated if self.certain else None


def root_arns(partition: str) -> Glob:
    """The ARNs of all root users of one partition."""
    return glob(f"arn:{partition}:iam::{'?' * 12}:root", parts=_ARN_PARTS - 1)


def root_test(condition: Condition) -> RootTest:
    """What a condition asks of root."""
    key, operator = condition.key.lower(), condition.operator.lower()
    if key == _ASSUMED_ROOT:
        return RootTest(truth=_missing(operator, condition.values))
    # For a key with one value that is always there the prefixes and the suffix change nothing.
    operator = operator.removeprefix("forallvalues:").removeprefix("foranyvalue:").removesuffix("ifexists")
    if key == PRINCIPAL_ARN and operator != "null":
        return _arn_test(operator, condition.values)
    if key == _PRINCIPAL_TYPE and operator != "null":
        return RootTest(truth=_type_test(operator, condition.values))
    if key in {PRINCIPAL_ARN, _PRINCIPAL_TYPE}:
        return RootTest(truth=_null(condition.values, missing=False))
    return RootTest()


def named_partitions(conditions: Iterable[Condition]) -> tuple[str, ...]:
    """The partitions that conditions on `aws:PrincipalArn` name; the commercial one where they name none."""
    values = (value for one in conditions if one.key.lower() == PRINCIPAL_ARN for value in one.values)
    parts = [(*value.split(":", 2), "")[1] for value in values if isinstance(value, str)]
    named: dict[str, None] = {}
    for part in parts:
        if not {"*", "?"} & set(part):
            named[part] = None
        elif set(part) != {"*"}:
            named.update(dict.fromkeys(PARTITIONS))
    return tuple(named)[:_MOST_PARTITIONS] or PARTITIONS[:1]


def mistakes(condition: Condition) -> str:
    """A clause about a condition that never does what it seems to, or an empty text."""
    operator, texts = condition.operator.lower(), [value for value in condition.values if isinstance(value, str)]
    starred = next((text for text in texts if {"*", "?"} & set(text)), "")
    if condition.key.lower() == PRINCIPAL_ARN and operator.startswith("stringequals") and starred:
        return f"`{condition.operator}` takes `{starred}` for a text: its wildcard never matches"
    if condition.key.lower() == _PRINCIPAL_TYPE and "Root" in texts:
        return f"`{condition.key}` is never `Root`: for root it is `{_ROOT_TYPE}`"
    return ""


def _arn_test(operator: str, values: Sequence[str | Unknown]) -> RootTest:
    positive = _NEGATED.get(operator, operator)
    patterns = [_arn_pattern(positive, value) for value in values if isinstance(value, str)]
    read = [pattern for pattern in patterns if pattern is not None]
    if positive not in _POSITIVE - {"bool"} or not read:
        return RootTest()
    return RootTest(patterns=tuple(read), negated=operator in _NEGATED, certain=len(read) == len(values))


def _arn_pattern(operator: str, value: str) -> Glob | None:
    if "${" in value:
        return None
    if operator in {"stringequals", "stringequalsignorecase"}:
        # The root user's ARN is all lower case, whatever the case of the value it is compared with.
        return literal(value if operator == "stringequals" else value.lower())
    if operator == "stringlike":
        return glob(value)
    return glob(value, parts=_ARN_PARTS - 1) if value.count(":") >= _ARN_PARTS - 1 else None


def _type_test(operator: str, values: Sequence[str | Unknown]) -> Truth:
    tests: dict[str, Callable[[str], bool]] = {
        "stringequals": lambda value: value == _ROOT_TYPE,
        "stringequalsignorecase": lambda value: value.lower() == _ROOT_TYPE.lower(),
        "stringlike": lambda value: pattern(value, version="").matches(_ROOT_TYPE) is True,
    }
    test = tests.get(_NEGATED.get(operator, operator))
    if test is None or not values:
        return None
    answers = [None if isinstance(value, Unknown) or "${" in value else test(value) for value in values]
    matched = True if True in answers else None if None in answers else False
    return None if matched is None else matched is not (operator in _NEGATED)


def _missing(operator: str, values: Sequence[str | Unknown]) -> Truth:
    """A condition on a key that is not there (IAM user guide, *Condition operators*)."""
    if operator == "null":
        return _null(values, missing=True)
    if operator.startswith("forallvalues:") or operator.endswith("ifexists"):
        return True
    if operator in _NEGATED:
        return True
    return False if operator.startswith("foranyvalue:") or operator in _POSITIVE else None


def _null(values: Sequence[str | Unknown], *, missing: bool) -> Truth:
    """`Null`: with `true` the key must be missing, with `false` it must be there."""
    answers = [{"true": missing, "false": not missing}.get(str(value).lower()) for value in values]
    if True in answers:
        return True
    return None if None in answers or not answers else False
