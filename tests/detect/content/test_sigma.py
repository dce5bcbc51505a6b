"""Exported Sigma rules, read and run by pySigma's own parser: they say what the detection says, or name the loss."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.detect.content.test_exports import DETECTIONS, EVENTS, excused

from rootwarden.detect.export.sigma import sigma_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.detect.filter_pattern import Value
    from rootwarden.detect.visits.detection import Detection
    from rootwarden.detect.visits.event import Event

sigma_rules = pytest.importorskip("sigma.rule", reason="pySigma is not installed")
conditions = pytest.importorskip("sigma.conditions")
types = pytest.importorskip("sigma.types")


def flat(value: Value, path: str = "") -> Iterator[tuple[str, Value]]:
    """Every value of a record with its dotted field, as SIEMs store it: lists fall apart, null is not there."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from flat(one, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for one in value:
            yield from flat(one, path)
    elif value is not None:
        yield path, value


def fits(wanted: Any, values: list[Value]) -> bool:
    if isinstance(wanted, types.SigmaExists):
        return bool(values) is bool(wanted.exists)
    if isinstance(wanted, types.SigmaString):
        parts = [re.escape(part) if isinstance(part, str) else ".*" for part in wanted.s]
        return any(isinstance(one, str) and re.fullmatch("".join(parts), one, re.IGNORECASE) for one in values)
    if isinstance(wanted, types.SigmaBool):
        return any(one is wanted.boolean for one in values)
    assert isinstance(wanted, types.SigmaCompareExpression), wanted
    assert wanted.op is types.SigmaCompareExpression.CompareOperators.GTE
    return any(isinstance(one, (int, float)) and one >= float(str(wanted.number)) for one in values)


def holds(node: Any, fields: dict[str, list[Value]]) -> bool:
    if isinstance(node, conditions.ConditionFieldEqualsValueExpression):
        return fits(node.value, fields.get(node.field, []))
    answers = [holds(one, fields) for one in node.args]
    if isinstance(node, conditions.ConditionNOT):
        return not answers[0]
    return all(answers) if isinstance(node, conditions.ConditionAND) else any(answers)


def fields_of(event: Event) -> dict[str, list[Value]]:
    found: dict[str, list[Value]] = {}
    for name, value in flat(event.document):
        found.setdefault(name, []).append(value)
    return found


FIELDS = [fields_of(event) for event in EVENTS]


@pytest.mark.parametrize("detection", DETECTIONS, ids=lambda one: one.id)
def test_sigma_rules_mean_the_same(detection: Detection) -> None:
    exported = sigma_rule(detection)
    rule = sigma_rules.SigmaRule.from_yaml(exported.documents[0])
    assert rule.errors == []
    assert rule.title == detection.title
    condition = rule.detection.parsed_condition[0].parsed
    differing = [
        event
        for event, fields in zip(EVENTS, FIELDS, strict=True)
        if holds(condition, fields) is not detection.means(event) and not excused(event, exported.lost)
    ]
    assert [event.document for event in differing] == []
