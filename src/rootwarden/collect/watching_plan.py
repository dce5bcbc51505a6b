"""Which calls tell of trails, log groups, alarms and topics themselves, for rules that read those.

Asked of the home region, where every multi-region and organization trail shows, and of the regions of the log groups
those trails deliver to. A trail of one other region alone is not looked for. At most five trails (AWS allows no more in
a region) and eight topics are asked about; what lies beyond stays unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.aws.calls import Call
from rootwarden.collect.answers import file_name
from rootwarden.collect.monitoring import monitoring_facts
from rootwarden.facts.fact import Known, Unknown, Why

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from rootwarden.collect.answers import Answers
    from rootwarden.facts.monitoring import Monitoring, RegionMonitoring, Trail

TRAILS: Final = "cloudtrail:DescribeTrails"
STATUS: Final = "cloudtrail:GetTrailStatus"
SELECTORS: Final = "cloudtrail:GetEventSelectors"
GROUPS: Final = "logs:DescribeLogGroups"
FILTERS: Final = "logs:DescribeMetricFilters"
ALARMS: Final = "cloudwatch:DescribeAlarms"
SUBSCRIPTIONS: Final = "sns:ListSubscriptionsByTopic"
_FROM_TRAILS: Final = frozenset({TRAILS, STATUS, SELECTORS, GROUPS, FILTERS})
_FROM_ALARMS: Final = frozenset({ALARMS, SUBSCRIPTIONS})
MOST_TRAILS: Final = 5
MOST_TOPICS: Final = 8


def first_watching_calls(home: str, watched: AbstractSet[str]) -> tuple[Call, ...]:
    """What is asked before anything is known."""
    calls = [_describe_trails(home)] if watched & _FROM_TRAILS else []
    return (*calls, *([_describe_alarms(home)] if watched & _FROM_ALARMS else []))


def watching_calls(answers: Answers, home: str, watched: AbstractSet[str]) -> tuple[Call, ...]:
    """The calls to make next; call again with their answers until nothing is returned.

    Args:
        answers: What was answered so far.
        home: Home region of the partition.
        watched: `fed_by` names of what the rules read.
    """
    facts = monitoring_facts(answers, home)
    calls = (*first_watching_calls(home, watched), *_about_trails(facts, watched), *_about_alarms(facts, watched))
    wanted = {call.file: call for call in calls}
    return tuple(call for file, call in wanted.items() if _unasked(answers, file))


def _unasked(answers: Answers, file: str) -> bool:
    fact = answers.answer(file)
    return isinstance(fact, Unknown) and fact.why is Why.NOT_COLLECTED


def _about_trails(facts: Monitoring, watched: AbstractSet[str]) -> Iterator[Call]:
    """Status and selectors of the account's own trails, and the log groups here that any trail delivers to."""
    for trail in _trails(facts)[:MOST_TRAILS]:
        if trail.account == facts.account:
            name = file_name(trail.name)
            if STATUS in watched:
                yield _call(STATUS, trail.home_region, f"trail-status/{name}.json", Name=trail.arn)
            if SELECTORS in watched:
                yield _call(SELECTORS, trail.home_region, f"event-selectors/{name}.json", TrailName=trail.arn)
        group = trail.log_group.value if isinstance(trail.log_group, Known) else None
        if group is None or group.account != facts.account:
            continue
        if GROUPS in watched:
            file = f"log-groups/{file_name(group.name)}.json"
            yield _call(GROUPS, group.region, file, logGroupNamePrefix=group.name)
        if FILTERS in watched:
            yield _call(FILTERS, group.region, "metric-filters.json")
        if watched & _FROM_ALARMS:
            yield _describe_alarms(group.region)


def _trails(facts: Monitoring) -> list[Trail]:
    """Every trail once, those that see every region first."""
    listed = [each for region in facts.regions if isinstance(region.trails, Known) for each in region.trails.value]
    by_arn = {each.arn: each for each in listed}
    return sorted(by_arn.values(), key=lambda each: (each.multi_region != Known(True), each.arn))


def _about_alarms(facts: Monitoring, watched: AbstractSet[str]) -> Iterator[Call]:
    """Subscriptions of the topics alarms send to; those of alarms on a trail's filters first."""
    if SUBSCRIPTIONS not in watched:
        return
    arns = dict.fromkeys(arn for region in facts.regions for arn in _topics(region))
    for arn in list(arns)[:MOST_TOPICS]:
        region, name = arn.split(":")[3], arn.rpartition(":")[2]
        yield _call(SUBSCRIPTIONS, region, f"sns-subscriptions/{file_name(name)}.json", TopicArn=arn)


def _topics(region: RegionMonitoring) -> list[str]:
    known = {topic.arn for topic in region.topics}
    filters = region.metric_filters.value if isinstance(region.metric_filters, Known) else ()
    metrics = {(each.namespace, each.metric) for one in filters for each in one.transformations}
    alarms = region.alarms.value.metric if isinstance(region.alarms, Known) else ()
    ordered = sorted(alarms, key=lambda each: not metrics.intersection(each.watched))
    return [arn for alarm in ordered for arn in alarm.actions if arn in known]


def _describe_trails(region: str) -> Call:
    return _call(TRAILS, region, "describe-trails.json")


def _describe_alarms(region: str) -> Call:
    call = _call(ALARMS, region, "metric-alarms.json")
    call.parameters["AlarmTypes"] = ["MetricAlarm", "CompositeAlarm"]
    return call


def _call(action: str, region: str, file: str, **parameters: str) -> Call:
    service, _, operation = action.partition(":")
    return Call(
        service=service,
        operation=operation,
        region=region,
        file=f"regions/{region}/{file}",
        parameters=dict(parameters),
    )
