"""Detections as metric filter patterns (*Filter pattern syntax for metric filters*, CloudWatch Logs user guide)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.detect.event_pattern import AnythingBut, Exact, Exists, Numeric, Text
from rootwarden.detect.export.branches import branches_of, packed
from rootwarden.detect.export.loss import Exported, Language
from rootwarden.detect.export.losses import losses
from rootwarden.detect.visits.detection import Who
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from rootwarden.detect.event_pattern import Matcher
    from rootwarden.detect.export.branches import Branch, Condition
    from rootwarden.detect.visits.detection import Detection

# What CloudWatch Logs takes, in characters.
LONGEST: Final = 1024
_TYPE, _ISSUER = "$.userIdentity.type", "$.userIdentity.sessionContext.sessionIssuer.type"
_IDENTITY: Final = {
    Who.ROOT: f'({_TYPE} = "Root" || {_ISSUER} = "Root")',
    Who.NOT_ROOT: f'({_TYPE} NOT EXISTS || {_TYPE} != "Root") && ({_ISSUER} NOT EXISTS || {_ISSUER} != "Root")',
}
_SUCCEEDED: Final = "$.errorCode NOT EXISTS"


def filter_patterns(detection: Detection) -> Exported:
    """The detection as filter patterns, one of which must match.

    Raises:
        UsageError: A setting is not declared, one alternative is too long, or the language has no word for one.
    """
    branches = branches_of(detection)
    groups = packed(branches, lambda group: len(_text(detection, group)) <= LONGEST)
    return Exported(
        detection=detection.id,
        language=Language.METRIC_FILTER,
        documents=tuple(_text(detection, group) for group in groups),
        lost=losses(detection, branches, Language.METRIC_FILTER),
    )


def _text(detection: Detection, branches: tuple[Branch, ...]) -> str:
    written = [" && ".join(_condition(one) for one in branch.conditions) for branch in branches]
    parts = [written[0] if len(written) == 1 else "(" + " || ".join(f"({one})" for one in written) + ")"]
    if detection.who in _IDENTITY:
        parts.append(_IDENTITY[detection.who])
    if not detection.failed:
        parts.append(_SUCCEEDED)
    return "{ " + " && ".join(parts) + " }"


def _condition(condition: Condition) -> str:
    # The only lists that shipped patterns look into are called `items`; others are named as a loss.
    selector = "$" + "".join(f".{name}" for name in condition.path).replace(".items.", ".items[*].")
    written = [part for one in condition.alternatives for part in _matcher(one, selector)]
    return written[0] if len(written) == 1 else "(" + " || ".join(written) + ")"


def _matcher(one: Matcher, selector: str) -> list[str]:
    if isinstance(one, Exists):
        return [f"{selector} EXISTS" if one.wanted else f"{selector} NOT EXISTS"]
    if isinstance(one, AnythingBut):
        # What `!=` says of a field that is missing is not documented, so it is asked for.
        excluded = [f"{selector} != {operand}" for inner in one.alternatives for operand in _operands(inner)]
        return ["(" + " && ".join([f"{selector} EXISTS", *excluded]) + ")"]
    if isinstance(one, Numeric):
        parts = [f"{selector} {operator} {limit:g}" for operator, limit in one.comparisons]
        return [parts[0] if len(parts) == 1 else "(" + " && ".join(parts) + ")"]
    if isinstance(one, Exact) and (one.value is None or isinstance(one.value, bool)):
        return [f"{selector} IS {'NULL' if one.value is None else str(one.value).upper()}"]
    return [f"{selector} = {operand}" for operand in _operands(one)]


def _operands(one: Matcher) -> list[str]:
    if isinstance(one, Exact) and isinstance(one.value, str) and "*" not in one.value:
        return [_quoted(one.value)]
    if isinstance(one, Exact) and isinstance(one.value, (int, float)):
        return [f"{one.value:g}"]
    if isinstance(one, Text) and not any("*" in part for part in one.wildcard.parts):
        text = "*".join(one.wildcard.parts)
        spelled = dict.fromkeys((text, text.upper(), text.title())) if one.ignore_case else (text,)
        return [_quoted(each) for each in spelled]
    raise UsageError(
        f"a metric filter has no words for `{type(one).__name__}`", hint="export to sigma or eventbridge instead"
    )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
