"""How far one account is asked: three trails, four topics, four event rules. What lies beyond stays unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from rootwarden.detect.way import NeedKind
from rootwarden.facts.fact import Known, Unknown, Why

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.detect.way import Need
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.monitoring import Monitoring

T = TypeVar("T")
TRAILS_ASKED = 3
TOPICS_ASKED = 4
RULES_ASKED = 4
_GROUPS = {
    NeedKind.STATUS: ("trails", TRAILS_ASKED),
    NeedKind.SELECTORS: ("trails", TRAILS_ASKED),
    NeedKind.SUBSCRIPTIONS: ("topics", TOPICS_ASKED),
    NeedKind.TARGETS: ("rules", RULES_ASKED),
}
IN_WORDS = f"more than {TRAILS_ASKED} trails, {TOPICS_ASKED} topics or {RULES_ASKED} event rules would have to be asked"


def within_limits(account: Monitoring, needs: Iterable[Need]) -> tuple[Need, ...]:
    """The needs that may still be asked, counting what was asked already."""
    asked: dict[str, set[str]] = {
        "trails": {
            trail.arn
            for region in account.regions
            if isinstance(region.trails, Known)
            for trail in region.trails.value
            if _was_asked(trail.status) or _was_asked(trail.selectors)
        },
        "topics": {
            topic.arn for region in account.regions for topic in region.topics if _was_asked(topic.subscriptions)
        },
        "rules": {
            f"{region.region}/{rule.name}"
            for region in account.regions
            if isinstance(region.event_rules, Known)
            for rule in region.event_rules.value
            if _was_asked(rule.targets)
        },
    }
    return tuple(need for need in needs if _may_ask(need, asked))


def _may_ask(need: Need, asked: dict[str, set[str]]) -> bool:
    if need.kind not in _GROUPS:
        return True
    group, limit = _GROUPS[need.kind]
    name = need.arn or f"{need.region}/{need.name}"
    if name not in asked[group] and len(asked[group]) >= limit:
        return False
    asked[group].add(name)
    return True


def _was_asked(fact: Fact[T]) -> bool:
    return not (isinstance(fact, Unknown) and fact.why is Why.NOT_COLLECTED)
