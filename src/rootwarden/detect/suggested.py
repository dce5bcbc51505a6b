"""The search's samples, and beside them the events that the patterns on the ways suggest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.errors import PatternError
from rootwarden.detect.event_pattern import read_event_pattern
from rootwarden.detect.event_rule_ways import envelopes
from rootwarden.detect.filter_parser import read_filter_pattern
from rootwarden.detect.probes import filter_probes, rule_probes
from rootwarden.detect.variants import variants
from rootwarden.facts.fact import Known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.detect.probes import Probe
    from rootwarden.detect.way import Scene
    from rootwarden.facts.monitoring import EventRule, MetricFilter


def with_variants(scene: Scene) -> Scene:
    """The scene with every variant that a pattern which may catch some sample suggests."""
    suggested = variants(scene.events, _probes(scene))
    return msgspec.structs.replace(scene, events=(*scene.events, *suggested)) if suggested else scene


def _probes(scene: Scene) -> Iterator[Probe]:
    for region in (region for place in scene.places for region in place.regions):
        for one in region.metric_filters.value if isinstance(region.metric_filters, Known) else ():
            yield from _of_filter(scene, one)
    rules = scene.account.region(scene.account.home_region).event_rules
    for rule in rules.value if isinstance(rules, Known) else ():
        yield from _of_rule(scene, rule)


def _of_filter(scene: Scene, metric_filter: MetricFilter) -> tuple[Probe, ...]:
    try:
        pattern = read_filter_pattern(metric_filter.pattern)
        events = (scene.events[at] for at in scene.required())
        catches = any(pattern.matches(event.event, event.text) is not False for event in events)
        return tuple(filter_probes(pattern)) if catches else ()
    except PatternError:
        return ()


def _of_rule(scene: Scene, rule: EventRule) -> tuple[Probe, ...]:
    if not rule.pattern or rule.state == "DISABLED":
        return ()
    try:
        pattern = read_event_pattern(rule.pattern)
    except PatternError:
        return ()
    home = scene.account.home_region
    each = (envelope for at in scene.required() for envelope in envelopes(scene.events[at], home))
    return tuple(rule_probes(pattern)) if any(pattern.matches(one) is not False for one in each) else ()
