"""Detections as event patterns of EventBridge (*Comparison operators for use in event patterns*, its user guide)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.event_pattern import AnythingBut, Exact, Exists, Network, Numeric
from rootwarden.detect.export.branches import alternatives_of, branches_of, packed
from rootwarden.detect.export.loss import Exported, Language
from rootwarden.detect.export.losses import losses
from rootwarden.detect.filter_pattern import Value
from rootwarden.detect.visits.detection import Who

if TYPE_CHECKING:
    from rootwarden.detect.event_pattern import EventPattern, Matcher, Text
    from rootwarden.detect.export.branches import Branch
    from rootwarden.detect.visits.detection import Detection

# The default quota of a rule's pattern, in characters.
LONGEST: Final = 2048
# Templates in use have the first spelling of a sign-in, the reference page the second.
DETAIL_TYPES: Final = (
    "AWS API Call via CloudTrail",
    "AWS Console Sign In via CloudTrail",
    "AWS Console Signin via CloudTrail",
)
_ROOT: Final[dict[str, Value]] = {"equals-ignore-case": "root"}
_NOT_ROOT: Final[list[Value]] = [{"anything-but": {"equals-ignore-case": "root"}}, {"exists": False}]


def event_patterns(detection: Detection) -> Exported:
    """The detection as event patterns for rules on the default bus, one of which must match.

    Raises:
        UsageError: A setting is not declared, or one alternative is too long for a rule.
    """
    branches = branches_of(detection)
    groups = packed(branches, lambda group: len(_text(detection, group)) <= LONGEST)
    return Exported(
        detection=detection.id,
        language=Language.EVENT_BRIDGE,
        documents=tuple(_text(detection, group) for group in groups),
        lost=losses(detection, branches, Language.EVENT_BRIDGE),
    )


def _text(detection: Detection, branches: tuple[Branch, ...]) -> str:
    detail: dict[str, Value] = _identity(detection.who)
    if not detection.failed:
        detail["errorCode"] = [{"exists": False}]
    if len(branches) == 1:
        _laid_over(detail, _written(branches[0]))
    else:
        detail["$or"] = [_written(branch) for branch in branches]
    return msgspec.json.encode({"detail-type": DETAIL_TYPES, "detail": detail}).decode()


def written(pattern: EventPattern) -> dict[str, Value]:
    """A pattern as JSON has it, its alternatives side by side under `$or`."""
    branches = [_written(branch) for branch in alternatives_of(pattern)]
    return branches[0] if len(branches) == 1 else {"$or": list[Value](branches)}


def _identity(who: Who) -> dict[str, Value]:
    if who is Who.ANYONE:
        return {}
    if who is Who.ROOT:
        return {"userIdentity": {"$or": [{"type": [_ROOT]}, {"sessionContext": {"sessionIssuer": {"type": [_ROOT]}}}]}}
    return {"userIdentity": {"type": _NOT_ROOT, "sessionContext": {"sessionIssuer": {"type": _NOT_ROOT}}}}


def _written(branch: Branch) -> dict[str, Value]:
    written: dict[str, Value] = {}
    for condition in branch.conditions:
        value: Value = [_matcher(one) for one in condition.alternatives]
        for name in reversed(condition.path):
            value = {name: value}
        if isinstance(value, dict):
            _laid_over(written, value)
    return written


def _laid_over(below: dict[str, Value], top: dict[str, Value]) -> None:
    for name, value in top.items():
        there = below.get(name)
        if isinstance(there, dict) and isinstance(value, dict):
            _laid_over(there, value)
        else:
            below[name] = value


def _matcher(one: Matcher) -> Value:
    if isinstance(one, Exact):
        return one.value
    if isinstance(one, Exists):
        return {"exists": one.wanted}
    if isinstance(one, Numeric):
        return {"numeric": [part for comparison in one.comparisons for part in comparison]}
    if isinstance(one, Network):
        return {"cidr": str(one.network)}
    if isinstance(one, AnythingBut):
        return {"anything-but": _excluded(one)}
    return _text_matcher(one)


def _excluded(one: AnythingBut) -> Value:
    """Values, or one operator with its operands: alternatives of `anything-but` are all of one kind."""
    written = [_matcher(inner) for inner in one.alternatives]
    operators = [inner for inner in written if isinstance(inner, dict)]
    if not operators:
        return written
    ((operator, _),) = operators[0].items()
    operands: list[Value] = [next(iter(inner.values())) for inner in operators]
    return {operator: operands[0] if len(operands) == 1 else operands}


def _text_matcher(one: Text) -> Value:
    parts = one.wildcard.parts
    if len(parts) == 1:
        return {"equals-ignore-case": parts[0]} if one.ignore_case else {"wildcard": _escaped(parts[0])}
    if parts[0] and parts[1:] == ("",):
        return {"prefix": {"equals-ignore-case": parts[0]} if one.ignore_case else parts[0]}
    if parts[1] and parts[:1] == ("",) and len(parts) == len(("", "suffix")):
        return {"suffix": {"equals-ignore-case": parts[1]} if one.ignore_case else parts[1]}
    return {"wildcard": "*".join(_escaped(part) for part in parts)}


def _escaped(part: str) -> str:
    return part.replace("\\", "\\\\").replace("*", "\\*")
