"""Does one root event drive an alarm into ALARM, and does it leave it again?

Follows *Using Amazon CloudWatch alarms* (evaluation, missing data) and the fact that a filter's metric has a value only
in periods with a match, or its default value in periods with other logs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.errors import PatternError
from rootwarden.detect.filter_parser import read_filter_pattern
from rootwarden.detect.filter_pattern import Presence
from rootwarden.detect.truth import Truth

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.detect.filter_pattern import Event, Value
    from rootwarden.facts.monitoring import Alarm, Transformation

_BREACHES: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}
_COUNTING = frozenset({"Sum", "Maximum", "SampleCount"})
_DILUTED = frozenset({"Average", "Minimum"})


class Firing(msgspec.Struct, frozen=True):
    """Whether one event is enough, and if not (or if that cannot be said), why: a clause after the alarm's name."""

    fires: Truth
    why: str = ""


def fires_on_one(alarm: Alarm, transformation: Transformation, event: Event) -> Firing:
    """Whether `event`, matched once by the filter of `transformation`, makes `alarm` notify.

    Args:
        alarm: An alarm that watches the transformation's metric.
        transformation: What the filter writes.
        event: The matched record, for values and dimensions taken from it.
    """
    breaches = _BREACHES.get(alarm.comparison)
    if alarm.computed or breaches is None or alarm.threshold is None:
        return Firing(None, "watches an expression, an anomaly band or no threshold, which is not evaluated")
    series = _same_series(alarm, transformation, event)
    return series if series.fires is not True else _fires(alarm, transformation, event, breaches, alarm.threshold)


def _fires(
    alarm: Alarm,
    transformation: Transformation,
    event: Event,
    breaches: Callable[[float, float], bool],
    threshold: float,
) -> Firing:
    value = _datapoint(alarm, transformation, event)
    if value is None:
        return Firing(None, f"takes {alarm.statistic or 'a statistic'} of a value that is not a fixed number")
    if not breaches(value, threshold):
        return Firing(False, f"does not fire on one event: {_condition(alarm)}, and one event gives {value:g}")
    if _always(alarm, transformation, breaches, threshold):
        return Firing(False, f"is in ALARM without any event ({_condition(alarm)}), so an event changes nothing")
    return _periods(alarm, transformation)


def _same_series(alarm: Alarm, transformation: Transformation, event: Event) -> Firing:
    """A metric with dimensions is another metric than the one without, or with other values."""
    written: list[tuple[str, str]] = []
    for name, selector in transformation.dimensions:
        values = selected(selector, event)
        if values is None:
            return Firing(None, f"watches the dimension `{name}`, whose selector cannot be read")
        if len(values) != 1 or not isinstance(values[0], str):
            return Firing(None, f"watches the dimension `{name}`, which the event may lack")
        written.append((name, values[0]))
    if tuple(sorted(written)) != alarm.dimensions:
        return Firing(False, "watches the metric with other dimensions than the filter writes")
    return Firing(True)


def selected(selector: str, event: Event) -> list[Value] | None:
    """The values a selector such as `$.eventName` leads to, or `None` when it is no selector."""
    try:
        condition = read_filter_pattern(f"{{ {selector} EXISTS }}").condition
    except PatternError:
        return None
    return condition.selector.values(event) if isinstance(condition, Presence) else None


def _datapoint(alarm: Alarm, transformation: Transformation, event: Event) -> float | None:
    """The statistic over a period with one match; `None` when it cannot be told."""
    if alarm.statistic == "SampleCount":
        return None if transformation.default is not None else 1.0
    if alarm.statistic in _DILUTED and transformation.default is not None:
        return None
    if alarm.statistic not in _COUNTING | _DILUTED:
        return None
    text = transformation.value
    if text.startswith("$"):
        values = selected(text, event) or []
        number = values[0] if len(values) == 1 else None
        return float(number) if isinstance(number, (int, float)) and not isinstance(number, bool) else None
    try:
        return float(text)
    except ValueError:
        return None


def _always(
    alarm: Alarm, transformation: Transformation, breaches: Callable[[float, float], bool], threshold: float
) -> bool:
    """True when quiet periods breach as well: by the default value, or by missing data that counts as breaching."""
    if alarm.treat_missing == "breaching":
        return transformation.default is None or breaches(transformation.default, threshold)
    return transformation.default is not None and breaches(transformation.default, threshold)


def _periods(alarm: Alarm, transformation: Transformation) -> Firing:
    needed = alarm.datapoints_to_alarm
    if needed is None:
        return Firing(None, "does not say how many periods must breach")
    if needed <= 1:
        return Firing(True)
    if alarm.treat_missing == "notBreaching" or transformation.default is not None:
        return Firing(False, f"does not fire on one event: {needed} periods must breach")
    return Firing(None, f"needs {needed} breaching periods, and what missing ones do depends on the moment")


def _condition(alarm: Alarm) -> str:
    words = {
        "GreaterThanOrEqualToThreshold": "≥",
        "GreaterThanThreshold": ">",
        "LessThanThreshold": "<",
        "LessThanOrEqualToThreshold": "≤",
    }
    return f"{alarm.statistic} {words.get(alarm.comparison, alarm.comparison)} {alarm.threshold:g}"
