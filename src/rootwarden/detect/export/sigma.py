"""Detections as Sigma rules (Sigma specification, version 2: rules format and modifiers)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID, uuid5

from rootwarden.detect.event_pattern import AnythingBut, Exact, Exists, Network, Numeric, Text
from rootwarden.detect.export.branches import branches_of
from rootwarden.detect.export.loss import Exported, Language
from rootwarden.detect.export.losses import losses
from rootwarden.detect.export.yaml_text import as_yaml
from rootwarden.detect.visits.detection import Who
from rootwarden.detect.visits.incident import Severity
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.detect.event_pattern import Matcher
    from rootwarden.detect.export.branches import Branch, Condition
    from rootwarden.detect.export.yaml_text import Node
    from rootwarden.detect.visits.detection import Detection

_NAMESPACE: Final = UUID("6f1c4c1e-52a5-4c0e-9a35-6f0c8f3d6b10")
_LEVELS: Final = {Severity.PAGE: "high", Severity.NOTIFY: "medium", Severity.RECORD: "low"}
_ROOT: Final[Node] = [
    {"userIdentity.type": "Root"},
    {"userIdentity.sessionContext.sessionIssuer.type": "Root"},
]
_FAILED: Final[Node] = {"errorCode|exists": True}
_COMPARED: Final = {"=": "", "<": "|lt", "<=": "|lte", ">": "|gt", ">=": "|gte"}


def sigma_rule(detection: Detection) -> Exported:
    """The detection as one Sigma rule, in YAML.

    Raises:
        UsageError: A setting is not declared.
    """
    branches = branches_of(detection)
    lost = losses(detection, branches, Language.SIGMA)
    rule: dict[str, Node] = {
        "title": detection.title,
        "id": str(uuid5(_NAMESPACE, detection.id)),
        "status": "experimental",
        "description": f"{detection.reason[:1].upper()}{detection.reason[1:]}. Misses: {detection.misses}",
        "references": list(detection.references),
        "author": "Rootwarden",
        "tags": [f"attack.{technique.lower()}" for technique in detection.attack],
        "logsource": {"product": "aws", "service": "cloudtrail"},
        "detection": _detection(detection, branches),
        "falsepositives": [detection.false_positives],
        "level": _LEVELS[detection.severity],
    }
    written = as_yaml({name: value for name, value in rule.items() if value != []})
    comments = "".join(f"# lost: {loss}\n" for loss in lost)
    return Exported(detection=detection.id, language=Language.SIGMA, documents=(comments + written,), lost=lost)


def _detection(detection: Detection, branches: tuple[Branch, ...]) -> dict[str, Node]:
    selections: dict[str, Node] = {}
    alternatives: list[str] = []
    for number, branch in enumerate(branches, 1):
        name = f"call_{number}" if len(branches) > 1 else "call"
        parts = list(_selections(branch, name))
        selections |= {part.name: part.node for part in parts}
        alternatives.append(" and ".join(f"not {part.name}" if part.excluded else part.name for part in parts))
    either = " or ".join(f"({one})" for one in alternatives)
    condition = alternatives[0] if len(alternatives) == 1 else f"({either})"
    if detection.who is not Who.ANYONE:
        selections["root"] = _ROOT
        condition += " and root" if detection.who is Who.ROOT else " and not root"
    if not detection.failed:
        selections["failed"] = _FAILED
        condition += " and not failed"
    return {**selections, "condition": condition}


class _Selection(NamedTuple):
    """A named part of the rule, and whether it must not match."""

    name: str
    node: Node
    excluded: bool = False


def _selections(branch: Branch, name: str) -> Iterator[_Selection]:
    """One map for all conditions a map can say, and one list of maps for each other one."""
    together: dict[str, Node] = {}
    apart: list[_Selection] = []
    for condition in branch.conditions:
        path, own = ".".join(condition.path), f"{name}_{condition.path[-1]}"
        excluded = [one for one in condition.alternatives if isinstance(one, AnythingBut)]
        if excluded:
            apart.append(_Selection(own, {path: _excluded(condition, excluded[0])}, excluded=True))
            if len(condition.alternatives) == 1:
                together[f"{path}|exists"] = True
            continue
        maps = list(_maps(condition, path))
        if len(maps) == 1:
            together |= maps[0]
        else:
            apart.append(_Selection(own, [dict(one) for one in maps]))
    if together:
        yield _Selection(name, together)
    yield from apart


def _excluded(condition: Condition, one: AnythingBut) -> Node:
    """What a field must not be; a field that is missing is let through."""
    if any(other is not one and other != Exists(wanted=False) for other in condition.alternatives):
        raise UsageError(f"Sigma has no words for the alternatives of `{'.'.join(condition.path)}`")
    values: list[Node] = [value for inner in one.alternatives for _, value in _written(inner)]
    return values[0] if len(values) == 1 else values


def _maps(condition: Condition, path: str) -> Iterator[dict[str, Node]]:
    """The alternatives of a field, those of one modifier together."""
    kinds: dict[str, list[Node]] = {}
    for one in condition.alternatives:
        if isinstance(one, Numeric):
            yield {f"{path}{_COMPARED[operator]}": limit for operator, limit in one.comparisons}
        else:
            for modifier, value in _written(one):
                kinds.setdefault(modifier, []).append(value)
    for modifier, values in kinds.items():
        yield {f"{path}{modifier}": values[0] if len(values) == 1 else values}


def _written(one: Matcher) -> Iterator[tuple[str, Node]]:
    """Modifier and value."""
    if isinstance(one, Exists):
        yield "|exists", one.wanted
    elif isinstance(one, Network):
        yield "|cidr", str(one.network)
    elif isinstance(one, Exact):
        yield "", _plain(one.value) if isinstance(one.value, str) else one.value
    elif isinstance(one, Text):
        yield "", "*".join(_plain(part) for part in one.wildcard.parts)


def _plain(text: str) -> str:
    """A text without wildcards of Sigma."""
    return text.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")
