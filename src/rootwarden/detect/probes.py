"""Which values a pattern tells apart: every field it names, with each value it compares the field with.

Paths are those of the CloudTrail record; an event pattern's `detail` and `source` are put back into it. Values of stars
are the shortest text that fits. For fields that take many values another one is added, which no list will hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.event_pattern import AnythingBut, Exact, Exists, Fields, Text
from rootwarden.detect.filter_pattern import Both, Either, Presence, Regex
from rootwarden.detect.narrowing import ROOT_USAGE
from rootwarden.detect.wildcard import Wildcard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.detect.event_pattern import EventPattern, Field, Matcher
    from rootwarden.detect.filter_pattern import Comparison, Condition, FilterPattern
    from rootwarden.detect.narrowing import Narrowing

_MANY_VALUED = {
    "eventName": "PutBucketPolicy",
    "eventSource": "s3.amazonaws.com",
    "awsRegion": "sa-east-1",
    "sourceIPAddress": "198.51.100.77",
    "userAgent": "another agent",
}
# What a regular expression is tried on when its own letters do not fit it.
_TRIED = (
    "CreateAccessKey", "DeleteTrail", "StopLogging", "UpdateLoginProfile", "AttachUserPolicy", "PutBucketPolicy",
    "RunInstances", "GetObject", "ListUsers", "DescribeInstances", "kms.amazonaws.com", "s3.amazonaws.com",
    "eu-central-1", "ap-southeast-2", "us-west-2", "1.2.3.4", "10.0.0.1", "192.168.0.1", "203.0.113.9", "AccessDenied",
)  # fmt: skip


class Probe(msgspec.Struct, frozen=True):
    """A value to put into a field, or (`in_text`) anywhere into the text of an event."""

    path: tuple[str, ...]
    value: str
    exists: bool = False
    in_text: bool = False

    @property
    def words(self) -> str:
        """`where $.eventName is CreateAccessKey`"""
        if self.in_text:
            return f"that contain {self.value}"
        return f"where $.{'.'.join(self.path)} {'exists' if self.exists else f'is {self.value}'}"


def filter_probes(pattern: FilterPattern) -> Iterator[Probe]:
    """What a metric filter's pattern tells apart; paths with stars or positions are left out."""
    if pattern.condition is not None:
        yield from _of_condition(pattern.condition)
    for term in pattern.excluded:
        value = _of_regex(term.sought) if isinstance(term.sought, Regex) else term.sought
        if value:
            yield Probe((), value, in_text=True)


def not_probed(pattern: FilterPattern, narrowing: Narrowing = ROOT_USAGE) -> str:
    """A regular expression whose matches a filter leaves out, and that we know no text for; else an empty text."""
    terms = [term.sought for term in pattern.excluded if isinstance(term.sought, Regex)]
    conditions = [] if pattern.condition is None else [pattern.condition]
    while conditions:
        one = conditions.pop()
        if isinstance(one, (Both, Either)):
            conditions.extend(one.conditions)
        elif not isinstance(one, Presence) and one.operator == "!=" and isinstance(one.operand, Regex):
            path = tuple(str(step) for step in one.selector.steps)
            terms.extend(() if narrowing.leaves_alone(path) or path == ("eventType",) else (one.operand,))
    return next((regex.source for regex in terms if not _of_regex(regex)), "")


def rule_probes(pattern: EventPattern) -> Iterator[Probe]:
    """What an event rule's pattern tells apart. A rule sees its own region only, so regions are left out."""
    for path, matcher in _leaves(pattern.fields, ()):
        record = path[1:] if path[0] == "detail" else ("eventSource",) if path == ("source",) else ()
        if not record or record == ("awsRegion",):
            continue
        yield from _another(record)
        for value, exists in _of_matcher(matcher):
            service = path == ("source",) and value.startswith("aws.")
            yield Probe(record, f"{value.removeprefix('aws.')}.amazonaws.com" if service else value, exists)


def _of_condition(condition: Condition) -> Iterator[Probe]:
    if isinstance(condition, (Both, Either)):
        for each in condition.conditions:
            yield from _of_condition(each)
        return
    path = tuple(step for step in condition.selector.steps if isinstance(step, str))
    if len(path) != len(condition.selector.steps):
        return
    yield from _another(path)
    if isinstance(condition, Presence):
        if condition.test == "NOT EXISTS":
            yield Probe(path, "something", exists=True)
        return
    value = _of_comparison(condition)
    if value:
        yield Probe(path, value)


def _of_comparison(condition: Comparison) -> str:
    if isinstance(condition.operand, Wildcard):
        return "".join(condition.operand.parts)
    if isinstance(condition.operand, Regex):
        return _of_regex(condition.operand)
    return condition.spelled if condition.operator in {"=", "!="} else ""


def _of_regex(regex: Regex) -> str:
    """A text the expression is found in, or an empty one when we know none."""
    letters = regex.source.strip("^$").replace("\\", "").split("|")
    return next((text for text in (*letters, *_TRIED) if text and regex.found_in(text)), "")


def _another(path: tuple[str, ...]) -> Iterator[Probe]:
    if len(path) == 1 and path[0] in _MANY_VALUED:
        yield Probe(path, _MANY_VALUED[path[0]])


def _leaves(fields: Fields, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Matcher]]:
    for branch in fields.branches:
        yield from _leaves(branch, above)
    for name, part in fields.fields:
        path = (*above, name)
        yield from _leaves(part, path) if isinstance(part, Fields) else _alternatives(part, path)


def _alternatives(field: Field, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Matcher]]:
    for matcher in field.alternatives:
        yield path, matcher


def _of_matcher(matcher: Matcher) -> Iterator[tuple[str, bool]]:
    """(value, whether it stands for any value)"""
    if isinstance(matcher, AnythingBut):
        for inner in matcher.alternatives:
            yield from _of_matcher(inner)
    elif isinstance(matcher, Exact) and isinstance(matcher.value, str):
        yield matcher.value, False
    elif isinstance(matcher, Text):
        yield "".join(matcher.wildcard.parts), False
    elif isinstance(matcher, Exists) and not matcher.wanted:
        yield "something", True
